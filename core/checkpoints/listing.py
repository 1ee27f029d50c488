"""Which checkpoints of a run stand on disk. Reads manifests only, so that no page needs torch.

A checkpoint is a folder `step_NNNNNNNN` that was renamed into place after its `MANIFEST.json` was
written; the files `last` and `best` hold the name of the folder that they point to.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.errors import NotFoundError
from core.files import read_json
from core.paths import StatePaths
from core.runs.records import Run

MANIFEST = "MANIFEST.json"
LAST, BEST = "last", "best"
FOLDER_NAME = re.compile(r"step_\d{8,}")
_SHAPE: Mapping[str, type | tuple[type, ...]] = {
    "step": int,
    "created_at": (int, float),
    "bytes": int,
    "files": dict,
    "scores": dict,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A complete checkpoint on disk; `scores` are its validation scores, where it was validated."""

    step: int
    path: str
    bytes: int
    created_at: float
    is_last: bool = False
    is_best: bool = False
    scores: Mapping[str, float] = field(default_factory=dict)


def list_checkpoints(folder: Path) -> Sequence[Checkpoint]:
    """Return the complete checkpoints in `folder`, newest first; incomplete ones are left out."""
    try:
        last, best = (pointed_to(folder, pointer) for pointer in (LAST, BEST))
    except OSError:  # it says no more than a pointer that is not there
        last = best = None
    found = []
    for path in sorted(folder.glob("step_*"), reverse=True):
        manifest = _complete_manifest(path)
        if manifest is not None:
            found.append(
                Checkpoint(
                    step=manifest["step"],
                    path=str(path),
                    bytes=manifest["bytes"],
                    created_at=float(manifest["created_at"]),
                    is_last=path.name == last,
                    is_best=path.name == best,
                    scores={
                        name: float(value)
                        for name, value in manifest["scores"].items()
                        if isinstance(value, int | float)
                    },
                )
            )
    return sorted(found, key=lambda checkpoint: checkpoint.step, reverse=True)


def best_checkpoint(paths: StatePaths, run: Run) -> Checkpoint:
    """Return the run's best checkpoint, its newest where none was scored; raises NotFoundError."""
    found = list_checkpoints(paths.checkpoints(run.id))
    if not found:
        raise NotFoundError(
            f"run {run.spec.name} has no checkpoint yet",
            remedy="Wait until it has written one, or resume it",
        )
    return next((entry for entry in found if entry.is_best), found[0])


def pointed_to(folder: Path, pointer: str) -> str | None:
    """Return the folder name in a pointer file; None when there is none or it makes no sense.

    Raises OSError for one that cannot be read: it may name what must not be pruned.
    """
    try:
        name = (folder / pointer).read_text(encoding="utf-8").strip()
    except (FileNotFoundError, UnicodeDecodeError):
        return None
    return name if FOLDER_NAME.fullmatch(name) else None


def _complete_manifest(path: Path) -> Mapping[str, Any] | None:
    """Return a checkpoint's manifest, or None when it, or a file that it names, is missing."""
    if not FOLDER_NAME.fullmatch(path.name):
        return None
    try:
        manifest = read_json(path / MANIFEST)
    except (OSError, ValueError):
        return None
    if any(not isinstance(manifest.get(key), kind) for key, kind in _SHAPE.items()):
        return None
    complete = all((path / name).is_file() for name in manifest["files"])
    return manifest if complete else None
