"""When something is due that is not done every tick."""

from core.clock import Clock

_EARLY_S = 0.05


class Cadence:
    """Due at once, then every `every_s` seconds.

    A tick that comes a moment early counts, or an interval of 6 s at ticks of 2 s would be 8 s.
    """

    def __init__(self, clock: Clock, every_s: float) -> None:
        """Start so that the first question is answered with yes."""
        self._clock = clock
        self._every_s = every_s
        self._last: float | None = None

    def is_due(self) -> bool:
        """Whether it is time; if so, the next time is counted from now."""
        now = self._clock.monotonic()
        if self._last is not None and now - self._last < self._every_s - _EARLY_S:
            return False
        self._last = now
        return True
