"""A thread per thing that may hang, asked with a deadline, so that nothing else waits for it."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Generic, TypeVar

from core.clock import Clock

Result = TypeVar("Result")

_RUN, _STOP = "run", "stop"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome(Generic[Result]):
    """How one call of the task ended: `error` says why there is no `result`."""

    result: Result | None
    error: Exception | None
    started: float
    seconds: float


class Worker(Generic[Result]):
    """Runs one task, again and again, in a thread of its own.

    `begin` and then `finish` once per round. The thread is a daemon: one that hangs in the kernel
    does not keep the process from ending.
    """

    def __init__(self, name: str, task: Callable[[], Result], clock: Clock) -> None:
        """Remember the task; the thread starts with the first round."""
        self._name = name
        self._task = task
        self._clock = clock
        self._requests: SimpleQueue[str] = SimpleQueue()
        self._done = threading.Event()
        self._outcome: Outcome[Result] | None = None
        self._asked_at: float | None = None
        self._is_late = False
        self._thread: threading.Thread | None = None

    @property
    def is_busy(self) -> bool:
        """Whether a call has not been taken back yet; it may hang."""
        return self._asked_at is not None

    @property
    def busy_s(self) -> float:
        """Seconds since the call under way was asked for; 0 when there is none."""
        return 0.0 if self._asked_at is None else self._clock.monotonic() - self._asked_at

    def begin(self) -> None:
        """Start a call, unless the last one is still under way."""
        self._is_late = self.is_busy
        if not self._is_late:
            self._ask()

    def finish(self, timeout_s: float, *, oldest_s: float) -> Outcome[Result] | None:
        """Return how the call ended, or None when it has not.

        A call of this round is waited for until `timeout_s`; one of an earlier round is not
        waited for at all, so something slow delays its first round only. What took longer than
        `oldest_s` to come is thrown away. The next call of something slow starts at once.
        """
        if not self._done.wait(0 if self._is_late else max(timeout_s, 0)):
            return None
        outcome, self._outcome, self._asked_at = self._outcome, None, None
        assert outcome is not None  # noqa: S101  (set before the event)
        if self._is_late and outcome.seconds >= timeout_s:
            self._ask()
        is_old = self._clock.monotonic() - outcome.started > oldest_s
        return None if self._is_late and is_old else outcome

    def stop(self) -> None:
        """Let the thread end after the call under way."""
        self._requests.put(_STOP)

    def _ask(self) -> None:
        """Hand the task to the thread."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._serve, name=self._name, daemon=True)
            self._thread.start()
        self._done.clear()
        self._asked_at = self._clock.monotonic()
        self._requests.put(_RUN)

    def _serve(self) -> None:
        """Run the task each time it is asked for."""
        while self._requests.get() == _RUN:
            started = self._clock.monotonic()
            result: Result | None = None
            failure: Exception | None = None
            try:
                result = self._task()
            except Exception as error:  # noqa: BLE001  (whatever it is, it is the asker's to judge)
                failure = error
            self._outcome = Outcome(
                result=result,
                error=failure,
                started=started,
                seconds=self._clock.monotonic() - started,
            )
            self._done.set()
