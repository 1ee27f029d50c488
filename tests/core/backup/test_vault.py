"""The vault: its rows follow the repository, and its status names what is wrong."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from core.backup.backup import BackupReport
from core.backup.errors import MissingRepositoryError
from core.backup.install import Restic
from core.backup.program import Call, OnLine, OnTick, Outcome, WatchedRunner
from core.backup.records import RepositoryState, Snapshot, SnapshotState
from core.backup.repository import Repository
from core.backup.restic import ResticClient
from core.backup.vault import Vault, open_vault
from core.clock import SystemClock
from core.database import open_database, sqlite_url
from core.errors import NotFoundError, UnavailableError
from core.locks import is_locked
from core.process.progress import Progress
from core.settings import Settings
from tests.clock import FixedClock

pytestmark = pytest.mark.slow  # real restic

BackUp = Callable[..., BackupReport]


@pytest.fixture
def taken(vault: Vault, dataset: Path, run_backup: BackUp) -> Snapshot:
    """A verified snapshot of the dataset."""
    assert dataset.exists()
    return run_backup(vault, "data").snapshot


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The commands of restic that were run."""
    found: list[str] = []
    run = WatchedRunner.run

    def record(
        self: WatchedRunner,
        call: Call,
        *,
        on_line: OnLine | None = None,
        on_tick: OnTick | None = None,
    ) -> Outcome:
        found.append(call.argv[1])
        return run(self, call, on_line=on_line, on_tick=on_tick)

    monkeypatch.setattr(WatchedRunner, "run", record)
    return found


def copy_of(vault: Vault, home: Path) -> Vault:
    """Copy a home folder, as `cp -a` does, and open it."""
    shutil.copytree(vault.paths.home, home, symlinks=True)
    settings = Settings(home=home)
    return open_vault(settings, open_database(sqlite_url(settings.paths.database)), SystemClock())


def test_a_copied_home_knows_its_snapshots_and_their_proofs(
    vault: Vault, taken: Snapshot, tmp_path: Path, calls: list[str]
) -> None:
    copy = copy_of(vault, tmp_path / "copy")
    assert copy.snapshots() == [taken]
    protecting = copy.protecting("abc123")
    assert protecting is not None
    assert protecting.id == taken.id
    assert calls == []
    copy.store.database.close()


def test_the_gate_of_a_copied_home_opens_without_listing_first(
    vault: Vault, taken: Snapshot, tmp_path: Path
) -> None:
    copy = copy_of(vault, tmp_path / "copy")
    protecting = copy.protecting("abc123")
    assert protecting is not None
    assert protecting.id == taken.id
    copy.store.database.close()


def test_the_newest_present_snapshot_of_each_dataset_protects_it(
    vault: Vault, taken: Snapshot, run_backup: BackUp
) -> None:
    newer = run_backup(vault, "demo/abc123").snapshot
    assert vault.protections(["abc123", "unknown"]) == {"abc123": newer}
    vault.repository.forget([newer.id])
    assert vault.protections(["abc123", "unknown"]) == {"abc123": taken}


def test_rows_with_the_path_of_a_moved_home_are_relocated(
    vault: Vault, taken: Snapshot, calls: list[str]
) -> None:
    for before in ("/old/home/repository", vault.repository.name):
        vault.store.record(replace(taken, repository=before))
        assert vault.snapshots() == [taken]
    assert calls == []


def test_rows_of_a_lost_database_come_back_with_their_proofs(vault: Vault, taken: Snapshot) -> None:
    vault.store.remove([taken.id])
    [found] = vault.snapshots()
    assert (found.id, found.state) == (taken.id, SnapshotState.VERIFIED)
    assert found.manifest_digest == taken.manifest_digest
    protecting = vault.protecting("abc123")
    assert protecting is not None
    assert protecting.id == taken.id


def test_without_a_kept_proof_a_found_snapshot_is_not_verified(
    vault: Vault, taken: Snapshot
) -> None:
    vault.store.remove([taken.id])
    vault.paths.proof(taken.id).unlink()
    assert [entry.state for entry in vault.snapshots()] == [SnapshotState.UNVERIFIED]
    assert vault.protecting("abc123") is None


@pytest.mark.usefixtures("taken")
def test_reading_calls_restic_only_when_the_repository_changed(
    vault: Vault, calls: list[str]
) -> None:
    vault.repository.backup([vault.paths.datasets], ["datahall"])
    calls.clear()
    assert len(vault.snapshots()) == 2
    assert "snapshots" in calls
    calls.clear()
    for _ in range(3):
        vault.snapshots()
        vault.protecting("abc123")
    assert calls == []


def test_the_row_of_a_removed_foreign_snapshot_is_removed(vault: Vault, taken: Snapshot) -> None:
    stored = vault.repository.backup([vault.paths.datasets], ["other"])
    assert len(vault.snapshots()) == 2
    vault.repository.forget([stored.id])
    assert [entry.id for entry in vault.snapshots()] == [taken.id]


