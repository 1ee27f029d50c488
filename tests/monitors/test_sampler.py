"""The sampler's loop: one collector's trouble is its own, and time does not drift."""

import threading
from collections.abc import Callable, Iterable, Sequence

import pytest

from core.clock import Clock, FixedClock, SystemClock
from core.errors import DatahallError, UnavailableError
from core.settings import SamplerSettings
from monitors.collector import (
    Collection,
    CollectorReport,
    Fact,
    HostState,
    ProcessReading,
    Reading,
)
from monitors.sampling.catalog import Scheduled
from monitors.sampling.sampler import Sampler, sample_once
from monitors.store.interface import TelemetryStore
from monitors.store.memory import MemoryTelemetryStore


class Scripted:
    """A collector that does what it is told, tick by tick; the last instruction stays."""

    def __init__(self, name: str, *steps: Collection | Exception | Callable[[], None]) -> None:
        """Remember the steps."""
        self.name = name
        self.steps = list(steps)
        self.num_asked = 0
        self.is_closed = False

    def collect(self) -> Collection:
        """Take the next step."""
        self.num_asked += 1
        step = self.steps.pop(0) if len(self.steps) > 1 else self.steps[0]
        if isinstance(step, Exception):
            raise step
        if isinstance(step, Collection):
            return step
        step()
        return Collection()

    def close(self) -> None:
        """Note it."""
        self.is_closed = True


def gives(value: float, **more: object) -> Collection:
    """Return a collection with one reading."""
    return Collection(readings=(Reading(gauge="load", device="x", value=value),), **more)  # type: ignore[arg-type]  # the fields of Collection


def sampler(
    *collectors: Scripted,
    clock: Clock,
    store: TelemetryStore | None = None,
    every_s: float = 0.0,
    log: Callable[[str], None] = print,
    interval_s: float = 0.2,
) -> Sampler:
    """Return a sampler of these collectors."""
    return Sampler(
        [Scheduled(collector=one, every_s=every_s) for one in collectors],
        store or MemoryTelemetryStore(),
        clock,
        host="hall-7",
        interval_s=interval_s,
        log=log,
    )


def load(state: HostState) -> list[float]:
    """Return the values of the gauge that scripted collectors give."""
    return [one.value for one in state.readings if one.gauge == "load"]


def report(state: HostState, name: str) -> CollectorReport:
    """Return one collector's report."""
    return {one.name: one for one in state.collectors}[name]


def test_a_tick_is_stored_with_how_each_collector_fared() -> None:
    """The failure of a collector is a reading, so that it has a history and can alarm."""
    store = MemoryTelemetryStore()
    good, bad = Scripted("good", gives(1.0)), Scripted("bad", DatahallError("broken cable"))

    state = sampler(good, bad, clock=SystemClock(), store=store).tick()

    assert load(state) == [1.0]
    assert report(state, "good").success
    assert report(state, "bad").error == "broken cable"
    success = {one.device: one.value for one in state.readings if one.gauge == "collector_success"}
    assert success == {"good": 1.0, "bad": 0.0}
    assert store.latest() == state


@pytest.mark.parametrize("error", [OSError("gone"), ValueError("odd"), ZeroDivisionError()])
def test_any_failure_costs_the_collectors_own_readings_for_that_tick_only(
    error: Exception,
) -> None:
    """Whatever goes wrong in a collector, the next tick asks it again."""
    flaky = Scripted("flaky", gives(1.0), error, gives(3.0))
    watched = sampler(flaky, Scripted("calm", gives(9.0)), clock=SystemClock())

    assert [load(watched.tick()) for _ in range(3)] == [[1.0, 9.0], [9.0], [3.0, 9.0]]


def test_a_collector_that_hangs_delays_one_tick_and_stalls_nothing() -> None:
    """Its own readings are absent, and the report says for how long."""
    release = threading.Event()
    hanging = Scripted("hanging", gives(1.0), lambda: release.wait(10) and None, gives(3.0))
    clock = SystemClock()
    watched = sampler(hanging, Scripted("calm", gives(9.0)), clock=clock)
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


