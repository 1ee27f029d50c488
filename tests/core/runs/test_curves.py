"""Metric points: stored exactly, read back whole or in buckets."""

import math

from hypothesis import HealthCheck, given
from hypothesis import settings as rules
from hypothesis import strategies as st

from core.runs.store import RunStore
from tests.core.runs.conftest import curve, make_spec


def test_points_are_ordered_by_step_and_exact(run_store: RunStore) -> None:
    run_store.create("a1", make_spec())
    points = curve("loss", [0.1 + 0.2, 1e-300, -1.5, math.pi, math.inf])
    run_store.log("a1", list(reversed(points)))
    assert list(run_store.curve("a1", "loss").points) == points


def test_nan_is_stored(run_store: RunStore) -> None:
    run_store.create("a1", make_spec())
    run_store.log("a1", curve("loss", [1.0, math.nan]))
    assert [math.isnan(point.value) for point in run_store.curve("a1", "loss").points] == [
        False,
        True,
    ]
    assert math.isnan(run_store.summary("a1").latest["loss"].value)


def test_logging_a_step_again_replaces_it(run_store: RunStore) -> None:
    run_store.create("a1", make_spec())
    run_store.log("a1", curve("loss", [3.0, 2.0]))
    run_store.log("a1", curve("loss", [9.0], start=1))
    assert [point.value for point in run_store.curve("a1", "loss").points] == [3.0, 9.0]


def test_the_newest_point_of_every_metric(run_store: RunStore) -> None:
    run_store.create("a1", make_spec())
    run_store.log(
        "a1", [*curve("loss", [3.0, 2.0, 1.0]), *curve("valid bleu", [7.0]), *curve("Ä", [1])]
    )
    newest = run_store.summary("a1").latest
    assert {name: (point.step, point.value) for name, point in newest.items()} == {
        "loss": (2, 1.0),
        "valid bleu": (0, 7.0),
        "Ä": (0, 1.0),
    }
    assert sorted(run_store.metrics("a1")) == sorted(newest)


def test_only_points_after_a_step_are_returned(run_store: RunStore) -> None:
    run_store.create("a1", make_spec())
    run_store.log("a1", curve("loss", [5.0, 4.0, 3.0]))
    assert [point.step for point in run_store.curve("a1", "loss", after_step=1).points] == [2]
    assert list(run_store.curve("a1", "loss", after_step=2).points) == []


def test_a_spike_of_one_step_survives_bucketing(run_store: RunStore) -> None:
    """The reason for keeping the extremes of each bucket instead of every n-th point."""
    run_store.create("a1", make_spec())
    values = [1.0] * 5000
    values[3217], values[1234] = 99.0, -99.0
    run_store.log("a1", curve("loss", values))
    found = run_store.curve("a1", "loss", max_points=300)
    shown = found.points
    assert len(shown) <= 300
    assert found.bucket_steps == 64
    assert {3217, 1234, 4999} <= {point.step for point in shown}
    assert [point.step for point in shown] == sorted({point.step for point in shown})


def test_few_points_are_not_bucketed(run_store: RunStore) -> None:
    run_store.create("a1", make_spec())
    run_store.log("a1", curve("loss", [1.0] * 300))
    found = run_store.curve("a1", "loss", max_points=300)
    assert (len(found.points), found.bucket_steps) == (300, 1)


def test_the_points_chosen_for_a_growing_curve_stay_the_same(run_store: RunStore) -> None:
    run_store.create("a1", make_spec())
    values = [math.sin(step) + step / 1000 for step in range(3000)]
    run_store.log("a1", curve("loss", values[:2900]))
    before = [point.step for point in run_store.curve("a1", "loss", max_points=150).points]
    run_store.log("a1", curve("loss", values[2900:], start=2900))
    after = [point.step for point in run_store.curve("a1", "loss", max_points=150).points]
    assert [step for step in before if step < 2816] == [step for step in after if step < 2816]


@given(
    values=st.lists(st.floats(allow_nan=True, allow_infinity=False), min_size=1, max_size=60),
    start=st.integers(min_value=0, max_value=10**6),
    limit=st.integers(min_value=3, max_value=40),
)
@rules(
    max_examples=30,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.function_scoped_fixture,
    ],  # each example has its own run
)
def test_bucketed_curves_keep_extremes_and_the_last_point(
    run_store: RunStore, values: list[float], start: int, limit: int
) -> None:
    run_id = f"run-{len(run_store.list())}"
    run_store.create(run_id, make_spec(run_id))
    points = curve("loss", values, start)
    run_store.log(run_id, points)
    shown = run_store.curve(run_id, "loss", max_points=limit).points
    assert len(shown) <= max(limit, 3)
    by_step = {point.step: point for point in points}
    for point in shown:
        logged = by_step[point.step]
        assert point == logged or (math.isnan(point.value) and math.isnan(logged.value))
    assert shown[-1].step == points[-1].step
    numbers = [value for value in values if not math.isnan(value)]
    if numbers:
        kept = [point.value for point in shown]
        assert min(numbers) in kept
        assert max(numbers) in kept
