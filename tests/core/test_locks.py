"""Locks between processes and threads."""

import os
import signal
import stat
import threading
from pathlib import Path

import pytest

from core.command import start
from core.errors import ConflictError
from core.locks import held, held_alone, is_locked, lock_folder, take_lock


def test_a_lock_is_held_until_its_descriptor_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "a.lock"
    assert not is_locked(path)
    assert list(tmp_path.iterdir()) == []
    descriptor = take_lock(path)
    assert descriptor is not None
    assert is_locked(path)
    assert take_lock(path) is None
    os.close(descriptor)
    assert not is_locked(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_lock_is_released_when_its_process_is_killed(tmp_path: Path) -> None:
    descriptor = take_lock(tmp_path / "a.lock")
    assert descriptor is not None
    holder = start(("sleep", "60"), keep_open=(descriptor,))
    os.close(descriptor)
    assert is_locked(tmp_path / "a.lock")
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    assert not is_locked(tmp_path / "a.lock")


def test_a_lock_is_released_after_an_error(tmp_path: Path) -> None:
    path = tmp_path / "a.lock"
    with pytest.raises(ConflictError, match="True"), held(path):
        raise ConflictError(str(is_locked(path)))
    assert not is_locked(path)


def test_a_lock_makes_other_threads_wait(tmp_path: Path) -> None:
    path, order = tmp_path / "a.lock", []

    def wait() -> None:
        with held(path):
            order.append("second")

    with held(path):
        other = threading.Thread(target=wait)
        other.start()
        other.join(0.2)
        order.append("first")
    other.join()
    assert order == ["first", "second"]


def test_a_waiting_process_reports_until_it_gets_the_lock(tmp_path: Path) -> None:
    path = tmp_path / "a.lock"
    other = take_lock(path)
    assert other is not None
    reported: list[int] = []

    def report() -> None:
        reported.append(other)
        os.close(other)

    with held(path, report):
        assert is_locked(path)
    assert reported == [other]


def test_a_conflict_names_the_process_that_holds_the_lock(tmp_path: Path) -> None:
    path = tmp_path / "a.lock"
    path.write_text("9" * 20, encoding="ascii")
    with (
        held_alone(path, ConflictError),
        pytest.raises(ConflictError, match=f"^{os.getpid()}$"),
        held_alone(path, ConflictError),
    ):
        pass
    with held_alone(path, ConflictError):
        assert path.read_text(encoding="ascii") == str(os.getpid())


def test_locking_a_folder_creates_no_file(tmp_path: Path) -> None:
    descriptor = lock_folder(tmp_path)
    with pytest.raises(BlockingIOError):
        lock_folder(tmp_path, can_wait=False)
    os.close(descriptor)
    os.close(lock_folder(tmp_path, can_wait=False))
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(FileNotFoundError):
        lock_folder(tmp_path / "gone")
