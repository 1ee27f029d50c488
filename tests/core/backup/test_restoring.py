"""Restore, drill and check: what comes back is compared, and damage takes the proof back."""

import errno
import os
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from core.backup.failures import DestinationFullError
from core.backup.memory import MemoryEngine, Node
from core.backup.names import require_empty
from core.backup.restoring import drill, restore, verify
from core.backup.saving import back_up
from core.backup.vault import Stage, Vault
from core.errors import ConflictError, CorruptError, InputError, NotFoundError, UnavailableError

PAIRS = "datasets/demo/abc123/pairs.tsv.gz"


@pytest.fixture
def vault(memory_vault: Vault, dataset: Path, heard: list[Stage]) -> Vault:
    """A vault with one snapshot of a home that holds the dataset."""
    assert dataset.exists()
    back_up(memory_vault, "all", heard.append)
    return memory_vault


def engine_of(vault: Vault) -> MemoryEngine:
    """Return the vault's engine as the twin that it is."""
    return cast("MemoryEngine", vault.engine)


def forge(vault: Vault, name: str, content: bytes) -> None:
    """Make every snapshot hold other bytes of the same file, and believe in them."""
    engine = engine_of(vault)
    digest = sha256(content).hexdigest()
    engine.blobs[digest] = content
    for tree in engine.trees.values():
        tree[name] = Node(digest=digest, size=len(content))


def test_a_restore_says_how_many_files_match(
    vault: Vault, dataset: Path, tmp_path: Path, heard: list[Stage]
) -> None:
    """All of them, and the files are there."""
    found = restore(vault, "latest", tmp_path / "out", None, heard.append)
    assert (found.files, found.matched, found.faults) == (4, 4, ())
    assert (tmp_path / "out" / PAIRS).read_bytes() == (dataset / "pairs.tsv.gz").read_bytes()
    assert "comparing every byte with the manifest" in {stage.message for stage in heard}


@pytest.mark.parametrize("is_absolute", [False, True])
def test_one_dataset_is_restored_alone(
    vault: Vault, dataset: Path, tmp_path: Path, heard: list[Stage], *, is_absolute: bool
) -> None:
    """Named as it is stored, or as it lies in the home folder."""
    only = str(dataset) if is_absolute else "datasets/demo/abc123"
    found = restore(vault, "latest", tmp_path / "out", only, heard.append)
    assert (found.files, found.matched) == (3, 3)
    assert not (tmp_path / "out" / "staging").exists()


def test_a_snapshot_is_found_by_the_start_of_its_id(vault: Vault) -> None:
    """An ambiguous or unknown one is refused."""
    [taken] = vault.snapshots()
    assert vault.find(taken.id[:6]) == vault.find("latest") == taken
    for name in ("fffffffff", "", "x", "--help"):
        with pytest.raises(NotFoundError, match="no snapshot"):
            vault.find(name)
    twin = replace(taken, id=taken.id[:10] + "0" * 54)
    vault.store.record(twin)
    with pytest.raises(NotFoundError, match="several"):
        vault.find(taken.id[:10])


def test_a_restore_into_a_used_folder_is_refused(
    vault: Vault, tmp_path: Path, heard: list[Stage]
) -> None:
    """Nothing there is touched."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").touch()
    with pytest.raises(ConflictError):
        restore(vault, "latest", tmp_path / "out", None, heard.append)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["mine"]


def test_a_restore_that_will_not_fit_is_not_begun(
    vault: Vault, tmp_path: Path, heard: list[Stage], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message says how many bytes are needed."""
    monkeypatch.setattr("shutil.disk_usage", lambda _path: SimpleNamespace(total=20, free=10))
    with pytest.raises(DestinationFullError, match="10 left"):
        restore(vault, "latest", tmp_path / "out", None, heard.append)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("below", ["/proc/x", "{}/file/x", "{}/" + "x" * 300])
def test_a_target_that_nothing_can_write_is_bad_input(
    vault: Vault, tmp_path: Path, heard: list[Stage], below: str
) -> None:
    """Whatever the system says of it is told, not raised raw."""
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="cannot be written: ") as caught:
        restore(vault, "latest", Path(below.format(tmp_path)), None, heard.append)
    assert caught.value.remedy


