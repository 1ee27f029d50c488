"""A stop request that a signal handler can set safely."""

import time
from dataclasses import dataclass
from signal import SIGINT, SIGTERM
from signal import signal as install_handler

_POLL_S = 0.2


@dataclass(slots=True)
class StopFlag:
    """Records that a stop was requested.

    It has no lock: threading.Event.set() takes one, so calling it from a signal handler that
    interrupts wait() deadlocks. `signal` is the number of the signal received, 0 before any.
    """

    signal: int = 0

    def listen(self) -> None:
        """Make SIGTERM and SIGINT (Ctrl-C) set the flag instead of terminating the process."""
        for number in (SIGTERM, SIGINT):
            install_handler(number, lambda number, _frame: self.set(number))

    def set(self, number: int = SIGTERM) -> None:
        """Request a stop."""
        self.signal = number

    def is_set(self) -> bool:
        """Whether a stop was requested."""
        return self.signal != 0

    def wait(self, seconds: float) -> bool:
        """Wait up to `seconds` for a stop request; return whether there is one."""
        until = time.monotonic() + seconds
        while not self.signal and (left := until - time.monotonic()) > 0:
            time.sleep(min(left, _POLL_S))
        return self.is_set()
