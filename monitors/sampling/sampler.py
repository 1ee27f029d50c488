"""Every interval: ask each due collector, time it, write what came. Never dies, never drifts."""

import math
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from core.clock import Clock, SystemClock
from core.errors import DatahallError
from core.settings import SamplerSettings
from monitors.cadence import Cadence
from monitors.collector import CollectorReport, HostState, ProcessReading, Reading
from monitors.gauges import Gauge
from monitors.sampling.catalog import Context, Scheduled, make_collectors
from monitors.sampling.watch import Watch
from monitors.store.interface import TelemetryStore

_DEADLINE_SHARE = 0.75
_OLDEST_INTERVALS = 3.0
_PRUNE_EVERY_S = 600.0
_ONCE_DEADLINE_S = 10.0
_ONCE_PAUSE_S = 0.5

Log = Callable[[str], None]


class Sampler:
    """Asks collectors and writes ticks to the store."""

    def __init__(
        self,
        collectors: Iterable[Scheduled],
        store: TelemetryStore,
        clock: Clock,
        *,
        host: str,
        interval_s: float,
        log: Log,
    ) -> None:
        """Put the collectors under watch."""
        self._store = store
        self._clock = clock
        self._host = host
        self._interval_s = interval_s
        self._log = log
        self._last_complaint = ""
        self._pruning = Cadence(clock, _PRUNE_EVERY_S)
        self._watches = [
            Watch(scheduled, clock, oldest_s=_OLDEST_INTERVALS * interval_s)
            for scheduled in collectors
        ]
        self.latest: HostState | None = None

    def run(self, stop: threading.Event, after_tick: Callable[[HostState], None]) -> None:
        """Sample until `stop` is set. A tick that comes too late is left out, not made up for."""
        next_at = self._clock.monotonic()
        while not stop.is_set():
            after_tick(self.tick())
            next_at += self._interval_s
            late_s = self._clock.monotonic() - next_at
            if late_s > 0:
                next_at += math.ceil(late_s / self._interval_s) * self._interval_s
            stop.wait(max(next_at - self._clock.monotonic(), 0))

    def tick(self) -> HostState:
        """Ask all that is due, wait for it until the deadline, store and return the tick."""
        at = self._clock.now()
        _ask(self._watches, self._clock, _DEADLINE_SHARE * self._interval_s)
        state = _state(self._watches, host=self._host, at=at, interval_s=self._interval_s)
        self.latest = state
        self._write(state)
        return state

    def close(self) -> None:
        """Let go of the hardware."""
        for watch in self._watches:
            watch.stop()

    def _write(self, state: HostState) -> None:
        """Store a tick; a store that fails costs history, not the sampling."""
        try:
            self._store.append(state)
            if self._pruning.is_due():
                self._store.prune(state.at)
        except DatahallError as error:
            self._complain(str(error))
        except Exception as error:  # noqa: BLE001  (the sampler's loop survives everything)
            self._complain(repr(error))
        else:
            self._last_complaint = ""

    def _complain(self, text: str) -> None:
        """Log a failure once, not at every tick."""
        if text != self._last_complaint:
            self._log(text)
        self._last_complaint = text


def sample_once(settings: SamplerSettings, *, host: str, demo: bool) -> HostState:
    """Return one full reading of this host, without any store.

    Ratios and rates are differences, so everything is asked twice, half a second apart.
    """
    clock = SystemClock()
    patient = replace(settings, interval_s=_ONCE_DEADLINE_S, process_interval_s=0.0)
    collectors = make_collectors(Context(settings=patient, clock=clock), demo=demo)
    watches = [Watch(one, clock, oldest_s=_ONCE_DEADLINE_S) for one in collectors]
    _ask(watches, clock, _ONCE_DEADLINE_S)
    threading.Event().wait(_ONCE_PAUSE_S)
    at = clock.now()
    _ask(watches, clock, _ONCE_DEADLINE_S)
    for watch in watches:
        watch.stop()
    return _state(watches, host=host, at=at, interval_s=settings.interval_s)


def _ask(watches: Sequence[Watch], clock: Clock, deadline_s: float) -> None:
    """Ask all that is due at the same time, and wait for them together."""
    until = clock.monotonic() + deadline_s
    for watch in watches:
        watch.begin()
    for watch in watches:
        watch.finish(until - clock.monotonic())


def _state(watches: Sequence[Watch], *, host: str, at: float, interval_s: float) -> HostState:
    """Return what the collectors gave, and how they fared, as one tick."""
    reports = tuple(watch.report for watch in watches)
    return HostState(
        host=host,
        at=at,
        interval_s=interval_s,
        readings=(
            *(reading for watch in watches for reading in watch.readings),
            *(reading for report in reports for reading in _as_readings(report)),
        ),
        facts=tuple(fact for watch in watches for fact in watch.facts),
        processes=_merged(watches),
        collectors=reports,
    )


def _as_readings(report: CollectorReport) -> Iterator[Reading]:
    """Yield how a collector fared, as readings of its own."""
    values = {
        Gauge.COLLECTOR_SUCCESS: float(report.success),
        Gauge.COLLECTOR_AVAILABLE: float(report.available),
        Gauge.COLLECTOR_DURATION_SECONDS: report.seconds,
    }
    for gauge, value in values.items():
        yield Reading(gauge=gauge, device=report.name, value=value)


def _merged(watches: Sequence[Watch]) -> tuple[ProcessReading, ...]:
    """Return the processes of all collectors; what is known of its GPU wins."""
    listed = [one for watch in watches for one in watch.processes]
    on_gpu = {(one.pid, one.create_time) for one in listed if one.gpu is not None}
    return tuple(
        one for one in listed if one.gpu is not None or (one.pid, one.create_time) not in on_gpu
    )
