"""The sampler: at each tick, call the collectors that are due and store what they return."""

import math
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from core.clock import Clock, SystemClock
from core.errors import DatahallError, UnavailableError
from core.process.stop_flag import StopFlag
from core.settings import SamplerSettings
from monitors.collector import (
    Collection,
    CollectorReport,
    DeviceFact,
    HostState,
    ProcessReading,
    Reading,
)
from monitors.gauges import Gauge
from monitors.polling import Cadence, TaskResult, Worker
from monitors.sampling.catalog import CollectorContext, ScheduledCollector, make_collectors
from monitors.store.interface import TelemetryStore

_DEADLINE_SHARE = 0.75
_OLDEST_INTERVALS = 3.0
_PRUNE_EVERY_S = 600.0
_FIRST_RETRY_S = 5.0
_LAST_RETRY_S = 300.0
_ONCE_DEADLINE_S = 10.0
_ONCE_PAUSE_S = 0.5

Log = Callable[[str], None]


class PolledCollector:
    """A collector in a thread of its own, with its last result and its schedule.

    One that fails or hangs loses its own readings and delays nothing else.
    """

    def __init__(self, scheduled: ScheduledCollector, clock: Clock, *, oldest_s: float) -> None:
        """Create the thread; late results older than `oldest_s` are dropped."""
        self._collector = scheduled.collector
        self._clock = clock
        self._oldest_s = max(oldest_s, scheduled.every_s)
        self._cadence = Cadence(clock, scheduled.every_s)
        self._worker: Worker[Collection] = Worker(
            f"collector-{self.name}", self._collector.collect, clock
        )
        self._retry_s = 0.0
        self._retry_at = 0.0
        self._is_called = False
        self.readings: Sequence[Reading] = ()
        self.facts: Sequence[DeviceFact] = ()
        self.processes: Sequence[ProcessReading] = ()
        self.report = CollectorReport(
            name=self.name, success=False, seconds=0.0, error="not called yet"
        )

    @property
    def name(self) -> str:
        """Name of the collector."""
        return self._collector.name

    def begin(self) -> None:
        """Call the collector if it is due; otherwise its last result stays."""
        is_due = self._clock.monotonic() >= self._retry_at and self._cadence.is_due()
        if is_due:
            self._cadence.mark_done()
        self._is_called = is_due or self._worker.is_busy
        if self._is_called:
            self._worker.begin()

    def finish(self, timeout_s: float) -> None:
        """Wait for the result, and keep it or the reason why there is none."""
        if not self._is_called:
            return
        outcome = self._worker.finish(timeout_s, oldest_s=self._oldest_s)
        if outcome is None:
            seconds = self._worker.busy_s
            self._fail(seconds, f"no answer for {seconds:.1f} s")
        elif outcome.result is not None:
            self._accept(outcome.result, outcome.seconds)
        else:
            self._accept_error(outcome)

    def stop(self) -> None:
        """End the thread and release the hardware, unless the thread is still using it."""
        self._worker.stop()
        if not self._worker.is_busy:
            self._collector.close()

    def _accept(self, collection: Collection, seconds: float) -> None:
        """Keep a result."""
        self.readings, self.facts = collection.readings, collection.facts
        if collection.processes is not None:
            self.processes = collection.processes
        self._retry_s = 0.0
        self.report = CollectorReport(name=self.name, success=True, seconds=seconds)

    def _accept_error(self, outcome: TaskResult[Collection]) -> None:
        """Record an error; missing hardware is searched for at growing intervals."""
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
        """Drop the readings: a value that could not be read is absent. Facts stay valid."""
        self.readings, self.processes = (), ()
        self.report = CollectorReport(
            name=self.name, success=False, seconds=seconds, available=available, error=error
        )


