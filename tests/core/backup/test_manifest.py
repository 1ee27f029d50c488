"""The manifest: which files are hashed, and which have changed since."""

import os
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.backup.errors import IncompleteError, SourceMissingError
from core.backup.manifest import (
    Manifest,
    Walk,
    changed_since,
    known_entries,
    parse_manifest,
    take_manifest,
)
from core.backup.records import ManifestEntry
from core.errors import CorruptError
from core.files import digest_file
from core.process.progress import Progress


def take(root: Path, *names: str, now: float | None = None) -> Manifest:
    """Return the manifest of paths below root."""
    walk = Walk(root, [root / name for name in names])
    moment = time.time() if now is None else now
    return take_manifest(walk, "data", moment, {}.get, Progress())


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Some files, a link, and what is never backed up."""
    folder = tmp_path / "root" / "data"
    folder.mkdir(parents=True)
    (folder / "a").write_bytes(b"aaa")
    (folder / "b").write_bytes(b"")
    (folder / "link").symlink_to("a")
    (folder / "c.tmp").write_bytes(b"half")
    (folder / "runs.db").write_bytes(b"live")
    (folder / ".tmp-x").mkdir()
    (folder / ".tmp-x" / "d").write_bytes(b"half")
    os.mkfifo(folder / "pipe")
    return tmp_path / "root"


def test_each_file_has_its_size_and_digest(root: Path) -> None:
    manifest = take(root, "data")
    found = {entry.path: entry for entry in manifest.entries}
    assert list(found) == ["data/a", "data/b", "data/link"]
    assert found["data/a"].sha256 == digest_file(root / "data" / "a")
    assert (found["data/link"].link, found["data/link"].bytes) == ("a", 0)
    assert manifest.bytes == 3


def test_a_missing_path_is_an_error(root: Path) -> None:
    with pytest.raises(SourceMissingError, match="ghost"):
        take(root, "data", "ghost")


def test_a_folder_that_cannot_be_read_is_named(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_path: object) -> list[str]:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "listdir", refuse)
    with pytest.raises(IncompleteError, match=r"permission denied.*'data'"):
        take(root, "data")


@given(
    st.lists(
        st.builds(
            ManifestEntry,
            path=st.text(min_size=1) | st.binary(min_size=1).map(os.fsdecode),
            bytes=st.integers(min_value=0, max_value=2**60),
            sha256=st.text(),
            link=st.text() | st.binary().map(os.fsdecode),
            modified_ns=st.integers(min_value=0, max_value=2**63),
        )
    )
)
def test_a_manifest_is_parsed_as_it_was_written(entries: list[ManifestEntry]) -> None:
    manifest = Manifest(created_at=1.5, what="data", entries=tuple(entries))
    text = manifest.text()
    assert parse_manifest(text.encode("ascii").decode("ascii"), "here") == manifest


@pytest.mark.parametrize("text", ["", "{", "[]", '{"entries":[{}],"created_at":1,"what":"x"}'])
def test_a_damaged_manifest_is_corrupt(text: str) -> None:
    with pytest.raises(CorruptError, match="here"):
        parse_manifest(text, "here")


def test_unchanged_files_are_not_reported(root: Path) -> None:
    assert changed_since(take(root, "data"), root) == []


@pytest.mark.parametrize("age_s", [0.0, 3600.0])
def test_changed_files_are_reported(root: Path, age_s: float) -> None:
    for name in ("same", "grown", "swapped", "gone", "kind", "touched"):
        path = root / "data" / name
        path.write_bytes(b"before")
        os.utime(path, (time.time() - age_s,) * 2)
    manifest = take(root, "data", now=time.time() + (0 if age_s == 0 else 10))
    (root / "data" / "grown").write_bytes(b"before and after")
    (root / "data" / "swapped.new").write_bytes(b"hidden")
    (root / "data" / "swapped.new").replace(root / "data" / "swapped")
    (root / "data" / "gone").unlink()
    (root / "data" / "kind").unlink()
    (root / "data" / "kind").symlink_to("same")
    (root / "data" / "touched").chmod(0o600)
    assert sorted(changed_since(manifest, root)) == [
        "data/gone", "data/grown", "data/kind", "data/swapped",
    ]  # fmt: skip


def test_a_change_within_one_clock_tick_is_reported(root: Path) -> None:
    path = root / "data" / "a"
    manifest = take(root, "data")
    path.write_bytes(b"bbb")
    after = path.stat()
    same_marks = [
        replace(entry, modified_ns=after.st_mtime_ns, changed_ns=after.st_ctime_ns)
        if entry.path == "data/a"
        else entry
        for entry in manifest.entries
    ]
    assert changed_since(replace(manifest, entries=tuple(same_marks)), root) == ["data/a"]


def test_a_file_with_the_same_status_is_not_hashed_again(root: Path) -> None:
    moment = time.time()
    first = take(root, "data", now=moment)
    assert known_entries([first]) == {}, "the files are as young as the manifest"
    settled = Manifest(created_at=moment + 60, what="data", entries=first.entries)
    known = dict(known_entries([settled]))
    path = root / "data" / "a"
    known["data/a"] = ManifestEntry(**{**_fields(known["data/a"]), "sha256": "known"})
    walk = Walk(root, [root / "data"])
    again = take_manifest(walk, "data", moment, known.get, Progress())
    assert {entry.path: entry.sha256 for entry in again.entries}["data/a"] == "known"
    path.write_bytes(b"ccc")
    anew = take_manifest(walk, "data", moment, known.get, Progress())
    assert {entry.path: entry.sha256 for entry in anew.entries}["data/a"] == digest_file(path)


def _fields(entry: ManifestEntry) -> dict[str, object]:
    """Return an entry's fields."""
    return {name: getattr(entry, name) for name in ManifestEntry.__slots__}
