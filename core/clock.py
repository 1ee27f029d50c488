"""Wall time and monotonic time, passed to the code that needs them."""

import time
from dataclasses import dataclass, field
from typing import Protocol


class Clock(Protocol):
    """A source of time. Wall time may jump; monotonic time never decreases."""

    def now(self) -> float:
        """Return seconds since the Unix epoch."""
        ...

    def monotonic(self) -> float:
        """Return seconds since an arbitrary moment: only differences are meaningful."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> float:
        """Return seconds since the Unix epoch."""
        return time.time()

    def monotonic(self) -> float:
        """Return seconds since an arbitrary moment."""
        return time.monotonic()


@dataclass(slots=True)
class FixedClock:
    """A clock for tests, which changes only when it is advanced."""

    at: float = 1_700_000_000.0
    ticks: float = field(default=0.0)

    def now(self) -> float:
        """Return the set wall time."""
        return self.at

    def monotonic(self) -> float:
        """Return the seconds that the clock was advanced."""
        return self.ticks

    def advance(self, seconds: float) -> None:
        """Move both clocks forward by `seconds`."""
        self.at += seconds
        self.ticks += seconds
