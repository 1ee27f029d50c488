"""The telemetry store in one SQLite file: recent ticks as packed rows, older hours sealed.

`tick` holds about the last hour, one row per tick, committed at once, so that readers of other
processes see it. `prune` seals whole hours (see sealing.py); history.py reads both.
"""

import json
import math
import sqlite3
import threading
from array import array
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from core.errors import CorruptError
from core.settings import SamplerSettings
from monitors.collector import Fact, HostState, ProcessReading, Reading
from monitors.store.database import explained, open_file, set_aside, transaction
from monitors.store.document import (
    read_facts,
    read_processes,
    read_reports,
    write_facts,
    write_processes,
    write_reports,
)
from monitors.store.history import History
from monitors.store.interface import Point, SeriesKey
from monitors.store.packing import ABSENT, is_absent
from monitors.store.sealing import complete_hours, drop, seal
from monitors.store.ticks import read_layout


class SqliteTelemetryStore:
    """A TelemetryStore in one file. The file's one writer creates it; readers wait for it.

    Safe to share between threads. A reader may be made before the file exists: until then its
    methods raise UnavailableError; it also follows a file that was deleted and begun anew.
    """

    def __init__(
        self, path: Path, settings: SamplerSettings | None = None, *, writable: bool = False
    ) -> None:
        """Remember the file; a writer (`writable`) opens or creates it now."""
        self._path = path
        self._settings = settings or SamplerSettings()
        self._writable = writable
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._inode = 0
        self._slots: dict[tuple[str, str], int] = {}
        self._layout = 0
        self._layouts: dict[int, Sequence[int]] = {}
        self._facts: Sequence[Fact] | None = None
        self._processes: Sequence[ProcessReading] | None = None
        if writable:
            with self._opened():
                pass

    def append(self, state: HostState) -> None:
        """Store one tick; it is visible to readers when this returns."""
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
        self, keys: Sequence[SeriesKey], *, since: float, until: float, max_points: int
    ) -> Sequence[Sequence[Point]]:
        """Return the points of each series with since < at <= until; see TelemetryStore.

        A bucket's `at` is the time of its newest sample. Each stretch of the range is read from
        the finest level that still has it.
        """
        with self._reading() as connection:
            reader = History(connection, self._layouts)
            return reader.series(keys, since=since, until=until, max_points=max_points)

    def prune(self, now: float) -> None:
        """Seal the hours before this one, roll them up, drop what is older than its retention."""
        with self._opened() as connection:
            for hour in complete_hours(connection, now):
                with transaction(connection):
                    seal(connection, hour)
            with transaction(connection):
                drop(connection, now, self._settings)
        self._slots, self._layout = {}, 0

    def close(self) -> None:
        """Close the file; the store opens it again when it is asked again."""
        with self._lock:
            self._disconnect()

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        """Yield the connection, alone in it; translate what SQLite complains of."""
        with self._lock:
            try:
                yield self._connect()
            except sqlite3.Error as error:
                self._disconnect()
                raise explained(self._path, error) from error
            except BaseException:
                # What was rolled back must not be believed.
                self._forget()
                raise

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """Yield the connection with one unchanging view of the file."""
        with self._opened() as connection:
            connection.execute("BEGIN")
            try:
                yield connection
            except (LookupError, TypeError, ValueError) as error:
                message = f"{self._path} holds something that is not telemetry ({error!r})"
                raise CorruptError(message, remedy=set_aside(self._path)) from error
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")

    def _connect(self) -> sqlite3.Connection:
        """Return the open connection; opens the file, anew when it was replaced."""
        inode = _inode_of(self._path)
        if self._connection is not None and inode == self._inode:
            return self._connection
        self._disconnect()
        self._connection = open_file(self._path, writable=self._writable)
        # One that is replaced at this moment is opened again by the next question.
        self._inode = inode or _inode_of(self._path)
        return self._connection

    def _disconnect(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None
        self._forget()

    def _forget(self) -> None:
        """Forget what was known of the file."""
        self._layouts.clear()
        self._slots, self._layout = {}, 0
        self._facts = self._processes = None

    def _body(self, connection: sqlite3.Connection, readings: Sequence[Reading]) -> bytes:
        """Return the tick's values in the layout's order; widens the layout for new series."""
        given = {(one.gauge, one.device): one.value for one in readings if math.isfinite(one.value)}
        if not self._layout or any(key not in self._slots for key in given):
            self._widen(connection, [*self._slots, *(k for k in given if k not in self._slots)])
        body = array("d", [ABSENT]) * len(self._slots)
        for key, value in given.items():
            body[self._slots[key]] = value
        return body.tobytes()

    def _widen(self, connection: sqlite3.Connection, keys: Sequence[tuple[str, str]]) -> None:
        """Make the layout hold exactly `keys`."""
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
    """Return which file this is now; 0 when there is none."""
    try:
        return path.stat().st_ino
    except OSError:
        return 0


def _write_newest(connection: sqlite3.Connection, name: str, body: str) -> None:
    """Replace one of the bodies that seldom change."""
    connection.execute("INSERT OR REPLACE INTO newest (name, body) VALUES (?, ?)", (name, body))
