"""The contract of telemetry stores, checked on the SQLite store."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from core.settings import SamplerSettings
from monitors.collector import CollectorReport, DeviceFact, HostState, ProcessReading, Reading
from monitors.store.interface import Point, SeriesKey, TelemetryStore
from monitors.store.sqlite import SqliteTelemetryStore

HOUR = 3600.0
DAY = 24 * HOUR
START = 1_700_002_800.0  # on the hour
LOAD = SeriesKey(gauge="load", device="")

Opened = Callable[[SamplerSettings], TelemetryStore]


@pytest.fixture
def open_store(tmp_path: Path) -> Iterator[Opened]:
    """Open an empty store with the given retention."""
    opened: list[TelemetryStore] = []

    def make(sampler: SamplerSettings) -> TelemetryStore:
        opened.append(SqliteTelemetryStore(tmp_path / "telemetry.db", sampler, writable=True))
        return opened[-1]

    yield make
    for store in opened:
        store.close()


@pytest.fixture
def store(open_store: Opened) -> TelemetryStore:
    """An empty store with the default retention."""
    return open_store(SamplerSettings())


def tick(at: float, **values: float) -> HostState:
    """Return a tick in which the host as a whole has the given gauges."""
    return HostState(
        host="hall-7",
        at=at,
        interval_s=2.0,
        readings=[Reading(gauge=name, device="", value=value) for name, value in values.items()],
        facts=(),
        processes=(),
        collectors=(),
    )


def fill(store: TelemetryStore, loads: Sequence[float], *, step: float = 2.0) -> None:
    """Append one tick per load, `step` seconds apart."""
    for index, load in enumerate(loads):
        store.append(tick(START + index * step, load=load))


def read(
    store: TelemetryStore,
    *,
    since: float = 0.0,
    until: float = math.inf,
    max_points: int = 1000,
    key: SeriesKey = LOAD,
) -> Sequence[Point]:
    """Return the points of one series."""
    return store.series([key], since=since, until=until, max_points=max_points).points[0]


def test_an_empty_store_has_no_latest_tick_no_keys_and_no_points(store: TelemetryStore) -> None:
    assert store.latest() is None
    assert list(store.keys()) == []
    assert list(read(store)) == []


def test_the_latest_tick_is_returned_complete(store: TelemetryStore) -> None:
    """Also with quotes, newlines, emoji and other scripts in names."""
    odd = "a\"b'c\n\t\N{ROCKET} \N{CJK UNIFIED IDEOGRAPH-673A};--"
    state = HostState(
        host=odd,
        at=START + 0.125,
        interval_s=2.0,
        readings=(
            Reading(gauge="disk_used_bytes", device=odd, value=1e-300),
            Reading(gauge="load", device="", value=-0.1),
        ),
        facts=(DeviceFact(device=odd, name="model", text=odd),),
        processes=(
            ProcessReading(
                pid=7, create_time=1.5, user=odd, command=odd, cpu_ratio=0.5, memory_bytes=9
            ),
            ProcessReading(
                pid=8,
                create_time=1.5,
                user="ada",
                command="train",
                cpu_ratio=0.0,
                memory_bytes=1 << 60,
                gpu="gpu0",
                gpu_memory_bytes=0,
                run="r1",
            ),
        ),
        collectors=(
            CollectorReport(name="gpu", success=False, seconds=0.25, available=False, error=odd),
        ),
    )

    store.append(tick(START, load=1.0))
    store.append(state)

    latest = store.latest()
    assert latest is not None
    assert set(latest.readings) == set(state.readings)
    assert replace(latest, readings=()) == replace(state, readings=())


def test_a_gauge_that_was_not_read_has_no_point(store: TelemetryStore) -> None:
    """As of a lost GPU, or an unplugged interface."""
    store.append(tick(START, load=1.0, heat=50.0))
    store.append(tick(START + 2, load=2.0))
    store.append(tick(START + 4, load=3.0, heat=52.0, noise=1.0))

    heat = read(store, key=SeriesKey(gauge="heat", device=""))

    assert [point.at for point in heat] == [START, START + 4]
    assert [point.value for point in heat] == [50.0, 52.0]


def test_nan_and_infinity_are_not_stored(store: TelemetryStore) -> None:
    store.append(tick(START, load=math.nan, heat=math.inf, noise=1.0))

    latest = store.latest()

    assert latest is not None
    assert [one.gauge for one in latest.readings] == ["noise"]


def test_keys_are_the_series_with_samples_sorted(store: TelemetryStore) -> None:
    store.append(tick(START, b=1.0, a=2.0))
    store.append(tick(START + 2, a=2.0, c=3.0))

    assert list(store.keys()) == [SeriesKey(gauge=name, device="") for name in "abc"]


def test_a_range_excludes_its_start_and_includes_its_end(store: TelemetryStore) -> None:
    """A live chart requests what came after its last point."""
    fill(store, [0.0, 1.0, 2.0, 3.0])

    points = read(store, since=START + 2, until=START + 4)

    assert [point.value for point in points] == [2.0]
    assert list(read(store, since=START + 4, until=START + 2)) == []


def test_an_unknown_series_is_empty(store: TelemetryStore) -> None:
    """A bookmark may name a device that was removed."""
    fill(store, [1.0])
    gone = SeriesKey(gauge="load", device="gpu9")

    first, second = store.series([gone, LOAD], since=0, until=math.inf, max_points=10).points

    assert list(first) == []
    assert [point.value for point in second] == [1.0]


@pytest.mark.parametrize("sealed", [False, True])
def test_a_spike_survives_bucketing(store: TelemetryStore, *, sealed: bool) -> None:
    loads = [1.0] * HOUR_TICKS * 2
    loads[1234] = 99.0
    fill(store, loads)
    if sealed:
        store.prune(START + 3 * HOUR)

    points = read(store, max_points=40)

    assert 20 <= len(points) <= 40
    assert max(point.high for point in points) == 99.0
    assert min(point.low for point in points) == 1.0
    assert sum(point.count for point in points) == len(loads)


HOUR_TICKS = 1800


@pytest.mark.parametrize("sealed", [False, True])
def test_few_samples_are_returned_unchanged(store: TelemetryStore, *, sealed: bool) -> None:
    """Sealing is lossless while raw samples are kept."""
    loads = [math.sin(index) * 1e9 for index in range(HOUR_TICKS + 50)]
    fill(store, loads)
    if sealed:
        store.prune(START + 2 * HOUR)

    points = read(store, since=START + 100, until=START + 140)

    assert [point.value for point in points] == loads[51:71]
    assert all(point.low == point.value == point.high for point in points)


def test_the_latest_tick_is_never_sealed(store: TelemetryStore) -> None:
    """A week after the sampler ended, its last tick can be read."""
    fill(store, [1.0, 2.0, 3.0])

    store.prune(START + 7 * DAY)
    store.prune(START + 7 * DAY)

    latest = store.latest()
    assert latest is not None
    assert latest.at == START + 4
    assert [point.value for point in read(store)] == [1.0, 2.0, 3.0]


def test_old_samples_become_minutes_then_hours_then_nothing(open_store: Opened) -> None:
    store = open_store(SamplerSettings(raw_days=1, minute_days=2, hour_days=3))
    fill(store, [float(index % 30) for index in range(HOUR_TICKS)])
    counts = {}

    for days in (0.5, 1.5, 2.5, 3.5):
        store.append(tick(START + days * DAY, other=1.0))
        store.prune(START + days * DAY)
        points = read(store, max_points=5000)
        counts[days] = len(points)
        assert sum(point.count for point in points) == (HOUR_TICKS if days < 3 else 0)
        assert all(point.low == 0.0 and point.high == 29.0 for point in points if days > 1)

    assert counts == {0.5: 1800, 1.5: 60, 2.5: 1, 3.5: 0}
    assert list(store.keys()) == [SeriesKey(gauge="other", device="")]


def test_after_the_clock_was_set_back_points_are_ordered_by_time(store: TelemetryStore) -> None:
    """The newest tick is the one that was appended last."""
    store.append(tick(START + HOUR + 2, load=1.0))
    store.append(tick(START, load=2.0))
    store.append(tick(START + 4, load=3.0))

    latest = store.latest()

    assert latest is not None
    assert latest.at == START + 4
    assert [point.value for point in read(store)] == [2.0, 3.0, 1.0]
