"""Read series: recent ticks, sealed blocks and rollups, each part of a range from one level."""

import json
import math
import sqlite3
from array import array
from bisect import bisect_left
from collections.abc import Container, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from monitors.store.buckets import (
    HOUR_S,
    MINUTE_S,
    Samples,
    bucket_width,
    bucketed,
    join,
    points,
    raw_samples,
    rollups,
)
from monitors.store.database import HOUR, MINUTE, RAW, SERIES_BITS
from monitors.store.interface import Point, SeriesKey, SeriesResult
from monitors.store.packing import ABSENT, present, unpack, unpack_many

_COARSER = {RAW: MINUTE, MINUTE: HOUR}
_FINER = {HOUR: MINUTE, MINUTE: RAW}
_MINUTE_COLUMNS = 4

Layouts = MutableMapping[int, Sequence[int]]
"""Cache: id of a layout -> ids of the series in the body of a tick. Layouts never change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TickColumns:
    """Ticks as columns: their times, and the values of each series (NaN where absent)."""

    at: "array[float]"
    values: MutableMapping[int, "array[float]"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A part of a time range, start <= at < stop, and the level that it is read from."""

    level: int
    start: float
    stop: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """The rows first..end of a block that lie in a segment, with their times."""

    identity: int
    first: int
    end: int
    at: "array[float]"


class History:
    """Queries of series, on a connection inside one read transaction."""

    def __init__(self, connection: sqlite3.Connection, layouts: Layouts) -> None:
        """Read since when each level has rows."""
        self._connection = connection
        self._layouts = layouts
        self._damaged: set[tuple[int, int]] = set()
        self._starts: dict[int, float] = {}
        for level in (RAW, MINUTE, HOUR):
            (start,) = connection.execute(
                "SELECT min(start) FROM block WHERE level = ?", (level,)
            ).fetchone()
            self._starts[level] = math.inf if start is None else start

    def series(
        self,
        keys: Sequence[SeriesKey],
        *,
        since: float,
        until: float,
        max_points: int,
        bucket_s: float | None,
    ) -> SeriesResult:
        """Return the points of each key; see TelemetryStore.series."""
        oldest, newest = self._span()
        start = max(math.nextafter(since, math.inf), oldest)
        stop = math.nextafter(min(until, newest), math.inf)
        if start >= stop:
            return SeriesResult(points=[[] for _ in keys], bucket_s=bucket_s or 0.0)
        width = bucket_s
        if width is None:
            is_bucketed = self._holds_more(start, stop, max_points)
            width = bucket_width(start, stop, max_points) if is_bucketed else 0.0
        identities = [self._identity(key) for key in keys]
        parts: dict[int, list[Samples]] = {one: [] for one in identities if one is not None}
        for segment in self._segments(_level(width), start, stop):
            self._add_sealed(parts, segment)
        self._add_ticks(parts, start, stop)
        return SeriesResult(
            points=[
                [] if identity is None else _as_points(parts[identity], width)
                for identity in identities
            ],
            bucket_s=width,
            num_damaged=len(self._damaged),
        )

    def _identity(self, key: SeriesKey) -> int | None:
        """Return the id of a series, or None when the series is unknown."""
        row = self._connection.execute(
            "SELECT id FROM series WHERE gauge = ? AND device = ?", (key.gauge, key.device)
        ).fetchone()
        return int(row[0]) if row else None

    def _span(self) -> tuple[float, float]:
        """Return the times of the oldest and the newest sample; (inf, -inf) without any."""
        first, last = self._connection.execute("SELECT min(at), max(at) FROM tick").fetchone()
        if first is None:
            return math.inf, -math.inf
        sealed = self._connection.execute(
            "SELECT stop FROM block WHERE level = ? ORDER BY start DESC LIMIT 1", (HOUR,)
        ).fetchone()
        return min(first, *self._starts.values()), max(last, *(sealed or (last,)))

    def _holds_more(self, start: float, stop: float, max_points: int) -> bool:
        """Whether the range has more than `max_points` ticks."""
        number = self._connection.execute(
            "SELECT count(*) FROM tick WHERE at >= ? AND at < ?", (start, stop)
        ).fetchone()[0]
        for segment in self._segments(RAW, start, stop):
            number += sum(self._lengths(segment))
            if number > max_points:
                return True
        return bool(number > max_points)

    def _lengths(self, segment: Segment) -> Iterator[int]:
        """Yield the number of rows of each block in a segment."""
        for identity, first, last, count, times in self._connection.execute(
            "SELECT id, start, stop, count, times FROM block"
            " WHERE level = ? AND start < ? AND stop >= ?",
            (segment.level, segment.stop, segment.start),
        ):
            is_inside = segment.start <= first and last < segment.stop
            yield count if is_inside else _num_between(self._times(identity, times), segment)

    def _times(self, block: int, body: bytes) -> "array[float]":
        """Return the times of a block; none when they are damaged."""
        try:
            return unpack(body)
        except ValueError:
            self._damaged.add((block, 0))  # ids of series start at 1
            return array("d")

    def _segments(self, level: int, start: float, stop: float) -> Iterator[Segment]:
        """Divide a range: `level` where its rows lie completely inside, finer levels at the edges.

        Where the rows of a level are deleted already, the next coarser level is used.
        """
        if start >= stop:
            return
        if level == RAW:
            yield from self._available(RAW, start, stop)
            return
        finer = _FINER[level]
        inner = math.ceil(start / level) * float(level)
        outer = math.floor(stop / level) * float(level)
        if inner >= outer:
            yield from self._segments(finer, start, stop)
            return
        yield from self._segments(finer, start, inner)
        yield from self._available(level, inner, outer)
        yield from self._segments(finer, outer, stop)

    def _available(self, level: int, start: float, stop: float) -> Iterator[Segment]:
        """Yield the range as segments of `level`; before its oldest row, of coarser levels."""
        if start >= stop:
            return
        # Hours are the coarsest level: before the oldest one there is nothing.
        edge = start if level == HOUR else min(max(self._starts[level], start), stop)
        if edge > start:
            yield from self._available(_COARSER[level], start, edge)
        if edge < stop:
            yield Segment(level=level, start=edge, stop=stop)

    def _add_sealed(self, parts: Mapping[int, list[Samples]], segment: Segment) -> None:
        """Append the sealed rows of a segment to each series."""
        if segment.level == HOUR:
            for identity, samples in parts.items():
                samples.append(self._hours(identity, segment))
            return
        for block in list(self._blocks(segment)):
            for identity, samples in parts.items():
                row = self._connection.execute(
                    "SELECT body FROM chunk WHERE id = ?",
                    (block.identity << SERIES_BITS | identity,),
                ).fetchone()
                if row is None:
                    continue
                try:
                    samples.append(_unpacked(block, row[0], segment.level))
                except ValueError:
                    # The checksum differs: this hour of this series is lost, the rest is not.
                    self._damaged.add((block.identity, identity))

    def _add_ticks(self, parts: Mapping[int, list[Samples]], start: float, stop: float) -> None:
        """Append the ticks that are not sealed yet to each series."""
        ticks = read_ticks(
            self._connection,
            "at >= ? AND at < ?",
            (start, stop),
            layouts=self._layouts,
            wanted=parts,
        )
        for identity, values in ticks.values.items():
            parts[identity].append(raw_samples(*present([ticks.at, values])))

    def _hours(self, identity: int, segment: Segment) -> Samples:
        """Return the hourly rows of one series."""
        rows = self._connection.execute(
            "SELECT at, mean, low, high, count FROM hour WHERE series = ? AND at >= ? AND at < ?"
            " ORDER BY at",
            (identity, segment.start, segment.stop),
        ).fetchall()
        return rollups(rows)

    def _blocks(self, segment: Segment) -> Iterator[Block]:
        """Yield the blocks that have rows in a segment, oldest first."""
        for identity, times in self._connection.execute(
            "SELECT id, times FROM block WHERE level = ? AND start < ? AND stop >= ?"
            " ORDER BY start",
            (segment.level, segment.stop, segment.start),
        ):
            at = self._times(identity, times)
            first, end = bisect_left(at, segment.start), bisect_left(at, segment.stop)
            if first < end:
                yield Block(identity=identity, first=first, end=end, at=at[first:end])


