"""Building blocks of polling: schedules, tasks with a deadline, rates of counters."""

import threading
from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from queue import SimpleQueue
from typing import Generic, TypeVar

from core.clock import Clock

Result = TypeVar("Result")
Key = TypeVar("Key", bound=Hashable)
Counters = TypeVar("Counters")

_TOLERANCE_S = 0.05


class Cadence:
    """A schedule: due at once, and again `every_s` seconds after each `mark_done`.

    A tick that comes up to 50 ms early counts: otherwise an interval of 6 s would become 8 s with
    ticks of 2 s.
    """

    def __init__(self, clock: Clock, every_s: float) -> None:
        """Start with a schedule that is due."""
        self._clock = clock
        self._every_s = every_s
        self._done_at: float | None = None

    def is_due(self) -> bool:
        """Whether the time has come."""
        if self._done_at is None:
            return True
        return self._clock.monotonic() - self._done_at >= self._every_s - _TOLERANCE_S

    def mark_done(self) -> None:
        """Count the next interval from now."""
        self._done_at = self._clock.monotonic()


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskResult(Generic[Result]):
    """The end of one call of a task: its `result`, or the `error` that it raised."""

    result: Result | None
    error: Exception | None
    started: float
    seconds: float


class _Request(Enum):
    """A request to the thread of a worker."""

    RUN = auto()
    STOP = auto()


class Worker(Generic[Result]):
    """Runs one task repeatedly in a thread, so that a call that hangs blocks nothing else.

    Each round is one `begin` followed by one `finish`. The thread is a daemon thread: it does not
    prevent the process from ending when it hangs in the kernel.
    """

    def __init__(self, name: str, task: Callable[[], Result], clock: Clock) -> None:
        """Store the task; the thread starts with the first round."""
        self._name = name
        self._task = task
        self._clock = clock
        self._requests: SimpleQueue[_Request] = SimpleQueue()
        self._done = threading.Event()
        self._outcome: TaskResult[Result] | None = None
        self._requested_at: float | None = None
        self._is_late = False
        self._thread: threading.Thread | None = None

    @property
    def is_busy(self) -> bool:
        """Whether the result of a call has not been collected yet; the call may hang."""
        return self._requested_at is not None

    @property
    def busy_s(self) -> float:
        """Seconds since the current call was requested; 0 without one."""
        return 0.0 if self._requested_at is None else self._clock.monotonic() - self._requested_at

    def begin(self) -> None:
        """Start a call, unless the previous one has not ended."""
        self._is_late = self.is_busy
        if not self._is_late:
            self._request()

    def finish(self, timeout_s: float, *, oldest_s: float) -> TaskResult[Result] | None:
        """Return the result of the call, or None when there is none yet.

        Waits up to `timeout_s` for a call of this round, and not at all for one of an earlier
        round: a slow task delays its first round only. A late result that is older than `oldest_s`
        is dropped. The next call of a slow task starts at once.
        """
        if not self._done.wait(0 if self._is_late else max(timeout_s, 0)):
            return None
        outcome, self._outcome, self._requested_at = self._outcome, None, None
        assert outcome is not None  # noqa: S101  (set before the event)
        if self._is_late and outcome.seconds >= timeout_s:
            self._request()
        is_old = self._clock.monotonic() - outcome.started > oldest_s
        return None if self._is_late and is_old else outcome

    def stop(self) -> None:
        """End the thread after the current call."""
        self._requests.put(_Request.STOP)

    def _request(self) -> None:
        """Hand the task to the thread."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._serve, name=self._name, daemon=True)
            self._thread.start()
        self._done.clear()
        self._requested_at = self._clock.monotonic()
        self._requests.put(_Request.RUN)

    def _serve(self) -> None:
        """Run the task once per request, until a stop is requested."""
        while self._requests.get() is _Request.RUN:
            started = self._clock.monotonic()
            result: Result | None = None
            failure: Exception | None = None
            try:
                result = self._task()
            except Exception as error:  # noqa: BLE001  (passed on to the caller of `finish`)
                failure = error
            self._outcome = TaskResult(
                result=result,
                error=failure,
                started=started,
                seconds=self._clock.monotonic() - started,
            )
            self._done.set()


@dataclass(frozen=True, slots=True, kw_only=True)
class CounterChange(Generic[Key, Counters]):
    """Two readings of the counters of one device or process, `seconds` apart."""

    key: Key
    before: Counters
    after: Counters
    seconds: float

    def rate(self, before: float, after: float) -> float | None:
        """Return the growth per second of one counter; None when it was reset."""
        return (after - before) / self.seconds if after >= before else None


class RateMeter(Generic[Key, Counters]):
    """Compares counters with those of the previous reading."""

    def __init__(self, clock: Clock) -> None:
        """Start without a previous reading."""
        self._clock = clock
        self._last: Mapping[Key, Counters] = {}
        self._read_at = 0.0

    def changes(self, counters: Mapping[Key, Counters]) -> Iterator[CounterChange[Key, Counters]]:
        """Yield the change of everything that the previous reading held, too."""
        now = self._clock.monotonic()
        before, seconds = self._last, now - self._read_at
        self._last, self._read_at = counters, now
        if seconds <= 0:
            return
        for key, after in counters.items():
            if key in before:
                yield CounterChange(key=key, before=before[key], after=after, seconds=seconds)
