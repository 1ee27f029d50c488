"""What charts are answered: all at first, then only what is new, and the two must agree."""

import json
import math
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from core.clock import FixedClock
from core.database import Database
from core.errors import InputError
from core.runs.records import MetricPoint, RunSpec
from core.runs.store import RunStore
from dashboard.viewmodels.chart_feed import MAX_SERIES, metrics_answer, telemetry_answer
from monitors.collector import HostState, Reading
from monitors.store.memory import MemoryTelemetryStore

START = 1_700_000_000.0
NAMES = ["load_ratio@cpu", "late_ratio@disk"]


def tick(at: float, value: float = 0.5) -> HostState:
    """Return a tick of two series; the second is read only every fourth time."""
    readings = [Reading(gauge="load_ratio", device="cpu", value=value)]
    if round(at) % 8 == 0:
        readings.append(Reading(gauge="late_ratio", device="disk", value=at % 97))
    return HostState(host="h", at=at, interval_s=2.0, readings=readings, facts=(), processes=(),
                     collectors=())  # fmt: skip


def filled(seconds: float) -> MemoryTelemetryStore:
    """Return a store with a tick every two seconds."""
    store = MemoryTelemetryStore()
    for second in range(0, int(seconds), 2):
        store.append(tick(START + second, math.sin(second / 30)))
    return store


def ask(store: MemoryTelemetryStore, now: float, span: float, cursor: str = "") -> dict[str, Any]:
    """Return an answer as the browser reads it."""
    answer = telemetry_answer(store, NAMES, span=str(span), bands="0", cursor=cursor, now=now)
    return dict(json.loads(json.dumps(answer)))


def points(answer: dict[str, Any]) -> list[list[tuple[float, ...]]]:
    """Return the series of an answer as tuples of columns."""
    return [
        list(zip(answer["x"][place], y, low or y, high or y, strict=True))
        for place, y, low, high in answer["series"]
    ]


def follow(
    before: list[list[tuple[float, ...]]], answer: dict[str, Any], oldest: float
) -> list[list[tuple[float, ...]]]:
    """Return what a browser holds after a later answer."""
    starts = answer["from"] or [-math.inf] * len(before)
    return [
        [point for point in known if oldest < point[0] <= start] + new
        for known, start, new in zip(before, starts, points(answer), strict=True)
    ]


@pytest.mark.parametrize("span", [60, 300, 900, 3600, 21_600])
def test_following_gives_what_asking_anew_gives(span: float) -> None:
    store = filled(4000)
    now = START + 4000
    first = ask(store, now, span)
    held, cursor = points(first), first["cursor"]
    for second in range(0, 300, 2):
        now = START + 4000 + second
        store.append(tick(now, second / 300))
        if second % 14 == 0:
            answer = ask(store, now, span, cursor)
            held, cursor = follow(held, answer, now - span), answer["cursor"]
            assert answer["from"] is not None

    whole = points(ask(store, now, span, cursor=""))
    last = ask(store, now, span, cursor)
    held = follow(held, last, now - span)
    for kept, fresh in zip(held, whole, strict=True):
        # A bucket that leaves the window is dropped whole by the one, shortened by the other.
        assert kept[1 - len(fresh) :] == fresh[1:]


def test_a_poll_sends_little() -> None:
    store = filled(900)
    first = ask(store, START + 900, 900)
    later = ask(store, START + 900, 900, first["cursor"])

    assert len(points(first)[0]) == 449
    assert len(points(later)[0]) <= 11


def test_a_long_range_is_bucketed_and_asked_seldom() -> None:
    store = filled(9000)
    answer = ask(store, START + 9000, 86_400)

    assert len(points(answer)[0]) < 800
    assert answer["period"] == 7.5
    assert any(high > low for _, _, low, high in points(answer)[0])


def test_a_browser_that_slept_gets_everything() -> None:
    store = filled(5000)
    assert ask(store, START + 5000, 900, f"{START + 1000:.3f}:0:{START:.3f}")["from"] is None


def test_a_clock_set_back_starts_over() -> None:
    store = filled(900)
    assert ask(store, START + 900, 300, f"{START + 9999:.3f}:0:{START:.3f}")["from"] is None


def test_series_of_one_tick_share_their_times() -> None:
    answer = telemetry_answer(
        filled(100), ["load_ratio@cpu"] * 5, span="60", bands="", cursor="", now=START + 100
    )
    assert len(answer["x"]) == 1


def test_what_nobody_measured_is_empty(clock: FixedClock) -> None:
    store = filled(100)
    none = telemetry_answer(store, ["no_such@x"], span="60", bands="", cursor="", now=START + 100)
    before = telemetry_answer(
        MemoryTelemetryStore(), ["a@b"], span="60", bands="", cursor="", now=clock.now()
    )

    assert points(none) == points(before) == [[]]
    assert before["stale"]


