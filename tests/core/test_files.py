"""Atomic writes, JSON files and digests."""

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


def test_a_file_is_written_with_content_and_mode(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b.txt"
    write_atomic(path, "¿qué?\n", mode=0o600)
    assert path.read_bytes() == "¿qué?\n".encode()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_failed_write_keeps_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_atomic(path, "old")
    with pytest.raises(TypeError):
        write_atomic(path, 3)  # type: ignore[arg-type]  # the mistake under test
    with pytest.raises(UnicodeEncodeError):
        write_atomic(path, "half \ud83d pair")
    assert path.read_text() == "old"
    assert [found.name for found in tmp_path.iterdir()] == ["a.txt"]


def test_readers_see_the_old_or_the_new_file(tmp_path: Path) -> None:
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


def test_write_new_keeps_an_existing_file(tmp_path: Path) -> None:
    path = tmp_path / "a" / "key"
    write_new(path, "first", mode=0o600)
    write_new(path, "second")
    assert path.read_text() == "first"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [found.name for found in path.parent.iterdir()] == ["key"]


def test_write_new_works_without_hard_links(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
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


def test_concurrent_calls_of_write_new_keep_the_first_file(tmp_path: Path) -> None:
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
def test_json_is_read_back_unchanged(
    tmp_path_factory: pytest.TempPathFactory, document: dict[str, object]
) -> None:
    path = tmp_path_factory.mktemp("json") / "a.json"
    write_json(path, document)
    assert read_json(path) == document


@pytest.mark.parametrize("content", ["", "[]", "3", "{", "null"])
def test_json_that_is_not_an_object_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "a.json"
    path.write_text(content)
    with pytest.raises(ValueError, match=r"object|Expecting"):
        read_json(path)


def test_a_missing_file_raises_file_not_found(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_json(tmp_path / "a.json")


@given(st.dictionaries(st.text(), JSON, max_size=5))
def test_canonical_json_does_not_depend_on_order(document: dict[str, object]) -> None:
    backwards = dict(reversed(document.items()))
    assert canonical_json(document) == canonical_json(backwards)


def test_digests_are_sha256(tmp_path: Path) -> None:
    text = "¿qué?\n" * 300_000
    expected = hashlib.sha256(text.encode()).hexdigest()
    path = tmp_path / "a.txt"
    path.write_text(text)
    assert digest_text(text) == digest_file(path) == expected
    assert digest_lines(text.splitlines()) == expected


def test_deeply_nested_json_is_a_value_error(tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    path.write_text("[" * 100_000, encoding="utf-8")
    with pytest.raises(ValueError, match="nested too deeply"):
        read_json(path)
