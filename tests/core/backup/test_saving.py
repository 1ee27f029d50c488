"""Backing up a home: what is covered, what is proven, what counts as protected."""

import os
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from core.backup.coverage import cover
from core.backup.engine import OnProgress, Snapshot
from core.backup.failures import DestinationFullError, IncompleteError, unreadable
from core.backup.memory import MemoryEngine
from core.backup.messages import Trouble
from core.backup.saving import back_up
from core.backup.vault import Stage, Vault
from core.clock import SystemClock
from core.database import Database
from core.errors import InputError, NotFoundError
from core.paths import StatePaths


@dataclass(slots=True)
class MeddledEngine(MemoryEngine):
    """The twin in memory, in a world where things happen while it works."""

    before: Callable[[], None] = lambda: None
    lost: tuple[str, ...] = ()
    complaint: tuple[str, ...] = ()
    free: int | None = None

    def backup(
        self, paths: Sequence[Path], tags: Sequence[str], on_progress: OnProgress | None = None
    ) -> Snapshot:
        """Back up after the thing has happened; complain if told to."""
        self.before()
        taken = MemoryEngine.backup(self, paths, tags, on_progress)
        if self.complaint:
            found = [Trouble(item=name, during="archival", text="") for name in self.complaint]
            raise unreadable(found, taken)
        return taken

    def listing(self, snapshot_id: str) -> Mapping[str, int]:
        """Return the listing without the lost files."""
        listing = MemoryEngine.listing(self, snapshot_id)
        return {name: size for name, size in listing.items() if name not in self.lost}

    def free_bytes(self) -> int | None:
        """Return the made-up space."""
        return self.free


@pytest.fixture
def engine(paths: StatePaths) -> MeddledEngine:
    """An engine that a test may meddle with."""
    return MeddledEngine(paths.home, SystemClock())


@pytest.fixture
def vault(engine: MeddledEngine, memory_vault: Vault) -> Vault:
    """A vault on that engine."""
    return replace(memory_vault, engine=engine)


def test_a_backup_of_a_dataset_protects_it(vault: Vault, dataset: Path, heard: list[Stage]) -> None:
    """From then on, and with the proof kept beside the manifest."""
    assert vault.protecting("abc123") is None
    report = back_up(vault, "demo/abc123", heard.append)
    assert report.datasets == ("abc123",)
    assert report.snapshot.verified_at is not None
    assert report.snapshot.tags == ("datahall", "dataset:abc123")
    assert vault.protecting("abc123") == report.snapshot
    assert vault.store.list() == [report.snapshot]
    for path in (vault.paths.manifest(report.snapshot.id),
                 vault.paths.proof(report.snapshot.id)):  # fmt: skip
        assert path.stat().st_mode & 0o777 == 0o600
    assert {"making the repository", "reading the files", "backing up"} <= {
        stage.message for stage in heard
    }
    assert dataset.exists()


def test_the_whole_home_is_covered_but_for_its_secrets(
    vault: Vault, dataset: Path, heard: list[Stage]
) -> None:
    """Databases as consistent copies, never as the live files; keys and tokens not at all."""
    paths = vault.paths
    paths.run("r1").mkdir(parents=True)
    paths.run_config("r1").write_text("{}", encoding="utf-8")
    paths.settings_file.write_text("", encoding="utf-8")
    paths.cookie_key.write_text("secret", encoding="utf-8")
    report = back_up(vault, "all", heard.append)
    listing = vault.engine.listing(report.snapshot.id)
    assert set(listing) == {
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
    assert dataset.exists()


def test_the_stored_database_is_whole(
    vault: Vault, database: Database, tmp_path: Path, heard: list[Stage]
) -> None:
    """It opens, with every table."""
    with database.read() as connection:
        tables = set(connection.exec_driver_sql("select name from sqlite_master").scalars())
    report = back_up(vault, "state", heard.append)
    vault.engine.restore(report.snapshot.id, tmp_path / "out")
    with closing(sqlite3.connect(tmp_path / "out" / "staging" / "datahall.sqlite")) as copy:
        assert copy.execute("pragma integrity_check").fetchone() == ("ok",)
        assert {row[0] for row in copy.execute("select name from sqlite_master")} == tables


def test_scopes_cover_what_they_say(paths: StatePaths, dataset: Path, database: Database) -> None:
    """Only what exists; `runs` takes the models and the database along."""
    assert database.is_sqlite
    for folder in (paths.runs, paths.models):
        folder.mkdir()
    assert cover(paths, "data").paths == (paths.datasets,)
    assert cover(paths, "runs").paths == (paths.runs, paths.models)
    assert cover(paths, "runs").databases == (paths.database,)
    assert cover(paths, "state").paths == ()
    assert cover(paths, "demo/abc123").paths == (dataset,)
    assert cover(paths, "all").tags == ("datahall", "what:all")


@pytest.mark.parametrize("what", ["data", "everything", "runs"])
def test_nothing_to_back_up_is_said(tmp_path: Path, what: str) -> None:
    """Before anything is started."""
    with pytest.raises(InputError):
        cover(StatePaths(tmp_path), what)


@pytest.mark.parametrize(
    "what",
    ["demo/ghost", "demo/..", "../demo", "/abc123", "demo/", "a/b/c", "demo/abc123/prepared"],
)
@pytest.mark.usefixtures("dataset")
def test_only_a_dataset_that_is_there_can_be_named(paths: StatePaths, what: str) -> None:
    """No path leads out of the datasets."""
    with pytest.raises(NotFoundError):
        cover(paths, what)


def test_a_linked_dataset_outside_the_home_is_refused(paths: StatePaths, tmp_path: Path) -> None:
    """The link alone would be stored, and nothing of what it leads to."""
    (tmp_path / "elsewhere").mkdir()
    (paths.datasets / "demo").mkdir(parents=True)
    (paths.datasets / "demo" / "linked").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InputError, match="outside"):
        cover(paths, "demo/linked")