def test_old_samples_are_called_stale() -> None:
    assert ask(filled(100), START + 100, 60)["stale"] == ""
    assert "12 s" in ask(filled(100), START + 110, 60)["stale"]


@pytest.mark.parametrize(
    ("names", "span", "cursor"),
    [
        ([], "60", ""),
        (["a@b"] * (MAX_SERIES + 1), "60", ""),
        (["no mark"], "60", ""),
        (["a@b"], "", ""),
        (["a@b"], "nan", ""),
        (["a@b"], "-1", ""),
        (["a@b"], "1e99", ""),
        (["a@b"], "60", "'; DROP TABLE tick"),
    ],
)
def test_a_query_that_makes_no_sense_is_refused(
    names: Sequence[str], span: str, cursor: str
) -> None:
    with pytest.raises(InputError):
        telemetry_answer(
            MemoryTelemetryStore(), names, span=span, bands="", cursor=cursor, now=START
        )


@given(device=some.text(max_size=40))
@settings(max_examples=50)
def test_any_device_name_survives_the_query(device: str) -> None:
    store = MemoryTelemetryStore()
    reading = Reading(gauge="used_ratio", device=device, value=0.25)
    store.append(HostState(host="h", at=START, interval_s=2.0, readings=[reading], facts=(),
                           processes=(), collectors=()))  # fmt: skip

    answer = telemetry_answer(
        store, [f"used_ratio@{device}"], span="60", bands="", cursor="", now=START
    )

    assert points(answer) == [[(START, 0.25, 0.25, 0.25)]]


@pytest.fixture
def runs(database: Database, clock: FixedClock) -> RunStore:
    """A store with one run and 100 steps of loss."""
    store = RunStore(database, clock)
    spec = RunSpec(name="one", dataset="demo", dataset_digest="d" * 64, preset="demo",
                   device="cpu", config={}, code_version="0")  # fmt: skip
    store.create("run1", spec)
    store.begin_attempt("run1", "job1", 0)
    log(store, range(1, 101))
    return store


def log(store: RunStore, steps: Sequence[int], shift: float = 0.0) -> None:
    """Log a falling loss."""
    store.log("run1", [
        MetricPoint(metric="train_loss", step=step, value=5 / step + shift, wall_time=START + step)
        for step in steps
    ])  # fmt: skip


def test_a_loss_curve_is_followed_step_by_step(runs: RunStore) -> None:
    first = metrics_answer(runs, ["run1@train_loss"], elapsed=False, cursor="")
    log(runs, range(101, 104))
    second = metrics_answer(runs, ["run1@train_loss"], elapsed=False, cursor=first["cursor"])

    assert len(points(first)[0]) == 100
    assert [x for x, *_ in points(second)[0]] == [100, 101, 102, 103]
    assert second["from"] == [pytest.approx(99.999)]


def test_a_run_that_went_back_to_a_checkpoint_is_sent_whole(runs: RunStore) -> None:
    first = metrics_answer(runs, ["run1@train_loss"], elapsed=False, cursor="")
    runs.begin_attempt("run1", "job2", 50)
    log(runs, range(51, 60), shift=1.0)

    second = metrics_answer(runs, ["run1@train_loss"], elapsed=False, cursor=first["cursor"])

    assert second["from"] == [None]
    assert points(second)[0][-1][0] == 59


def test_elapsed_time_counts_from_the_first_point(runs: RunStore) -> None:
    first = metrics_answer(runs, ["run1@train_loss"], elapsed=True, cursor="")
    log(runs, range(101, 103))
    second = metrics_answer(runs, ["run1@train_loss"], elapsed=True, cursor=first["cursor"])

    assert points(first)[0][0][0] == 0
    assert points(second)[0][-1][0] == 101


def test_a_loss_that_exploded_is_a_gap(runs: RunStore) -> None:
    runs.log("run1", [MetricPoint(metric="train_loss", step=101, value=math.inf, wall_time=START)])
    answer = metrics_answer(runs, ["run1@train_loss"], elapsed=False, cursor="")

    assert json.loads(json.dumps(answer, allow_nan=False))["series"][0][1][-1] is None


def test_a_metric_without_points_is_empty(runs: RunStore) -> None:
    names = ["run1@valid_loss", "nobody@train_loss"]
    answer = metrics_answer(runs, names, elapsed=False, cursor="")
    again = metrics_answer(runs, names, elapsed=False, cursor=answer["cursor"])

    assert points(answer) == points(again) == [[], []]
