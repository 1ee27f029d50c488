"""A snapshot is compared with its manifest, name by name, and a restore byte by byte."""

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.backup.engine import ManifestEntry
from core.backup.manifest import Manifest, take_manifest
from core.backup.proof import compare_listing, compare_restored, prove
from core.backup.walk import Walk

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
    return take_manifest(walk, "data", time.time(), {}.get, lambda _progress: None)


def listing_of(manifest: Manifest) -> dict[str, int]:
    """Return the listing of a faithful snapshot."""
    return {entry.path: entry.bytes for entry in manifest.entries} | {OWN: 99}


def test_a_faithful_snapshot_has_no_faults(manifest: Manifest, root: Path) -> None:
    """Its own manifest is not held against it."""
    proof = prove(manifest, listing_of(manifest), root, OWN)
    assert proof.faults == ()
    assert proof.changed == ()


def test_missing_different_and_unexpected_files_are_named(manifest: Manifest, root: Path) -> None:
    """Each under what it is."""
    listing = listing_of(manifest) | {"b": 9}
    del listing["a"]
    (root / "old").write_text("old", encoding="utf-8")
    listing["old"] = 3
    old = Manifest(created_at=time.time() + 60, what="data", entries=manifest.entries)
    proof = prove(old, listing, root, OWN)
    assert (proof.missing, proof.different, proof.unexpected) == (("a",), ("b",), ("old",))
    assert proof.faults == ("a", "b", "old")


def test_what_moved_meanwhile_is_named_and_no_fault(manifest: Manifest, root: Path) -> None:
    """A growing log, a removed checkpoint, a new one."""
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
    """No more, no fewer."""
    names = ("a", "b", "c", "link")
    entries = tuple(ManifestEntry(path=name, bytes=1, sha256="") for name in names)
    manifest = Manifest(created_at=0, what="data", entries=entries)
    listing = {name: 1 for name in names if name not in lost}
    assert set(compare_listing(manifest, listing, (), OWN).missing) == lost


def test_restored_files_are_compared_byte_by_byte(manifest: Manifest, root: Path) -> None:
    """Same size and times do not do; a link must lead where it led."""
    assert compare_restored(manifest, root, None, ()).faults == ()
    (root / "a").write_text("x" * 10, encoding="utf-8")
    (root / "b").unlink()
    (root / "link").unlink()
    (root / "link").symlink_to("b")
    found = compare_restored(manifest, root, None, ())
    assert (found.missing, found.different) == (("b",), ("a", "link"))
    assert (found.files, found.matched, found.bytes) == (4, 1, 30)


def test_a_file_in_place_of_a_link_is_different(manifest: Manifest, root: Path) -> None:
    """Even with the same content behind it."""
    (root / "link").unlink()
    (root / "link").write_text("a", encoding="utf-8")
    assert compare_restored(manifest, root, None, ()).different == ("link",)


def test_only_what_was_asked_for_is_compared(manifest: Manifest, root: Path) -> None:
    """The rest was not restored."""
    (root / "b").unlink()
    found = compare_restored(manifest, root, "a", ())
    assert (found.files, found.matched, found.faults) == (1, 1, ())


def test_nothing_is_demanded_of_files_that_changed_while_read(
    manifest: Manifest, root: Path
) -> None:
    """And nothing claimed."""
    (root / "a").write_text("mixed", encoding="utf-8")
    found = compare_restored(manifest, root, None, ("a",))
    assert (found.faults, found.unproven, found.matched) == ((), ("a",), 3)
