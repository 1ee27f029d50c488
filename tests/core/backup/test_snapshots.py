"""The rows say which snapshot protects which dataset, and forget when they must."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from core.backup.engine import Snapshot
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


def test_a_recorded_snapshot_is_the_same_when_read(store: SnapshotStore) -> None:
    """Recorded again, it is replaced."""
    store.record(taken("a", 1.0))
    store.record(replace(taken("a", 1.0), files=3))
    assert store.list() == [replace(taken("a", 1.0), files=3)]


def test_the_newest_comes_first_and_repositories_are_apart(store: SnapshotStore) -> None:
    """Settings may point elsewhere tomorrow."""
    store.record(taken("a", 1.0))
    store.record(taken("b", 2.0))
    store.record(replace(taken("c", 3.0), repository="/other"))
    assert ids(store.list()) == ["c", "b", "a"]
    assert ids(store.list("/r")) == ["b", "a"]


def test_only_a_verified_snapshot_protects(store: SnapshotStore) -> None:
    """A row alone is no protection."""
    store.record(taken("a", 1.0))
    store.protect("a", ["digest"])
    assert store.holding("digest") == []
    store.mark_verified("a", 9.0)
    assert store.holding("digest") == [taken("a", 1.0, verified_at=9.0)]
    assert store.holding("other") == []


def test_the_newest_verified_snapshot_comes_first(store: SnapshotStore) -> None:
    """The one with the freshest proof of life."""
    for snapshot_id, at in (("a", 1.0), ("b", 2.0), ("c", 3.0)):
        store.record(taken(snapshot_id, at, verified_at=9.0))
        store.protect(snapshot_id, ["digest", "digest"][:1])
    store.doubt("c")
    assert ids(store.holding("digest")) == ["b", "a"]


def test_damage_takes_every_proof_of_that_repository_back(store: SnapshotStore) -> None:
    """It cannot be told whose bytes they were."""
    store.record(taken("a", 1.0, verified_at=9.0))
    store.record(replace(taken("b", 2.0, verified_at=9.0), repository="/other"))
    store.protect("a", ["digest"])
    store.protect("b", ["digest"])
    store.doubt_all("/r")
    assert ids(store.holding("digest")) == ["b"]


def test_a_drill_counts_as_verification(store: SnapshotStore) -> None:
    """It compares more."""
    store.record(taken("a", 1.0))
    store.mark_restored("a", 9.0)
    assert store.list() == [replace(taken("a", 1.0, verified_at=9.0), restored_at=9.0)]


def test_a_forgotten_snapshot_protects_nothing(store: SnapshotStore) -> None:
    """Unknown ids do no harm."""
    store.record(taken("a", 1.0, verified_at=9.0))
    store.protect("a", ["digest"])
    store.protect("a", [])
    store.forget(["a", "ghost"])
    assert store.list() == []
    assert store.holding("digest") == []
