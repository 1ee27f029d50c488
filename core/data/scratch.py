"""Folders that are renamed into place when whole."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from core.files import sync
from core.locks import lock_folder

_PREFIX = ".scratch-"


@contextlib.contextmanager
def scratch_folder(parent: Path) -> Iterator[Path]:
    """Yield an empty folder beside what it will become; whatever is left of it is removed.

    It is locked while in use, so that the next one can tell and remove what a killed process left.
    The parent is locked from the sweep until then, as a new folder is nobody's for a moment.
    """
    parent.mkdir(parents=True, exist_ok=True)
    guard = lock_folder(parent)
    try:
        _sweep(parent)
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))
        descriptor = lock_folder(folder)
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
        sync(path)
    sync(folder)
    folder.rename(place)
    sync(place.parent)


def _sweep(parent: Path) -> None:
    """Remove scratch folders that no living process holds."""
    for folder in parent.glob(_PREFIX + "*"):
        with contextlib.suppress(OSError):
            descriptor = lock_folder(folder, can_wait=False)
            shutil.rmtree(folder, ignore_errors=True)
            os.close(descriptor)
