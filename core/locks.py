"""Locks between processes and threads (flock): the kernel releases them when the holder ends.

The lock file is never removed; its existence has no meaning.
"""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from core.errors import DatahallError
from core.files import PRIVATE_FILE

_LOCK_FILE = os.O_RDWR | os.O_CREAT
_AT_ONCE = fcntl.LOCK_EX | fcntl.LOCK_NB
_PAUSE_S = 0.2


@contextmanager
def held(path: Path, on_wait: Callable[[], None] | None = None) -> Iterator[None]:
    """Hold the lock file `path`; waits while another process or thread holds it.

    `on_wait` is called several times a second while waiting.
    """
    if on_wait is None:
        descriptor = _lock(path, _LOCK_FILE, fcntl.LOCK_EX)
    else:
        while (taken := take_lock(path)) is None:
            on_wait()
            time.sleep(_PAUSE_S)
        descriptor = taken
    try:
        yield
    finally:
        os.close(descriptor)


@contextmanager
def held_alone(path: Path, conflict: Callable[[str], DatahallError]) -> Iterator[None]:
    """Hold the lock file `path`; raises `conflict(PID)` when another process holds it."""
    descriptor = take_lock(path)
    if descriptor is None:
        raise conflict(path.read_text(encoding="ascii").strip() or "unknown")
    try:
        os.truncate(descriptor, 0)
        os.write(descriptor, str(os.getpid()).encode())
        yield
    finally:
        os.close(descriptor)


def take_lock(path: Path) -> int | None:
    """Return a descriptor that holds the lock file `path`; None when another holds it."""
    try:
        return _lock(path, _LOCK_FILE, _AT_ONCE)
    except BlockingIOError:
        return None


def lock_folder(folder: Path, *, can_wait: bool = True) -> int:
    """Return a descriptor that locks a folder; without `can_wait` raises BlockingIOError."""
    return _lock(folder, os.O_RDONLY, fcntl.LOCK_EX if can_wait else _AT_ONCE)


def is_locked(path: Path) -> bool:
    """Whether a process holds the lock file `path`."""
    try:
        os.close(_lock(path, os.O_RDONLY, fcntl.LOCK_SH | fcntl.LOCK_NB))
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def _lock(path: Path, flags: int, kind: int) -> int:
    """Open and lock a file; raises BlockingIOError when `kind` includes LOCK_NB."""
    descriptor = os.open(path, flags | os.O_CLOEXEC, PRIVATE_FILE)
    try:
        fcntl.flock(descriptor, kind)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor
