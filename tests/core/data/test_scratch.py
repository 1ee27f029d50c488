"""Scratch folders: one in use stays, one that nobody holds goes."""

import fcntl
import tempfile
from pathlib import Path
from threading import Event, Thread

import pytest

from core.data.scratch import scratch_folder


def test_what_a_killed_process_left_is_removed_and_what_is_in_use_stays(tmp_path: Path) -> None:
    """The lock tells them apart, as it dies with its process."""
    (tmp_path / ".scratch-left").mkdir()
    with scratch_folder(tmp_path) as mine, scratch_folder(tmp_path) as yours:
        assert sorted(tmp_path.iterdir()) == sorted([mine, yours])
    assert list(tmp_path.iterdir()) == []


def test_a_new_folder_survives_another_process_that_sweeps_at_that_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is made, but not locked yet, when the other one looks for what nobody holds."""
    at_rest = Event()
    make, lock = tempfile.mkdtemp, fcntl.flock

    def use_another() -> None:
        """Use a scratch folder of the same parent, as another process would."""
        with scratch_folder(tmp_path):
            at_rest.set()

    other = Thread(target=use_another)

    def make_and_let_the_other_go_first(**options: str | Path) -> str:
        """Make a folder; go on once the other one has swept, or has to wait."""
        monkeypatch.setattr(tempfile, "mkdtemp", make)
        made = make(**options)
        other.start()
        assert at_rest.wait(20)
        return made

    def lock_and_tell(descriptor: int, kind: int) -> None:
        """Take a lock as usual, and tell when that has to wait."""
        try:
            lock(descriptor, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            at_rest.set()
            lock(descriptor, kind)

    monkeypatch.setattr(tempfile, "mkdtemp", make_and_let_the_other_go_first)
    monkeypatch.setattr(fcntl, "flock", lock_and_tell)
    with scratch_folder(tmp_path) as mine:
        assert mine.is_dir()
    other.join()
