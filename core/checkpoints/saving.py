"""Checkpoints that a kill cannot tear: folders that appear whole, with a manifest written last.

`checkpoints/step_NNNNNNNN/` holds the model's files (see `core.checkpoints.weights`), `state.pt`
with all else that training needs to go on bit by bit, and `MANIFEST.json`. A folder is filled
under the name `.tmp-...`, every file is forced to disk, then it is renamed into place. The files
`last` and `best` hold the name of the folder that they point to.
"""

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch

from core.checkpoints.listing import BEST, FOLDER_NAME, LAST, pointed_to
from core.checkpoints.manifest import CheckpointManifest, read_manifest, seal, verify
from core.checkpoints.weights import WeightsToSave, save_weights
from core.errors import CorruptError
from core.files import sync, write_atomic

STATE_NAME = "state.pt"
_DRAFT = ".tmp-"
_ROOM_FACTOR = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointToSave:
    """What a checkpoint is made of. `state` must hold nothing but tensors, numbers and text."""

    step: int
    weights: WeightsToSave
    state: Mapping[str, Any]
    scores: Mapping[str, float]
    config_digest: str
    created_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundCheckpoint:
    """A checkpoint whose every byte was compared with its manifest."""

    folder: Path
    manifest: CheckpointManifest

    def load_state(self) -> dict[str, Any]:
        """Return the state; raises CorruptError. Nothing in the file is ever executed."""
        path = self.folder / STATE_NAME
        try:
            state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        except (OSError, RuntimeError, ValueError, EOFError, UnpicklingError) as error:
            raise CorruptError(f"{path} cannot be loaded: {error}") from error
        return state


def save_checkpoint(root: Path, content: CheckpointToSave) -> Path:
    """Write a checkpoint below `root`, point `last` at it, and return its folder.

    At any moment it is either not there or complete and on disk. A sound one of that step stays as
    it is, as it holds the same bytes. Raises OSError (disk full); then nothing new is there.
    """
    root.mkdir(parents=True, exist_ok=True)
    folder = root / f"step_{content.step:08d}"
    if not _is_sound(folder):
        _make_room(root)
        draft = root / f"{_DRAFT}{folder.name}"
        shutil.rmtree(draft, ignore_errors=True)
        try:
            draft.mkdir()
            _fill(draft, content)
            if folder.exists():  # damaged; a resumed run has come by here again
                shutil.rmtree(folder)
            draft.rename(folder)
        except BaseException:
            shutil.rmtree(draft, ignore_errors=True)
            raise
        sync(root)
    point(root, LAST, folder)
    return folder


def newest_sound(root: Path, report: Callable[[str], None]) -> SoundCheckpoint | None:
    """Return the newest checkpoint that is whole; damaged ones are reported and skipped."""
    for folder in reversed(checkpoint_folders(root)):
        try:
            return SoundCheckpoint(folder=folder, manifest=verify(folder))
        except CorruptError as error:
            report(f"checkpoint {folder.name} is skipped: {error.message}")
    return None


def best_folder(root: Path, report: Callable[[str], None]) -> Path | None:
    """Return the best checkpoint's folder, that of the newest whole one where none was scored."""
    sound = newest_sound(root, report)
    return pointed_at(root, BEST) or (sound.folder if sound else None)


def checkpoint_folders(root: Path) -> Sequence[Path]:
    """Return the checkpoint folders, oldest first, whole or not."""
    if not root.is_dir():
        return []
    found = [path for path in root.iterdir() if FOLDER_NAME.fullmatch(path.name)]
    return sorted(found, key=lambda path: int(path.name.removeprefix("step_")))


def point(root: Path, pointer: str, folder: Path) -> None:
    """Make a pointer name a checkpoint; raises OSError."""
    write_atomic(root / pointer, folder.name + "\n")


def pointed_at(root: Path, pointer: str) -> Path | None:
    """Return the folder that a pointer names, or None when it names none that is there."""
    name = pointed_to(root, pointer)
    return root / name if name and (root / name).is_dir() else None


def prune(root: Path, keep: int) -> None:
    """Remove all but the `keep` newest checkpoints and those that pointers name."""
    kept = {*checkpoint_folders(root)[-keep:], pointed_at(root, LAST), pointed_at(root, BEST)}
    for folder in checkpoint_folders(root):
        if folder not in kept:
            shutil.rmtree(folder, ignore_errors=True)


def sweep(root: Path) -> None:
    """Remove what a killed process left half written."""
    for draft in root.glob(f"{_DRAFT}*"):
        shutil.rmtree(draft, ignore_errors=True)
    for draft in root.glob(".*.tmp"):  # of pointers, see write_atomic
        draft.unlink(missing_ok=True)


def _fill(draft: Path, content: CheckpointToSave) -> None:
    """Write all files of a checkpoint, durably, the manifest last."""
    save_weights(draft, content.weights)
    try:
        torch.save(dict(content.state), draft / STATE_NAME)
    except RuntimeError as error:  # how torch reports a full disk
        raise OSError(f"{draft / STATE_NAME} cannot be written: {error}") from error
    sync(draft / STATE_NAME)
    seal(
        draft,
        step=content.step,
        created_at=content.created_at,
        config_digest=content.config_digest,
        scores=content.scores,
    )
    sync(draft)


def _make_room(root: Path) -> None:
    """Raise OSError when the disk has no room for two checkpoints like the newest one.

    Filling the disk to its last byte would take the database down with the checkpoint.
    """
    folders = checkpoint_folders(root)
    if not folders:
        return
    try:
        needed = _ROOM_FACTOR * read_manifest(folders[-1]).bytes
    except CorruptError:
        return
    free = shutil.disk_usage(root).free
    if free < needed:
        raise OSError(f"{free:,} bytes are free, a checkpoint needs {needed:,} to be safe")


def _is_sound(folder: Path) -> bool:
    """Whether a complete checkpoint is there."""
    try:
        verify(folder)
    except CorruptError:
        return False
    return True
