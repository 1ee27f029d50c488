"""The wish that this process stops, as a signal brings it."""

import time
from dataclasses import dataclass
from signal import SIGINT, SIGTERM
from signal import signal as on_signal

_LOOK_S = 0.2


@dataclass(slots=True)
class StopFlag:
    """Says that it is time to stop; safe to set in a signal handler, as it has no lock.

    threading.Event has one: set by a handler that interrupts its own wait, it waits for itself.
    `signal` is the number of the signal that asked, 0 while none did.
    """

    signal: int = 0

    def listen(self) -> None:
        """Let SIGTERM and Ctrl-C set the flag instead of ending the process."""
        for number in (SIGTERM, SIGINT):
            on_signal(number, lambda number, _frame: self.set(number))

    def set(self, number: int = SIGTERM) -> None:
        """Ask to stop."""
        self.signal = number

    def is_set(self) -> bool:
        """Whether somebody asked to stop."""
        return self.signal != 0

    def wait(self, seconds: float) -> bool:
        """Return whether somebody asked to stop, at the latest after `seconds`."""
        until = time.monotonic() + seconds
        while not self.signal and (left := until - time.monotonic()) > 0:
            time.sleep(min(left, _LOOK_S))
        return self.is_set()
