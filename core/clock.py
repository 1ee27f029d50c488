"""Time, passed in."""

import time
from dataclasses import dataclass, field
from typing import Protocol


class Clock(Protocol):
    """Tells the time. Wall time may jump; monotonic time never goes back."""

    def now(self) -> float:
        """Return seconds since the Unix epoch."""
        ...

    def monotonic(self) -> float:
        """Return seconds from an arbitrary start; only differences mean anything."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> float:
        """Return seconds since the Unix epoch."""
        return time.time()

    def monotonic(self) -> float:
        """Return seconds since an arbitrary start."""
        return time.monotonic()


@dataclass(slots=True)
class FixedClock:
    """A clock that stands still until it is told to advance (tests, demos)."""

    at: float = 1_700_000_000.0
    ticks: float = field(default=0.0)

    def now(self) -> float:
        """Return the set wall time."""
        return self.at

    def monotonic(self) -> float:
        """Return the seconds advanced so far."""
        return self.ticks

    def advance(self, seconds: float) -> None:
        """Move both clocks forward by `seconds`."""
        self.at += seconds
        self.ticks += seconds