def test_a_listing_that_fails_is_not_repeated_at_once(
    vault: Vault, taken: Snapshot, calls: list[str]
) -> None:
    vault.store.remove([taken.id])
    key = vault.paths.repository_key.read_bytes()
    vault.paths.repository_key.write_bytes(b"wrong")
    clock = FixedClock()
    impatient = replace(vault, clock=clock)
    for _ in range(3):
        assert impatient.snapshots() == []
    assert calls == ["snapshots"]
    vault.paths.repository_key.write_bytes(key)
    clock.advance(61)
    assert [entry.id for entry in impatient.snapshots()] == [taken.id]


def test_rows_are_not_updated_while_a_backup_runs(
    vault: Vault, taken: Snapshot, calls: list[str]
) -> None:
    """The running backup records its snapshot itself, with its proof."""
    vault.store.remove([taken.id])
    with vault.hold_lock(Progress()):
        assert vault.snapshots() == []
    assert calls == []


def test_a_server_is_listed_at_most_every_ten_minutes(
    vault: Vault, taken: Snapshot, calls: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(vault.repository), "present_ids", lambda _self: None)
    clock = FixedClock()
    remote = replace(vault, clock=clock)
    assert [entry.id for entry in remote.snapshots()] == [taken.id]
    (vault.paths.repository / "snapshots" / taken.id).unlink()
    clock.advance(599)
    assert [entry.is_present for entry in remote.snapshots()] == [True]
    clock.advance(2)
    assert [entry.is_present for entry in remote.snapshots()] == [False]
    assert calls == ["snapshots", "snapshots"]


def test_the_status_of_a_working_repository(vault: Vault, taken: Snapshot) -> None:
    vault.mark_verified(taken.id, is_restored=True)
    status = vault.status()
    assert (status.state, status.problem) == (RepositoryState.READY, "")
    assert (status.repository, status.program) == (str(vault.paths.repository), "restic")
    assert (status.snapshots, status.missing) == (1, ())
    assert status.last_success_at == taken.created_at
    assert status.last_drill_at is not None
    assert status.has_recovery_key is False
    assert (status.free_bytes or 0) > 0


def test_the_status_names_missing_snapshots_and_a_missing_repository(
    vault: Vault, taken: Snapshot
) -> None:
    (vault.paths.repository / "snapshots" / taken.id).unlink()
    assert vault.status().missing == (taken.id,)
    assert vault.status().last_success_at is None
    shutil.rmtree(vault.paths.repository)
    status = vault.status()
    assert (status.state, status.snapshots) == (RepositoryState.MISSING, 0)
    assert status.free_bytes is None  # the disk that is there is not that of the repository
    assert "there was one before" in status.problem
    assert "Is its disk mounted?" in status.remedy


@pytest.mark.parametrize("name", ["latest", "id"])
def test_a_snapshot_of_an_unmounted_repository_names_the_repository(
    vault: Vault, taken: Snapshot, name: str
) -> None:
    vault.paths.repository.rename(vault.paths.home / "unmounted")
    with pytest.raises(MissingRepositoryError):
        vault.find(taken.id if name == "id" else name)


def test_before_the_first_backup_the_status_is_new(vault: Vault) -> None:
    shutil.rmtree(vault.paths.repository)
    vault.paths.repository_history.unlink(missing_ok=True)
    assert vault.status().state is RepositoryState.NEW


@pytest.mark.usefixtures("taken")
def test_without_restic_the_status_names_the_remedy(vault: Vault) -> None:
    def absent() -> Restic:
        raise UnavailableError("restic is not installed", remedy="Install it")

    client = vault.repository.client
    without = ResticClient(location=client.location, find=absent, runner=client.runner)
    status = replace(vault, repository=Repository(without)).status()
    assert (status.state, status.snapshots) == (RepositoryState.UNAVAILABLE, 1)
    assert (status.problem, status.remedy) == ("restic is not installed", "Install it")


def test_the_recovery_key_is_created_by_one_process_at_a_time(
    vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two concurrent calls would create two keys, and show each as the only one."""
    were_locked: list[bool] = []

    def add_key(_repository: object) -> str:
        were_locked.append(is_locked(vault.paths.backup_lock))
        return "KEY"

    monkeypatch.setattr(type(vault.repository), "add_recovery_key", add_key)
    assert vault.create_recovery_key() == "KEY"
    assert were_locked == [True]
    assert not is_locked(vault.paths.backup_lock)


def test_forgetting_an_unknown_snapshot_removes_nothing(vault: Vault, taken: Snapshot) -> None:
    with pytest.raises(NotFoundError):
        vault.forget([taken.id, "f" * 64])
    assert vault.snapshots() == [taken]
