"""The sampler: failures of one collector affect no other, and ticks do not drift."""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

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
from monitors.sampling.catalog import ScheduledCollector
from monitors.sampling.sampler import Sampler, sample_once
from monitors.store.sqlite import SqliteTelemetryStore
from tests.clock import FixedClock

MakeSampler = Callable[..., Sampler]


class Scripted:
    """A collector with one step per call; the last step is repeated."""

    def __init__(self, name: str, *steps: Collection | Exception | Callable[[], None]) -> None:
        """Store the steps."""
        self.name = name
        self.steps = list(steps)
        self.num_asked = 0
        self.is_closed = False

    def collect(self) -> Collection:
        """Run the next step."""
        self.num_asked += 1
        step = self.steps.pop(0) if len(self.steps) > 1 else self.steps[0]
        if isinstance(step, Exception):
            raise step
        if isinstance(step, Collection):
            return step
        step()
        return Collection()

    def close(self) -> None:
        """Record the call."""
        self.is_closed = True


def gives(value: float, **more: object) -> Collection:
    """Return a collection with one reading."""
    return Collection(readings=(Reading(gauge="load", device="x", value=value),), **more)  # type: ignore[arg-type]  # the fields of Collection


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteTelemetryStore]:
    """An empty store."""
    opened = SqliteTelemetryStore(tmp_path / "telemetry.db", writable=True)
    yield opened
    opened.close()


@pytest.fixture
def make(store: SqliteTelemetryStore) -> MakeSampler:
    """Return a function that makes a sampler of some collectors."""

    def made(
        *collectors: Scripted,
        clock: Clock,
        every_s: float = 0.0,
        log: Callable[[str], None] = print,
        interval_s: float = 0.2,
    ) -> Sampler:
        return Sampler(
            [ScheduledCollector(collector=one, every_s=every_s) for one in collectors],
            store,
            clock,
            host="hall-7",
            interval_s=interval_s,
            log=log,
        )

    return made


def load(state: HostState) -> list[float]:
    """Return the values of the gauge that scripted collectors have."""
    return [one.value for one in state.readings if one.gauge == "load"]


def report(state: HostState, name: str) -> CollectorReport:
    """Return one collector's report."""
    return {one.name: one for one in state.collectors}[name]


def test_a_tick_is_stored_with_the_outcome_of_each_collector(
    make: MakeSampler, store: SqliteTelemetryStore
) -> None:
    """The failure of a collector is a reading: it has a history."""
    good, bad = Scripted("good", gives(1.0)), Scripted("bad", DatahallError("broken cable"))

    state = make(good, bad, clock=SystemClock()).tick()

    assert load(state) == [1.0]
    assert report(state, "good").success
    assert report(state, "bad").error == "broken cable"
    success = {one.device: one.value for one in state.readings if one.gauge == "collector_success"}
    assert success == {"good": 1.0, "bad": 0.0}
    latest = store.latest()
    assert latest is not None
    assert set(latest.readings) == set(state.readings)
    assert replace(latest, readings=state.readings) == state


@pytest.mark.parametrize("error", [OSError("gone"), ValueError("odd"), ZeroDivisionError()])
def test_a_failure_loses_the_readings_of_one_collector_for_one_tick(
    make: MakeSampler, error: Exception
) -> None:
    flaky = Scripted("flaky", gives(1.0), error, gives(3.0))
    watched = make(flaky, Scripted("calm", gives(9.0)), clock=SystemClock())

    assert [load(watched.tick()) for _ in range(3)] == [[1.0, 9.0], [9.0], [3.0, 9.0]]


def test_a_collector_that_hangs_delays_one_tick(make: MakeSampler) -> None:
    """Its readings are absent, and its report contains the duration."""
    release = threading.Event()
    hanging = Scripted("hanging", gives(1.0), lambda: release.wait(10) and None, gives(3.0))
    clock = SystemClock()
    watched = make(hanging, Scripted("calm", gives(9.0)), clock=clock)
    watched.tick()

    late = watched.tick()
    started = clock.monotonic()
    later = watched.tick()
    seconds = clock.monotonic() - started
    release.set()

    assert load(late) == load(later) == [9.0]
    assert "no answer" in report(late, "hanging").error
    assert seconds < 0.1
    while load(watched.tick()) != [3.0, 9.0]:
        pass
    watched.close()
    assert hanging.is_closed


