"""Counters that only grow, read again and again: what changed since the last time."""

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from core.clock import Clock

Device = TypeVar("Device", bound=Hashable)
Counters = TypeVar("Counters")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change(Generic[Device, Counters]):
    """Two readings of one device's counters, some seconds apart."""

    device: Device
    before: Counters
    after: Counters
    seconds: float

    def rate(self, before: float, after: float) -> float | None:
        """Return the growth per second; None when the counter was set back."""
        return (after - before) / self.seconds if after >= before else None


class Meter(Generic[Device, Counters]):
    """Remembers the last reading of each device."""

    def __init__(self, clock: Clock) -> None:
        """Start with nothing to compare to."""
        self._clock = clock
        self._last: Mapping[Device, Counters] = {}
        self._read_at = 0.0

    def changes(self, counters: Mapping[Device, Counters]) -> Iterator[Change[Device, Counters]]:
        """Yield the change of each device that was there the last time too."""
        now = self._clock.monotonic()
        before, seconds = self._last, now - self._read_at
        self._last, self._read_at = counters, now
        if seconds <= 0:
            return
        for device, after in counters.items():
            if device in before:
                yield Change(device=device, before=before[device], after=after, seconds=seconds)
