"""The telemetry store in one SQLite file.

The table `tick` holds about the last hour, one row of packed numbers per tick; each is committed
at once, so that readers in other processes can read it. `prune` replaces complete hours by
compressed blocks (sealing.py); `series` reads both (history.py).
"""

import json
import math
import sqlite3
import threading
from array import array
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from core.clock import Clock, SystemClock
from core.errors import CorruptError, DatahallError
from core.settings import SamplerSettings
from monitors.collector import DeviceFact, HostState, ProcessReading, Reading
from monitors.polling import Cadence
from monitors.store.database import (
    check_file,
    damaged,
    open_file,
    set_aside,
    transaction,
    translated,
)
from monitors.store.document import (
    read_facts,
    read_processes,
    read_reports,
    write_facts,
    write_processes,
    write_reports,
)
from monitors.store.history import History, read_layout
from monitors.store.interface import SeriesKey, SeriesResult
from monitors.store.packing import ABSENT, is_absent
from monitors.store.sealing import complete_hours, delete_old, seal

_CHECK_EVERY_S = 3600.0
_CHECK_TIMEOUT_S = 5.0


class SqliteTelemetryStore:
    """A TelemetryStore in one file. The one writer creates it; readers wait for it.

    Threads may share an instance. A reader may be created before the file exists: until then its
    methods raise UnavailableError. When the file is replaced, a reader opens the new one.

    The writer replaces a damaged file: it renames it (see `set_aside`), reports that to `log`, and
    begins a new one, at most once an hour. It finds damage when it opens or writes the file, and
    checks the whole file once an hour in the background.
    """

    def __init__(
        self,
        path: Path,
        settings: SamplerSettings | None = None,
        *,
        writable: bool = False,
        clock: Clock | None = None,
        log: Callable[[str], None] | None = None,
    ) -> None:
        """Store the path; a writer (`writable`) opens or creates the file now."""
        self._path = path
        self._settings = settings or SamplerSettings()
        self._writable = writable
        self._clock = clock or SystemClock()
        self._log = log
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._inode = 0
        self._slots: dict[tuple[str, str], int] = {}
        self._layout = 0
        self._layouts: dict[int, Sequence[int]] = {}
        self._facts: Sequence[DeviceFact] | None = None
        self._processes: Sequence[ProcessReading] | None = None
        self._replacing = Cadence(self._clock, _CHECK_EVERY_S)
        self._checking = Cadence(self._clock, _CHECK_EVERY_S)
        self._check: threading.Thread | None = None
        self._finding: tuple[int, CorruptError] | None = None
        if writable:
            self._replacing_damaged(self._create)

    def append(self, state: HostState) -> None:
        """Store one tick; readers can read it when this returns."""
        self._replacing_damaged(lambda: self._append(state))

    def latest(self) -> HostState | None:
        """Return the newest tick, or None before the first."""
        with self._reading() as connection:
            row = connection.execute(
                "SELECT at, layout, host, interval_s, collectors, body FROM tick"
                " ORDER BY id DESC LIMIT 1"
            ).fetchone()
            if row is None:
                return None
            order = read_layout(connection, row[1], self._layouts)
            names = {
                identity: (gauge, device)
                for identity, gauge, device in connection.execute(
                    "SELECT id, gauge, device FROM series"
                )
            }
            newest = dict(connection.execute("SELECT name, body FROM newest"))
            return HostState(
                host=row[2],
                at=row[0],
                interval_s=row[3],
                readings=tuple(
                    Reading(gauge=names[identity][0], device=names[identity][1], value=value)
                    for identity, value in zip(order, array("d", row[5]), strict=True)
                    if not is_absent(value)
                ),
                facts=read_facts(newest["facts"]),
                processes=read_processes(newest["processes"]),
                collectors=read_reports(row[4]),
            )

    def keys(self) -> Sequence[SeriesKey]:
        """Return the series that have samples, sorted."""
        with self._opened() as connection:
            rows = connection.execute(
                "SELECT gauge, device FROM series ORDER BY gauge, device"
            ).fetchall()
        return [SeriesKey(gauge=gauge, device=device) for gauge, device in rows]

    def series(
        self,
        keys: Sequence[SeriesKey],
        *,
        since: float,
        until: float,
        max_points: int,
        bucket_s: float | None = None,
    ) -> SeriesResult:
        """Return the points of each series with since < at <= until; see TelemetryStore."""
        with self._reading() as connection:
            return History(connection, self._layouts).series(
                keys, since=since, until=until, max_points=max_points, bucket_s=bucket_s
            )

    def prune(self, now: float) -> None:
        """Seal the complete hours, delete what is older than its retention, check the file."""
        self._replacing_damaged(lambda: self._prune(now))
        if self._checking.is_due():
            self._checking.mark_done()
            self._check = threading.Thread(
                target=self._check_file, args=(self._inode,), name="telemetry-check", daemon=True
            )
            self._check.start()

    def close(self) -> None:
        """Close the file; the next call opens it again."""
        if self._check is not None:
            self._check.join(_CHECK_TIMEOUT_S)
        with self._lock:
            self._disconnect()

    def _create(self) -> None:
        """Open the file, or create it."""
        with self._opened():
            pass

    def _append(self, state: HostState) -> None:
        """Store one tick."""
        with self._opened() as connection:
            with transaction(connection):
                body = self._body(connection, state.readings)
                connection.execute(
                    "INSERT INTO tick (at, layout, host, interval_s, collectors, body)"
                    " VALUES (?, ?, ?, ?, ?, ?)",
                    (
                        state.at,
                        self._layout,
                        state.host,
                        state.interval_s,
                        write_reports(state.collectors),
                        body,
                    ),
                )
                if self._facts != state.facts:
                    _write_newest(connection, "facts", write_facts(state.facts))
                if self._processes != state.processes:
                    _write_newest(connection, "processes", write_processes(state.processes))
            self._facts, self._processes = state.facts, state.processes

    def _prune(self, now: float) -> None:
        """Seal the complete hours and delete what is older than its retention."""
        with self._opened() as connection:
            for hour in complete_hours(connection, now):
                with self._decoding(), transaction(connection):
                    seal(connection, hour)
            with transaction(connection):
                delete_old(connection, now, self._settings)
        self._slots, self._layout = {}, 0

    def _replacing_damaged(self, write: Callable[[], None]) -> None:
        """Run a write; when the file is damaged, replace it and run the write again."""
        try:
            self._raise_finding()
            write()
        except CorruptError as error:
            if not self._replacing.is_due():
                raise
            self._replacing.mark_done()
            with self._lock:
                self._disconnect()
                target = set_aside(self._path, self._clock.now())
            if self._log is not None:
                self._log(f"{error.message}; renamed it to {target.name} and began a new file")
            write()

    def _raise_finding(self) -> None:
        """Raise the error that the last check found, if it concerns the current file."""
        if self._finding is None or not self._replacing.is_due():
            return
        (inode, error), self._finding = self._finding, None
        if inode == _inode_of(self._path):
            raise error

    def _check_file(self, inode: int) -> None:
        """Check the whole file, in a thread."""
        # A file that cannot be read now is checked again later.
        with suppress(DatahallError, OSError):
            try:
                check_file(self._path)
            except CorruptError as error:
                self._finding = (inode, error)

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        """Yield the connection, for one thread at a time; translate the errors of SQLite."""
        with self._lock:
            try:
                yield self._connect()
            except sqlite3.Error as error:
                self._disconnect()
                raise translated(self._path, error) from error
            except BaseException:
                # The caches may hold ids that were rolled back.
                self._clear_caches()
                raise

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """Yield the connection inside one read transaction."""
        with self._opened() as connection:
            connection.execute("BEGIN")
            try:
                with self._decoding():
                    yield connection
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")

    @contextmanager
    def _decoding(self) -> Iterator[None]:
        """Raise CorruptError for stored bodies and JSON texts that cannot be decoded."""
        try:
            yield
        except (LookupError, TypeError, ValueError) as error:
            raise damaged(self._path, repr(error)) from error

    def _connect(self) -> sqlite3.Connection:
        """Return the open connection; open the file again when it was replaced."""
        inode = _inode_of(self._path)
        if self._connection is not None and inode == self._inode:
            return self._connection
        self._disconnect()
        self._connection = open_file(self._path, writable=self._writable)
        # A file that is replaced at this very moment is opened again by the next call.
        self._inode = inode or _inode_of(self._path)
        return self._connection

    def _disconnect(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None
        self._clear_caches()

    def _clear_caches(self) -> None:
        """Drop what was read from the file."""
        self._layouts.clear()
        self._slots, self._layout = {}, 0
        self._facts = self._processes = None

    def _body(self, connection: sqlite3.Connection, readings: Sequence[Reading]) -> bytes:
        """Return the values in the order of the layout; extend the layout by new series."""
        given = {(one.gauge, one.device): one.value for one in readings if math.isfinite(one.value)}
        if not self._layout or any(key not in self._slots for key in given):
            new = [key for key in given if key not in self._slots]
            self._set_layout(connection, [*self._slots, *new])
        body = array("d", [ABSENT]) * len(self._slots)
        for key, value in given.items():
            body[self._slots[key]] = value
        return body.tobytes()

    def _set_layout(self, connection: sqlite3.Connection, keys: Sequence[tuple[str, str]]) -> None:
        """Use the layout of exactly these series; create it when it is new."""
        connection.executemany(
            "INSERT OR IGNORE INTO series (gauge, device, newest) VALUES (?, ?, 0)", keys
        )
        identities = [
            connection.execute(
                "SELECT id FROM series WHERE gauge = ? AND device = ?", key
            ).fetchone()[0]
            for key in keys
        ]
        text = json.dumps(identities)
        connection.execute("INSERT OR IGNORE INTO layout (series) VALUES (?)", (text,))
        row = connection.execute("SELECT id FROM layout WHERE series = ?", (text,)).fetchone()
        self._layout = row[0]
        self._slots = {key: slot for slot, key in enumerate(keys)}


def _inode_of(path: Path) -> int:
    """Return the inode of a file; 0 when there is none."""
    try:
        return path.stat().st_ino
    except OSError:
        return 0


def _write_newest(connection: sqlite3.Connection, name: str, body: str) -> None:
    """Replace the facts or the processes of the newest tick."""
    connection.execute("INSERT OR REPLACE INTO newest (name, body) VALUES (?, ?)", (name, body))
