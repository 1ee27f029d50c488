"""Recover the database from a snapshot, without opening the damaged one."""

import contextlib
import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from core.audit import Actor, AuditOutcome, Ledger
from core.backup.backup import integrity_problems, remove_database
from core.backup.errors import MissingRepositoryError, NoRepositoryError
from core.backup.manifest import stored_name
from core.backup.records import Snapshot
from core.backup.repository import Repository, open_repository
from core.clock import Clock
from core.database import is_database_lost, open_database, sqlite_url
from core.errors import ConflictError, CorruptError, InputError, NotFoundError
from core.files import PRIVATE_FILE, sync
from core.locks import held, is_locked, take_lock
from core.paths import StatePaths
from core.process.progress import Progress
from core.settings import Settings

_EMPTY = (
    "Nothing can be restored. To continue with an empty database (the damaged one is kept): "
    "datahall backup recover --empty"
)
_LOG_SUFFIXES = ("-wal", "-shm", "-journal")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """A database that was replaced by its copy in a snapshot, or by an empty one.

    Attributes:
        snapshot: the snapshot of the copy; None for an empty database.
        kept: the replaced file; None when there was none.
    """

    snapshot: Snapshot | None
    kept: Path | None


def recover_database(
    settings: Settings,
    actor: Actor,
    clock: Clock,
    progress: Progress,
    *,
    force: bool = False,
    empty: bool = False,
) -> Recovery:
    """Replace the database by the newest intact copy in a snapshot, with `empty` by an empty one.

    Takes no lock of the repository. The replaced file is kept as `datahall.db.damaged-UTC_TIME`,
    with its log; the copy appears complete or not at all, with an audit entry. Raises ConflictError
    while another process uses the database, or when it is intact and not `force`; NotFoundError
    when no snapshot holds an intact copy, NoRepositoryError before the first backup; InputError
    when the database is on a server.
    """
    if settings.database_url:
        raise InputError(
            "the database is on a server, snapshots hold no copy of it",
            remedy="Restore it with the tools of that server",
        )
    paths = settings.paths
    paths.prepare()
    with _alone(paths), held(paths.backup_lock):
        progress.begin("checking the database")
        if not force and _is_intact(paths):
            raise ConflictError(
                f"the database {paths.database} is intact",
                remedy="To replace it by the newest copy nevertheless: "
                "datahall backup recover --force",
            )
        with TemporaryDirectory(prefix=".tmp-recover-", dir=paths.home) as scratch:
            copy, snapshot = Path(scratch) / paths.database.name, None
            if not empty:
                repository = open_repository(settings, takes_locks=False)
                snapshot, copy = _newest_copy(repository, paths, Path(scratch), progress)
            _finish_copy(copy, snapshot, paths, actor, clock)
            kept = _replace(paths.database, copy, clock.now())
    return Recovery(snapshot=snapshot, kept=kept)


def _is_intact(paths: StatePaths) -> bool:
    """Whether the database is in its place and undamaged."""
    is_there = paths.database.exists() and not is_database_lost(paths)
    return is_there and not integrity_problems(paths.database)


@contextlib.contextmanager
def _alone(paths: StatePaths) -> Iterator[None]:
    """Keep `datahall up` and the job supervisor from starting; raises ConflictError if one runs."""
    running = [path for path in paths.jobs.glob("*/lock") if is_locked(path)]
    if running:
        raise ConflictError(
            f"job {running[0].parent.name} is running and uses the database",
            remedy="Wait until it ends, or terminate its process, then: datahall backup recover",
        )
    with contextlib.ExitStack() as stack:
        for path in (paths.up_lock, paths.supervisor_lock):
            descriptor = take_lock(path)
            if descriptor is None:
                raise ConflictError(
                    "Datahall is running on this home folder",
                    remedy='Stop "datahall up" first (Ctrl-C in its terminal), then: '
                    "datahall backup recover",
                )
            stack.callback(os.close, descriptor)
        yield


def _newest_copy(
    repository: Repository, paths: StatePaths, scratch: Path, progress: Progress
) -> tuple[Snapshot, Path]:
    """Restore copies into `scratch`, newest first, until one is intact."""
    name = stored_name(paths.home, paths.staged(paths.database))
    reasons = []
    try:
        snapshots = repository.snapshots()
    except MissingRepositoryError:
        raise
    except NoRepositoryError as error:
        raise NoRepositoryError(error.message, remedy=_EMPTY) from error
    for snapshot in snapshots:
        if name not in repository.listing(snapshot.id):
            continue
        progress.begin(f"restoring the database from snapshot {snapshot.id[:8]}")
        target = scratch / snapshot.id
        try:
            repository.restore(snapshot.id, target, name)
        except CorruptError as error:
            reasons.append(f"snapshot {snapshot.id[:8]}: {error.message}")
            continue
        if problems := integrity_problems(target / name):
            reasons.append(f"snapshot {snapshot.id[:8]}: {problems[0]}")
            continue
        return snapshot, target / name
    detail = f" ({'; '.join(reasons)})" if reasons else ""
    raise NotFoundError(
        f"no snapshot in {repository.name} holds an intact copy of the database{detail}",
        remedy=_EMPTY,
    )


def _finish_copy(
    copy: Path, snapshot: Snapshot | None, paths: StatePaths, actor: Actor, clock: Clock
) -> None:
    """Bring the copy's schema up to date and record the recovery in its audit log."""
    database = open_database(sqlite_url(copy))
    copy.chmod(PRIVATE_FILE)
    source = f"snapshot {snapshot.id[:8]}" if snapshot else "nothing: an empty database"
    try:
        ledger = Ledger(database, clock, paths)
        ledger.accept_end(actor, f"recovered from {source}")
        ledger.note(
            actor, "backups.recover", snapshot.id if snapshot else "empty", AuditOutcome.ALLOWED
        )
    finally:
        database.close()
    for suffix in _LOG_SUFFIXES:  # the last connection has written the log into the file
        copy.with_name(copy.name + suffix).unlink(missing_ok=True)
    if problems := integrity_problems(copy):
        raise CorruptError(f"the recovered copy is damaged: {problems[0]}")
    sync(copy)


def _replace(database: Path, copy: Path, now: float) -> Path | None:
    """Replace the database by the copy; return the new path of the replaced file."""
    if not database.exists():
        remove_database(database)
        copy.replace(database)
        sync(database.parent)
        return None
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
    kept = database.with_name(f"{database.name}.damaged-{stamp}")
    number = 1
    while kept.exists():
        number += 1
        kept = database.with_name(f"{database.name}.damaged-{stamp}-{number}")
    for suffix in _LOG_SUFFIXES:
        log = database.with_name(database.name + suffix)
        if log.exists():
            log.replace(kept.with_name(kept.name + suffix))
    try:
        kept.hardlink_to(database)
    except OSError:  # a file system without hard links
        shutil.copy2(database, kept)
    copy.replace(database)
    sync(database.parent)
    return kept
