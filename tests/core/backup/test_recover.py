"""A damaged database is recovered from a snapshot, without being opened."""

import os
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from core.audit import Actor, Ledger, LogState, Role
from core.backup.backup import BackupReport, integrity_problems
from core.backup.errors import NoRepositoryError
from core.backup.recover import recover_database
from core.backup.restic import Location
from core.backup.vault import Vault
from core.clock import SystemClock
from core.database import Database, open_database, open_database_of, sqlite_url
from core.errors import ConflictError, CorruptError, InputError, NotFoundError
from core.locks import held
from core.paths import StatePaths
from core.process.progress import Progress
from core.settings import Settings

pytestmark = pytest.mark.slow  # real restic

BackUp = Callable[..., BackupReport]
ADMIN = Actor(name="ada", role=Role.ADMIN, origin="cli")


def note(paths: StatePaths, database: Database, action: str) -> None:
    """Append a row to the audit log."""
    Ledger(database, SystemClock(), paths).perform(ADMIN, action, "", lambda: None)


def actions(paths: StatePaths) -> list[str]:
    """Return the actions in the audit log of the database in its place, oldest first."""
    database = open_database(sqlite_url(paths.database))
    ledger = Ledger(database, SystemClock(), paths)
    found = [entry.action for entry in ledger.entries()]
    assert ledger.verify().state is LogState.WHOLE
    database.close()
    return found[::-1]


def overwrite(path: Path, offset: int = 0) -> None:
    """Overwrite 16 bytes."""
    with path.open("r+b") as stream:
        stream.seek(offset)
        stream.write(os.urandom(16))


def recover(paths: StatePaths, progress: Progress, *, force: bool = False) -> Path | None:
    """Recover the database; return the file that was kept."""
    settings = Settings(home=paths.home)
    return recover_database(settings, ADMIN, SystemClock(), progress, force=force).kept


