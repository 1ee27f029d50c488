"""Back up a home folder: what is covered, what is compared, what counts as protected."""

import os
import shutil
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from core.backup.backup import BackupReport, Coverage, back_up, cover_dataset, cover_scope
from core.backup.errors import (
    DestinationFullError,
    IncompleteError,
    MissingRepositoryError,
    unreadable_files,
)
from core.backup.records import FileProblem, OnProgress, Scope, Snapshot, SnapshotState
from core.backup.repository import Repository
from core.backup.vault import Vault
from core.database import Database
from core.errors import CorruptError, InputError, NotFoundError
from core.files import read_json
from core.paths import StatePaths
from core.process.progress import Progress

pytestmark = pytest.mark.slow  # real restic

BackUp = Callable[..., BackupReport]


@dataclass(slots=True)
class DisturbedRepository(Repository):
    """Real restic; a test changes files before a backup, or lines of its output."""

    before: Callable[[], None] = lambda: None
    lost: tuple[str, ...] = ()
    unreadable: tuple[str, ...] = ()
    deleted_rows: list[str] = field(default_factory=list)

    def backup(
        self, paths: Sequence[Path], tags: Sequence[str], on_progress: OnProgress | None = None
    ) -> Snapshot:
        """Back up after `before`; report the `unreadable` files."""
        self.before()
        taken = Repository.backup(self, paths, tags, on_progress)
        if self.unreadable:
            found = [FileProblem(item=name, during="archival", text="") for name in self.unreadable]
            raise unreadable_files(found, self.location.root, taken)
        return taken

    def listing(self, snapshot_id: str) -> Mapping[str, int]:
        """Return the listing without the lost files."""
        listing = Repository.listing(self, snapshot_id)
        return {name: size for name, size in listing.items() if name not in self.lost}


@pytest.fixture
def repository(vault: Vault) -> DisturbedRepository:
    """The test's repository, which a test may disturb."""
    return DisturbedRepository(vault.repository.client)


@pytest.fixture
def disturbed(repository: DisturbedRepository, vault: Vault) -> Vault:
    """A vault on that repository."""
    return replace(vault, repository=repository)


@pytest.mark.usefixtures("dataset")
def test_a_backup_of_a_dataset_protects_it(
    vault: Vault, run_backup: BackUp, stages: list[str]
) -> None:
    assert vault.protecting("abc123") is None
    report = run_backup(vault, "demo/abc123")
    assert report.datasets == ("abc123",)
    assert report.snapshot.state is SnapshotState.VERIFIED
    assert report.snapshot.tags == ("datahall", "dataset:abc123")
    assert vault.protecting("abc123") == report.snapshot
    assert vault.store.list() == [report.snapshot]
    for path in (
        vault.paths.manifest(report.snapshot.id),
        vault.paths.proof(report.snapshot.id),
    ):
        assert path.stat().st_mode & 0o777 == 0o600
    assert stages == [
        "reading the files", "backing up", "comparing the snapshot with its manifest",
    ]  # fmt: skip


@pytest.mark.usefixtures("dataset")
def test_a_backup_of_everything_covers_all_but_the_secrets(
    vault: Vault, run_backup: BackUp
) -> None:
    paths = vault.paths
    paths.run("r1").mkdir(parents=True)
    paths.run_config("r1").write_text("{}", encoding="utf-8")
    paths.settings_file.write_text("", encoding="utf-8")
    paths.cookie_key.write_text("secret", encoding="utf-8")
    report = run_backup(vault, "all")
    assert set(vault.repository.listing(report.snapshot.id)) == {
        "datahall.toml",
        "datasets/demo/abc123/manifest.json",
        "datasets/demo/abc123/pairs.tsv.gz",
        "datasets/demo/abc123/prepared/train.en",
        "runs/r1/config.json",
        "staging/datahall.sqlite",
        "staging/manifest.json",
    }
    assert report.datasets == ("abc123",)
    assert not paths.staging.exists()


def test_the_database_in_a_snapshot_is_intact(
    vault: Vault, database: Database, run_backup: BackUp, tmp_path: Path
) -> None:
    with database.read() as connection:
        tables = set(connection.exec_driver_sql("select name from sqlite_master").scalars())
    report = run_backup(vault, "state")
    vault.repository.restore(report.snapshot.id, tmp_path / "out")
    with closing(sqlite3.connect(tmp_path / "out" / "staging" / "datahall.sqlite")) as copy:
        assert copy.execute("pragma integrity_check").fetchone() == ("ok",)
        assert {row[0] for row in copy.execute("select name from sqlite_master")} == tables


def test_each_scope_covers_its_existing_parts(
    paths: StatePaths, dataset: Path, database: Database
) -> None:
    assert database.is_sqlite
    for folder in (paths.runs, paths.models):
        folder.mkdir()
    assert cover_scope(paths, Scope.DATA).paths == (paths.datasets,)
    assert cover_scope(paths, Scope.RUNS).paths == (paths.runs, paths.models)
    assert cover_scope(paths, Scope.RUNS).databases == (paths.database,)
    assert cover_scope(paths, Scope.STATE).paths == ()
    assert cover_scope(paths, Scope.ALL).tags == ("datahall", "what:all")
    assert cover_dataset(paths, "demo/abc123").paths == (dataset,)


