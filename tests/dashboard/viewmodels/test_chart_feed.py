"""The data of the charts: first the complete window, then only new points."""

import json
import math
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from core.database import Database
from core.errors import InputError
from core.runs.records import MetricPoint, RunSpec
from core.runs.store import RunStore
from dashboard.viewmodels.chart_feed import MAX_SERIES, metrics_answer, telemetry_answer
from monitors.collector import HostState, Reading
from monitors.store.sqlite import SqliteTelemetryStore
from tests.clock import FixedClock

START = 1_700_000_000.0
NAMES = ["load_ratio@cpu", "late_ratio@disk"]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteTelemetryStore]:
    """An empty telemetry store."""
    opened = SqliteTelemetryStore(tmp_path / "telemetry.db", writable=True)
    yield opened
    opened.close()


def tick(at: float, value: float = 0.5) -> HostState:
    """Return a tick of two series; the second is read only every fourth time."""
    readings = [Reading(gauge="load_ratio", device="cpu", value=value)]
    if round(at) % 8 == 0:
        readings.append(Reading(gauge="late_ratio", device="disk", value=at % 97))
    return HostState(host="h", at=at, interval_s=2.0, readings=readings, facts=(), processes=(),
                     collectors=())  # fmt: skip


def fill(store: SqliteTelemetryStore, seconds: int) -> None:
    """Append a tick every two seconds."""
    for second in range(0, seconds, 2):
        store.append(tick(START + second, math.sin(second / 30)))


def ask(store: SqliteTelemetryStore, now: float, span: float, cursor: str = "") -> dict[str, Any]:
    """Return an answer as the browser reads it."""
    answer = telemetry_answer(store, NAMES, span=str(span), bands="0", cursor=cursor, now=now)
    return dict(json.loads(json.dumps(answer)))


def points(answer: dict[str, Any]) -> list[list[tuple[float, ...]]]:
    """Return the series of an answer as tuples (x, y, low, high)."""
    return [
        list(zip(answer["x"][index], y, low or y, high or y, strict=True))
        for index, y, low, high in answer["series"]
    ]


def follow(
    before: list[list[tuple[float, ...]]], answer: dict[str, Any], oldest: float
) -> list[list[tuple[float, ...]]]:
    """Return the points of a browser after a later answer."""
    starts = answer["from"] or [-math.inf] * len(before)
    return [
        [point for point in known if oldest < point[0] <= start] + new
        for known, start, new in zip(before, starts, points(answer), strict=True)
    ]


@pytest.mark.parametrize("span", [60, 300, 900, 3600, 21_600])
def test_a_browser_that_polls_has_the_same_curve_as_one_that_loads_the_page(
    store: SqliteTelemetryStore, span: float
) -> None:
    """With single samples and with buckets."""
    fill(store, 4000)
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
        # The oldest bucket, which leaves the window, is whole in one and shortened in the other.
        assert kept[1 - len(fresh) :] == fresh[1:]


@pytest.mark.slow
@given(
    start=some.floats(0, 3600),
    num_ticks=some.integers(900, 2600),
    interval=some.sampled_from([0.3, 1.0, 2.0, 7.0]),
)
@settings(max_examples=15)
def test_a_tail_has_the_buckets_of_the_window(
    start: float, num_ticks: int, interval: float
) -> None:
    """Wherever the first sample lies within its bucket."""
    with TemporaryDirectory() as folder:
        store = SqliteTelemetryStore(Path(folder) / "t.db", writable=True)
        for index in range(num_ticks):
            store.append(replace(tick(START + start + index * interval), interval_s=interval))
        now = START + start + num_ticks * interval
        first = ask(store, now, 86_400)
        tail = ask(store, now, 86_400, first["cursor"])
        store.close()

    (replaced_after, _), (whole, _), (newest, _) = tail["from"], points(first), points(tail)
    assert len(whole) < 800
    assert newest == [point for point in whole if point[0] > replaced_after]


def test_a_poll_answers_the_newest_points_only(store: SqliteTelemetryStore) -> None:
    fill(store, 900)
    first = ask(store, START + 900, 900)
    later = ask(store, START + 900, 900, first["cursor"])

    assert len(points(first)[0]) == 449
    assert len(points(later)[0]) <= 11


def test_a_long_range_has_buckets_and_a_long_period(store: SqliteTelemetryStore) -> None:
    """Two requests per bucket are enough."""
    fill(store, 9000)
    answer = ask(store, START + 9000, 86_400)

    assert len(points(answer)[0]) < 800
    assert answer["period"] == 7.5
    assert any(high > low for _, _, low, high in points(answer)[0])