def _unpacked(block: Block, body: bytes, level: int) -> Samples:
    """Return the rows of one series; raises ValueError when the body is damaged."""
    cut = slice(block.first, block.end)
    if level == RAW:
        return raw_samples(*present([block.at, unpack(body)[cut]]))
    columns = [column[cut] for column in unpack_many(body, _MINUTE_COLUMNS)]
    at, mean, low, high, count = present([block.at, *columns])
    return Samples(at=at, mean=mean, low=low, high=high, count=count)


def _level(width: float) -> int:
    """Return the coarsest level whose rows each lie in one bucket of this width."""
    if not width or width % MINUTE_S:
        return RAW
    return HOUR if width % HOUR_S == 0 else MINUTE


def _num_between(times: "array[float]", segment: Segment) -> int:
    """Return the number of times that lie in a segment."""
    return bisect_left(times, segment.stop) - bisect_left(times, segment.start)


def _as_points(parts: Sequence[Samples], width: float) -> Sequence[Point]:
    """Return the parts as points, in buckets unless the width is 0."""
    samples = join(parts)
    return points(bucketed(samples, width) if width else samples)


def read_layout(connection: sqlite3.Connection, identity: int, known: Layouts) -> Sequence[int]:
    """Return the series of a layout, from the cache `known` or the file."""
    if identity not in known:
        row = connection.execute("SELECT series FROM layout WHERE id = ?", (identity,)).fetchone()
        if row is None:
            message = f"layout {identity} is missing"
            raise LookupError(message)
        known[identity] = json.loads(row[0])
    return known[identity]


def read_ticks(
    connection: sqlite3.Connection,
    where: str,
    bounds: Sequence[float],
    *,
    layouts: Layouts,
    wanted: Container[int] | None = None,
) -> TickColumns:
    """Return the ticks that the SQL condition `where` selects, with the wanted series or all."""
    rows = connection.execute(
        f"SELECT layout, at, body FROM tick WHERE {where} ORDER BY at",  # noqa: S608  (a constant)
        bounds,
    ).fetchall()
    columns: dict[int, array[float]] = {}
    first = 0
    for identity, group in groupby(rows, key=lambda row: row[0]):
        bodies = [row[2] for row in group]
        order = read_layout(connection, identity, layouts)
        # Slices of the joined bodies: much faster than one number at a time.
        values = array("d", b"".join(bodies))
        for slot, series in enumerate(order):
            if wanted is None or series in wanted:
                column = columns.setdefault(series, array("d", [ABSENT]) * len(rows))
                column[first : first + len(bodies)] = values[slot :: len(order)]
        first += len(bodies)
    return TickColumns(at=array("d", (row[1] for row in rows)), values=columns)