@pytest.mark.parametrize("scope", Scope)
def test_a_scope_without_files_is_refused(tmp_path: Path, scope: Scope) -> None:
    with pytest.raises(InputError, match="nothing to back up"):
        cover_scope(StatePaths(tmp_path), scope)


@pytest.mark.parametrize(
    "version",
    ["demo/ghost", "demo/..", "../demo", "/abc123", "demo/", "a/b/c", "demo/abc123/prepared"],
)
@pytest.mark.usefixtures("dataset")
def test_only_an_existing_dataset_can_be_named(paths: StatePaths, version: str) -> None:
    with pytest.raises(NotFoundError):
        cover_dataset(paths, version)


def test_a_linked_dataset_outside_the_home_is_refused(paths: StatePaths, tmp_path: Path) -> None:
    """Only the link would be stored."""
    (tmp_path / "elsewhere").mkdir()
    (paths.datasets / "demo").mkdir(parents=True)
    (paths.datasets / "demo" / "linked").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InputError, match="outside"):
        cover_dataset(paths, "demo/linked")


def test_a_repository_inside_a_covered_folder_is_refused(
    vault: Vault, dataset: Path, run_backup: BackUp, repository_of: Callable[..., Repository]
) -> None:
    inside = replace(vault, repository=repository_of(address=str(dataset / "repository")))
    with pytest.raises(InputError, match="is inside"):
        run_backup(inside, "data")


@pytest.mark.usefixtures("dataset")
def test_a_file_that_the_snapshot_lacks_is_named_and_nothing_is_protected(
    repository: DisturbedRepository, disturbed: Vault, run_backup: BackUp
) -> None:
    repository.lost = ("datasets/demo/abc123/pairs.tsv.gz",)
    with pytest.raises(IncompleteError, match=r"pairs\.tsv\.gz"):
        run_backup(disturbed, "demo/abc123")
    [kept] = disturbed.store.list()
    assert kept.verified_at is None
    assert disturbed.protecting("abc123") is None


def test_a_file_that_changes_during_the_backup_is_named_and_not_protected(
    repository: DisturbedRepository, disturbed: Vault, dataset: Path, run_backup: BackUp
) -> None:
    def append() -> None:
        with (dataset / "pairs.tsv.gz").open("ab") as stream:
            stream.write(b"more")

    repository.before = append
    report = run_backup(disturbed, "all")
    assert report.proof.changed == ("datasets/demo/abc123/pairs.tsv.gz",)
    assert report.datasets == ()
    assert report.snapshot.verified_at is not None
    assert disturbed.protecting("abc123") is None


def test_a_dataset_that_keeps_changing_is_refused_after_the_second_attempt(
    repository: DisturbedRepository, disturbed: Vault, dataset: Path, run_backup: BackUp
) -> None:
    attempts: list[int] = []

    def rewrite() -> None:
        attempts.append(1)
        (dataset / "pairs.tsv.gz").write_bytes(os.urandom(64))

    repository.before = rewrite
    with pytest.raises(IncompleteError, match=r"changed.*pairs"):
        run_backup(disturbed, "demo/abc123")
    assert len(attempts) == 2
    assert disturbed.protecting("abc123") is None


def test_a_dataset_that_changed_once_is_protected_by_the_second_attempt(
    repository: DisturbedRepository, disturbed: Vault, dataset: Path, run_backup: BackUp
) -> None:
    attempts: list[int] = []

    def rewrite_once() -> None:
        attempts.append(1)
        if len(attempts) == 1:
            (dataset / "manifest.json").write_text('{"prepared": true}', encoding="utf-8")

    repository.before = rewrite_once
    report = run_backup(disturbed, "demo/abc123")
    assert disturbed.protecting("abc123") == report.snapshot


def test_prepared_files_may_change_during_a_backup(
    repository: DisturbedRepository, disturbed: Vault, dataset: Path, run_backup: BackUp
) -> None:
    def rewrite() -> None:
        (dataset / "prepared" / "train.en").write_text("other", encoding="utf-8")

    repository.before = rewrite
    report = run_backup(disturbed, "demo/abc123")
    assert report.datasets == ("abc123",)
    assert report.proof.changed == ("datasets/demo/abc123/prepared/train.en",)


@pytest.mark.usefixtures("dataset")
def test_files_deleted_during_a_backup_do_not_fail_it(
    repository: DisturbedRepository, disturbed: Vault, run_backup: BackUp
) -> None:
    """A training run deletes old checkpoints; restic reports each."""
    gone = disturbed.paths.run("r1") / "checkpoint"
    gone.parent.mkdir(parents=True)
    gone.write_bytes(b"weights")
    repository.before = gone.unlink
    repository.unreadable = ("/runs/r1/checkpoint",)
    report = run_backup(disturbed, "all")
    assert report.proof.changed == ("runs/r1/checkpoint",)
    assert report.datasets == ("abc123",)


