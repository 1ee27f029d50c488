"""The telemetry file and its twin in memory give the same answers."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitors.collector import HostState, Reading
from monitors.store.memory import MemoryTelemetryStore
from monitors.store.sqlite import SqliteTelemetryStore

HOUR = 3600.0
START = 1_700_002_800.0  # on the hour


def tick(at: float, **values: float) -> HostState:
    """Return a tick in which the host as a whole has the given gauges."""
    readings = [Reading(gauge=name, device="", value=value) for name, value in values.items()]
    return HostState(
        host="h", at=at, interval_s=2, readings=readings, facts=(), processes=(), collectors=()
    )


@st.composite
def streams(draw: st.DrawFn) -> list[HostState]:
    """Ticks at uneven times in which gauges come and go."""
    at = START + draw(st.floats(0, HOUR))
    states = []
    for _ in range(draw(st.integers(1, 40))):
        names = draw(st.sets(st.sampled_from("abc")))
        values = {name: draw(st.floats(-1e12, 1e12)) for name in sorted(names)}
        states.append(tick(at, **values))
        at += draw(st.sampled_from([0.5, 2.0, 61.0, 1800.0]))
    return states


@given(
    states=streams(),
    seals=st.sets(st.integers(0, 39)),
    limits=st.tuples(st.floats(0, 1), st.floats(0, 1)),
    max_points=st.integers(2, 60),
)
@settings(max_examples=60)
def test_the_file_and_its_twin_answer_alike(
    states: list[HostState],
    seals: set[int],
    limits: tuple[float, float],
    max_points: int,
) -> None:
    """Whatever was sealed when, rollups stand for exactly the samples that they were made of."""
    span = states[-1].at - states[0].at
    since, until = sorted(states[0].at - 1 + share * (span + 2) for share in limits)
    with TemporaryDirectory() as folder:
        file = SqliteTelemetryStore(Path(folder) / "t.db", writable=True)
        twin = MemoryTelemetryStore()
        for index, state in enumerate(states):
            for store in (file, twin):
                store.append(state)
                if index in seals:
                    store.prune(state.at)
        keys = file.keys()
        assert list(keys) == list(twin.keys())
        ours = file.series(keys, since=since, until=until, max_points=max_points)
        theirs = twin.series(keys, since=since, until=until, max_points=max_points)
        file.close()
    for mine, other in zip(ours, theirs, strict=True):
        assert len(mine) <= max_points
        assert [(p.low, p.high, p.count) for p in mine] == [(p.low, p.high, p.count) for p in other]
        # A minute's row has the time of the minute's last tick, whether or not it had this gauge.
        assert [p.at for p in mine] == pytest.approx([p.at for p in other], rel=0, abs=60)
        assert [p.value for p in mine] == pytest.approx([p.value for p in other], abs=1e-2)
        assert all(p.low <= p.value <= p.high and since < p.at <= until for p in mine)
