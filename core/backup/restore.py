"""Restore, restore drill and verification; each result is checked by comparing bytes or names."""

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from core.audit import Ledger
from core.backup.errors import DestinationFullError, list_names
from core.backup.manifest import Manifest, is_below, parse_stored_name
from core.backup.proof import Comparison, compare_listing, compare_restored, protected_datasets
from core.backup.records import Snapshot
from core.backup.repository import require_empty
from core.backup.vault import Vault, reporting
from core.errors import CorruptError, InputError, NotFoundError
from core.locks import held, is_locked
from core.process.progress import Progress

_SPACE_FACTOR = 1.05


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyReport:
    """The result of a verification.

    Attributes:
        problems: damage of the repository, in restic's words.
        verified: ids of the snapshots that equal their manifests.
        faulty: ids of those that differ, or have no manifest.
        missing: ids of snapshots that were recorded here but are no longer in the repository.
        audit: how the audit log differs from the end of it that a snapshot holds.
    """

    read_data: bool
    problems: tuple[str, ...] = ()
    verified: tuple[str, ...] = ()
    faulty: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    audit: str = ""

    @property
    def faults(self) -> tuple[str, ...]:
        """Every fault as a sentence; empty when no fault was found."""
        return (
            *self.problems,
            *(f"snapshot {key[:8]} differs from its manifest" for key in self.faulty),
            *(f"snapshot {key[:8]} is missing from the repository" for key in self.missing),
            *([self.audit] if self.audit else []),
        )


def restore(
    vault: Vault, name: str, target: Path, only: str | None, progress: Progress
) -> Comparison:
    """Restore a snapshot, or one file or folder of it, into an empty or new folder, and compare.

    Raises CorruptError naming the files that differ from what was backed up; all stay in `target`.
    """
    require_empty(target)
    snapshot = vault.find(name)
    top = parse_stored_name(_relative(vault.paths.home, only)) if only else None
    manifest = vault.manifest_of(snapshot)
    _require_space(manifest, top, target)
    progress.begin("restoring", unit="bytes")
    vault.repository.restore(snapshot.id, target, top, reporting(progress))
    progress.begin("comparing every byte with the manifest")
    found = compare_restored(manifest, target, top, vault.changed_in(snapshot.id))
    if found.faults:
        raise CorruptError(
            f"{len(found.faults)} of {found.files} restored files differ from what was backed up: "
            + list_names(found.faults),
            remedy="The files were left in place. Choose another snapshot: datahall backup list",
        )
    return found


def drill(vault: Vault, name: str, progress: Progress) -> tuple[Snapshot, Comparison]:
    """Restore a whole snapshot to a scratch folder, compare every byte, and remove it again.

    On success its datasets count as protected; on a difference its proof is revoked and
    CorruptError raised.
    """
    snapshot = vault.find(name)
    scratch = vault.paths.drill
    if is_locked(vault.paths.drill_lock):
        progress.begin("waiting for another drill")
    with held(vault.paths.drill_lock):
        shutil.rmtree(scratch, ignore_errors=True)  # left by a drill that was killed
        try:
            found = restore(vault, snapshot.id, scratch, None, progress)
        except CorruptError:
            vault.revoke(snapshot.id)
            raise
        finally:
            progress.begin("removing the scratch folder")
            shutil.rmtree(scratch, ignore_errors=True)
    vault.mark_verified(snapshot.id, is_restored=True)
    manifest = vault.manifest_of(snapshot)
    vault.store.protect(snapshot.id, protected_datasets(manifest, found.unproven))
    return snapshot, found


def verify(vault: Vault, progress: Progress, *, read_data: bool) -> VerifyReport:
    """Check the repository, then compare every snapshot with its manifest.

    Damage revokes proofs: of all snapshots when the repository is damaged, because restic does not
    name the affected files, else of the faulty ones.
    """
    progress_text = "reading every stored byte" if read_data else "checking the repository"
    with vault.hold_lock(progress):
        progress.begin(progress_text)
        report = vault.repository.check(read_data=read_data)
        if report.problems:
            for snapshot in vault.snapshots():
                vault.revoke(snapshot.id)
            return VerifyReport(read_data=read_data, problems=report.problems)
        vault.refresh()
        snapshots = vault.snapshots()
        present = [entry for entry in snapshots if entry.is_present]
        progress.begin("comparing the snapshots", total=len(present), unit="snapshots")
        manifests: dict[str, Manifest | None] = {}
        for number, snapshot in enumerate(present, 1):
            manifests[snapshot.id] = _compared_manifest(vault, snapshot)
            progress.update(number)
    return VerifyReport(
        read_data=read_data,
        verified=tuple(key for key, found in manifests.items() if found is not None),
        faulty=tuple(key for key, found in manifests.items() if found is None),
        missing=tuple(entry.id for entry in snapshots if not entry.is_present),
        audit=_audit_problem(vault, manifests),
    )


def _compared_manifest(vault: Vault, snapshot: Snapshot) -> Manifest | None:
    """Compare a snapshot's listing with its manifest, and record the result.

    Returns the manifest; None when the snapshot differs from it or has none.
    """
    try:
        manifest = vault.manifest_of(snapshot)
        listing = vault.repository.listing(snapshot.id)
    except (NotFoundError, CorruptError):
        vault.revoke(snapshot.id)
        return None
    changed = vault.changed_in(snapshot.id)
    found = compare_listing(manifest, listing, changed, vault.manifest_name)
    if found.missing or found.different:
        vault.revoke(snapshot.id)
        return None
    vault.mark_verified(snapshot.id)
    return manifest


def _audit_problem(vault: Vault, manifests: Mapping[str, Manifest | None]) -> str:
    """Describe how the audit log differs from the head that a snapshot holds; empty if equal."""
    ledger = Ledger(vault.store.database, vault.clock, vault.paths)
    for key, manifest in manifests.items():
        if manifest is None or manifest.audit is None:
            continue
        if problem := ledger.find_lost_row(manifest.audit, manifest.created_at):
            return f"the audit log differs from snapshot {key[:8]}: {problem}"
    return ""


def _require_space(manifest: Manifest, only: str | None, target: Path) -> None:
    """Raise DestinationFullError when the files will not fit, InputError where none ever can."""
    sizes = [entry.bytes for entry in manifest.entries if not only or is_below(entry.path, only)]
    needed = int(sum(sizes) * _SPACE_FACTOR)
    existing = next(path for path in (target, *target.parents) if os.access(path, os.F_OK))
    space = shutil.disk_usage(existing)
    if not space.total:  # /proc, /sys
        raise InputError(
            f"{target} cannot be written: {existing} cannot hold files",
            remedy="Choose another folder",
        )
    if space.free < needed:
        raise DestinationFullError(
            f"restoring needs {needed:,} bytes, {existing} has {space.free:,} left",
            remedy="Choose another folder, or restore a part with --only",
        )


def _relative(home: Path, only: str) -> str:
    """Return a path in the home folder as its stored name; other names as they are."""
    return os.path.relpath(only, home) if only.startswith(f"{home}/") else only
