"""Folders that are renamed into place when whole, and locks that die with their process."""

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from core.files import sync_folder

_PREFIX = ".scratch-"


@contextlib.contextmanager
def scratch_folder(parent: Path) -> Iterator[Path]:
    """Yield an empty folder beside what it will become; whatever is left of it is removed.

    It is locked while in use, so that the next one can tell and remove what a killed process left.
    The parent is locked from the sweep until then, as a new folder is nobody's for a moment.
    """
    parent.mkdir(parents=True, exist_ok=True)
    guard = _lock(parent)
    try:
        _sweep(parent)
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))
        descriptor = _lock(folder)
    finally:
        os.close(guard)
    try:
        yield folder
    finally:
        os.close(descriptor)
        shutil.rmtree(folder, ignore_errors=True)


def settle(folder: Path, place: Path) -> None:
    """Make the folder's files durable and rename it to `place`, which must not exist."""
    for path in folder.iterdir():
        with path.open("rb") as stream:
            os.fsync(stream.fileno())
    sync_folder(folder)
    folder.rename(place)
    sync_folder(place.parent)


@contextlib.contextmanager
def file_lock(path: Path) -> Iterator[None]:
    """Hold the lock file, waiting for whoever holds it; a process that dies lets go."""
    with path.open("a") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def _lock(folder: Path) -> int:
    """Return a descriptor that holds the folder's lock, waiting for whoever holds it."""
    descriptor = os.open(folder, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    return descriptor


def _sweep(parent: Path) -> None:
    """Remove scratch folders that no living process holds."""
    for folder in parent.glob(_PREFIX + "*"):
        with contextlib.suppress(OSError):
            descriptor = os.open(folder, os.O_RDONLY)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
            finally:
                os.close(descriptor)
