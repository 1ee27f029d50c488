"""Downsampling: mean, minimum, maximum and count per bucket of time; no spike is lost.

Buckets start at multiples of their width, and the widths are round numbers. A chart that is
requested again a second later gets the same buckets, and stored rollups lie in one bucket each.
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil, floor, isfinite
from operator import gt, mul

from monitors.store.interface import Point

MINUTE_S = 60.0
HOUR_S = 3600.0
DAY_S = 86400.0
_WIDTHS = (
    *(0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0),
    *(minutes * MINUTE_S for minutes in (1, 2, 5, 10, 15, 30)),
    *(hours * HOUR_S for hours in (1, 2, 3, 6, 12)),
)

Row = tuple[float, float, float, float, float]
"""at, mean, low, high, count"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Samples:
    """Samples or rollups of one series as columns of equal length, oldest first.

    `at` is the time of the newest sample that a row summarises.
    """

    at: "array[float]"
    mean: "array[float]"
    low: "array[float]"
    high: "array[float]"
    count: "array[float]"

    @property
    def is_raw(self) -> bool:
        """Whether every row is one sample; mean, low and high are then the same object."""
        return self.low is self.high


def raw_samples(at: "array[float]", values: "array[float]") -> Samples:
    """Return single samples as rows."""
    return Samples(
        at=at, mean=values, low=values, high=values, count=array("d", [1.0]) * len(values)
    )


def join(parts: Iterable[Samples]) -> Samples:
    """Return the parts as one, sorted by time: after the clock was set back they overlap."""
    given = [part for part in parts if part.at]
    if not given:
        return raw_samples(array("d"), array("d"))
    if len(given) == 1:
        return given[0]
    if all(part.is_raw for part in given):
        at, values = _by_time([[part.at for part in given], [part.mean for part in given]])
        return raw_samples(at, values)
    at, mean, low, high, count = _by_time(list(zip(*map(_columns, given), strict=True)))
    return Samples(at=at, mean=mean, low=low, high=high, count=count)


def bucket_width(since: float, until: float, max_points: int) -> float:
    """Return the narrowest round width that gives at most `max_points` buckets."""
    span = max(until - since, 0.0)
    # A range that starts within a bucket touches one bucket more.
    for width in _WIDTHS:
        if span / width + 1 < max_points:
            return width
    return DAY_S * max(1, ceil(span / DAY_S / max(max_points - 2, 1)))


def bucketed(samples: Samples, width: float) -> Samples:
    """Return one row per bucket that has samples."""
    summarise = _summary_of_raw if samples.is_raw else _summary
    return rollups([summarise(samples, first, end) for first, end in _spans(samples.at, width)])


def rollups(rows: Sequence[Row]) -> Samples:
    """Return the rows as columns."""
    columns = zip(*rows, strict=True) if rows else [()] * 5
    at, mean, low, high, count = (array("d", column) for column in columns)
    return Samples(at=at, mean=mean, low=low, high=high, count=count)


def points(samples: Samples) -> Sequence[Point]:
    """Return the rows as records."""
    return [
        Point(at=at, value=mean, low=low, high=high, count=int(count))
        for at, mean, low, high, count in zip(*_columns(samples), strict=True)
    ]


def _columns(samples: Samples) -> Sequence["array[float]"]:
    """Return the columns in their order."""
    return samples.at, samples.mean, samples.low, samples.high, samples.count


def _by_time(columns: Sequence[Sequence["array[float]"]]) -> Sequence["array[float]"]:
    """Return the joined parts of each column, all in the order of the first column."""
    chained = [array("d", b"".join(part.tobytes() for part in parts)) for parts in columns]
    at = chained[0]
    if not any(map(gt, at, at[1:])):
        return chained
    order = sorted(range(len(at)), key=at.__getitem__)
    return [array("d", map(column.__getitem__, order)) for column in chained]


def _summary_of_raw(samples: Samples, first: int, end: int) -> Row:
    """Summarise single samples."""
    values = samples.mean[first:end]
    low, high = min(values), max(values)
    mean = _mean(sum(values), end - first, low, high)
    return samples.at[end - 1], mean, low, high, end - first


def _summary(samples: Samples, first: int, end: int) -> Row:
    """Summarise rows that summarise several samples each."""
    counts = samples.count[first:end]
    count, low, high = sum(counts), min(samples.low[first:end]), max(samples.high[first:end])
    total = sum(map(mul, samples.mean[first:end], counts))
    return samples.at[end - 1], _mean(total, count, low, high), low, high, count


def _mean(total: float, count: float, low: float, high: float) -> float:
    """Return the mean, within the extremes also after rounding or overflow of the sum."""
    return min(max(total / count, low), high) if isfinite(total) else low / 2 + high / 2


def _spans(at: "array[float]", width: float) -> Iterator[tuple[int, int]]:
    """Yield (first, end) indices of the rows of each bucket."""
    first, length = 0, len(at)
    while first < length:
        edge = (floor(at[first] / width) + 1) * width
        end = max(bisect_left(at, edge, first), first + 1)
        yield first, end
        first = end
