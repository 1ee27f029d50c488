"""Restore, drill and verify: restored bytes are compared, and damage revokes proofs."""

import errno
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import sqlalchemy as sa

from core.audit import Actor, Ledger, Role
from core.backup.backup import BackupReport
from core.backup.errors import DestinationFullError
from core.backup.records import Snapshot, SnapshotState
from core.backup.repository import require_empty
from core.backup.restore import drill, restore, verify
from core.backup.vault import Vault
from core.database import Database
from core.errors import ConflictError, CorruptError, InputError, NotFoundError
from core.process.progress import Progress
from core.tables import audit

pytestmark = pytest.mark.slow  # real restic

PAIRS = "datasets/demo/abc123/pairs.tsv.gz"
BackUp = Callable[..., BackupReport]
ADMIN = Actor(name="ada", role=Role.ADMIN, origin="cli")


@pytest.fixture
def taken(vault: Vault, dataset: Path, run_backup: BackUp) -> Snapshot:
    """A verified snapshot of the dataset."""
    (dataset / "pairs.tsv.gz").write_bytes(os.urandom(300_000))
    return run_backup(vault, "data").snapshot


@pytest.fixture
def forged(vault: Vault, dataset: Path) -> Snapshot:
    """A snapshot whose file content differs from its manifest, but which restic finds intact."""
    before = (dataset / "pairs.tsv.gz").read_bytes()
    (dataset / "pairs.tsv.gz").write_bytes(b"forged")
    (dataset / "prepared" / "train.en").unlink()
    stored = vault.repository.backup([vault.paths.datasets], ["datahall"])
    (dataset / "pairs.tsv.gz").write_bytes(before)
    return stored


def test_a_restore_counts_the_equal_files(
    vault: Vault, taken: Snapshot, dataset: Path, tmp_path: Path, progress: Progress
) -> None:
    found = restore(vault, taken.id[:8], tmp_path / "out", None, progress)
    assert (found.files, found.matched, found.faults) == (3, 3, ())
    assert (tmp_path / "out" / PAIRS).read_bytes() == (dataset / "pairs.tsv.gz").read_bytes()


@pytest.mark.parametrize("is_absolute", [False, True])
@pytest.mark.usefixtures("taken")
def test_one_folder_is_restored_alone(
    vault: Vault, dataset: Path, tmp_path: Path, progress: Progress, *, is_absolute: bool
) -> None:
    """Named as it is stored, or by its path in the home folder."""
    only = str(dataset / "prepared") if is_absolute else "datasets/demo/abc123/prepared"
    found = restore(vault, "latest", tmp_path / "out", only, progress)
    assert (found.files, found.matched) == (1, 1)
    assert not (tmp_path / "out" / "staging").exists()


def test_a_snapshot_is_found_by_the_start_of_its_id(vault: Vault, taken: Snapshot) -> None:
    assert vault.find(taken.id[:6]) == vault.find("latest") == taken
    for name in ("fffffffff", "", "x", "--help"):
        with pytest.raises(NotFoundError, match="no snapshot"):
            vault.find(name)
    similar = replace(taken, id=taken.id[:10] + "0" * 54)
    vault.store.record(similar)
    with pytest.raises(NotFoundError, match="several"):
        vault.find(taken.id[:10])


@pytest.mark.usefixtures("taken")
def test_a_restore_into_a_used_folder_is_refused(
    vault: Vault, tmp_path: Path, progress: Progress
) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").touch()
    with pytest.raises(ConflictError):
        restore(vault, "latest", tmp_path / "out", None, progress)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["mine"]


@pytest.mark.usefixtures("taken")
def test_a_restore_that_will_not_fit_is_not_started(
    vault: Vault, tmp_path: Path, progress: Progress, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _path: SimpleNamespace(total=20, free=10))
    with pytest.raises(DestinationFullError, match="10 left"):
        restore(vault, "latest", tmp_path / "out", None, progress)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("below", ["/proc/x", "{}/file/x", "{}/" + "x" * 300])
@pytest.mark.usefixtures("taken")
def test_a_target_that_cannot_be_written_is_bad_input(
    vault: Vault, tmp_path: Path, progress: Progress, below: str
) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="cannot be written: ") as caught:
        restore(vault, "latest", Path(below.format(tmp_path)), None, progress)
    assert caught.value.remedy


