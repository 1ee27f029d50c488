"""Compare a snapshot with its manifest by names and sizes, and restored files by bytes."""

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.backup.manifest import Manifest, Walk, take_manifest
from core.backup.proof import compare_listing, compare_restored, prove
from core.backup.records import ManifestEntry
from core.process.progress import Progress

OWN = "staging/manifest.json"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Three files and a link."""
    folder = tmp_path / "root"
    folder.mkdir()
    for name in ("a", "b", "c"):
        (folder / name).write_text(name * 10, encoding="utf-8")
    (folder / "link").symlink_to("a")
    return folder


@pytest.fixture
def manifest(root: Path) -> Manifest:
    """Their manifest."""
    walk = Walk(root, [root / name for name in ("a", "b", "c", "link")])
    return take_manifest(walk, "data", time.time(), {}.get, Progress())


def listing_of(manifest: Manifest) -> dict[str, int]:
    """Return the listing of a snapshot that equals the manifest."""
    return {entry.path: entry.bytes for entry in manifest.entries} | {OWN: 99}


def test_an_equal_snapshot_has_no_faults(manifest: Manifest, root: Path) -> None:
    proof = prove(manifest, listing_of(manifest), root, OWN)
    assert proof.faults == ()
    assert proof.changed == ()


def test_missing_different_and_unexpected_files_are_named(manifest: Manifest, root: Path) -> None:
    listing = listing_of(manifest) | {"b": 9}
    del listing["a"]
    (root / "old").write_text("old", encoding="utf-8")
    listing["old"] = 3
    old = Manifest(created_at=time.time() + 60, what="data", entries=manifest.entries)
    proof = prove(old, listing, root, OWN)
    assert (proof.missing, proof.different, proof.unexpected) == (("a",), ("b",), ("old",))
    assert proof.faults == ("a", "b", "old")


def test_files_that_changed_during_the_backup_are_named_and_are_not_faults(
    manifest: Manifest, root: Path
) -> None:
    (root / "a").write_text("longer than it was", encoding="utf-8")
    (root / "b").unlink()
    (root / "new").write_text("new", encoding="utf-8")
    listing = listing_of(manifest) | {"a": 18, "new": 3, "came and went": 1}
    del listing["b"]
    proof = prove(manifest, listing, root, OWN)
    assert proof.faults == ()
    assert proof.changed == ("a", "b")
    assert proof.appeared == ("new", "came and went")


@given(st.sets(st.sampled_from(["a", "b", "c", "link"])))
def test_exactly_the_lost_files_are_missing(lost: set[str]) -> None:
    names = ("a", "b", "c", "link")
    entries = tuple(ManifestEntry(path=name, bytes=1, sha256="") for name in names)
    manifest = Manifest(created_at=0, what="data", entries=entries)
    listing = {name: 1 for name in names if name not in lost}
    assert set(compare_listing(manifest, listing, (), OWN).missing) == lost


def test_restored_files_are_compared_byte_by_byte(manifest: Manifest, root: Path) -> None:
    assert compare_restored(manifest, root, None, ()).faults == ()
    (root / "a").write_text("x" * 10, encoding="utf-8")
    (root / "b").unlink()
    (root / "link").unlink()
    (root / "link").symlink_to("b")
    found = compare_restored(manifest, root, None, ())
    assert (found.missing, found.different) == (("b",), ("a", "link"))
    assert (found.files, found.matched, found.bytes) == (4, 1, 30)


def test_a_file_in_place_of_a_link_is_different(manifest: Manifest, root: Path) -> None:
    (root / "link").unlink()
    (root / "link").write_text("a", encoding="utf-8")
    assert compare_restored(manifest, root, None, ()).different == ("link",)


def test_only_the_chosen_file_is_compared(manifest: Manifest, root: Path) -> None:
    (root / "b").unlink()
    found = compare_restored(manifest, root, "a", ())
    assert (found.files, found.matched, found.faults) == (1, 1, ())


def test_files_that_changed_during_the_backup_are_not_compared(
    manifest: Manifest, root: Path
) -> None:
    (root / "a").write_text("mixed", encoding="utf-8")
    found = compare_restored(manifest, root, None, ("a",))
    assert (found.faults, found.unproven, found.matched) == ((), ("a",), 3)
