"""Progress reports of a job."""

import math
from pathlib import Path

import pytest

from core.process.progress import Progress, ProgressReport, read_progress, write_progress
from tests.clock import FixedClock

PROGRESS = ProgressReport(
    done=3.5, total=10.0, unit="steps", message="¿qué? \"'\n🌙", rate=1.25, eta_s=5.2, at=1e9
)


def test_a_report_is_read_back(tmp_path: Path) -> None:
    write_progress(tmp_path, PROGRESS)
    assert read_progress(tmp_path) == PROGRESS


def test_a_report_replaces_the_one_before(tmp_path: Path) -> None:
    for done in range(5):
        write_progress(tmp_path, ProgressReport(done=done, total=None, unit="bytes", message=""))
    newest = read_progress(tmp_path)
    assert newest is not None
    assert newest.done == 4
    assert [path.name for path in tmp_path.iterdir()] == ["progress.json"]


def test_no_report_is_none(tmp_path: Path) -> None:
    assert read_progress(tmp_path) is None


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"done": 1}', b"\xff\x00", b'{"x": 1}'])
def test_a_damaged_report_is_ignored(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "progress.json").write_bytes(content)
    assert read_progress(tmp_path) is None


def test_a_missing_folder_does_not_end_the_job(tmp_path: Path) -> None:
    write_progress(tmp_path / "removed", PROGRESS)
    assert read_progress(tmp_path / "removed") is None


def test_a_rate_of_nan_is_written(tmp_path: Path) -> None:
    write_progress(
        tmp_path, ProgressReport(done=0, total=1, unit="steps", message="", rate=math.nan)
    )
    report = read_progress(tmp_path)
    assert report is not None
    assert report.rate is not None
    assert math.isnan(report.rate)


@pytest.mark.parametrize("has_rate", [True, False])
def test_units_that_take_different_times_have_no_rate(tmp_path: Path, *, has_rate: bool) -> None:
    clock = FixedClock(at=100.0)
    progress = Progress(tmp_path, clock)
    progress.begin("exporting", total=4, unit="stages", has_rate=has_rate)
    clock.advance(2.0)
    progress.update(1)
    report = read_progress(tmp_path)
    assert report is not None
    assert (report.rate, report.eta_s) == ((0.5, 6.0) if has_rate else (None, None))
