"""Progress: said by the job, read by whoever looks."""

import math
from pathlib import Path

import pytest

from core.process.progress import ProgressReport, read_progress, write_progress

PROGRESS = ProgressReport(
    done=3.5, total=10.0, unit="steps", message="¿qué? \"'\n🌙", rate=1.25, eta_s=5.2, at=1e9
)


def test_what_was_reported_is_read(tmp_path: Path) -> None:
    """Every field."""
    write_progress(tmp_path, PROGRESS)
    assert read_progress(tmp_path) == PROGRESS


def test_the_newest_report_counts_and_leaves_nothing_else(tmp_path: Path) -> None:
    """Five a second for days must not fill the folder."""
    for done in range(5):
        write_progress(tmp_path, ProgressReport(done=done, total=None, unit="bytes", message=""))
    newest = read_progress(tmp_path)
    assert newest is not None
    assert newest.done == 4
    assert [path.name for path in tmp_path.iterdir()] == ["progress.json"]


def test_nothing_was_said_yet(tmp_path: Path) -> None:
    """Absent, not zero."""
    assert read_progress(tmp_path) is None


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"done": 1}', b"\xff\x00", b'{"x": 1}'])
def test_what_makes_no_sense_was_not_said(tmp_path: Path, content: bytes) -> None:
    """Jobs are programs of any kind."""
    (tmp_path / "progress.json").write_bytes(content)
    assert read_progress(tmp_path) is None


def test_a_job_goes_on_when_its_folder_is_gone(tmp_path: Path) -> None:
    """A progress bar is not worth a training run."""
    write_progress(tmp_path / "removed", PROGRESS)
    assert read_progress(tmp_path / "removed") is None


def test_a_rate_that_is_not_a_number_passes(tmp_path: Path) -> None:
    """Zero tokens in zero seconds."""
    write_progress(
        tmp_path, ProgressReport(done=0, total=1, unit="steps", message="", rate=math.nan)
    )
    said = read_progress(tmp_path)
    assert said is not None
    assert said.rate is not None
    assert math.isnan(said.rate)
