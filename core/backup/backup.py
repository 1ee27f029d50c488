"""Back up in five steps: choose files, copy databases, hash all, store, compare."""

import os
import shutil
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote

from core.audit import Ledger
from core.backup.errors import DestinationFullError, IncompleteError
from core.backup.manifest import (
    Manifest,
    Walk,
    known_entries,
    take_manifest,
    write_manifest,
)
from core.backup.proof import Proof, protected_datasets, prove
from core.backup.records import SCOPE_TAG, Scope, Snapshot
from core.backup.vault import Vault, reporting
from core.errors import CorruptError, InputError, NotFoundError, UnavailableError
from core.files import PRIVATE_FILE, PRIVATE_FOLDER
from core.paths import StatePaths, confined
from core.process.progress import Progress
from core.text import format_megabytes

TELEMETRY_REMEDY = "Start the sampler, which renames the file and creates a new one: datahall up"
_DATABASE_REMEDY = "Restore the newest intact copy: datahall backup recover"
_ATTEMPTS = 2
_SPACE_FACTOR = 1.2
_LOCK_TIMEOUT_S = 30.0
_TAG = "datahall"


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """The paths and databases of one backup; `dataset` is the digest of a backup of one dataset."""

    name: str
    paths: tuple[Path, ...]
    databases: tuple[Path, ...]
    tags: tuple[str, ...]
    dataset: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupReport:
    """A finished backup; `datasets` are the digests of the datasets that it protects."""

    snapshot: Snapshot
    proof: Proof
    datasets: tuple[str, ...]


def back_up(
    vault: Vault, coverage: Coverage, progress: Progress, *, new_repository: bool = False
) -> BackupReport:
    """Make a snapshot and compare it with the manifest.

    Files that change during the backup, and damaged telemetry, which is left out, are named in the
    report and not protected; a backup of one dataset whose files changed is repeated once. Raises
    MissingRepositoryError when the location held a repository before (unless `new_repository`), and
    IncompleteError naming the files when the snapshot differs from the manifest; the snapshot is
    kept as unverified.
    """
    _require_repository_outside(vault, coverage)
    with vault.hold_lock(progress):
        vault.require_repository(progress, new=new_repository)
        for _ in range(_ATTEMPTS):
            report = _attempt(vault, coverage, progress)
            if coverage.dataset is None or coverage.dataset in report.datasets:
                return report
    raise IncompleteError(
        "files of the dataset changed while they were backed up",
        files=report.proof.changed or (coverage.name,),
        snapshot=report.snapshot,
        remedy="Wait until no program writes to them, then try again: datahall backup run",
    )


def cover_scope(paths: StatePaths, scope: Scope) -> Coverage:
    """Return the coverage of a scope in this home; raises InputError when no file exists.

    `runs` includes the models and the database, without which a run's files cannot be identified.
    Keys and tokens are never covered.
    """
    folders = {
        Scope.ALL: (paths.datasets, paths.runs, paths.models, paths.settings_file),
        Scope.DATA: (paths.datasets,),
        Scope.RUNS: (paths.runs, paths.models),
        Scope.STATE: (paths.settings_file,),
    }
    databases = {
        Scope.ALL: (paths.database, paths.telemetry),
        Scope.DATA: (),
        Scope.RUNS: (paths.database,),
        Scope.STATE: (paths.database, paths.telemetry),
    }
    coverage = Coverage(
        name=scope.value,
        paths=tuple(path for path in folders[scope] if path.exists()),
        databases=tuple(path for path in databases[scope] if path.exists()),
        tags=(_TAG, f"{SCOPE_TAG}{scope.value}"),
    )
    if not coverage.paths and not coverage.databases:
        raise InputError(
            f"there is nothing to back up yet ({scope.label.lower()})",
            remedy="Import a dataset first: datahall data demo",
        )
    return coverage


def cover_dataset(paths: StatePaths, version: str) -> Coverage:
    """Return the coverage of one dataset version, `NAME/DIGEST`; raises NotFoundError."""
    name, _, digest = version.rpartition("/")
    folder = paths.dataset(name, digest)
    is_named = name and digest and "/" not in name and not {name, digest} & {".", ".."}
    if not is_named or not folder.is_dir():
        raise NotFoundError(
            f"there is no dataset {version!r}", remedy="List the datasets: datahall data list"
        )
    confined(paths.datasets, folder)
    return Coverage(
        name=f"dataset:{digest}",
        paths=(folder,),
        databases=(),
        tags=(_TAG, f"dataset:{digest}"),
        dataset=digest,
    )


