"""Scratch folders of running and of killed processes."""

import fcntl
import tempfile
from pathlib import Path
from threading import Event, Thread

import pytest

from core.data.scratch import scratch_folder


def test_only_unlocked_scratch_folders_are_removed(tmp_path: Path) -> None:
    (tmp_path / ".scratch-left").mkdir()
    with scratch_folder(tmp_path) as mine, scratch_folder(tmp_path) as yours:
        assert sorted(tmp_path.iterdir()) == sorted([mine, yours])
    assert list(tmp_path.iterdir()) == []


def test_a_new_folder_is_not_removed_by_another_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other process searches for unlocked folders between mkdir and lock."""
    at_rest = Event()
    make, lock = tempfile.mkdtemp, fcntl.flock

    def use_another() -> None:
        """Use a scratch folder of the same parent, as another process would."""
        with scratch_folder(tmp_path):
            at_rest.set()

    other = Thread(target=use_another)

    def make_and_let_the_other_go_first(**options: str | Path) -> str:
        """Create a folder; continue once the other process has removed folders, or waits."""
        monkeypatch.setattr(tempfile, "mkdtemp", make)
        made = make(**options)
        other.start()
        assert at_rest.wait(20)
        return made

    def lock_and_tell(descriptor: int, kind: int) -> None:
        """Take a lock as usual, and set an event if the lock is not free."""
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
