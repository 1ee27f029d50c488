"""One collector under watch: a failing or hanging one costs its own readings only."""

from collections.abc import Sequence

from core.clock import Clock
from core.errors import DatahallError, UnavailableError
from monitors.cadence import Cadence
from monitors.collector import Collection, CollectorReport, Fact, ProcessReading, Reading
from monitors.sampling.catalog import Scheduled
from monitors.worker import Outcome, Worker

_FIRST_RETRY_S = 5.0
_LAST_RETRY_S = 300.0


class Watch:
    """A collector with its thread, what it gave last, and when it is asked again."""

    def __init__(self, scheduled: Scheduled, clock: Clock, *, oldest_s: float) -> None:
        """Watch a collector; answers older than `oldest_s` are not taken."""
        self._collector = scheduled.collector
        self._clock = clock
        self._oldest_s = max(oldest_s, scheduled.every_s)
        self._cadence = Cadence(clock, scheduled.every_s)
        self._worker: Worker[Collection] = Worker(
            f"collector-{self.name}", self._collector.collect, clock
        )
        self._retry_s = 0.0
        self._retry_at = 0.0
        self._is_asked = False
        self.readings: Sequence[Reading] = ()
        self.facts: Sequence[Fact] = ()
        self.processes: Sequence[ProcessReading] = ()
        self.report = CollectorReport(name=self.name, success=False, seconds=0.0, error="not asked")

    @property
    def name(self) -> str:
        """The collector's name."""
        return self._collector.name

    def begin(self) -> None:
        """Ask the collector if it is due; one that is not keeps what it gave last."""
        is_due = self._clock.monotonic() >= self._retry_at and self._cadence.is_due()
        self._is_asked = self._worker.is_busy or is_due
        if self._is_asked:
            self._worker.begin()

    def finish(self, timeout_s: float) -> None:
        """Take the answer, or note that there is none."""
        if not self._is_asked:
            return
        outcome = self._worker.finish(timeout_s, oldest_s=self._oldest_s)
        if outcome is None:
            seconds = self._worker.busy_s
            self._fail(seconds, f"no answer for {seconds:.1f} s")
        elif outcome.result is not None:
            self._accept(outcome.result, outcome.seconds)
        else:
            self._note(outcome)

    def stop(self) -> None:
        """End the thread and let go of the hardware, unless the thread is still in it."""
        self._worker.stop()
        if not self._worker.is_busy:
            self._collector.close()

    def _accept(self, collection: Collection, seconds: float) -> None:
        """Keep what the collector gave."""
        self.readings, self.facts = collection.readings, collection.facts
        if collection.processes is not None:
            self.processes = collection.processes
        self._retry_s = 0.0
        self.report = CollectorReport(name=self.name, success=True, seconds=seconds)

    def _note(self, outcome: Outcome[Collection]) -> None:
        """Note why there is no result."""
        error = outcome.error
        if not isinstance(error, UnavailableError):
            text = str(error) if isinstance(error, DatahallError | OSError) else repr(error)
            self._fail(outcome.seconds, text)
            return
        self._retry_s = min(max(self._retry_s * 2, _FIRST_RETRY_S), _LAST_RETRY_S)
        self._retry_at = self._clock.monotonic() + self._retry_s
        self.facts = ()
        self._fail(outcome.seconds, str(error), available=False)

    def _fail(self, seconds: float, error: str, *, available: bool = True) -> None:
        """Drop the readings: a value that could not be read is absent. What a device is stays."""
        self.readings, self.processes = (), ()
        self.report = CollectorReport(
            name=self.name, success=False, seconds=seconds, available=available, error=error
        )