class Sampler:
    """Polls the collectors and writes one tick per interval to the store."""

    def __init__(
        self,
        collectors: Iterable[ScheduledCollector],
        store: TelemetryStore,
        clock: Clock,
        *,
        host: str,
        interval_s: float,
        log: Log,
    ) -> None:
        """Create the threads of the collectors; `log` receives failures of the store."""
        self._store = store
        self._clock = clock
        self._host = host
        self._interval_s = interval_s
        self._log = log
        self._last_failure = ""
        self._pruning = Cadence(clock, _PRUNE_EVERY_S)
        self._collectors = [
            PolledCollector(scheduled, clock, oldest_s=_OLDEST_INTERVALS * interval_s)
            for scheduled in collectors
        ]
        self.latest: HostState | None = None

    def run(self, stop: StopFlag, after_tick: Callable[[HostState], None]) -> None:
        """Sample until `stop` is set.

        Ticks start at whole intervals after the first one; a tick that would come too late is
        left out.
        """
        next_at = self._clock.monotonic()
        while not stop.is_set():
            after_tick(self.tick())
            next_at += self._interval_s
            late_s = self._clock.monotonic() - next_at
            if late_s > 0:
                next_at += math.ceil(late_s / self._interval_s) * self._interval_s
            stop.wait(max(next_at - self._clock.monotonic(), 0))

    def tick(self) -> HostState:
        """Poll the collectors, wait for them up to the deadline, store and return the tick."""
        at = self._clock.now()
        _poll(self._collectors, self._clock, _DEADLINE_SHARE * self._interval_s)
        state = _state(self._collectors, host=self._host, at=at, interval_s=self._interval_s)
        self.latest = state
        self._write(state)
        return state

    def close(self) -> None:
        """Release the hardware."""
        for collector in self._collectors:
            collector.stop()

    def _write(self, state: HostState) -> None:
        """Store a tick; when the store fails, history is lost but sampling continues."""
        try:
            self._store.append(state)
            if self._pruning.is_due():
                self._pruning.mark_done()
                self._store.prune(state.at)
        except DatahallError as error:
            self._log_failure(str(error))
        except Exception as error:  # noqa: BLE001  (no failure may end the loop)
            self._log_failure(repr(error))
        else:
            self._last_failure = ""

    def _log_failure(self, text: str) -> None:
        """Log a failure, but not again at every tick."""
        if text != self._last_failure:
            self._log(text)
        self._last_failure = text


def sample_once(settings: SamplerSettings, *, host: str, demo: bool) -> HostState:
    """Return one complete reading of this host, without a store.

    Ratios and rates are differences: the collectors are polled twice, half a second apart.
    """
    clock = SystemClock()
    patient = replace(settings, interval_s=_ONCE_DEADLINE_S, process_interval_s=0.0)
    context = CollectorContext(settings=patient, clock=clock)
    collectors = [
        PolledCollector(one, clock, oldest_s=_ONCE_DEADLINE_S)
        for one in make_collectors(context, demo=demo)
    ]
    _poll(collectors, clock, _ONCE_DEADLINE_S)
    time.sleep(_ONCE_PAUSE_S)
    at = clock.now()
    _poll(collectors, clock, _ONCE_DEADLINE_S)
    for collector in collectors:
        collector.stop()
    return _state(collectors, host=host, at=at, interval_s=settings.interval_s)


def _poll(collectors: Sequence[PolledCollector], clock: Clock, deadline_s: float) -> None:
    """Call all collectors that are due at the same time, and wait for them together."""
    until = clock.monotonic() + deadline_s
    for collector in collectors:
        collector.begin()
    for collector in collectors:
        collector.finish(until - clock.monotonic())


def _state(
    collectors: Sequence[PolledCollector], *, host: str, at: float, interval_s: float
) -> HostState:
    """Return the results and reports of the collectors as one tick."""
    reports = tuple(collector.report for collector in collectors)
    return HostState(
        host=host,
        at=at,
        interval_s=interval_s,
        readings=(
            *(reading for collector in collectors for reading in collector.readings),
            *(reading for report in reports for reading in _report_readings(report)),
        ),
        facts=tuple(fact for collector in collectors for fact in collector.facts),
        processes=_merged_processes(collectors),
        collectors=reports,
    )


def _report_readings(report: CollectorReport) -> Iterator[Reading]:
    """Yield the report of a collector as readings, so that it has a history."""
    values = {
        Gauge.COLLECTOR_SUCCESS: float(report.success),
        Gauge.COLLECTOR_AVAILABLE: float(report.available),
        Gauge.COLLECTOR_DURATION_SECONDS: report.seconds,
    }
    for gauge, value in values.items():
        yield Reading(gauge=gauge, device=report.name, value=value)


def _merged_processes(collectors: Sequence[PolledCollector]) -> tuple[ProcessReading, ...]:
    """Return the processes of all collectors; entries with a GPU replace those without."""
    listed = [one for collector in collectors for one in collector.processes]
    on_gpu = {(one.pid, one.create_time) for one in listed if one.gpu is not None}
    return tuple(
        one for one in listed if one.gpu is not None or (one.pid, one.create_time) not in on_gpu
    )
