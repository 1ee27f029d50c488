"""Restoring, the drill and the check of the repository: every claim is compared, byte by byte."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from core.backup.coverage import protected_datasets
from core.backup.engine import Snapshot
from core.backup.failures import DestinationFullError, name_some
from core.backup.manifest import Manifest
from core.backup.names import chosen_name, is_below, require_empty
from core.backup.proof import Comparison, compare_listing, compare_restored
from core.backup.vault import OnStage, Stage, Vault, stages
from core.errors import CorruptError, InputError, NotFoundError
from core.locks import held

_ROOM = 1.05


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyReport:
    """What a check found: `problems` of the repository, `faulty` snapshots, `verified` ones."""

    read_data: bool
    problems: tuple[str, ...]
    verified: tuple[str, ...]
    faulty: tuple[str, ...]

    @property
    def is_sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems and not self.faulty


def restore(
    vault: Vault, name: str, target: Path, only: str | None, on_stage: OnStage
) -> Comparison:
    """Restore a snapshot, or one file or folder of it, into an empty or new folder, and compare.

    Raises CorruptError naming the files that are not what was backed up; all stay in `target`.
    """
    require_empty(target)
    snapshot = vault.find(name)
    top = chosen_name(_relative(vault.paths.home, only)) if only else None
    manifest = vault.manifest_of(snapshot)
    _require_room(manifest, top, target)
    vault.engine.restore(snapshot.id, target, top, stages("restoring", on_stage))
    on_stage(Stage(message="comparing every byte with the manifest"))
    found = compare_restored(manifest, target, top, vault.changed_in(snapshot.id))
    if found.faults:
        raise CorruptError(
            f"{len(found.faults)} of {found.files} restored files are not what was backed up: "
            + name_some(found.faults),
            remedy="Restore an older snapshot; the files are left in place for a look",
        )
    return found


def drill(vault: Vault, name: str, on_stage: OnStage) -> tuple[Snapshot, Comparison]:
    """Restore a whole snapshot to a scratch folder, compare every byte, and remove it again.

    What matched counts as restored, and its datasets as protected; otherwise the snapshot's proof
    is taken back and CorruptError raised.
    """
    snapshot = vault.find(name)
    scratch = vault.paths.drill
    waiting = Stage(message="waiting for another drill")
    with held(vault.paths.drill_lock, lambda: on_stage(waiting)):
        shutil.rmtree(scratch, ignore_errors=True)  # what a killed drill left
        try:
            found = restore(vault, snapshot.id, scratch, None, on_stage)
        except CorruptError:
            vault.store.doubt(snapshot.id)
            raise
        finally:
            on_stage(Stage(message="removing the scratch folder"))
            shutil.rmtree(scratch, ignore_errors=True)
    vault.store.mark_restored(snapshot.id, vault.clock.now())
    manifest = vault.manifest_of(snapshot)
    vault.store.protect(snapshot.id, protected_datasets(manifest, found.unproven))
    return snapshot, found


def verify(vault: Vault, on_stage: OnStage, *, read_data: bool) -> VerifyReport:
    """Check the repository, then every snapshot against its manifest.

    Damage takes back the proofs: of all snapshots when the repository is damaged, as it does not
    tell whose bytes they were, else of the faulty ones.
    """
    reading = "reading every stored byte" if read_data else "checking the repository"
    with vault.turn(on_stage):
        on_stage(Stage(message=reading))
        report = vault.engine.check(read_data=read_data)
        if report.problems:
            vault.store.doubt_all(vault.engine.repository)
            return VerifyReport(
                read_data=read_data, problems=report.problems, verified=(), faulty=()
            )
        vault.refresh()
        snapshots = vault.snapshots()
        verdicts: dict[str, bool] = {}
        for number, snapshot in enumerate(snapshots):
            message = f"comparing snapshot {snapshot.id[:8]}"
            on_stage(Stage(message=message, done=number, total=len(snapshots), unit="snapshots"))
            verdicts[snapshot.id] = _judge(vault, snapshot)
    return VerifyReport(
        read_data=read_data,
        problems=(),
        verified=tuple(key for key, is_whole in verdicts.items() if is_whole),
        faulty=tuple(key for key, is_whole in verdicts.items() if not is_whole),
    )


def _judge(vault: Vault, snapshot: Snapshot) -> bool:
    """Compare a snapshot's listing with its manifest, and keep the verdict."""
    try:
        manifest = vault.manifest_of(snapshot)
        listing = vault.engine.listing(snapshot.id)
    except (NotFoundError, CorruptError):
        vault.store.doubt(snapshot.id)
        return False
    changed = vault.changed_in(snapshot.id)
    found = compare_listing(manifest, listing, changed, vault.manifest_name)
    if found.missing or found.different:
        vault.store.doubt(snapshot.id)
        return False
    vault.store.mark_verified(snapshot.id, vault.clock.now())
    return True


def _require_room(manifest: Manifest, only: str | None, target: Path) -> None:
    """Raise DestinationFullError when the files will not fit, InputError where none ever does."""
    sizes = [entry.bytes for entry in manifest.entries if not only or is_below(entry.path, only)]
    needed = int(sum(sizes) * _ROOM)
    there = next(path for path in (target, *target.parents) if os.access(path, os.F_OK))
    room = shutil.disk_usage(there)
    if not room.total:  # /proc, /sys
        raise InputError(
            f"{target} cannot be written: {there} keeps no files", remedy="Choose another folder"
        )
    if room.free < needed:
        raise DestinationFullError(
            f"restoring needs {needed:,} bytes, {there} has {room.free:,} left",
            remedy="Choose another folder, or restore less with --only",
        )


def _relative(home: Path, only: str) -> str:
    """Return a path in the home folder as its stored name; others as they are."""
    return os.path.relpath(only, home) if only.startswith(f"{home}/") else only
