"""The rows about snapshots: proofs, and which snapshot protects which dataset."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from core.backup.records import Snapshot
from core.backup.snapshots import SnapshotStore
from core.database import Database


@pytest.fixture
def store(database: Database) -> SnapshotStore:
    """An empty store."""
    return SnapshotStore(database)


def taken(snapshot_id: str, at: float, verified_at: float | None = None) -> Snapshot:
    """Return a snapshot."""
    return Snapshot(
        id=snapshot_id, created_at=at, repository="/r", paths=("/h/it's",), tags=("datahall",),
        files=2, bytes=2**40, added_bytes=5, manifest_digest="d", verified_at=verified_at,
    )  # fmt: skip


def ids(snapshots: Sequence[Snapshot]) -> list[str]:
    """Return the snapshots' ids."""
    return [entry.id for entry in snapshots]


def holding(store: SnapshotStore, repository: str = "/r") -> Sequence[str]:
    """Return the ids of the snapshots that hold the dataset `digest`."""
    return store.holding(["digest"], repository).get("digest", [])


def test_a_snapshot_is_read_as_it_was_recorded(store: SnapshotStore) -> None:
    store.record(taken("a", 1.0))
    store.record(replace(taken("a", 1.0), files=3))
    assert store.list() == [replace(taken("a", 1.0), files=3)]


def test_snapshots_are_listed_newest_first_by_repository(store: SnapshotStore) -> None:
    store.record(taken("a", 1.0))
    store.record(taken("b", 2.0))
    store.record(replace(taken("c", 3.0), repository="/other"))
    assert ids(store.list()) == ["c", "b", "a"]
    assert ids(store.list("/r")) == ["b", "a"]


def test_only_a_verified_snapshot_protects(store: SnapshotStore) -> None:
    store.record(taken("a", 1.0))
    store.protect("a", ["digest"])
    assert holding(store) == []
    store.mark_verified("a", 9.0)
    assert holding(store) == ["a"]
    assert store.find(["a", "ghost"]) == [taken("a", 1.0, verified_at=9.0)]
    assert store.holding(["digest", "other"], "/r").keys() == {"digest"}
    assert store.holding(["digest"], "/other") == {}


def test_the_newest_verified_snapshot_comes_first(store: SnapshotStore) -> None:
    for snapshot_id, at in (("a", 1.0), ("b", 2.0), ("c", 3.0)):
        store.record(taken(snapshot_id, at, verified_at=9.0))
        store.protect(snapshot_id, ["digest", "digest"][:1])
    store.revoke("c")
    assert holding(store) == ["b", "a"]


def test_all_proofs_of_one_repository_can_be_revoked(store: SnapshotStore) -> None:
    store.record(taken("a", 1.0, verified_at=9.0))
    store.record(replace(taken("b", 2.0, verified_at=9.0), repository="/other"))
    store.protect("a", ["digest"])
    store.protect("b", ["digest"])
    store.revoke_all("/r")
    assert (holding(store), holding(store, "/other")) == ([], ["b"])


def test_a_restored_snapshot_is_verified_as_well(store: SnapshotStore) -> None:
    store.record(taken("a", 1.0))
    store.mark_restored("a", 9.0)
    assert store.list() == [replace(taken("a", 1.0, verified_at=9.0), restored_at=9.0)]


def test_a_removed_snapshot_protects_nothing(store: SnapshotStore) -> None:
    store.record(taken("a", 1.0, verified_at=9.0))
    store.protect("a", ["digest"])
    store.protect("a", [])
    store.remove(["a", "ghost"])
    assert store.list() == []
    assert holding(store) == []
