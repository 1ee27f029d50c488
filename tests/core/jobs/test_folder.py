"""A job's folder with damaged files."""

from pathlib import Path

import pytest

from core.jobs.folder import JobFolder


@pytest.mark.parametrize("text", ["", "[", "[]", "{}", '{"shim": 1}', "[" * 100_000, "\x00"])
def test_damaged_files_are_read_as_unknown(tmp_path: Path, text: str) -> None:
    """The job ran, but its processes and its ending are unknown."""
    for name in ("process.json", "exit.json"):
        (tmp_path / name).write_text(text, encoding="utf-8")
    folder = JobFolder(tmp_path)
    processes = folder.read_processes()
    assert processes is not None
    assert processes.shim.pid == 0
    assert folder.read_ending() is None
