"""Replace complete hours of ticks by compressed blocks with rollups; delete old levels."""

import sqlite3
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Sequence

from core.settings import SamplerSettings
from monitors.store.buckets import DAY_S, HOUR_S, MINUTE_S, Samples, bucketed, raw_samples
from monitors.store.database import HOUR, MINUTE, RAW, SERIES_BITS
from monitors.store.history import read_ticks
from monitors.store.packing import ABSENT, pack, pack_many, present


def complete_hours(connection: sqlite3.Connection, now: float) -> Sequence[float]:
    """Return the starts of the past hours that still have ticks, oldest first.

    The newest tick is never sealed, even if it is old, so that a latest tick always exists.
    """
    rows = connection.execute(
        "SELECT DISTINCT CAST(at / ? AS INTEGER) FROM tick"
        " WHERE at < ? AND id < (SELECT max(id) FROM tick) ORDER BY 1",
        (HOUR_S, now // HOUR_S * HOUR_S),
    )
    return [row[0] * HOUR_S for row in rows.fetchall()]


def seal(connection: sqlite3.Connection, hour: float) -> None:
    """Replace the ticks of an hour by blocks; the caller commits."""
    which = "at >= ? AND at < ? AND id < (SELECT max(id) FROM tick)"
    bounds = (hour, hour + HOUR_S)
    ticks = read_ticks(connection, which, bounds, layouts={})
    times = ticks.at
    minutes = _minute_ends(times)
    raw = _add_block(connection, RAW, times, times)
    by_minute = _add_block(connection, MINUTE, times, minutes)
    _add_block(connection, HOUR, times, times[-1:])
    for series, values in ticks.values.items():
        at, kept = present([times, values])
        if not kept:
            continue
        samples = raw_samples(at, kept)
        _add_chunk(connection, raw, series, pack(values))
        rollup = _aligned(bucketed(samples, MINUTE_S), minutes)
        _add_chunk(connection, by_minute, series, pack_many(rollup))
        _add_hour(connection, series, bucketed(samples, HOUR_S))
    connection.execute(f"DELETE FROM tick WHERE {which}", bounds)  # noqa: S608  (a constant)


def delete_old(connection: sqlite3.Connection, now: float, settings: SamplerSettings) -> None:
    """Delete rows older than their retention, and unused layouts and series; the caller commits."""
    # A coarser level replaces the finer one: it is kept at least as long, also if set shorter.
    minute_days = max(settings.raw_days, settings.minute_days)
    hour_days = max(minute_days, settings.hour_days)
    keep_days = {RAW: settings.raw_days, MINUTE: minute_days, HOUR: hour_days}
    for level, days in keep_days.items():
        old = connection.execute(
            "SELECT id FROM block WHERE level = ? AND stop < ?", (level, now - days * DAY_S)
        ).fetchall()
        for (block,) in old:
            first = block << SERIES_BITS
            connection.execute(
                "DELETE FROM chunk WHERE id BETWEEN ? AND ?",
                (first, first + (1 << SERIES_BITS) - 1),
            )
            connection.execute("DELETE FROM block WHERE id = ?", (block,))
    connection.execute(
        "DELETE FROM hour WHERE series IN (SELECT id FROM series) AND at < ?",
        (now - hour_days * DAY_S,),
    )
    connection.execute("DELETE FROM layout WHERE id NOT IN (SELECT layout FROM tick)")
    connection.execute(
        "DELETE FROM series WHERE newest < ? AND id NOT IN"
        " (SELECT value FROM layout, json_each(layout.series))",
        (now - hour_days * DAY_S,),
    )


def _minute_ends(times: "array[float]") -> "array[float]":
    """Return the time of the last tick of each minute."""
    ends = [index for index in range(len(times)) if _ends_minute(times, index)]
    return array("d", (times[index] for index in ends))


def _ends_minute(times: "array[float]", index: int) -> bool:
    """Whether the tick is the last one of its minute."""
    return index + 1 == len(times) or times[index] // MINUTE_S != times[index + 1] // MINUTE_S


def _aligned(rollup: Samples, minutes: "array[float]") -> Iterable["array[float]"]:
    """Return mean, low, high and count, one row per minute of `minutes`, NaN where absent."""
    given = (rollup.mean, rollup.low, rollup.high, rollup.count)
    if len(rollup.at) == len(minutes):
        return given
    columns = [array("d", [ABSENT]) * len(minutes) for _ in range(4)]
    for row, at in enumerate(rollup.at):
        slot = bisect_left(minutes, at)
        for column, values in zip(columns, given, strict=True):
            column[slot] = values[row]
    return columns


def _add_block(
    connection: sqlite3.Connection, level: int, ticks: "array[float]", times: "array[float]"
) -> int:
    """Add a block and return its id."""
    cursor = connection.execute(
        "INSERT INTO block (level, start, stop, count, times) VALUES (?, ?, ?, ?, ?)",
        (level, ticks[0], ticks[-1], len(times), pack(times)),
    )
    assert cursor.lastrowid is not None  # noqa: S101  (an INSERT has a row id)
    return cursor.lastrowid


def _add_chunk(connection: sqlite3.Connection, block: int, series: int, body: bytes) -> None:
    """Add the column of one series to a block."""
    connection.execute(
        "INSERT INTO chunk (id, body) VALUES (?, ?)", (block << SERIES_BITS | series, body)
    )


def _add_hour(connection: sqlite3.Connection, series: int, rollup: Samples) -> None:
    """Add the hourly row of one series and record that the series is in use."""
    connection.executemany(
        "INSERT OR REPLACE INTO hour (series, at, mean, low, high, count)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (
            (series, at, mean, low, high, int(count))
            for at, mean, low, high, count in zip(
                rollup.at, rollup.mean, rollup.low, rollup.high, rollup.count, strict=True
            )
        ),
    )
    connection.execute("UPDATE series SET newest = ? WHERE id = ?", (rollup.at[-1], series))