def test_a_file_that_the_snapshot_lacks_is_named_and_nothing_counts(
    engine: MeddledEngine, vault: Vault, dataset: Path, heard: list[Stage]
) -> None:
    """Whatever the engine's exit code was."""
    engine.lost = ("datasets/demo/abc123/pairs.tsv.gz",)
    with pytest.raises(IncompleteError, match=r"pairs\.tsv\.gz"):
        back_up(vault, "demo/abc123", heard.append)
    [kept] = vault.store.list()
    assert kept.verified_at is None
    assert vault.protecting("abc123") is None
    assert dataset.exists()


def test_a_file_that_changes_meanwhile_is_named_and_not_protected(
    engine: MeddledEngine, vault: Vault, dataset: Path, heard: list[Stage]
) -> None:
    """The rest of the snapshot is proven all the same."""

    def meddle() -> None:
        with (dataset / "pairs.tsv.gz").open("ab") as stream:
            stream.write(b"more")

    engine.before = meddle
    engine.before = meddle
    report = back_up(vault, "all", heard.append)
    assert report.proof.changed == ("datasets/demo/abc123/pairs.tsv.gz",)
    assert report.datasets == ()
    assert report.snapshot.verified_at is not None
    assert vault.protecting("abc123") is None


def test_a_dataset_that_keeps_changing_is_refused_after_a_second_try(
    engine: MeddledEngine, vault: Vault, dataset: Path, heard: list[Stage]
) -> None:
    """The gate must not open on a mixture of two versions."""
    tries: list[int] = []

    def meddle() -> None:
        tries.append(1)
        (dataset / "pairs.tsv.gz").write_bytes(os.urandom(64))

    engine.before = meddle
    with pytest.raises(IncompleteError, match=r"changed.*pairs"):
        back_up(vault, "demo/abc123", heard.append)
    assert len(tries) == 2
    assert vault.protecting("abc123") is None


def test_a_dataset_that_changed_once_is_protected_by_the_second_try(
    engine: MeddledEngine, vault: Vault, dataset: Path, heard: list[Stage]
) -> None:
    """A prepare job that rewrites the manifest meanwhile does no harm."""
    tries: list[int] = []

    def meddle() -> None:
        tries.append(1)
        if len(tries) == 1:
            (dataset / "manifest.json").write_text('{"prepared": true}', encoding="utf-8")

    engine.before = meddle
    report = back_up(vault, "demo/abc123", heard.append)
    assert vault.protecting("abc123") == report.snapshot


def test_prepared_files_may_change(
    engine: MeddledEngine, vault: Vault, dataset: Path, heard: list[Stage]
) -> None:
    """They are made again from the imported pairs."""

    def meddle() -> None:
        (dataset / "prepared" / "train.en").write_text("other", encoding="utf-8")

    engine.before = meddle
    report = back_up(vault, "demo/abc123", heard.append)
    assert report.datasets == ("abc123",)
    assert report.proof.changed == ("datasets/demo/abc123/prepared/train.en",)


def test_files_that_vanish_meanwhile_do_not_fail_the_backup(
    engine: MeddledEngine, vault: Vault, dataset: Path, heard: list[Stage]
) -> None:
    """A training run removes old checkpoints; restic complains of each."""
    gone = vault.paths.run("r1") / "checkpoint"
    gone.parent.mkdir(parents=True)
    gone.write_bytes(b"weights")
    engine.before = gone.unlink
    engine.complaint = ("/runs/r1/checkpoint",)
    report = back_up(vault, "all", heard.append)
    assert report.proof.changed == ("runs/r1/checkpoint",)
    assert report.datasets == ("abc123",)
    assert dataset.exists()


def test_files_that_are_there_and_unreadable_fail_it(
    engine: MeddledEngine, vault: Vault, dataset: Path, heard: list[Stage]
) -> None:
    """What was stored is recorded, unverified."""
    engine.complaint = ("datasets/demo/abc123/pairs.tsv.gz",)
    with pytest.raises(IncompleteError, match="could not be read"):
        back_up(vault, "demo/abc123", heard.append)
    assert [entry.verified_at for entry in vault.store.list()] == [None]
    assert dataset.exists()


def test_a_backup_that_will_not_fit_is_not_begun(
    engine: MeddledEngine, vault: Vault, dataset: Path, heard: list[Stage]
) -> None:
    """Bytes that an earlier snapshot holds need no room again."""
    engine.free = 1000
    with pytest.raises(DestinationFullError, match="needed") as caught:
        back_up(vault, "demo/abc123", heard.append)
    assert caught.value.remedy
    assert vault.store.list() == []
    engine.free = None
    back_up(vault, "demo/abc123", heard.append)
    engine.free = 1000
    back_up(vault, "demo/abc123", heard.append)
    assert dataset.exists()
