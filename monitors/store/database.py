"""The SQLite file of telemetry: its tables, opening it, checking it, and what its errors mean."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from core.errors import CorruptError, DatahallError, DiskFullError, UnavailableError

RAW, MINUTE, HOUR = 0, 60, 3600
"""Levels of blocks: the seconds that a row summarises."""

SERIES_BITS = 20
_APPLICATION = 0x44486C6C
_VERSION = 1
_LAST_VERSION = 1000  # a larger number is damage, not a newer version of Datahall
_NUM_OPENINGS, _OPENING_PAUSE_S = 5, 0.05
_BUSY_S = 5.0
_SIDE_FILES = ("", "-wal", "-shm")
# Failures of the machine. Any other error of our own statements means that the content is damaged.
_PERMISSION_CODES = frozenset((sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY,
                               sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH))  # fmt: skip
_LOCK_CODES = frozenset((sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL))
_MACHINE_CODES = frozenset((sqlite3.SQLITE_IOERR, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_INTERRUPT,
                            sqlite3.SQLITE_NOLFS, sqlite3.SQLITE_TOOBIG))  # fmt: skip
_SCHEMA = """
CREATE TABLE series (
  id INTEGER PRIMARY KEY, gauge TEXT NOT NULL, device TEXT NOT NULL,
  newest REAL NOT NULL, UNIQUE (gauge, device)
);
-- The ids of the series in the body of a tick, in order.
CREATE TABLE layout (id INTEGER PRIMARY KEY, series TEXT NOT NULL UNIQUE);
CREATE TABLE tick (
  id INTEGER PRIMARY KEY, at REAL NOT NULL, layout INTEGER NOT NULL, host TEXT NOT NULL,
  interval_s REAL NOT NULL, collectors TEXT NOT NULL, body BLOB NOT NULL
);
CREATE INDEX tick_at ON tick (at);
-- Facts and processes of the newest tick: they seldom change.
CREATE TABLE newest (name TEXT PRIMARY KEY, body TEXT NOT NULL);
-- A sealed hour: its times are shared by all its series. Level 0 is raw, 60 by minute,
-- 3600 by hour (its rows are in `hour`).
CREATE TABLE block (
  id INTEGER PRIMARY KEY, level INTEGER NOT NULL, start REAL NOT NULL, stop REAL NOT NULL,
  count INTEGER NOT NULL, times BLOB NOT NULL
);
CREATE INDEX block_start ON block (level, start);
-- id is block << 20 | series: a second index would cost more than the row.
CREATE TABLE chunk (id INTEGER PRIMARY KEY, body BLOB NOT NULL);
CREATE TABLE hour (
  series INTEGER NOT NULL, at REAL NOT NULL, mean REAL NOT NULL, low REAL NOT NULL,
  high REAL NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (series, at)
) WITHOUT ROWID;
"""


def open_file(path: Path, *, writable: bool) -> sqlite3.Connection:
    """Return a connection; a writer creates the file.

    Raises UnavailableError when a reader finds no file, CorruptError when the file is damaged or
    of another program, sqlite3.Error otherwise (see `translated`).
    """
    if not writable and not path.exists():
        message = f"there is no telemetry yet: {path} does not exist"
        raise UnavailableError(message, remedy="Start the sampler: datahall up")
    for tries_left in reversed(range(_NUM_OPENINGS)):
        try:
            return _open(path, writable=writable)
        except sqlite3.OperationalError as error:
            # SQLite reports this when two processes open a new file at the same time.
            if _code(error) != sqlite3.SQLITE_PROTOCOL or not tries_left:
                raise
            time.sleep(_OPENING_PAUSE_S)
    raise AssertionError  # the loop above returns or raises


def check_file(path: Path) -> None:
    """Verify the structure of the whole file; raises CorruptError. Takes about 1 s per gigabyte."""
    try:
        with closing(open_file(path, writable=False)) as connection:
            (finding,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.Error as error:
        raise translated(path, error) from error
    if finding != "ok":
        raise damaged(path, finding.splitlines()[-1])


def set_aside(path: Path, now: float) -> Path:
    """Rename the file and its side files to `NAME.damaged-UTC_TIME`; return the new path.

    Close the connections of this process before: closing one later would delete side files of the
    new file. Raises CorruptError when the folder does not allow the renaming.
    """
    stamp = datetime.fromtimestamp(now, UTC).strftime("%Y%m%dT%H%M%SZ")
    target = path.with_name(f"{path.name}.damaged-{stamp}")
    number = 1
    while target.exists():
        number += 1
        target = path.with_name(f"{path.name}.damaged-{stamp}-{number}")
    try:
        for suffix in _SIDE_FILES:
            source = path.with_name(path.name + suffix)
            if source.exists():
                source.rename(target.with_name(target.name + suffix))
    except OSError as error:
        message = f"{path} is damaged and cannot be renamed ({error.strerror})"
        raise CorruptError(message, remedy=f"Check the permissions of {path.parent}") from error
    return target


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Commit what the block writes, or nothing of it."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def damaged(path: Path, reason: object) -> CorruptError:
    """Return the error of a file whose content cannot be used."""
    return CorruptError(
        f"{path} is damaged ({reason})",
        remedy="The running sampler renames a damaged file and begins a new one within an hour;"
        " when it is not running, start it: datahall up",
    )


def translated(path: Path, error: sqlite3.Error) -> DatahallError:
    """Return an error of SQLite as ours; CorruptError when the content of the file is damaged."""
    code = _code(error)
    if code == sqlite3.SQLITE_FULL:
        return DiskFullError(f"the disk of {path} is full", remedy="Free some space")
    if code in _LOCK_CODES:
        return DatahallError(f"{path} is locked by another process", remedy="Try again")
    if code in _PERMISSION_CODES:
        return DatahallError(f"{path} cannot be opened ({error})", remedy="Check its permissions")
    if code in _MACHINE_CODES or isinstance(error, sqlite3.ProgrammingError):
        return DatahallError(f"{path}: {error}", remedy="Check the disk with dmesg")
    return damaged(path, error)


def _code(error: sqlite3.Error) -> int:
    """Return the primary result code; 0 for an error of the Python module (text is not UTF-8)."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def _open(path: Path, *, writable: bool) -> sqlite3.Connection:
    """Return a connection to a file whose owner and version were checked."""
    mode = "rwc" if writable else "ro"
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        timeout=_BUSY_S,
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        _prepare(connection, path, writable=writable)
    except BaseException:
        connection.close()
        raise
    return connection


def _prepare(connection: sqlite3.Connection, path: Path, *, writable: bool) -> None:
    """Check that the file is ours and create the tables of a new one."""
    # In one transaction: the writer may be creating the file at this moment.
    connection.execute("BEGIN")
    num_tables = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    connection.execute("ROLLBACK")
    is_new = (num_tables, application, version) == (0, 0, 0)
    if is_new and not writable:
        message = f"there is no telemetry yet: {path} is being created"
        raise UnavailableError(message, remedy="Wait for the first tick of the sampler")
    if is_new:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.executescript(
            f"BEGIN IMMEDIATE; {_SCHEMA} PRAGMA application_id={_APPLICATION};"
            f" PRAGMA user_version={_VERSION}; COMMIT"
        )
    elif application == _APPLICATION and _VERSION < version <= _LAST_VERSION:
        message = f"{path} was written by a newer version of Datahall"
        raise DatahallError(message, remedy="Install that version, or choose another --home")
    elif application != _APPLICATION or version != _VERSION:
        raise damaged(path, "not a telemetry file of Datahall")
    if writable:
        # A power failure may lose the last ticks, but never damages the file.
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute("PRAGMA journal_size_limit=8388608")
