"""The telemetry store in memory: the twin of sqlite.py for tests and demonstrations."""

import math
import threading
from array import array
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace

from core.settings import SamplerSettings
from monitors.collector import HostState
from monitors.store.buckets import (
    DAY_S,
    HOUR_S,
    MINUTE_S,
    Samples,
    bucket_width,
    bucketed,
    join,
    points,
    raw_samples,
)
from monitors.store.interface import Point, SeriesKey


class MemoryTelemetryStore:
    """A TelemetryStore that forgets everything at the end of the process."""

    def __init__(self, settings: SamplerSettings | None = None) -> None:
        """Begin with nothing."""
        self._settings = settings or SamplerSettings()
        self._lock = threading.Lock()
        self._latest: HostState | None = None
        self._ticks: list[float] = []
        self._samples: dict[SeriesKey, Samples] = {}

    def append(self, state: HostState) -> None:
        """Store one tick."""
        with self._lock:
            readings = tuple(one for one in state.readings if math.isfinite(one.value))
            self._latest = replace(state, readings=readings)
            self._ticks.append(state.at)
            for one in readings:
                key = SeriesKey(gauge=one.gauge, device=one.device)
                sample = raw_samples(array("d", [state.at]), array("d", [one.value]))
                known = self._samples.get(key)
                self._samples[key] = join([known, sample]) if known else sample

    def latest(self) -> HostState | None:
        """Return the newest tick, or None before the first."""
        return self._latest

    def keys(self) -> Sequence[SeriesKey]:
        """Return the series that have samples, sorted."""
        with self._lock:
            return sorted(self._samples, key=lambda key: (key.gauge, key.device))

    def series(
        self, keys: Sequence[SeriesKey], *, since: float, until: float, max_points: int
    ) -> Sequence[Sequence[Point]]:
        """Return the points of each series with since < at <= until; see TelemetryStore."""
        with self._lock:
            width = 0.0
            if sum(since < at <= until for at in self._ticks) > max_points:
                start, stop = max(since, min(self._ticks)), min(until, max(self._ticks))
                width = bucket_width(start, stop, max_points)
            parts = [self._samples.get(key) for key in keys]
        cuts = [_between(part, since, until) if part else None for part in parts]
        return [
            [] if cut is None else points(bucketed(cut, width) if width else cut) for cut in cuts
        ]

    def prune(self, now: float) -> None:
        """Roll up and drop what is older than its retention."""
        raw = now - self._settings.raw_days * DAY_S
        minute = min(raw, now - self._settings.minute_days * DAY_S)
        hour = min(minute, now - self._settings.hour_days * DAY_S)
        with self._lock:
            self._ticks = [at for at in self._ticks if at >= hour]
            for key, samples in list(self._samples.items()):
                kept = join(
                    [
                        bucketed(_between(samples, hour, minute), HOUR_S),
                        bucketed(_between(samples, minute, raw), MINUTE_S),
                        _between(samples, raw, math.inf),
                    ]
                )
                if kept.at:
                    self._samples[key] = kept
                else:
                    del self._samples[key]

    def close(self) -> None:
        """Nothing to let go of."""


def _between(samples: Samples, since: float, until: float) -> Samples:
    """Return the rows with since < at <= until."""
    first, end = bisect_right(samples.at, since), bisect_right(samples.at, until)
    return Samples(
        at=samples.at[first:end],
        mean=samples.mean[first:end],
        low=samples.low[first:end],
        high=samples.high[first:end],
        count=samples.count[first:end],
    )