def test_a_target_that_cannot_be_read_is_bad_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Root may read every folder, so the refusal is simulated."""

    def refuse(folder: Path) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(folder))

    monkeypatch.setattr(Path, "iterdir", refuse)
    with pytest.raises(InputError, match="cannot be read: Permission denied"):
        require_empty(tmp_path)


def test_restored_files_that_differ_from_the_manifest_are_named(
    vault: Vault, taken: Snapshot, forged: Snapshot, tmp_path: Path, progress: Progress
) -> None:
    """Also when restic considers the stored bytes correct."""
    vault.paths.manifest(forged.id).write_bytes(vault.paths.manifest(taken.id).read_bytes())
    with pytest.raises(CorruptError, match=r"2 of 3.*pairs"):
        restore(vault, forged.id, tmp_path / "out", "datasets", progress)
    assert (tmp_path / "out" / PAIRS).exists()


@pytest.mark.usefixtures("taken")
def test_a_drill_marks_the_snapshot_and_removes_its_scratch_folder(
    vault: Vault, taken: Snapshot, progress: Progress
) -> None:
    vault.paths.drill.mkdir()
    (vault.paths.drill / "left by a killed drill").touch()
    drilled, found = drill(vault, "latest", progress)
    assert (found.files, found.matched) == (3, 3)
    [kept] = vault.snapshots()
    assert kept.id == taken.id == drilled.id
    assert kept.restored_at is not None
    assert not vault.paths.drill.exists()


def test_a_failed_drill_revokes_the_proof(
    vault: Vault, taken: Snapshot, forged: Snapshot, progress: Progress
) -> None:
    vault.paths.manifest(forged.id).write_bytes(vault.paths.manifest(taken.id).read_bytes())
    vault.store.mark_verified(forged.id, 1.0)
    with pytest.raises(CorruptError, match="pairs"):
        drill(vault, forged.id, progress)
    assert vault.find(forged.id).state is SnapshotState.UNVERIFIED
    assert not vault.paths.drill.exists()


def test_a_revoked_proof_stays_revoked_when_the_database_is_lost(
    vault: Vault, taken: Snapshot
) -> None:
    vault.revoke(taken.id)
    vault.store.remove([taken.id])
    assert [entry.state for entry in vault.snapshots()] == [SnapshotState.UNVERIFIED]
    assert vault.protecting("abc123") is None


def test_verification_verifies_every_snapshot_again(
    vault: Vault, taken: Snapshot, run_backup: BackUp, progress: Progress
) -> None:
    second = run_backup(vault, "demo/abc123").snapshot
    for entry in (taken, second):
        vault.revoke(entry.id)
    assert vault.protecting("abc123") is None
    report = verify(vault, progress, read_data=True)
    assert report.faults == ()
    assert set(report.verified) == {taken.id, second.id}
    assert vault.protecting("abc123") is not None


@pytest.mark.usefixtures("taken")
def test_damage_is_found_by_reading_every_byte_and_revokes_all_proofs(
    vault: Vault, progress: Progress, damage: Callable[[], None]
) -> None:
    damage()
    assert verify(vault, progress, read_data=False).faults == ()
    report = verify(vault, progress, read_data=True)
    assert report.problems
    assert report.faults == report.problems
    assert vault.protecting("abc123") is None


def test_a_snapshot_that_differs_from_its_manifest_is_faulty(
    vault: Vault, taken: Snapshot, forged: Snapshot, progress: Progress
) -> None:
    vault.paths.manifest(forged.id).write_bytes(vault.paths.manifest(taken.id).read_bytes())
    report = verify(vault, progress, read_data=False)
    assert (report.verified, report.faulty) == ((taken.id,), (forged.id,))
    assert report.faults == (f"snapshot {forged.id[:8]} differs from its manifest",)


def test_a_snapshot_file_deleted_by_hand_is_an_error_with_its_name(
    vault: Vault, taken: Snapshot, run_backup: BackUp, progress: Progress
) -> None:
    second = run_backup(vault, "demo/abc123").snapshot
    (vault.paths.repository / "snapshots" / taken.id).unlink()
    report = verify(vault, progress, read_data=False)
    assert (report.verified, report.missing) == ((second.id,), (taken.id,))
    assert report.faults == (f"snapshot {taken.id[:8]} is missing from the repository",)
    with pytest.raises(NotFoundError, match="missing"):
        vault.find(taken.id)


def test_a_snapshot_that_was_forgotten_is_not_missed(
    vault: Vault, taken: Snapshot, run_backup: BackUp, progress: Progress
) -> None:
    second = run_backup(vault, "demo/abc123").snapshot
    vault.forget([taken.id])
    report = verify(vault, progress, read_data=False)
    assert (report.verified, report.faults) == ((second.id,), ())
    assert not vault.paths.manifest(taken.id).exists()
    assert not vault.paths.proof(taken.id).exists()


def test_forgetting_a_missing_snapshot_ends_the_error(
    vault: Vault, taken: Snapshot, progress: Progress
) -> None:
    (vault.paths.repository / "snapshots" / taken.id).unlink()
    vault.forget([taken.id])
    assert vault.snapshots() == []
    assert verify(vault, progress, read_data=False).faults == ()


def test_a_manifest_that_was_edited_is_replaced_by_the_one_in_the_snapshot(
    vault: Vault, taken: Snapshot, tmp_path: Path, progress: Progress
) -> None:
    path = vault.paths.manifest(taken.id)
    genuine = path.read_text(encoding="utf-8")
    path.write_text(genuine.replace("pairs", "pears"), encoding="utf-8")
    assert restore(vault, "latest", tmp_path / "out", None, progress).faults == ()
    assert path.read_text(encoding="utf-8") == genuine


def test_a_manifest_that_is_not_the_recorded_one_is_refused(
    vault: Vault, taken: Snapshot, tmp_path: Path, progress: Progress
) -> None:
    vault.paths.manifest(taken.id).unlink()
    vault.store.record(replace(taken, manifest_digest="0" * 64))
    with pytest.raises(CorruptError, match="differs from the recorded one"):
        restore(vault, "latest", tmp_path / "out", None, progress)


def test_rows_deleted_from_the_audit_log_are_found_by_a_snapshot(
    vault: Vault, database: Database, run_backup: BackUp, dataset: Path, progress: Progress
) -> None:
    """Also when the head of the log was rewritten with its key."""
    assert dataset.exists()
    ledger = Ledger(database, vault.clock, vault.paths)
    for number in range(3):
        ledger.perform(ADMIN, "runs.start", str(number), lambda: None)
    taken = run_backup(vault, "data").snapshot
    assert verify(vault, progress, read_data=False).faults == ()
    with database.write() as connection:
        connection.execute(sa.delete(audit).where(audit.c.sequence > 1))
    vault.paths.audit_head.unlink()
    vault.paths.audit_key.unlink()
    assert verify(vault, progress, read_data=False).faults == (
        f"the audit log differs from snapshot {taken.id[:8]}: rows 2 to 3 are missing at the end",
    )
