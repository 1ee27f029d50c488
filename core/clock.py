"""Wall time and monotonic time, passed to the code that needs them."""

import time
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