def test_unavailable_hardware_is_looked_for_with_growing_delays(make: MakeSampler) -> None:
    """A driver that is loaded later is found."""
    clock = FixedClock()
    absent = Scripted("gpu", UnavailableError("no driver"))
    watched = make(absent, clock=clock, interval_s=1.0)
    asked_at = []
    for second in range(100):
        before = absent.num_asked
        state = watched.tick()
        if absent.num_asked > before:
            asked_at.append(second)
        assert not report(state, "gpu").available
        clock.advance(1)
    absent.steps = [gives(1.0)]
    clock.advance(300)

    assert asked_at == [0, 5, 15, 35, 75]
    assert report(watched.tick(), "gpu").available


def test_a_collector_that_is_not_due_keeps_its_last_result(make: MakeSampler) -> None:
    """Processes are read every third tick; every tick contains them."""
    clock = FixedClock()
    someone = ProcessReading(
        pid=1, create_time=0.0, user="ada", command="x", cpu_ratio=0.0, memory_bytes=1
    )
    slow = Scripted("slow", gives(1.0, processes=(someone,)), gives(2.0, processes=()))
    watched = make(slow, clock=clock, every_s=6.0)
    seen = []
    for _ in range(4):
        state = watched.tick()
        seen.append((load(state)[0], len(state.processes)))
        clock.advance(2)

    assert seen == [(1.0, 1), (1.0, 1), (1.0, 1), (2.0, 0)]


def test_facts_stay_after_a_failed_read(make: MakeSampler) -> None:
    known = (DeviceFact(device="x", name="model", text="Q"),)
    watched = make(Scripted("one", gives(1.0, facts=known), OSError("asleep")), clock=SystemClock())

    watched.tick()

    assert watched.tick().facts == known


def test_a_process_that_two_collectors_report_is_listed_with_its_gpus(make: MakeSampler) -> None:

    def training(gpu: str | None) -> ProcessReading:
        return ProcessReading(
            pid=7, create_time=1.0, user="a", command="t", cpu_ratio=1.0, memory_bytes=1, gpu=gpu
        )

    watched = make(
        Scripted("process", gives(1.0, processes=(training(None),))),
        Scripted("gpu", gives(2.0, processes=(training("gpu0"), training("gpu1")))),
        clock=SystemClock(),
    )

    assert [one.gpu for one in watched.tick().processes] == ["gpu0", "gpu1"]


def test_sampling_continues_when_the_store_fails(
    make: MakeSampler, store: SqliteTelemetryStore, tmp_path: Path
) -> None:
    """The failure is logged once, not every two seconds."""
    lines: list[str] = []
    polled = make(Scripted("one", gives(1.0)), clock=SystemClock(), log=lines.append)
    store.close()
    tmp_path.rename(tmp_path.with_name("moved"))

    states = [polled.tick() for _ in range(3)]

    assert [load(state) for state in states] == [[1.0]] * 3
    assert len(lines) == 1
    assert "telemetry.db cannot be opened" in lines[0]


@dataclass(slots=True, kw_only=True)
class SimulatedWait(StopFlag):
    """A stop flag whose waits advance a clock, each by a little more than requested."""

    clock: FixedClock

    def wait(self, seconds: float) -> bool:
        self.clock.advance(seconds + 0.01)
        return self.is_set()


def test_ticks_do_not_drift_and_late_ones_are_left_out(make: MakeSampler) -> None:
    clock = FixedClock(at=0.0)
    stop = SimulatedWait(clock=clock)
    times: list[float] = []

    def note(state: HostState) -> None:
        times.append(state.at)
        clock.advance(5.5 if len(times) == 3 else 0.5)
        if len(times) == 6:
            stop.set()

    make(Scripted("one", gives(1.0)), clock=clock, interval_s=2.0).run(stop, note)

    assert [round(at) for at in times] == [0, 2, 4, 10, 12, 14]
    assert all(0 <= at - round(at) < 0.02 for at in times)


def test_one_complete_reading_has_rates_and_marks_simulated_devices() -> None:
    state = sample_once(SamplerSettings(), host="hall-7", demo=True)

    gauges = {one.gauge for one in state.readings}
    assert gauges >= {
        "gpu_utilization_ratio",
        "cpu_busy_ratio",
        "memory_available_bytes",
        "disk_used_bytes",
        "network_receive_bytes_per_second",
    }
    simulated = {fact.device for fact in state.facts if fact.name == "simulated"}
    assert simulated == {one.device for one in state.readings if one.gauge.startswith("gpu_")}
    assert len(simulated) == 8
    assert _names(state.collectors) >= {"cpu", "memory", "disk", "network", "process", "demo"}
    assert any(one.pid < 1 << 22 for one in state.processes)


def _names(reports: Iterable[CollectorReport]) -> set[str]:
    """Return the collectors' names."""
    names: Sequence[str] = [one.name for one in reports]
    assert len(set(names)) == len(names)
    return set(names)