@pytest.mark.usefixtures("dataset")
def test_an_existing_file_that_restic_cannot_read_fails_the_backup(
    repository: DisturbedRepository, disturbed: Vault, run_backup: BackUp
) -> None:
    repository.unreadable = ("datasets/demo/abc123/pairs.tsv.gz",)
    with pytest.raises(IncompleteError, match="could not read"):
        run_backup(disturbed, "demo/abc123")
    assert [entry.verified_at for entry in disturbed.store.list()] == [None]


@pytest.mark.usefixtures("dataset")
def test_a_backup_that_will_not_fit_is_not_started(
    vault: Vault, run_backup: BackUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Data that an earlier snapshot holds needs no space again."""
    free = "core.backup.restic.Location.free_bytes"
    with monkeypatch.context() as patch:
        patch.setattr(free, lambda _self: 1000)
        with pytest.raises(DestinationFullError, match="needs up to") as caught:
            run_backup(vault, "demo/abc123")
        assert caught.value.remedy
        assert vault.store.list() == []
    run_backup(vault, "demo/abc123")
    monkeypatch.setattr(free, lambda _self: 1000)
    run_backup(vault, "demo/abc123")


@pytest.mark.usefixtures("dataset")
def test_no_repository_is_created_where_one_was_before(vault: Vault, run_backup: BackUp) -> None:
    """Its disk may not be mounted: the new one would be on the system disk."""
    run_backup(vault, "data")
    folder = vault.paths.repository
    folder.rename(folder.with_name("unplugged"))
    folder.mkdir()
    with pytest.raises(MissingRepositoryError, match="there was one before") as caught:
        run_backup(vault, "data")
    assert list(folder.iterdir()) == []
    assert caught.value.remedy.endswith("datahall backup run --new-repository")
    assert [entry.state for entry in vault.snapshots()] == [SnapshotState.MISSING]
    assert vault.protecting("abc123") is None


@pytest.mark.usefixtures("dataset")
def test_a_lost_repository_is_remembered_without_the_database(
    vault: Vault, run_backup: BackUp
) -> None:
    run_backup(vault, "data")
    vault.store.remove([entry.id for entry in vault.store.list()])
    shutil.rmtree(vault.paths.repository)
    with pytest.raises(MissingRepositoryError):
        run_backup(vault, "data")


@pytest.mark.usefixtures("dataset")
def test_a_lost_repository_of_an_earlier_version_is_remembered(
    vault: Vault, run_backup: BackUp
) -> None:
    """It stored the full path with each row, and no history beside the key."""
    taken = run_backup(vault, "data").snapshot
    vault.store.record(replace(taken, repository=vault.repository.name))
    vault.paths.repository_history.unlink()
    shutil.rmtree(vault.paths.repository)
    with pytest.raises(MissingRepositoryError):
        run_backup(vault, "data")
    assert [entry.state for entry in vault.snapshots()] == [SnapshotState.MISSING]


@pytest.mark.usefixtures("dataset")
def test_a_new_repository_is_created_on_request(vault: Vault, run_backup: BackUp) -> None:
    run_backup(vault, "data")
    shutil.rmtree(vault.paths.repository)
    report = run_backup(vault, "data", new_repository=True)
    assert vault.snapshots() == [report.snapshot]
    assert vault.protecting("abc123") == report.snapshot


def test_a_damaged_database_is_not_backed_up_and_the_remedy_is_named(
    vault: Vault, database: Database, run_backup: BackUp
) -> None:
    database.close()
    content = bytearray(vault.paths.database.read_bytes())
    content[4096:8192] = b"\xff" * 4096
    vault.paths.database.write_bytes(content)
    with pytest.raises(CorruptError, match="damaged") as caught:
        run_backup(vault, "state")
    assert caught.value.remedy.endswith("datahall backup recover")


@pytest.mark.usefixtures("dataset")
@pytest.mark.parametrize("scope", ["all", "state"])
def test_damaged_telemetry_is_left_out_and_everything_else_is_backed_up(
    vault: Vault, run_backup: BackUp, scope: str
) -> None:
    vault.paths.telemetry.write_bytes(b"not a database" * 100)
    vault.paths.settings_file.touch()
    report = run_backup(vault, scope)
    assert report.snapshot.state is SnapshotState.VERIFIED
    assert report.datasets == (("abc123",) if scope == "all" else ())
    assert report.proof.left_out == ("telemetry.db",)
    stored = read_json(vault.paths.proof(report.snapshot.id))
    assert stored["left_out"] == ["telemetry.db"]
    listing = vault.repository.listing(report.snapshot.id)
    assert "datahall.toml" in listing
    assert not any("telemetry" in name for name in listing)


def test_damaged_telemetry_alone_is_not_backed_up_and_the_remedy_replaces_it(
    vault: Vault, progress: Progress
) -> None:
    vault.paths.telemetry.write_bytes(b"not a database" * 100)
    alone = Coverage(name="state", paths=(), databases=(vault.paths.telemetry,), tags=())
    with pytest.raises(CorruptError, match=r"telemetry\.db is damaged") as caught:
        back_up(vault, alone, progress)
    assert caught.value.remedy.endswith("datahall up")
