"""The checkpoints of a run: list them, choose the best or the newest good one, remove old ones.

One rule decides which checkpoint is used in place of the best: the best checkpoint is the one that
the pointer `best` names, or the newest where no checkpoint was validated. If it is damaged, the
newest good checkpoint is returned with a notice. A damaged checkpoint is never returned.
"""

import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from core.checkpoints.manifest import CheckpointManifest, check_sizes, verify_files
from core.errors import CorruptError, NotFoundError
from core.files import write_atomic
from core.process.job import explain_os_error
from core.scores import Scores

LAST, BEST = "last", "best"
DRAFT_PREFIX = ".tmp-"
_FOLDER_NAME = re.compile(r"step_\d{8,}")

# Returns the manifest of a checkpoint folder; raises CorruptError if the checkpoint is damaged.
Check = Callable[[Path], CheckpointManifest]


class DamagedCheckpointError(CorruptError):
    """The best checkpoint of a run is damaged, and using another one was not allowed.

    Attributes:
        wanted: folder name of the damaged checkpoint.
        available_step: step of the newest good checkpoint.
    """

    kind = "damaged-checkpoint"
    details: ClassVar[tuple[str, ...]] = ("wanted", "available_step")

    def __init__(self, message: str, *, remedy: str, wanted: str, available_step: int) -> None:
        """Store what is damaged and what could be used in its place."""
        super().__init__(message, remedy=remedy)
        self.wanted = wanted
        self.available_step = available_step


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A complete checkpoint; `scores` are its validation scores, if it was validated."""

    step: int
    path: str
    bytes: int
    created_at: float
    is_last: bool = False
    is_best: bool = False
    scores: Scores = field(default_factory=Scores)


@dataclass(frozen=True, slots=True, kw_only=True)
class BestCheckpoint:
    """The checkpoint to use for a run.

    Attributes:
        checkpoint: a good checkpoint.
        wanted: folder name of the best checkpoint if that one is damaged, else None.
        reason: what is wrong with `wanted`.
    """

    checkpoint: Checkpoint
    wanted: str | None = None
    reason: str = ""

    @property
    def is_fallback(self) -> bool:
        """Whether this is not the best checkpoint."""
        return self.wanted is not None

    @property
    def notice(self) -> str:
        """One sentence for the user when this is a fallback, else empty."""
        if not self.is_fallback:
            return ""
        return (
            f"the best checkpoint, {self.wanted}, is damaged ({self.reason}); "
            f"the checkpoint of step {self.checkpoint.step:,} is used in its place"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class GoodCheckpoint:
    """A checkpoint whose files were compared with its manifest."""

    folder: Path
    manifest: CheckpointManifest


def list_checkpoints(root: Path) -> Sequence[Checkpoint]:
    """Return the complete checkpoints below `root`, newest first; only manifests are read."""
    return list(_complete_checkpoints(root))


def newest_checkpoint(root: Path) -> Checkpoint | None:
    """Return the first of `list_checkpoints`, reading no older manifest; None if there is none."""
    return next(_complete_checkpoints(root), None)


def find_best(root: Path, *, check: Check = verify_files) -> BestCheckpoint:
    """Return the best checkpoint below `root`, or the newest good one if the best is damaged.

    `check=check_sizes` is fast and finds a damaged manifest and missing or truncated files; the
    default reads every byte. Raises NotFoundError without a checkpoint, CorruptError if all are
    damaged.
    """
    folders = list(reversed(checkpoint_folders(root)))
    wanted, problem = _wanted(root, folders)
    if not problem:
        try:
            return BestCheckpoint(checkpoint=_record(wanted, check(wanted), is_best=True))
        except CorruptError as error:
            problem = error.message
    for folder in folders:
        if folder != wanted:
            try:
                manifest = check(folder)
            except CorruptError:
                continue
            checkpoint = _record(folder, manifest)
            return BestCheckpoint(checkpoint=checkpoint, wanted=wanted.name, reason=problem)
    raise CorruptError(
        f"no checkpoint in {root} is intact: {problem}",
        remedy='Restore the run from a snapshot, see "datahall backup list"',
    )


def require_best(
    root: Path, run: str, *, allow_fallback: bool | None, check: Check = verify_files
) -> BestCheckpoint:
    """Return the best checkpoint of `run` as `find_best` does, a fallback only if allowed.

    None means that the user cannot allow one either, so that the error does not suggest it. Raises
    DamagedCheckpointError, NotFoundError, CorruptError.
    """
    try:
        best = find_best(root, check=check)
    except NotFoundError as error:
        raise NotFoundError(f"run {run} has no checkpoint yet", remedy=error.remedy) from error
    if best.wanted is not None and not allow_fallback:
        step = best.checkpoint.step
        remedy = 'Restore the run from a snapshot, see "datahall backup list"'
        if allow_fallback is not None:
            remedy += f"; or add --allow-fallback to use the checkpoint of step {step} in its place"
        raise DamagedCheckpointError(
            f"the best checkpoint of run {run}, {best.wanted}, is damaged: {best.reason}",
            remedy=remedy,
            wanted=best.wanted,
            available_step=step,
        )
    return best


def newest_good(
    root: Path, report: Callable[[str], None], *, check: Check = verify_files
) -> GoodCheckpoint | None:
    """Return the newest checkpoint that is not damaged; each damaged one is reported."""
    for folder in reversed(checkpoint_folders(root)):
        try:
            return GoodCheckpoint(folder=folder, manifest=check(folder))
        except CorruptError as error:
            report(f"checkpoint {folder.name} is damaged and is skipped: {error.message}")
    return None


def is_good(folder: Path) -> bool:
    """Whether a checkpoint exists and is not damaged."""
    try:
        verify_files(folder)
    except CorruptError:
        return False
    return True


def checkpoint_folder(root: Path, step: int) -> Path:
    """Return the folder of the checkpoint of `step`, which may not exist yet."""
    return root / f"step_{step:08d}"


def checkpoint_folders(root: Path) -> Sequence[Path]:
    """Return the checkpoint folders, oldest first, damaged ones included."""
    if not root.is_dir():
        return []
    found = [path for path in root.iterdir() if _FOLDER_NAME.fullmatch(path.name)]
    return sorted(found, key=_step_of)


def newest_step(root: Path) -> int:
    """Return the step of the newest checkpoint; 0 if there is none."""
    folders = checkpoint_folders(root)
    return _step_of(folders[-1]) if folders else 0


def write_pointer(root: Path, pointer: str, folder: Path) -> None:
    """Make a pointer name a checkpoint, atomically; raises DatahallError (disk full)."""
    try:
        write_atomic(root / pointer, folder.name + "\n")
    except OSError as error:
        raise explain_os_error(error) from error


def read_pointer(root: Path, pointer: str) -> str | None:
    """Return the folder name in a pointer file; None if the file is missing or invalid.

    Raises OSError for a file that cannot be read: it may name a folder that must be retained.
    """
    try:
        name = (root / pointer).read_text(encoding="utf-8").strip()
    except (FileNotFoundError, UnicodeDecodeError):
        return None
    return name if _FOLDER_NAME.fullmatch(name) else None


def prune_checkpoints(root: Path, keep: int) -> None:
    """Remove all checkpoints but the `keep` newest complete ones and those that pointers name.

    Raises OSError if a pointer cannot be read; then nothing is removed.
    """
    pointed = {read_pointer(root, LAST), read_pointer(root, BEST)}
    newest = {Path(checkpoint.path).name for checkpoint in list_checkpoints(root)[:keep]}
    for folder in checkpoint_folders(root):
        if folder.name not in pointed | newest:
            shutil.rmtree(folder, ignore_errors=True)


def remove_drafts(root: Path) -> None:
    """Remove the unfinished files of a process that was killed."""
    for draft in root.glob(f"{DRAFT_PREFIX}*"):
        shutil.rmtree(draft, ignore_errors=True)
    for draft in root.glob(".*.tmp"):  # of pointers, see write_atomic
        draft.unlink(missing_ok=True)


def _complete_checkpoints(root: Path) -> Iterator[Checkpoint]:
    """Yield the complete checkpoints below `root`, newest first."""
    last, best = _readable_pointer(root, LAST), _readable_pointer(root, BEST)
    for folder in reversed(checkpoint_folders(root)):
        try:
            manifest = check_sizes(folder)
        except CorruptError:
            continue
        yield _record(folder, manifest, is_last=folder.name == last, is_best=folder.name == best)


def _wanted(root: Path, newest_first: Sequence[Path]) -> tuple[Path, str]:
    """Return the folder of the best checkpoint, and its fault (empty if it can be used)."""
    if not newest_first:
        raise NotFoundError(
            f"there is no checkpoint in {root}",
            remedy="Wait until the run has written one, or resume it",
        )
    pointer = root / BEST
    name = _readable_pointer(root, BEST)
    if name is not None:
        return root / name, ""
    if pointer.exists():
        return pointer, f"the file {pointer} does not name a checkpoint"
    return newest_first[0], ""


def _readable_pointer(root: Path, pointer: str) -> str | None:
    """Return the folder name in a pointer file, None if it cannot be read."""
    try:
        return read_pointer(root, pointer)
    except OSError:
        return None


def _record(
    folder: Path, manifest: CheckpointManifest, *, is_last: bool = False, is_best: bool = False
) -> Checkpoint:
    """Return the record of a checkpoint."""
    return Checkpoint(
        step=manifest.step,
        path=str(folder),
        bytes=manifest.bytes,
        created_at=float(manifest.created_at),
        is_last=is_last,
        is_best=is_best,
        scores=manifest.scores,
    )


def _step_of(folder: Path) -> int:
    """Return the step in a folder's name."""
    return int(folder.name.removeprefix("step_"))
