"""What charts ask for, as compact columns: the whole window at first, then only what is new.

An answer holds `series`, each as `[place in x, y, low, high]`, and `x`, the distinct columns that
they stand on. `from` says per series beyond which x the browser forgets what it has (null:
everything). `cursor` is what to ask with next time, `period` when.
"""

import math
from collections.abc import Sequence
from typing import Any

from core.errors import InputError, UnavailableError
from core.runs.records import MetricPoint
from core.runs.store import RunStore
from dashboard.viewmodels.health import freshness
from monitors.buckets import bucket_width
from monitors.collector import HostState
from monitors.store import Point, SeriesKey, TelemetryStore

MAX_POINTS = 800
MAX_SERIES = 128
OVERLAP_INTERVALS = 10
OVERLAP_BUCKETS = 2
SHORTEST_SPAN_S, LONGEST_SPAN_S = 10.0, 10 * 365 * 86_400.0
LONGEST_PERIOD_S = 30.0
METRICS_PERIOD_S = 2.0
_DIGITS = 6


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
    seen = _number(cursor, "cursor", 0.0, math.inf) if cursor else None
    try:
        state = store.latest()
    except UnavailableError as error:
        return _silence(keys, now, str(error))
    if state is None:
        return _silence(keys, now, freshness(None, now).sentence)
    width = bucket_width(now - seconds, now, MAX_POINTS)
    is_coarse = width > state.interval_s
    since, most = _delta(state, seen, now - seconds, width if is_coarse else None)
    found = store.series(keys, since=since, until=now, max_points=most)
    series, columns = _shared([_columns(points, with_band=i in banded)
                               for i, points in enumerate(found)])  # fmt: skip
    return {
        "now": round(now, 2),
        "from": None if since <= now - seconds else [round(since, 2)] * len(keys),
        "cursor": f"{state.at:.3f}",
        "period": min(max(width / 2, state.interval_s), LONGEST_PERIOD_S)
        if is_coarse
        else state.interval_s,
        "stale": freshness(state, now).sentence,
        "x": columns,
        "series": series,
    }


def metrics_answer(
    store: RunStore, names: Sequence[str], *, elapsed: bool, cursor: str
) -> dict[str, Any]:
    """Return metric series of runs over steps, or over seconds since each run's first point.

    Raises InputError, NotFoundError. A run that went on from an earlier checkpoint is sent whole.
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
        points = list(store.series(run, metric, max_points=MAX_POINTS))
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
    return store.series(run, metric, after_step=seen[0] - 1)


def _values(points: Sequence[MetricPoint]) -> list[float | None]:
    """Return finite values; JSON knows no others."""
    return [_short(point.value) for point in points]


def _delta(
    state: HostState, seen: float | None, start: float, width: float | None
) -> tuple[float, int]:
    """Return since when to send, and in at most how many points.

    Buckets start at multiples of `width`, so a short tail asked with its own number of points
    comes in the same buckets as the whole window did. The clock of the cursor may have jumped.
    """
    overlap = (width or 0) * OVERLAP_BUCKETS or state.interval_s * OVERLAP_INTERVALS
    if seen is None or not start < seen - overlap or seen > state.at:
        return start, MAX_POINTS
    since = seen - overlap
    if width is None:
        return since, MAX_POINTS
    since = math.floor(since / width) * width
    return since, math.floor((state.at - since) / width) + 2


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