def test_a_browser_with_too_many_points_gets_the_window_again(store: SqliteTelemetryStore) -> None:
    """A chart that started with few points in a long window would grow without a limit."""
    fill(store, 1000)
    cursor = ask(store, START + 1000, 86_400)["cursor"]
    for second in range(1000, 3400, 2):
        store.append(tick(START + second))
        answer = ask(store, START + second, 86_400, cursor)
        cursor = answer["cursor"]
        if answer["from"] is None:
            break

    assert answer["from"] is None
    assert len(points(answer)[0]) <= 800


def test_a_browser_that_stopped_polling_gets_the_window_again(store: SqliteTelemetryStore) -> None:
    fill(store, 5000)
    cursor = f"{START + 1000:.3f}:0:{START + 9999:.3f}:0"
    assert ask(store, START + 5000, 900, cursor)["from"] is None


def test_a_browser_gets_the_window_again_after_the_clock_was_set_back(
    store: SqliteTelemetryStore,
) -> None:
    fill(store, 900)
    cursor = f"{START + 9999:.3f}:0:{START + 20_000:.3f}:0"
    assert ask(store, START + 900, 300, cursor)["from"] is None


def test_series_with_the_same_times_share_one_x_column(store: SqliteTelemetryStore) -> None:
    fill(store, 100)
    answer = telemetry_answer(
        store, ["load_ratio@cpu"] * 5, span="60", bands="", cursor="", now=START + 100
    )
    assert len(answer["x"]) == 1


def test_a_store_without_ticks_and_an_unknown_gauge_are_empty(
    store: SqliteTelemetryStore, clock: FixedClock
) -> None:
    before = telemetry_answer(store, ["a@b"], span="60", bands="", cursor="", now=clock.now())
    fill(store, 100)
    none = telemetry_answer(store, ["no_such@x"], span="60", bands="", cursor="", now=START + 100)

    assert points(none) == points(before) == [[]]
    assert before["stale"]


def test_the_age_of_old_samples_is_reported(store: SqliteTelemetryStore) -> None:
    fill(store, 100)
    assert ask(store, START + 100, 60)["stale"] == ""
    assert "12 s" in ask(store, START + 110, 60)["stale"]


def test_damaged_history_is_reported_in_every_answer(
    store: SqliteTelemetryStore, tmp_path: Path
) -> None:
    """The undamaged samples are shown."""
    fill(store, 7300)
    store.prune(START + 7300)
    with closing(sqlite3.connect(tmp_path / "telemetry.db")) as other:
        other.execute("UPDATE chunk SET body = x'00112233' WHERE id IN (SELECT min(id) FROM chunk)")
        other.commit()

    first = ask(store, START + 7300, 86_400)
    later = ask(store, START + 7300, 86_400, first["cursor"])

    assert points(first)[1]
    assert "damaged" in first["stale"]
    assert "damaged" in later["stale"]


def test_a_damaged_file_is_reported_instead_of_samples(
    store: SqliteTelemetryStore, tmp_path: Path
) -> None:
    fill(store, 100)
    store.close()
    (tmp_path / "telemetry.db").write_text("not a database\n" * 300)
    reader = SqliteTelemetryStore(tmp_path / "telemetry.db")

    answer = ask(reader, START + 100, 60)
    reader.close()

    assert points(answer) == [[], []]
    assert "telemetry.db is damaged" in answer["stale"]


@pytest.mark.parametrize(
    ("names", "span", "cursor"),
    [
        ([], "60", ""),
        (["a@b"] * (MAX_SERIES + 1), "60", ""),
        (["no at sign"], "60", ""),
        (["a@b"], "", ""),
        (["a@b"], "nan", ""),
        (["a@b"], "-1", ""),
        (["a@b"], "1e99", ""),
        (["a@b"], "60", "'; DROP TABLE tick"),
    ],
)
def test_an_invalid_query_is_an_input_error(
    store: SqliteTelemetryStore, names: Sequence[str], span: str, cursor: str
) -> None:
    with pytest.raises(InputError):
        telemetry_answer(store, names, span=span, bands="", cursor=cursor, now=START)


@given(device=some.text(max_size=40))
@settings(max_examples=30)
def test_a_query_may_name_any_device(device: str) -> None:
    """Mount points contain spaces, quotes, emoji and more @."""
    reading = Reading(gauge="used_ratio", device=device, value=0.25)
    with TemporaryDirectory() as folder:
        store = SqliteTelemetryStore(Path(folder) / "t.db", writable=True)
        store.append(replace(tick(START), readings=[reading]))
        answer = telemetry_answer(
            store, [f"used_ratio@{device}"], span="60", bands="", cursor="", now=START
        )
        store.close()

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


def test_all_points_are_sent_after_a_resume_from_an_earlier_step(runs: RunStore) -> None:
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
