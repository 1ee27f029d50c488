"""The results of the telemetry store equal those of a list of all samples, sealed or not."""

import math
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitors.collector import HostState, Reading
from monitors.store.interface import Point, SeriesResult
from monitors.store.sqlite import SqliteTelemetryStore

HOUR = 3600.0
START = 1_700_002_800.0  # on the hour
MINUTE = 60.0

Samples = list[tuple[float, float]]


def tick(at: float, **values: float) -> HostState:
    """Return a tick in which the host as a whole has the given gauges."""
    readings = [Reading(gauge=name, device="", value=value) for name, value in values.items()]
    return HostState(
        host="h", at=at, interval_s=2, readings=readings, facts=(), processes=(), collectors=()
    )


def stream(chance: Random) -> list[HostState]:
    """Return ticks at uneven times in which gauges come and go; from minutes to two days."""
    at = START + chance.uniform(0, HOUR)
    interval_s = chance.choice([2.0, 15.0, 20.0, 61.0, 600.0])
    states = []
    for _ in range(chance.choice([1, 30, 400])):
        names = chance.sample("abc", chance.randint(0, 3))
        states.append(tick(at, **{name: chance.uniform(-1e12, 1e12) for name in names}))
        at += interval_s * chance.choice([0.25, 1.0, 1.0, 1.0, 7.0])
    return states


def expected_buckets(samples: Samples, width: float) -> list[list[tuple[float, float]]]:
    """Return the samples of each bucket that has any, oldest first."""
    buckets = defaultdict(list)
    for at, value in samples:
        buckets[math.floor(at / width)].append((at, value))
    return [buckets[index] for index in sorted(buckets)]


def check(points: Sequence[Point], samples: Samples, width: float) -> None:
    """Assert that the points are the samples, or summarise them in buckets of this width."""
    if not width:
        assert [(p.at, p.value, p.low, p.high, p.count) for p in points] == [
            (at, value, value, value, 1) for at, value in samples
        ]
        return
    buckets = expected_buckets(samples, width)
    assert len(points) == len(buckets)
    for point, bucket in zip(points, buckets, strict=True):
        values = [value for _, value in bucket]
        assert (point.low, point.high, point.count) == (min(values), max(values), len(values))
        assert point.value == pytest.approx(sum(values) / len(values), rel=1e-6, abs=1e-2)
        # A row of the minute level has the time of the minute's last tick, of whatever gauge.
        newest = bucket[-1][0]
        assert newest <= point.at < (math.floor(newest / MINUTE) + 1) * MINUTE
        assert math.floor(point.at / width) == math.floor(newest / width)


@pytest.mark.slow
@given(
    seed=st.integers(0, 1 << 32),
    seal_every=st.integers(1, 100),
    limits=st.tuples(st.floats(0, 0.4), st.floats(0.6, 1)),
    max_points=st.integers(2, 200),
    width=st.sampled_from([0.0, 5.0, 30.0, 60.0, 300.0, 7200.0]),
)
@settings(max_examples=100)
def test_a_query_answers_the_samples_of_its_range(
    seed: int, seal_every: int, limits: tuple[float, float], max_points: int, width: float
) -> None:
    """With the width that the store chooses, and with a given width."""
    states = stream(Random(seed))  # noqa: S311  (reproducible)
    span = states[-1].at - states[0].at
    since, until = (states[0].at - 1 + share * (span + 2) for share in limits)
    names = sorted({one.gauge for state in states for one in state.readings})
    with TemporaryDirectory() as folder:
        store = SqliteTelemetryStore(Path(folder) / "t.db", writable=True)
        for index, state in enumerate(states, start=1):
            store.append(state)
            if index % seal_every == 0:
                store.prune(state.at)
        keys = store.keys()
        found = store.series(keys, since=since, until=until, max_points=max_points)
        given_width = store.series(keys, since=since, until=until, max_points=1, bucket_s=width)
        store.close()

    assert [key.gauge for key in keys] == names
    num_ticks = sum(since < state.at <= until for state in states)
    assert bool(found.bucket_s) == (num_ticks > max_points)
    assert all(len(points) <= max_points for points in found.points)
    assert given_width.bucket_s == width
    for result in (found, given_width):
        compare(result, states, names, since, until)


def compare(
    found: SeriesResult, states: list[HostState], names: list[str], since: float, until: float
) -> None:
    """Assert that each series holds exactly the samples of its gauge in the range."""
    for name, points in zip(names, found.points, strict=True):
        samples = [
            (state.at, one.value)
            for state in states
            for one in state.readings
            if one.gauge == name and since < state.at <= until
        ]
        check(points, samples, found.bucket_s)
