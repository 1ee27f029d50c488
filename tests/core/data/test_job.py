"""The prepare job: `python -P -m core.data`."""

import sys
from pathlib import Path

import pytest

from core.clock import FixedClock
from core.command import SystemRunner
from core.data.__main__ import main, progress_writer
from core.data.datasets import DatasetStore
from core.data.records import Dataset
from core.paths import StatePaths
from core.process.progress import read_progress


def test_the_job_prepares_and_tells_its_progress(
    kept: Dataset, paths: StatePaths, tmp_path: Path
) -> None:
    """In a process of its own, as the launcher starts it; a second time changes nothing."""
    argv = [
        sys.executable, "-P", "-m", "core.data", "--home", str(paths.home), "--dataset", "house",
        "--digest", kept.digest, "--vocabulary", "400",
    ]  # fmt: skip
    environment = {"DATAHALL_JOB_FOLDER": str(tmp_path)}
    first = SystemRunner().run(argv, environment=environment)
    assert (first.exit_code, first.stderr) == (0, "")
    assert "120 pairs in" in first.stdout
    told = read_progress(tmp_path)
    assert told is not None
    assert (told.done, told.unit, told.message) == (100.0, "percent", "prepared")
    report = DatasetStore(paths.datasets).get("house").report
    assert SystemRunner().run(argv, environment=environment).exit_code == 0
    assert DatasetStore(paths.datasets).get("house").report == report


def test_an_unknown_dataset_is_wrong_input(
    paths: StatePaths, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line on stderr, exit status 2."""
    assert main(["--home", str(paths.home), "--dataset", "none"], {}) == 2
    assert "there is no dataset 'none'" in capsys.readouterr().err


def test_progress_is_written_a_few_times_a_second(tmp_path: Path, clock: FixedClock) -> None:
    """Readers poll; the disk is for the data. The end is always told."""
    write = progress_writer(tmp_path, clock)
    write(0.1, "first")
    write(0.2, "too soon")
    found = read_progress(tmp_path)
    assert found is not None
    assert found.message == "first"
    clock.advance(10)
    write(0.5, "half")
    found = read_progress(tmp_path)
    assert found is not None
    assert (found.message, found.eta_s) == ("half", 10.0)
    write(1.0, "end")
    found = read_progress(tmp_path)
    assert found is not None
    assert found.message == "end"
