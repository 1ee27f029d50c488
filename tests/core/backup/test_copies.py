"""Copies of live databases are consistent and complete while other processes write."""

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from core.backup.backup import copy_database
from core.backup.errors import DestinationFullError
from core.errors import CorruptError, UnavailableError


def make(path: Path) -> None:
    """Make a WAL database whose two tables together always sum to zero."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("pragma journal_mode=wal")
        connection.executescript("create table a (n int, pad text); create table b (n int);")


def write_until(stop: threading.Event, path: Path, done: list[int]) -> None:
    """Write one transaction after another into both tables; count those committed."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("pragma synchronous=off")
        number = 0
        while not stop.is_set():
            number += 1
            connection.execute("begin immediate")
            connection.execute("insert into a values (?, ?)", (number, "x" * 200))
            connection.execute("insert into b values (?)", (-number,))
            connection.execute("commit")
            done.append(number)


def test_copies_under_load_are_intact_and_hold_every_committed_row(tmp_path: Path) -> None:
    source = tmp_path / "live.db"
    make(source)
    stop, done = threading.Event(), [0]
    writer = threading.Thread(target=write_until, args=(stop, source, done))
    writer.start()
    try:
        for number in range(15):
            committed = done[-1]
            target = tmp_path / f"copy-{number}.sqlite"
            copy_database(source, target)
            with closing(sqlite3.connect(target)) as copy:
                assert copy.execute("pragma integrity_check").fetchone() == ("ok",)
                total, rows = copy.execute("select sum(n), count(*) from a").fetchone()
                other = copy.execute("select sum(n) from b").fetchone()[0]
            assert (total or 0) + (other or 0) == 0
            assert rows >= committed
    finally:
        stop.set()
        writer.join()
    assert done[-1] > 15


def test_a_copy_is_one_private_file(tmp_path: Path) -> None:
    source, target = tmp_path / "live.db", tmp_path / "staging" / "live.sqlite"
    make(source)
    target.parent.mkdir()
    for suffix in ("", "-wal", "-shm"):
        target.with_name(target.name + suffix).write_bytes(b"stale")
    copy_database(source, target)
    assert [path.name for path in target.parent.iterdir()] == ["live.sqlite"]
    assert target.stat().st_mode & 0o777 == 0o600


def test_a_damaged_database_is_reported_and_no_copy_stays(tmp_path: Path) -> None:
    source, target = tmp_path / "live.db", tmp_path / "staging" / "live.sqlite"
    make(source)
    stop, done = threading.Event(), [0]
    writer = threading.Thread(target=write_until, args=(stop, source, done))
    writer.start()
    while done[-1] < 500:
        stop.wait(0.01)
    stop.set()
    writer.join()
    content = bytearray(source.read_bytes())
    middle = len(content) // 2 // 4096 * 4096
    content[middle : middle + 4096] = b"\xff" * 4096
    source.write_bytes(content)
    with pytest.raises((CorruptError, UnavailableError), match="live"):
        copy_database(source, target)
    assert list(target.parent.iterdir()) == []


@pytest.mark.parametrize("content", [b"this is no database at all" * 100, None])
def test_a_file_that_is_not_a_database_cannot_be_copied(
    tmp_path: Path, content: bytes | None
) -> None:
    source = tmp_path / "live.db"
    if content is not None:
        source.write_bytes(content)
    with pytest.raises((CorruptError, UnavailableError)):
        copy_database(source, tmp_path / "staging" / "live.sqlite")


def test_a_copy_that_will_not_fit_is_not_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path / "live.db")
    usage = type("Usage", (), {"free": 10})
    monkeypatch.setattr("shutil.disk_usage", lambda _path: usage)
    with pytest.raises(DestinationFullError, match="only 10 bytes free") as caught:
        copy_database(tmp_path / "live.db", tmp_path / "live.sqlite")
    assert caught.value.remedy