def test_what_is_unavailable_is_asked_again_ever_more_rarely() -> None:
    """A host without a GPU stays without one; one whose driver is loaded later shows it."""
    clock = FixedClock()
    absent = Scripted("gpu", UnavailableError("no driver"))
    watched = sampler(absent, clock=clock, interval_s=1.0)
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


def test_a_collector_that_is_not_due_keeps_what_it_gave() -> None:
    """Processes are read every third tick; the page shows them all the time."""
    clock = FixedClock()
    someone = ProcessReading(
        pid=1, create_time=0.0, user="ada", command="x", cpu_ratio=0.0, memory_bytes=1
    )
    slow = Scripted("slow", gives(1.0, processes=(someone,)), gives(2.0, processes=()))
    watched = sampler(slow, clock=clock, every_s=6.0)
    seen = []
    for _ in range(4):
        state = watched.tick()
        seen.append((load(state)[0], len(state.processes)))
        clock.advance(2)

    assert seen == [(1.0, 1), (1.0, 1), (1.0, 1), (2.0, 0)]


def test_what_a_device_is_outlives_a_failed_reading() -> None:
    """A card without a name would look like another card."""
    known = (Fact(device="x", name="model", text="Q"),)
    watched = sampler(
        Scripted("one", gives(1.0, facts=known), OSError("asleep")), clock=SystemClock()
    )

    watched.tick()

    assert watched.tick().facts == known


def test_a_process_is_listed_once_with_its_gpu() -> None:
    """The process collector and the gpu collector both see a training."""

    def training(gpu: str | None) -> ProcessReading:
        return ProcessReading(
            pid=7, create_time=1.0, user="a", command="t", cpu_ratio=1.0, memory_bytes=1, gpu=gpu
        )

    watched = sampler(
        Scripted("process", gives(1.0, processes=(training(None),))),
        Scripted("gpu", gives(2.0, processes=(training("gpu0"), training("gpu1")))),
        clock=SystemClock(),
    )

    assert [one.gpu for one in watched.tick().processes] == ["gpu0", "gpu1"]


class BrokenStore(MemoryTelemetryStore):
    """A store on a full disk."""

    def append(self, state: HostState) -> None:
        """Fail."""
        raise DatahallError(f"disk full at {state.interval_s:g}")


def test_a_store_that_fails_costs_history_but_not_the_sampling() -> None:
    """And the log says so once, not every two seconds."""
    lines: list[str] = []
    watched = sampler(
        Scripted("one", gives(1.0)), clock=SystemClock(), store=BrokenStore(), log=lines.append
    )

    states = [watched.tick() for _ in range(3)]

    assert [load(state) for state in states] == [[1.0]] * 3
    assert lines == ["disk full at 0.2"]


class Sleeper(threading.Event):
    """A stop signal whose waits make time pass, each a little longer than asked for."""

    def __init__(self, clock: FixedClock) -> None:
        """Move this clock."""
        super().__init__()
        self._clock = clock

    def wait(self, timeout: float | None = None) -> bool:
        """Let the time pass."""
        self._clock.advance((timeout or 0) + 0.01)
        return False


def test_ticks_do_not_drift_and_late_ones_are_left_out() -> None:
    """Every tick starts at a whole number of intervals after the first, as far as sleep allows."""
    clock = FixedClock(at=0.0)
    stop = Sleeper(clock)
    times: list[float] = []

    def note(state: HostState) -> None:
        times.append(state.at)
        clock.advance(5.5 if len(times) == 3 else 0.5)
        if len(times) == 6:
            stop.set()

    sampler(Scripted("one", gives(1.0)), clock=clock, interval_s=2.0).run(stop, note)

    assert [round(at) for at in times] == [0, 2, 4, 10, 12, 14]
    assert all(0 <= at - round(at) < 0.02 for at in times)


def test_one_full_reading_has_the_promised_gauges_and_names_what_is_simulated() -> None:
    """`monitor --once` is a whole reading, rates included."""
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
