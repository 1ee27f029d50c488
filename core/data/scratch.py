"""Scratch folders: filled first, then renamed into place, so that a folder appears complete."""

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
    """Yield an empty folder in `parent`; remove what is left of it at the end.

    The folder is locked while in use: an unlocked one was left by a killed process, and the next
    call removes it. `parent` is locked until the new folder is locked.
    """
    parent.mkdir(parents=True, exist_ok=True)
    guard = lock_folder(parent)
    try:
        _remove_abandoned(parent)
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))
        descriptor = lock_folder(folder)
    finally:
        os.close(guard)
    try:
        yield folder
    finally:
        os.close(descriptor)
        shutil.rmtree(folder, ignore_errors=True)


def move_into_place(folder: Path, place: Path) -> None:
    """Flush the folder to disk and rename it to `place`, which must not exist."""
    for path in folder.iterdir():
        sync(path)
    sync(folder)
    folder.rename(place)
    sync(place.parent)


def _remove_abandoned(parent: Path) -> None:
    """Remove scratch folders that no process holds locked."""
    for folder in parent.glob(_PREFIX + "*"):
        with contextlib.suppress(OSError):
            descriptor = lock_folder(folder, can_wait=False)
            shutil.rmtree(folder, ignore_errors=True)
            os.close(descriptor)