@contextmanager
def exclusive_lock(location: Location) -> Iterator[None]:
    """Stop a `restic check` while it holds its exclusive lock."""
    process = subprocess.Popen(
        ["/usr/bin/restic", "check", "--no-cache"],
        env={**location.environment, "PATH": "/usr/bin:/bin"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    assert location.folder is not None
    while not [path for path in (location.folder / "locks").iterdir() if "tmp" not in path.name]:
        assert process.poll() is None
        time.sleep(0.005)
    process.send_signal(signal.SIGSTOP)
    yield
    process.kill()
    process.wait()


def test_the_newest_copy_replaces_the_damaged_database_which_is_kept(
    vault: Vault, database: Database, run_backup: BackUp, progress: Progress
) -> None:
    paths = vault.paths
    note(paths, database, "runs.start")
    taken = run_backup(vault, "state").snapshot
    note(paths, database, "runs.stop")
    database.close()
    overwrite(paths.database)
    damaged = paths.database.read_bytes()
    with pytest.raises(CorruptError) as caught:
        open_database(sqlite_url(paths.database))
    assert caught.value.remedy.endswith("datahall backup recover")

    found = recover_database(Settings(home=paths.home), ADMIN, SystemClock(), progress)
    assert found.snapshot is not None
    assert found.snapshot.id == taken.id
    assert found.kept is not None
    assert found.kept.name.startswith("datahall.db.damaged-")
    assert found.kept.read_bytes() == damaged
    assert integrity_problems(paths.database) == []
    assert paths.database.stat().st_mode & 0o777 == 0o600
    assert actions(paths) == ["runs.start", "audit.accept-end", "backups.recover"]
    assert not list(paths.home.glob(".tmp-*"))


def test_snapshots_made_after_the_copy_are_known_again(
    vault: Vault, database: Database, run_backup: BackUp, progress: Progress, dataset: Path
) -> None:
    assert dataset.exists()
    first = run_backup(vault, "state").snapshot
    second = run_backup(vault, "demo/abc123").snapshot
    database.close()
    overwrite(vault.paths.database)
    recover(vault.paths, progress)
    reopened = open_database(sqlite_url(vault.paths.database))
    healed = Vault(
        repository=vault.repository,
        store=type(vault.store)(reopened),
        paths=vault.paths,
        clock=vault.clock,
    )
    assert {entry.id for entry in healed.snapshots()} == {first.id, second.id}
    assert healed.protecting("abc123") is not None
    reopened.close()


def test_a_stale_log_is_not_replayed_into_the_recovered_database(
    vault: Vault, database: Database, run_backup: BackUp, progress: Progress
) -> None:
    run_backup(vault, "state")
    database.close()
    paths = vault.paths
    overwrite(paths.database)
    log = paths.database.with_name("datahall.db-wal")
    log.write_bytes(b"stale")
    kept = recover(paths, progress)
    assert kept is not None
    assert kept.with_name(f"{kept.name}-wal").read_bytes() == b"stale"
    assert not log.exists() or log.read_bytes() != b"stale"
    assert integrity_problems(paths.database) == []


def test_a_damaged_copy_in_the_newest_snapshot_is_skipped(
    vault: Vault, database: Database, run_backup: BackUp, progress: Progress
) -> None:
    first = run_backup(vault, "state").snapshot
    paths = vault.paths
    paths.staging.mkdir()
    paths.staged(paths.database).write_bytes(b"not a database")
    vault.repository.backup([paths.staging], ["datahall"])
    database.close()
    overwrite(paths.database)
    found = recover_database(Settings(home=paths.home), ADMIN, SystemClock(), progress)
    assert found.snapshot is not None
    assert found.snapshot.id == first.id


def test_a_database_that_is_gone_is_recovered_as_well(
    vault: Vault, database: Database, run_backup: BackUp, progress: Progress
) -> None:
    note(vault.paths, database, "runs.start")
    run_backup(vault, "state")
    database.close()
    vault.paths.database.unlink()
    with pytest.raises(CorruptError, match="missing or empty"):
        open_database_of(Settings(home=vault.paths.home))
    assert recover(vault.paths, progress) is None
    assert actions(vault.paths)[0] == "runs.start"


def test_an_emptied_database_is_recovered_as_well(
    vault: Vault, database: Database, run_backup: BackUp, progress: Progress
) -> None:
    note(vault.paths, database, "runs.start")
    run_backup(vault, "state")
    database.close()
    vault.paths.database.write_bytes(b"")
    assert recover(vault.paths, progress) is not None
    assert actions(vault.paths)[0] == "runs.start"


def test_recovery_does_not_wait_for_a_lock_of_the_repository(
    vault: Vault, database: Database, run_backup: BackUp, progress: Progress
) -> None:
    """Unlocking is an action, and no action can be recorded in a damaged database."""
    note(vault.paths, database, "runs.start")
    run_backup(vault, "state")
    database.close()
    overwrite(vault.paths.database)
    with exclusive_lock(vault.repository.location):
        recover(vault.paths, progress)
    assert actions(vault.paths)[0] == "runs.start"


def test_a_home_without_backups_continues_with_an_empty_database(
    vault: Vault, database: Database, progress: Progress
) -> None:
    note(vault.paths, database, "runs.start")
    database.close()
    overwrite(vault.paths.database)
    damaged = vault.paths.database.read_bytes()
    with pytest.raises(NotFoundError) as caught:
        recover(vault.paths, progress)
    assert caught.value.remedy.endswith("datahall backup recover --empty")
    settings = Settings(home=vault.paths.home)
    found = recover_database(settings, ADMIN, SystemClock(), progress, empty=True)
    assert found.snapshot is None
    assert found.kept is not None
    assert found.kept.read_bytes() == damaged
    assert actions(vault.paths) == ["audit.accept-end", "backups.recover"]


def test_before_the_first_backup_the_remedy_is_an_empty_database(
    paths: StatePaths, progress: Progress
) -> None:
    paths.prepare()
    paths.database.write_bytes(b"not a database")
    with pytest.raises(NoRepositoryError) as caught:
        recover(paths, progress)
    assert caught.value.remedy.endswith("datahall backup recover --empty")


def test_without_a_copy_nothing_is_changed(
    vault: Vault, database: Database, progress: Progress
) -> None:
    database.close()
    overwrite(vault.paths.database)
    before = vault.paths.database.read_bytes()
    with pytest.raises(NotFoundError, match=r"no snapshot in .* holds an intact copy"):
        recover(vault.paths, progress)
    assert vault.paths.database.read_bytes() == before


def test_an_intact_database_is_replaced_only_by_force(
    vault: Vault, database: Database, run_backup: BackUp, progress: Progress
) -> None:
    run_backup(vault, "state")
    database.close()
    with pytest.raises(ConflictError, match="is intact") as caught:
        recover(vault.paths, progress)
    assert caught.value.remedy.endswith("datahall backup recover --force")
    first = recover(vault.paths, progress, force=True)
    second = recover(vault.paths, progress, force=True)
    assert first is not None
    assert second is not None
    assert first != second
    assert integrity_problems(first) == integrity_problems(second) == []


@pytest.mark.parametrize("name", ["up_lock", "supervisor_lock"])
def test_recovery_is_refused_while_datahall_runs(
    paths: StatePaths, progress: Progress, name: str
) -> None:
    with held(getattr(paths, name)), pytest.raises(ConflictError, match="Datahall is running"):
        recover(paths, progress)


def test_recovery_is_refused_while_a_job_runs(paths: StatePaths, progress: Progress) -> None:
    paths.job("7f3a").mkdir(parents=True)
    with held(paths.job("7f3a") / "lock"), pytest.raises(ConflictError, match="job 7f3a"):
        recover(paths, progress)


def test_a_database_on_a_server_is_not_in_snapshots(paths: StatePaths, progress: Progress) -> None:
    settings = Settings(home=paths.home, database_url="postgresql+psycopg://user@host/name")
    with pytest.raises(InputError, match="on a server"):
        recover_database(settings, ADMIN, SystemClock(), progress)


def test_problems_of_a_damaged_page_are_found(paths: StatePaths, database: Database) -> None:
    database.close()
    with closing(sqlite3.connect(paths.database)) as connection:
        connection.execute("create table t (text text)")
        connection.executemany("insert into t values (?)", [("x" * 300,)] * 200)
        connection.commit()
        connection.execute("pragma wal_checkpoint(truncate)")
    size = paths.database.stat().st_size
    overwrite(paths.database, size - 4096)
    problems = integrity_problems(paths.database)
    assert problems
    assert not [problem for problem in problems if "\n" in problem or "***" in problem]