def copy_database(source: Path, target: Path, remedy: str = _DATABASE_REMEDY) -> None:
    """Copy a live SQLite database consistently to `target`: one file, mode 600, checked.

    SQLite's backup API is used, because copies of the file are not consistent: under load 10 of 10
    file copies were corrupt and 20 of 20 copies by the API were intact. Writers are not blocked.
    `target` appears complete or not at all. Raises DestinationFullError, CorruptError with the
    `remedy` (the live database is damaged) and UnavailableError (it cannot be read).
    """
    target.parent.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.tmp")
    remove_database(part)
    _require_space_for_copy(source, part)
    os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE))
    try:
        _run_sqlite_backup(source, part)
        if problems := integrity_problems(part):
            message = f"the database {source} is damaged: {'; '.join(problems)}"
            raise CorruptError(message, remedy=remedy)
        remove_database(target)
        part.replace(target)
    except sqlite3.DatabaseError as error:
        if is_damage(error):
            message = f"the database {source} is damaged: {error}"
            raise CorruptError(message, remedy=remedy) from error
        raise UnavailableError(
            f"{source} could not be copied ({error})",
            remedy="Try again when no other program uses it: datahall backup run",
        ) from error
    finally:
        remove_database(part)


def integrity_problems(path: Path) -> Sequence[str]:
    """Return the problems of a SQLite file, at most 5; none means that it is intact."""
    try:
        with closing(
            sqlite3.connect(_read_only(path), uri=True, timeout=_LOCK_TIMEOUT_S)
        ) as database:
            rows = [str(row[0]) for row in database.execute("pragma integrity_check(5)")]
    except sqlite3.DatabaseError as error:
        return [str(error)]
    lines = [line for row in rows for line in row.splitlines()]
    return [line for line in lines if line != "ok" and not line.startswith("***")]


