"""Functions that the tests of the gpu collector share."""

from pathlib import Path

from core.clock import Clock, SystemClock
from monitors.collector import Collection
from monitors.collectors.gpu import GpuCollector

TIMEOUT_S = 10.0


class FastClock(SystemClock):
    """A clock that runs faster: values that are due in a minute are due soon."""

    def __init__(self, speed: float) -> None:
        """Run `speed` times as fast."""
        self._speed = speed

    def monotonic(self) -> float:
        """Return the seconds of the fast clock."""
        return super().monotonic() * self._speed


def collector(
    clock: Clock | None = None, *, deadline_s: float = TIMEOUT_S, process_interval_s: float = 0
) -> GpuCollector:
    """Return a collector on this host's processes."""
    return GpuCollector(
        Path("/"),
        clock or SystemClock(),
        deadline_s=deadline_s,
        process_interval_s=process_interval_s,
    )


def values(collection: Collection, device: str) -> dict[str, float]:
    """Return the gauges of one GPU."""
    return {one.gauge: one.value for one in collection.readings if one.device == device}


def facts(collection: Collection, device: str) -> dict[str, str]:
    """Return the facts of one GPU."""
    return {one.name: one.text for one in collection.facts if one.device == device}
