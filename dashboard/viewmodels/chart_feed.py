"""What charts ask for, as compact columns: the whole window at first, then only what is new.

An answer holds `series`, each as `[place in x, y, low, high]`, and `x`, the distinct columns that
they stand on. `from` says per series beyond which x the browser forgets what it has (null:
everything). `cursor` is what to ask with next time, `period` when.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median
from typing import Any

from core.errors import InputError, UnavailableError
from core.runs.records import MetricPoint
from core.runs.store import RunStore
from dashboard.viewmodels.health import sample_freshness
from monitors.collector import HostState
from monitors.store.buckets import bucket_width
from monitors.store.interface import Point, SeriesKey, TelemetryStore

MAX_POINTS = 800
MAX_SERIES = 128
OVERLAP_INTERVALS = 10
OVERLAP_BUCKETS = 2
SHORTEST_SPAN_S, LONGEST_SPAN_S = 10.0, 10 * 365 * 86_400.0
LONGEST_PERIOD_S = 30.0
MOST_GROWTH = 1.5
EDGE_S = 0.001
METRICS_PERIOD_S = 2.0
_DIGITS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class TelemetryMark:
    """What a telemetry cursor holds: newest tick, width of buckets (0: samples), oldest point."""

    at: float
    width: float
    oldest: float


def telemetry_answer(
    store: TelemetryStore,
    names: Sequence[str],
    *,
    span: str,
    bands: str,
    cursor: str,
    now: float,
) -> dict[str, Any]:
    """Return telemetry series of the last `span` seconds; raises InputError."""
    keys = [_telemetry_key(name) for name in _checked(names)]
    seconds = _number(span, "span", SHORTEST_SPAN_S, LONGEST_SPAN_S)
    banded = {int(_number(text, "band", 0, MAX_SERIES)) for text in bands.split(",") if text}
    seen = _read_mark(cursor)
    try:
        state = store.latest()
    except UnavailableError as error:
        return _silence(keys, now, str(error))
    if state is None:
        return _silence(keys, now, _delay(None, now))
    start = now - seconds
    mark = _resumable(seen, state, start)
    since, most = (start, MAX_POINTS) if mark is None else _tail(mark, state)
    found = store.series(keys, since=since, until=now, max_points=most)
    mark = replace(mark, at=state.at) if mark else _first_mark(found, state, start)
    series, columns = _shared(
        [_columns(points, with_band=place in banded) for place, points in enumerate(found)]
    )
    return {
        "now": round(now, 2),
        "from": None if since == start else [round(since, 3)] * len(keys),
        "cursor": f"{mark.at:.3f}:{mark.width:g}:{mark.oldest:.3f}",
        "period": min(max(mark.width / 2, state.interval_s), LONGEST_PERIOD_S),
        "stale": _delay(state, now),
        "x": columns,
        "series": series,
    }


def metrics_answer(
    store: RunStore, names: Sequence[str], *, elapsed: bool, cursor: str
) -> dict[str, Any]:
    """Return metric series of runs over steps, or over seconds since each run's first point.

    Raises InputError. A run that went on from an earlier checkpoint is sent whole; one that was
    deleted has no points.
    """
    keys = [_metric_key(name) for name in _checked(names)]
    given = cursor.split(",") if cursor else []
    seen = [_mark(text) for text in given] if len(given) == len(keys) else [None] * len(keys)
    answers = [
        _metric(store, run, metric, mark, elapsed=elapsed)
        for (run, metric), mark in zip(keys, seen, strict=True)
    ]
    series, columns = _shared([columns for _, columns, _ in answers])
    return {
        "from": [start for start, _, _ in answers],
        "cursor": ",".join(mark for _, _, mark in answers),
        "period": METRICS_PERIOD_S,
        "x": columns,
        "series": series,
    }


Columns = tuple[list[float], list[float | None], list[float | None], list[float | None]]
Mark = tuple[int, float]


def _metric(
    store: RunStore, run: str, metric: str, seen: Mark | None, *, elapsed: bool
) -> tuple[float | None, Columns, str]:
    """Return one metric: beyond which x it replaces, its columns, and its part of the cursor.

    The cursor names the last step sent and when the run began.
    """
    points = list(_beyond(store, run, metric, seen))
    is_whole = seen is None or not points or points[0].step != seen[0]
    if is_whole:
        points = list(store.curve(run, metric, max_points=MAX_POINTS).points)
    if not points:
        return None, ([], [], [], []), ""
    began = points[0].wall_time if is_whole or seen is None else seen[1]
    x = [point.wall_time - began if elapsed else float(point.step) for point in points]
    columns: Columns = ([round(place, 2) for place in x], _values(points), [], [])
    start = None if is_whole else columns[0][0] - 1e-3
    return start, columns, f"{points[-1].step}:{began:.3f}"


def _beyond(store: RunStore, run: str, metric: str, seen: Mark | None) -> Sequence[MetricPoint]:
    """Return the points from the last one seen on: it is there unless the run was rewound."""
    if seen is None:
        return ()
    return store.curve(run, metric, after_step=seen[0] - 1).points


def _values(points: Sequence[MetricPoint]) -> list[float | None]:
    """Return finite values; JSON knows no others."""
    return [_short(point.value) for point in points]


def _read_mark(cursor: str) -> TelemetryMark | None:
    """Return what a cursor says; raises InputError."""
    if not cursor:
        return None
    parts = cursor.split(":")
    if len(parts) != len(TelemetryMark.__dataclass_fields__):
        raise InputError(f"cursor={cursor!r} is not one of ours")
    at, width, oldest = (_number(part, "cursor", 0.0, 1e12) for part in parts)
    return TelemetryMark(at=at, width=width, oldest=oldest)


def _resumable(mark: TelemetryMark | None, state: HostState, start: float) -> TelemetryMark | None:
    """Return the mark if a tail is enough: not after a sleep, a clock set back, a long growth."""
    if mark is None or mark.at > state.at or mark.at - _overlap(mark, state) <= start:
        return None
    step = mark.width or state.interval_s
    has_outgrown = (state.at - max(start, mark.oldest)) / step > MOST_GROWTH * MAX_POINTS
    return None if has_outgrown else mark


def _first_mark(found: Sequence[Sequence[Point]], state: HostState, start: float) -> TelemetryMark:
    """Return the mark after a whole window: how wide its buckets are, 0 where they are samples."""
    longest = max(found, key=len, default=())
    oldest = longest[0].at if longest else start
    is_bucketed = any(point.count > 1 for point in longest)
    width = _width(longest, oldest, state.at) if is_bucketed else 0.0
    return TelemetryMark(at=state.at, width=width, oldest=oldest)


def _width(points: Sequence[Point], oldest: float, newest: float) -> float:
    """Return the width of these buckets.

    The store chose it by its first sample, which lies up to a bucket before the first point: near a
    step of the ladder that makes a difference, and the points themselves decide.
    """
    narrow = bucket_width(oldest, newest, MAX_POINTS)
    wide = bucket_width(oldest - 2 * narrow, newest, MAX_POINTS)
    usual = median([after.at - before.at for before, after in pairwise(points)] or [narrow])
    return min(narrow, wide, key=lambda width: abs(width - usual))


def _tail(mark: TelemetryMark, state: HostState) -> tuple[float, int]:
    """Return since when to send, and in at most how many points.

    Buckets start at multiples of their width, so a short tail asked with its own number of points
    comes in the same buckets as the whole window did.
    """
    since = mark.at - _overlap(mark, state)
    if not mark.width:
        return since, MAX_POINTS
    edge = math.floor(since / mark.width) * mark.width
    return edge - EDGE_S, math.floor((state.at - edge) / mark.width) + 2


def _overlap(mark: TelemetryMark, state: HostState) -> float:
    """Return how far back a tail reaches, so that what was written late is not lost."""
    return mark.width * OVERLAP_BUCKETS or state.interval_s * OVERLAP_INTERVALS


def _columns(points: Sequence[Point], *, with_band: bool) -> Columns:
    """Return points as columns; low and high only where some point stands for several samples."""
    x = [round(point.at, 2) for point in points]
    y = [_short(point.value) for point in points]
    if not with_band or all(point.count <= 1 for point in points):
        return x, y, [], []
    return x, y, [_short(point.low) for point in points], [_short(point.high) for point in points]


def _shared(columns: Sequence[Columns]) -> tuple[list[list[Any]], list[list[float]]]:
    """Return series that point to their x, and the distinct x columns."""
    places: dict[tuple[float, ...], int] = {}
    series = [
        [places.setdefault(tuple(x), len(places)), y, low, high] for x, y, low, high in columns
    ]
    return series, [list(column) for column in places]


def _silence(keys: Sequence[SeriesKey], now: float, words: str) -> dict[str, Any]:
    """Return the answer before the first sample."""
    return {
        "now": round(now, 2),
        "from": None,
        "cursor": "",
        "period": METRICS_PERIOD_S,
        "stale": words,
        "x": [[]],
        "series": [[0, [], [], []] for _ in keys],
    }


def _delay(state: HostState | None, now: float) -> str:
    """Describe the delay of the newest sample; empty while samples arrive on time."""
    problem = sample_freshness(state, now).problem
    return problem.detail if problem else ""


def _checked(names: Sequence[str]) -> Sequence[str]:
    """Return the names; raises InputError when there are none or too many."""
    if not 0 < len(names) <= MAX_SERIES:
        raise InputError(f"ask for 1 to {MAX_SERIES} series, not {len(names)}")
    return names


def _telemetry_key(name: str) -> SeriesKey:
    """Return the series that `gauge@device` names."""
    gauge, mark, device = name.partition("@")
    if not mark:
        raise InputError(f"series {name!r} is not written gauge@device")
    return SeriesKey(gauge=gauge, device=device)


def _metric_key(name: str) -> tuple[str, str]:
    """Return the run and metric that `run@metric` names."""
    run, mark, metric = name.partition("@")
    if not mark:
        raise InputError(f"series {name!r} is not written run@metric")
    return run, metric


def _mark(text: str) -> Mark | None:
    """Return a metric's part of the cursor; what cannot be read counts as never seen."""
    step, _, began = text.partition(":")
    try:
        return int(step), float(began)
    except ValueError:
        return None


def _number(text: str, name: str, least: float, most: float) -> float:
    """Return a number of the query; raises InputError."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not least <= value <= most:
        raise InputError(f"{name}={text!r} is not a number from {least:g} to {most:g}")
    return value


def _short(value: float) -> float | None:
    """Return a value with as many digits as a chart can show; what is not finite is absent."""
    return float(f"{value:.{_DIGITS}g}") if math.isfinite(value) else None
