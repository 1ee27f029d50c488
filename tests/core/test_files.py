"""Files that appear whole, and the digests that name them."""

import errno
import hashlib
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.files import (
    canonical_json,
    digest_file,
    digest_lines,
    digest_text,
    read_json,
    write_atomic,
    write_json,
    write_new,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda children: (
        st.lists(children, max_size=4) | st.dictionaries(st.text(), children, max_size=4)
    ),
    max_leaves=12,
)


def test_a_file_appears_with_its_content_and_mode(tmp_path: Path) -> None:
    """Folders above it are made."""
    path = tmp_path / "a" / "b.txt"
    write_atomic(path, "¿qué?\n", mode=0o600)
    assert path.read_bytes() == "¿qué?\n".encode()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_write_that_fails_leaves_the_old_file_alone(tmp_path: Path) -> None:
    """And no draft of the new one."""
    path = tmp_path / "a.txt"
    write_atomic(path, "old")
    with pytest.raises(TypeError):
        write_atomic(path, 3)  # type: ignore[arg-type]  # the mistake under test
    with pytest.raises(UnicodeEncodeError):
        write_atomic(path, "half \ud83d pair")
    assert path.read_text() == "old"
    assert [found.name for found in tmp_path.iterdir()] == ["a.txt"]


def test_readers_see_the_old_or_the_new_file(tmp_path: Path) -> None:
    """Never an empty or a mixed one."""
    path = tmp_path / "a.txt"
    contents = {letter * 20_000 for letter in "ab"}
    write_atomic(path, "a" * 20_000)
    is_over = threading.Event()

    def write() -> None:
        for number in range(30):
            write_atomic(path, "ab"[number % 2] * 20_000)
        is_over.set()

    writer = threading.Thread(target=write)
    writer.start()
    seen = set()
    while not is_over.is_set():
        seen.add(path.read_text())
    writer.join()
    assert seen <= contents


def test_what_is_there_already_is_kept(tmp_path: Path) -> None:
    """A key that was replaced would open nothing."""
    path = tmp_path / "a" / "key"
    write_new(path, "first", mode=0o600)
    write_new(path, "second")
    assert path.read_text() == "first"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [found.name for found in path.parent.iterdir()] == ["key"]


def test_where_there_are_no_links_a_file_is_written_anew_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on exFAT; any other refusal is told."""
    refusal = PermissionError(errno.EPERM, "Operation not permitted")

    def refuse(*_names: object) -> None:
        raise refusal

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    for content in ("first", "second"):
        write_new(tmp_path / "key", content)
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("key", "first")]
    refusal = PermissionError(errno.EACCES, "Permission denied")
    with pytest.raises(PermissionError, match="denied"):
        write_new(tmp_path / "other", "x")


def test_of_many_that_write_anew_at_once_all_find_the_first(tmp_path: Path) -> None:
    """Whole, and with no draft of the others."""
    path, gate = tmp_path / "key", threading.Barrier(8)

    def write(number: int) -> str:
        gate.wait()
        write_new(path, str(number) * 1000)
        return path.read_text()

    with ThreadPoolExecutor(8) as pool:
        (seen,) = set(pool.map(write, range(8)))
    assert len(seen) == 1000
    assert [found.name for found in tmp_path.iterdir()] == ["key"]


@given(st.dictionaries(st.text(), JSON, max_size=5))
def test_json_comes_back_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory, document: dict[str, object]
) -> None:
    """Any text, any number."""
    path = tmp_path_factory.mktemp("json") / "a.json"
    write_json(path, document)
    assert read_json(path) == document


@pytest.mark.parametrize("content", ["", "[]", "3", "{", "null"])
def test_what_is_no_object_is_refused(tmp_path: Path, content: str) -> None:
    """Callers expect what json raises."""
    path = tmp_path / "a.json"
    path.write_text(content)
    with pytest.raises(ValueError, match=r"object|Expecting"):
        read_json(path)


def test_a_file_that_is_not_there_is_not_found(tmp_path: Path) -> None:
    """Not an empty object."""
    with pytest.raises(FileNotFoundError):
        read_json(tmp_path / "a.json")


@given(st.dictionaries(st.text(), JSON, max_size=5))
def test_canonical_json_does_not_depend_on_order(document: dict[str, object]) -> None:
    """Digests are made of it."""
    backwards = dict(reversed(document.items()))
    assert canonical_json(document) == canonical_json(backwards)


def test_digests_are_sha256(tmp_path: Path) -> None:
    """Of text, of a file of any size, of lines."""
    text = "¿qué?\n" * 300_000
    expected = hashlib.sha256(text.encode()).hexdigest()
    path = tmp_path / "a.txt"
    path.write_text(text)
    assert digest_text(text) == digest_file(path) == expected
    assert digest_lines(text.splitlines()) == expected


def test_json_that_is_nested_without_end_is_damage_like_any_other(tmp_path: Path) -> None:
    """One such file must not take down what lists its neighbours."""
    path = tmp_path / "manifest.json"
    path.write_text("[" * 100_000, encoding="utf-8")
    with pytest.raises(ValueError, match="nested too deeply"):
        read_json(path)
