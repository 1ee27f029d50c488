"""A clock for tests."""

from dataclasses import dataclass


@dataclass(slots=True)
class FixedClock:
    """A Clock that changes only when it is advanced."""

    at: float = 1_700_000_000.0
    ticks: float = 0.0

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
