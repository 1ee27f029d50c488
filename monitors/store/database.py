"""The SQLite file of telemetry: its tables, how it is opened, what its errors mean."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.errors import CorruptError, DatahallError, UnavailableError

RAW, MINUTE, HOUR = 0, 60, 3600
"""Levels of blocks, named by the seconds that a row stands for."""

SERIES_BITS = 20
_APPLICATION = 0x44486C6C
_VERSION = 1
_OPENINGS, _OPENING_PAUSE_S = 5, 0.05
_BUSY_S = 5.0
_SCHEMA = """
CREATE TABLE series (
  id INTEGER PRIMARY KEY, gauge TEXT NOT NULL, device TEXT NOT NULL,
  newest REAL NOT NULL, UNIQUE (gauge, device)
);
-- Which series stand in the body of a tick, in order.
CREATE TABLE layout (id INTEGER PRIMARY KEY, series TEXT NOT NULL UNIQUE);
CREATE TABLE tick (
  id INTEGER PRIMARY KEY, at REAL NOT NULL, layout INTEGER NOT NULL, host TEXT NOT NULL,
  interval_s REAL NOT NULL, collectors TEXT NOT NULL, body BLOB NOT NULL
);
CREATE INDEX tick_at ON tick (at);
-- What seldom changes: facts and processes of the newest tick.
CREATE TABLE newest (name TEXT PRIMARY KEY, body TEXT NOT NULL);
-- A sealed hour: its times are shared by all its series. Level 0 is raw, 60 by minute,
-- 3600 by hour (its rows are in `hour`).
CREATE TABLE block (
  id INTEGER PRIMARY KEY, level INTEGER NOT NULL, start REAL NOT NULL, stop REAL NOT NULL,
  count INTEGER NOT NULL, times BLOB NOT NULL
);
CREATE INDEX block_start ON block (level, start);
-- id is block << 20 | series, so that a row costs no second index.
CREATE TABLE chunk (id INTEGER PRIMARY KEY, body BLOB NOT NULL);
CREATE TABLE hour (
  series INTEGER NOT NULL, at REAL NOT NULL, mean REAL NOT NULL, low REAL NOT NULL,
  high REAL NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (series, at)
) WITHOUT ROWID;
"""


def open_file(path: Path, *, writable: bool) -> sqlite3.Connection:
    """Return a connection; a writer creates the file.

    Raises UnavailableError when a reader comes before the file, CorruptError when the file is no
    telemetry, sqlite3.Error otherwise (see `explained`).
    """
    if not writable and not path.exists():
        message = f"there is no telemetry yet: {path} does not exist"
        raise UnavailableError(message, remedy="Start the sampler: datahall up")
    for tries_left in reversed(range(_OPENINGS)):
        try:
            return _open(path, writable=writable)
        except sqlite3.OperationalError as error:
            # Two processes that open a fresh file at once may find each other half-way.
            if error.sqlite_errorcode != sqlite3.SQLITE_PROTOCOL or not tries_left:
                raise
            time.sleep(_OPENING_PAUSE_S)
    raise AssertionError  # the loop above returns or raises


def _open(path: Path, *, writable: bool) -> sqlite3.Connection:
    """Return a connection whose file was looked at; see `open_file`."""
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


def set_aside(path: Path) -> str:
    """Return the advice for a file that cannot be used."""
    return f"Set it aside (mv {path} {path}.broken); the sampler begins a new one"


def explained(path: Path, error: sqlite3.Error) -> DatahallError:
    """Return SQLite's complaint in our words."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
        return CorruptError(f"{path} is damaged ({error})", remedy=set_aside(path))
    if code == sqlite3.SQLITE_FULL:
        return DatahallError(f"the disk of {path} is full", remedy="Free some space")
    if code == sqlite3.SQLITE_BUSY:
        return DatahallError(f"{path} is locked by another process", remedy="Try again")
    if code in {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM}:
        return DatahallError(f"{path} cannot be opened ({error})", remedy="Check its permissions")
    return DatahallError(f"{path}: {error}", remedy="Check the disk, then restart the sampler")


def _prepare(connection: sqlite3.Connection, path: Path, *, writable: bool) -> None:
    """Check whose file it is, which version, and create the tables of a new one."""
    # One view of all three: the writer may be creating the file at this moment.
    connection.execute("BEGIN")
    empty = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0] == 0
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    connection.execute("ROLLBACK")
    if empty and not writable:
        message = f"there is no telemetry yet: {path} is being created"
        raise UnavailableError(message, remedy="Wait for the sampler's first tick")
    if empty:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.executescript(
            f"BEGIN IMMEDIATE; {_SCHEMA} PRAGMA application_id={_APPLICATION};"
            f" PRAGMA user_version={_VERSION}; COMMIT"
        )
    elif application != _APPLICATION or version > _VERSION:
        message = f"{path} is no telemetry of this version of Datahall"
        raise CorruptError(message, remedy=set_aside(path))
    if writable:
        # A power cut may cost the last ticks, never the file.
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute("PRAGMA journal_size_limit=8388608")
