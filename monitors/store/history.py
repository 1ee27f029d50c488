"""Reading series back: recent ticks, sealed hours, rollups, each stretch from the right level."""

import math
import sqlite3
from array import array
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

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
from monitors.store.interface import Point, SeriesKey
from monitors.store.packing import present, unpack, unpack_many
from monitors.store.ticks import Layouts, read_ticks

_COARSER = {RAW: MINUTE, MINUTE: HOUR}
_FINER = {HOUR: MINUTE, MINUTE: RAW}
_MINUTE_COLUMNS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Sealed samples with from <= at < until are to be read from this level."""

    level: int
    start: float
    stop: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """The rows of a block that lie in a stretch; `at` are their times."""

    identity: int
    first: int
    end: int
    at: "array[float]"


class History:
    """One view of the stored series, through a connection inside a read transaction."""

    def __init__(self, connection: sqlite3.Connection, layouts: Layouts) -> None:
        """Look up from when on each level has samples."""
        self._connection = connection
        self._layouts = layouts
        self._starts: dict[int, float] = {}
        for level in (RAW, MINUTE, HOUR):
            (start,) = connection.execute(
                "SELECT min(start) FROM block WHERE level = ?", (level,)
            ).fetchone()
            self._starts[level] = math.inf if start is None else start

    def series(
        self, keys: Sequence[SeriesKey], *, since: float, until: float, max_points: int
    ) -> Sequence[Sequence[Point]]:
        """Return the points of each key; see TelemetryStore.series."""
        oldest, newest = self._span()
        start = max(math.nextafter(since, math.inf), oldest)
        stop = math.nextafter(min(until, newest), math.inf)
        if start >= stop:
            return [[] for _ in keys]
        identities = [self._identity(key) for key in keys]
        width = 0.0
        if self._holds_more(start, stop, max_points):
            width = bucket_width(max(since, oldest), min(until, newest), max_points)
        parts: dict[int, list[Samples]] = {one: [] for one in identities if one is not None}
        for stretch in self._stretches(_level(width), start, stop):
            self._add_sealed(parts, stretch)
        ticks = read_ticks(
            self._connection,
            "at >= ? AND at < ?",
            (start, stop),
            layouts=self._layouts,
            wanted=parts,
        )
        for identity, values in ticks.values.items():
            parts[identity].append(raw_samples(*present([ticks.at, values])))
        return [
            [] if identity is None else _as_points(parts[identity], width)
            for identity in identities
        ]

    def _identity(self, key: SeriesKey) -> int | None:
        """Return the number of a series, or None when it is not known."""
        row = self._connection.execute(
            "SELECT id FROM series WHERE gauge = ? AND device = ?", (key.gauge, key.device)
        ).fetchone()
        return int(row[0]) if row else None

    def _span(self) -> tuple[float, float]:
        """Return the times of the oldest and the newest sample; the newest first if none."""
        first, last = self._connection.execute("SELECT min(at), max(at) FROM tick").fetchone()
        if first is None:
            return math.inf, -math.inf
        sealed = self._connection.execute(
            "SELECT stop FROM block WHERE level = ? ORDER BY start DESC LIMIT 1", (HOUR,)
        ).fetchone()
        return min(first, *self._starts.values()), max(last, *(sealed or (last,)))

    def _holds_more(self, start: float, stop: float, max_points: int) -> bool:
        """Whether a series that was always there has more than `max_points` rows in the range."""
        number = self._connection.execute(
            "SELECT count(*) FROM tick WHERE at >= ? AND at < ?", (start, stop)
        ).fetchone()[0]
        for stretch in self._stretches(RAW, start, stop):
            number += sum(self._lengths(stretch))
            if number > max_points:
                return True
        return bool(number > max_points)

    def _lengths(self, stretch: Stretch) -> Iterator[int]:
        """Yield the number of rows of each block in the stretch."""
        for first, last, count, times in self._connection.execute(
            "SELECT start, stop, count, times FROM block"
            " WHERE level = ? AND start < ? AND stop >= ?",
            (stretch.level, stretch.stop, stretch.start),
        ):
            whole = stretch.start <= first and last < stretch.stop
            yield count if whole else _num_between(unpack(times), stretch)

    def _stretches(self, level: int, start: float, stop: float) -> Iterator[Stretch]:
        """Cut a range into stretches: `level` where its rows lie whole inside, finer at the edges.

        What a level no longer holds is read from the next coarser one.
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
            yield from self._stretches(finer, start, stop)
            return
        yield from self._stretches(finer, start, inner)
        yield from self._available(level, inner, outer)
        yield from self._stretches(finer, outer, stop)

    def _available(self, level: int, start: float, stop: float) -> Iterator[Stretch]:
        """Yield the range as stretches of `level`, its part before the level's start coarser."""
        if start >= stop:
            return
        # There is nothing coarser than hours, and nothing to be missed before the first of them.
        edge = start if level == HOUR else min(max(self._starts[level], start), stop)
        if edge > start:
            yield from self._available(_COARSER[level], start, edge)
        if edge < stop:
            yield Stretch(level=level, start=edge, stop=stop)

    def _add_sealed(self, parts: Mapping[int, list[Samples]], stretch: Stretch) -> None:
        """Add to each series what is sealed of it in the stretch."""
        if stretch.level == HOUR:
            for identity, samples in parts.items():
                samples.append(self._hours(identity, stretch))
            return
        for block in list(self._blocks(stretch)):
            for identity, samples in parts.items():
                row = self._connection.execute(
                    "SELECT body FROM chunk WHERE id = ?",
                    (block.identity << SERIES_BITS | identity,),
                ).fetchone()
                if row is not None:
                    samples.append(_unpacked(block, row[0], stretch.level))

    def _hours(self, identity: int, stretch: Stretch) -> Samples:
        """Return the hourly rows of one series."""
        rows = self._connection.execute(
            "SELECT at, mean, low, high, count FROM hour WHERE series = ? AND at >= ? AND at < ?"
            " ORDER BY at",
            (identity, stretch.start, stretch.stop),
        ).fetchall()
        return rollups(rows)

    def _blocks(self, stretch: Stretch) -> Iterator[Block]:
        """Yield the blocks that have rows in the stretch, oldest first."""
        for identity, times in self._connection.execute(
            "SELECT id, times FROM block WHERE level = ? AND start < ? AND stop >= ?"
            " ORDER BY start",
            (stretch.level, stretch.stop, stretch.start),
        ):
            at = unpack(times)
            first, end = bisect_left(at, stretch.start), bisect_left(at, stretch.stop)
            if first < end:
                yield Block(identity=identity, first=first, end=end, at=at[first:end])


def _unpacked(block: Block, body: bytes, level: int) -> Samples:
    """Return one series' rows of a block."""
    cut = slice(block.first, block.end)
    if level == RAW:
        return raw_samples(*present([block.at, unpack(body)[cut]]))
    columns = [column[cut] for column in unpack_many(body, _MINUTE_COLUMNS)]
    at, mean, low, high, count = present([block.at, *columns])
    return Samples(at=at, mean=mean, low=low, high=high, count=count)


def _level(width: float) -> int:
    """Return the coarsest level whose rows fit whole into buckets of this width."""
    if not width or width % MINUTE_S:
        return RAW
    return HOUR if width % HOUR_S == 0 else MINUTE


def _num_between(times: "array[float]", stretch: Stretch) -> int:
    """Return how many of the times lie in the stretch."""
    return bisect_left(times, stretch.stop) - bisect_left(times, stretch.start)


def _as_points(parts: Sequence[Samples], width: float) -> Sequence[Point]:
    """Return the parts as points, bucketed when there is a width."""
    samples = join(parts)
    return points(bucketed(samples, width) if width else samples)