def test_a_target_that_nobody_may_look_into_is_bad_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tests may run as root, so the system is made to refuse."""

    def refuse(folder: Path) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(folder))

    monkeypatch.setattr(Path, "iterdir", refuse)
    with pytest.raises(InputError, match="cannot be read: Permission denied"):
        require_empty(tmp_path)


def test_restored_bytes_that_are_not_the_backed_up_ones_are_named(
    vault: Vault, tmp_path: Path, heard: list[Stage]
) -> None:
    """Even when the repository itself believes in them."""
    forge(vault, PAIRS, b"forged")
    with pytest.raises(CorruptError, match=r"1 of 4.*pairs"):
        restore(vault, "latest", tmp_path / "out", None, heard.append)
    assert (tmp_path / "out" / PAIRS).exists()


def test_a_drill_marks_the_snapshot_and_leaves_nothing(vault: Vault, heard: list[Stage]) -> None:
    """What a killed drill left is removed as well."""
    vault.paths.drill.mkdir()
    (vault.paths.drill / "left over").touch()
    taken, found = drill(vault, "latest", heard.append)
    assert (found.files, found.matched) == (4, 4)
    [kept] = vault.snapshots()
    assert kept.id == taken.id
    assert kept.restored_at is not None
    assert not vault.paths.drill.exists()


def test_a_failed_drill_takes_the_proof_back(vault: Vault, heard: list[Stage]) -> None:
    """The gate closes again, and the scratch folder goes all the same."""
    assert vault.protecting("abc123") is not None
    forge(vault, PAIRS, b"forged")
    with pytest.raises(CorruptError, match="pairs"):
        drill(vault, "latest", heard.append)
    assert vault.protecting("abc123") is None
    assert [entry.verified_at for entry in vault.snapshots()] == [None]
    assert not vault.paths.drill.exists()


def test_a_check_proves_every_snapshot_again(vault: Vault, heard: list[Stage]) -> None:
    """And gives back what an earlier doubt took."""
    back_up(vault, "data", heard.append)
    vault.store.doubt_all(vault.engine.repository)
    report = verify(vault, heard.append, read_data=True)
    assert report.is_sound
    assert set(report.verified) == {entry.id for entry in vault.snapshots()}
    assert vault.protecting("abc123") is not None


def test_a_damaged_repository_protects_nothing(vault: Vault, heard: list[Stage]) -> None:
    """It does not tell whose bytes they were."""
    engine = engine_of(vault)
    digest = next(iter(engine.blobs))
    engine.blobs[digest] += b"?"
    assert verify(vault, heard.append, read_data=False).is_sound
    report = verify(vault, heard.append, read_data=True)
    assert report.problems
    assert not report.is_sound
    assert vault.protecting("abc123") is None


def test_a_snapshot_that_lacks_files_is_faulty(vault: Vault, heard: list[Stage]) -> None:
    """And is verified no more."""
    [taken] = vault.snapshots()
    del engine_of(vault).trees[taken.id][PAIRS]
    report = verify(vault, heard.append, read_data=False)
    assert report.faulty == (taken.id,)
    assert vault.protecting("abc123") is None


def test_a_lost_database_loses_no_snapshot(
    vault: Vault, tmp_path: Path, heard: list[Stage]
) -> None:
    """They are found in the repository, and a drill makes them count again."""
    [taken] = vault.snapshots()
    vault.store.forget([taken.id])
    vault.paths.manifest(taken.id).unlink()
    vault.paths.proof(taken.id).unlink()
    restore(vault, taken.id[:8], tmp_path / "out", None, heard.append)
    assert vault.protecting("abc123") is None
    drill(vault, "latest", heard.append)
    protecting = vault.protecting("abc123")
    assert protecting is not None
    assert protecting.id == taken.id


def test_a_manifest_that_was_tampered_with_is_not_believed(
    vault: Vault, tmp_path: Path, heard: list[Stage]
) -> None:
    """The one inside the snapshot is taken; if that is another, nothing is believed."""
    [taken] = vault.snapshots()
    path = vault.paths.manifest(taken.id)
    genuine = path.read_text(encoding="utf-8")
    path.write_text(genuine.replace("pairs", "pears"), encoding="utf-8")
    assert restore(vault, "latest", tmp_path / "out", None, heard.append).faults == ()
    assert path.read_text(encoding="utf-8") == genuine
    path.unlink()
    forge(vault, "staging/manifest.json", genuine.replace("pairs", "pears").encode())
    with pytest.raises(CorruptError, match="not the one kept"):
        restore(vault, "latest", tmp_path / "again", None, heard.append)


def test_a_removed_snapshot_protects_nothing(vault: Vault) -> None:
    """Whoever removed it, and however."""
    [taken] = vault.snapshots()
    del engine_of(vault).taken[taken.id]
    assert vault.protecting("abc123") is None
    vault.refresh()
    assert vault.snapshots() == []


def test_forgetting_removes_all_traces(vault: Vault) -> None:
    """Rows, manifests, bytes."""
    [taken] = vault.snapshots()
    vault.forget(["latest"])
    assert vault.snapshots() == []
    assert engine_of(vault).blobs == {}
    assert not vault.paths.manifest(taken.id).exists()
    assert not vault.paths.proof(taken.id).exists()


def test_the_status_tells_what_is_there(vault: Vault, heard: list[Stage]) -> None:
    """And when it last went well."""
    drill(vault, "latest", heard.append)
    [taken] = vault.snapshots()
    status = vault.status()
    vault.initialise()
    assert "recovery_key" not in vault.status().detail
    assert (status.repository, status.program, status.version) == ("memory", "memory", "1")
    assert (status.is_initialised, status.snapshots) == (True, 1)
    assert status.last_success_at == taken.created_at
    assert status.detail["recovery_key"] == "missing"
    assert status.detail["last_drill_at"] == str(taken.restored_at)


def test_the_status_is_told_without_restic_too(
    vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Calmly: not being installed is a state."""

    def missing(_engine: MemoryEngine) -> str:
        raise UnavailableError("restic is not here", remedy="Install it")

    monkeypatch.setattr(MemoryEngine, "program", property(missing))
    status = vault.status()
    assert status.detail["unavailable"] == "restic is not here"
    assert status.detail["remedy"] == "Install it"
    assert status.snapshots == 1
