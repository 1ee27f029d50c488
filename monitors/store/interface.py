"""The store of this host's telemetry: what every adapter promises."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from monitors.collector import HostState


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesKey:
    """Which series: a gauge of a device."""

    gauge: str
    device: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A point of a series; for a point that stands for several samples also their extremes."""

    at: float
    value: float
    low: float
    high: float
    count: int = 1


class TelemetryStore(Protocol):
    """Keeps raw samples, then min/max/mean/count by minute and hour.

    One process writes, any number read; readers never block the writer and see whole ticks.
    """

    def append(self, state: HostState) -> None:
        """Store one tick."""
        ...

    def latest(self) -> HostState | None:
        """Return the newest tick, or None before the first."""
        ...

    def keys(self) -> Sequence[SeriesKey]:
        """Return the series that have samples, sorted."""
        ...

    def series(
        self, keys: Sequence[SeriesKey], *, since: float, until: float, max_points: int
    ) -> Sequence[Sequence[Point]]:
        """Return the points of each series with since < at <= until, oldest first.

        The finest level that still has the range is read; where it holds more than `max_points`
        samples they are bucketed (mean, low, high, count), so no spike disappears.
        """
        ...

    def prune(self, now: float) -> None:
        """Seal, roll up and drop what is older than its retention."""
        ...

    def close(self) -> None:
        """Close the store."""
        ...
