"""Backing up: consistent copies, manifest, room, engine, proof, in this order."""

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.backup.copies import copy_database
from core.backup.coverage import Coverage, cover, protected_datasets
from core.backup.engine import Snapshot
from core.backup.failures import DestinationFullError, IncompleteError
from core.backup.manifest import Manifest, known_entries, take_manifest, write_manifest
from core.backup.proof import Proof, prove
from core.backup.vault import OnStage, Stage, Vault, stages
from core.backup.walk import Walk
from core.errors import InputError
from core.files import PRIVATE_FOLDER

_ATTEMPTS = 2
_ROOM = 1.2


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupReport:
    """A finished backup: `datasets` are the digests that it protects from now on."""

    snapshot: Snapshot
    proof: Proof
    datasets: tuple[str, ...]


def back_up(vault: Vault, what: str, on_stage: OnStage) -> BackupReport:
    """Back up `all`, `data`, `runs`, `state` or one dataset (`NAME/DIGEST`) and prove it.

    Files that change meanwhile are named in the report and not counted as protected; when they
    belong to the one dataset that was asked for, it is tried once more. Raises IncompleteError
    naming the files when the snapshot is not what the manifest says: it stays, unverified.
    """
    coverage = cover(vault.paths, what)
    _require_apart(vault, coverage)
    with vault.turn(on_stage):
        if not vault.engine.is_initialised():
            on_stage(Stage(message="making the repository"))
            vault.engine.initialise(recovery=False)
        for _ in range(_ATTEMPTS):
            report = _attempt(vault, coverage, on_stage)
            if coverage.dataset is None or coverage.dataset in report.datasets:
                return report
    raise IncompleteError(
        "files of the dataset changed while they were backed up",
        files=report.proof.changed or (what,),
        snapshot=report.snapshot,
        remedy="Wait until nothing writes to it, then run again",
    )


def _attempt(vault: Vault, coverage: Coverage, on_stage: OnStage) -> BackupReport:
    """Back up once; the staging folder is empty before and gone after."""
    staging = vault.paths.staging
    _clear(staging)
    staging.mkdir(mode=PRIVATE_FOLDER, parents=True)
    try:
        for database in coverage.databases:
            on_stage(Stage(message=f"copying {database.name}"))
            copy_database(database, vault.paths.staged(database))
        manifest = _manifest(vault, coverage, on_stage)
        text = manifest.text()
        write_manifest(vault.paths.staged_manifest, text)
        snapshot = _store(vault, coverage, manifest, on_stage)
        on_stage(Stage(message="comparing the snapshot with its manifest"))
        listing = vault.engine.listing(snapshot.id)
        proof = prove(manifest, listing, vault.paths.home, vault.manifest_name)
    finally:
        _clear(staging)
    return _settle(vault, manifest, vault.keep(snapshot, text, proof), proof)


def _settle(vault: Vault, manifest: Manifest, snapshot: Snapshot, proof: Proof) -> BackupReport:
    """Count what the proof allows to be counted; raises IncompleteError when it allows nothing."""
    if proof.faults:
        raise IncompleteError(
            "the snapshot is not what was to be backed up",
            files=proof.faults,
            snapshot=snapshot,
            remedy='Run it again; if it repeats, run "datahall backup verify --read-data"',
        )
    datasets = protected_datasets(manifest, proof.changed)
    vault.store.protect(snapshot.id, datasets)
    return BackupReport(snapshot=snapshot, proof=proof, datasets=datasets)


def _manifest(vault: Vault, coverage: Coverage, on_stage: OnStage) -> Manifest:
    """Hash what is to be backed up and see that it will fit."""
    started_at = vault.clock.now()
    earlier = list(vault.newest_manifests())
    known = known_entries(earlier)
    walk = Walk(vault.paths.home, (*coverage.paths, vault.paths.staging))
    tell = stages("reading the files", on_stage)
    manifest = take_manifest(walk, coverage.what, started_at, known.get, tell)
    stored = {entry.sha256 for old in earlier for entry in old.entries}
    needed = sum(entry.bytes for entry in manifest.entries if entry.sha256 not in stored)
    free = vault.engine.free_bytes()
    if free is not None and free < needed * _ROOM:
        raise DestinationFullError(
            f"up to {int(needed * _ROOM):,} bytes are needed, {free:,} are left at "
            f"{vault.engine.repository}",
            remedy="Free some space or move the repository (setting backup.repository)",
        )
    return manifest


def _store(vault: Vault, coverage: Coverage, manifest: Manifest, on_stage: OnStage) -> Snapshot:
    """Let the engine store the paths.

    Files that merely vanished meanwhile are left to the proof; whatever else the engine could not
    read is raised, and what it did store is recorded as unverified.
    """
    paths = (*coverage.paths, vault.paths.staging)
    try:
        return vault.engine.backup(paths, coverage.tags, stages("backing up", on_stage))
    except IncompleteError as error:
        if error.snapshot is None:
            raise
        if error.files and not _still_there(vault.paths.home, error.files):
            return error.snapshot
        found = Proof(missing=error.files)
        vault.keep(error.snapshot, manifest.text(), found)
        raise


def _still_there(home: Path, names: Sequence[str]) -> bool:
    """Whether any of the files that the engine complained of exists."""
    return any(
        os.path.lexists(home / name.removeprefix("/")) or os.path.lexists(name) for name in names
    )


def _require_apart(vault: Vault, coverage: Coverage) -> None:
    """Raise InputError when the repository lies in what is backed up: it would eat itself."""
    repository = Path(vault.engine.repository)
    for path in coverage.paths:
        if repository.is_absolute() and repository.resolve().is_relative_to(path.resolve()):
            raise InputError(
                f"the repository {repository} lies in {path}, which is to be backed up",
                remedy="Move the repository (setting backup.repository)",
            )


def _clear(folder: Path) -> None:
    """Remove a folder, whatever is in it; absent is fine."""
    shutil.rmtree(folder, ignore_errors=True)
