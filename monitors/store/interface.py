"""The contract of telemetry stores."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from monitors.collector import HostState


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesKey:
    """The identity of a series: a gauge of a device."""

    gauge: str
    device: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A point of a series. One that summarises `count` samples has their mean and extremes.

    `at` is the time of the newest of these samples, in Unix seconds.
    """

    at: float
    value: float
    low: float
    high: float
    count: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesResult:
    """The answer to a query of series.

    Attributes:
        points: the points of each requested series, in the order of the request.
        bucket_s: width of the buckets in seconds, 0 when the stored rows were not summarised.
            Buckets start at multiples of it, counted from the Unix epoch.
        num_damaged: number of stored blocks that could not be decoded; their samples are missing.
    """

    points: Sequence[Sequence[Point]]
    bucket_s: float = 0.0
    num_damaged: int = 0


class TelemetryStore(Protocol):
    """Keeps every sample for some days, then minimum, maximum, mean and count by minute and hour.

    One process writes, any number of processes read. A reader never blocks the writer, and reads
    only complete ticks.
    """

    def append(self, state: HostState) -> None:
        """Store one tick; readers can read it when this returns."""
        ...

    def latest(self) -> HostState | None:
        """Return the newest tick, or None before the first."""
        ...

    def keys(self) -> Sequence[SeriesKey]:
        """Return the series that have samples, sorted."""
        ...

    def series(
        self,
        keys: Sequence[SeriesKey],
        *,
        since: float,
        until: float,
        max_points: int,
        bucket_s: float | None = None,
    ) -> SeriesResult:
        """Return the points of each series with since < at <= until, oldest first.

        Each part of the range is read from the finest level that still has it. Where it holds more
        than `max_points` rows they are summarised in buckets, of the narrowest width that gives at
        most `max_points` of them. `bucket_s` sets the width instead (0: no buckets), as needed to
        continue an earlier result.
        """
        ...

    def prune(self, now: float) -> None:
        """Compress and summarise complete hours, and delete what is older than its retention."""
        ...

    def close(self) -> None:
        """Close the store."""
        ...