def is_damage(error: sqlite3.DatabaseError) -> bool:
    """Whether the error means that the file's content is damaged."""
    return error.sqlite_errorcode in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def remove_database(path: Path) -> None:
    """Remove a SQLite file and its log files: SQLite would apply an old log to a new file."""
    for suffix in ("", "-wal", "-shm", "-journal"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def _attempt(vault: Vault, coverage: Coverage, progress: Progress) -> BackupReport:
    """Back up once; the staging folder is emptied first and removed at the end."""
    staging = vault.paths.staging
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(mode=PRIVATE_FOLDER, parents=True)
    try:
        left_out = _copy_databases(vault, coverage, progress)
        manifest = _take_manifest(vault, coverage, progress)
        text = manifest.text()
        write_manifest(vault.paths.staged_manifest, text)
        snapshot = _store(vault, coverage, manifest, progress)
        progress.begin("comparing the snapshot with its manifest")
        listing = vault.repository.listing(snapshot.id)
        proof = prove(manifest, listing, vault.paths.home, vault.manifest_name)
        proof = replace(proof, left_out=left_out)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return _report(vault, manifest, vault.record(snapshot, text, proof), proof)


def _copy_databases(vault: Vault, coverage: Coverage, progress: Progress) -> tuple[str, ...]:
    """Copy the databases to the staging folder; return the names of those left out.

    Damaged telemetry is left out: it must not keep everything else, and the runs that wait for a
    backup, from being backed up. Raises CorruptError for the main database, or when nothing else
    would be backed up.
    """
    left_out = []
    for database in coverage.databases:
        progress.begin(f"copying {database.name}")
        is_telemetry = database == vault.paths.telemetry
        is_alone = not coverage.paths and len(coverage.databases) == 1
        remedy = TELEMETRY_REMEDY if is_telemetry else _DATABASE_REMEDY
        try:
            copy_database(database, vault.paths.staged(database), remedy)
        except CorruptError:
            if not is_telemetry or is_alone:
                raise
            left_out.append(database.name)
    return tuple(left_out)


def _report(vault: Vault, manifest: Manifest, snapshot: Snapshot, proof: Proof) -> BackupReport:
    """Record which datasets are protected; raises IncompleteError for a faulty snapshot."""
    if proof.faults:
        raise IncompleteError(
            "the snapshot differs from the files that were backed up",
            files=proof.faults,
            snapshot=snapshot,
            remedy='Check the repository with "datahall backup verify", then try again: '
            "datahall backup run",
        )
    datasets = protected_datasets(manifest, proof.changed)
    vault.store.protect(snapshot.id, datasets)
    return BackupReport(snapshot=snapshot, proof=proof, datasets=datasets)


def _take_manifest(vault: Vault, coverage: Coverage, progress: Progress) -> Manifest:
    """Hash the files to back up; raises DestinationFullError when they will not fit."""
    started_at = vault.clock.now()
    earlier = list(vault.newest_manifests())
    known = known_entries(earlier)
    walk = Walk(vault.paths.home, (*coverage.paths, vault.paths.staging))
    found = take_manifest(walk, coverage.name, started_at, known.get, progress)
    ledger = Ledger(vault.store.database, vault.clock, vault.paths)
    manifest = replace(found, audit=ledger.head())
    stored = {entry.sha256 for old in earlier for entry in old.entries}
    size = sum(entry.bytes for entry in manifest.entries if entry.sha256 not in stored)
    needed = int(size * _SPACE_FACTOR)
    free = vault.repository.location.free_bytes()
    if free is not None and free < needed:
        raise DestinationFullError(
            f"the backup needs up to {format_megabytes(needed)}, but the disk of "
            f"{vault.repository.name} has only {format_megabytes(free)} free",
            remedy="Free space on that disk, or choose another one (setting backup.repository), "
            "then: datahall backup run",
        )
    return manifest


def _store(vault: Vault, coverage: Coverage, manifest: Manifest, progress: Progress) -> Snapshot:
    """Store the paths with restic.

    Files that were deleted during the backup are no error here; the comparison reports them. When
    restic could not read any other file, the snapshot is recorded as unverified, and the error is
    raised.
    """
    paths = (*coverage.paths, vault.paths.staging)
    progress.begin("backing up", total=manifest.bytes, unit="bytes")
    try:
        return vault.repository.backup(paths, coverage.tags, reporting(progress))
    except IncompleteError as error:
        if error.snapshot is None:
            raise
        if error.files and not _any_exists(vault.paths.home, error.files):
            return error.snapshot
        vault.record(error.snapshot, manifest.text(), Proof(missing=error.files))
        raise


def _any_exists(home: Path, names: Sequence[str]) -> bool:
    """Whether any of the files that restic could not read exists."""
    return any(
        os.path.lexists(home / name.removeprefix("/")) or os.path.lexists(name) for name in names
    )


def _require_repository_outside(vault: Vault, coverage: Coverage) -> None:
    """Raise InputError when a folder to back up contains the repository, which would grow."""
    repository = vault.repository.location.folder
    for path in coverage.paths:
        if repository is not None and repository.resolve().is_relative_to(path.resolve()):
            raise InputError(
                f"the repository {repository} is inside {path}, which the backup would contain",
                remedy="Choose another folder for the repository (setting backup.repository)",
            )


def _run_sqlite_backup(source: Path, part: Path) -> None:
    """Copy with SQLite's backup API, and disable WAL in the copy: one file contains it all."""
    with (
        closing(sqlite3.connect(_read_only(source), uri=True, timeout=_LOCK_TIMEOUT_S)) as live,
        closing(sqlite3.connect(part)) as copy,
    ):
        live.backup(copy)
        copy.execute("pragma journal_mode=delete")


def _read_only(path: Path) -> str:
    """Return the URI that opens a SQLite file for reading."""
    return f"file:{quote(str(path))}?mode=ro"


def _require_space_for_copy(source: Path, part: Path) -> None:
    """Raise DestinationFullError when the copy will not fit."""
    log = source.with_name(source.name + "-wal")
    size = sum(path.stat().st_size for path in (source, log) if path.exists())
    needed = int(_SPACE_FACTOR * size)
    free = shutil.disk_usage(part.parent).free
    if free < needed:
        raise DestinationFullError(
            f"copying {source.name} needs {needed:,} bytes, but the disk of {part.parent} has only "
            f"{free:,} bytes free",
            remedy="Free space on that disk, then try again: datahall backup run",
        )
