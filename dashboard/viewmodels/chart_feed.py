"""The data of the live charts as JSON: first the complete window, then only new points.

Keys of an answer:
    series: per requested series `[index of its column in x, y, low, high]`.
    x: the distinct columns of times (or steps) that the series use.
    from: per series the x after which the browser replaces its points; null: replace all.
    cursor: opaque text that the browser sends with its next request.
    period: seconds until that request.
    now: time of the answer (telemetry only).
    stale: a sentence when the newest sample is old, or a part of the history is damaged (likewise).
"""

import math
from collections.abc import Container, Sequence
from dataclasses import dataclass, replace
from typing import Any

from core.errors import CorruptError, InputError, UnavailableError
from core.runs.records import MetricPoint
from core.runs.store import RunStore
from dashboard.viewmodels.health import sample_freshness
from monitors.collector import HostState
from monitors.store.interface import Point, SeriesKey, SeriesResult, TelemetryStore

MAX_POINTS = 800
MAX_SERIES = 128
MAX_GROWTH = 1.5
OVERLAP_INTERVALS = 10
OVERLAP_BUCKETS = 2
MIN_SPAN_S, MAX_SPAN_S = 10.0, 10 * 365 * 86_400.0
MAX_PERIOD_S = 30.0
METRICS_PERIOD_S = 2.0
_X_PER_SECOND = 100  # times are sent in hundredths of a second
_BEFORE_EDGE_S = 0.001
_BEFORE_STEP = 1e-3
_DIGITS = 6
_DAMAGED = "Part of this history is damaged on disk and not shown."

Columns = tuple[list[float], list[float | None], list[float | None], list[float | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class TelemetryCursor:
    """The points in the browser: all up to `at`, in buckets of `bucket_s` (0: samples).

    After `renew_at` the browser holds too many points, and gets the whole window again.
    `num_damaged` counts the damaged blocks in the window.
    """

    at: float
    bucket_s: float
    renew_at: float
    num_damaged: int

    def __str__(self) -> str:
        """Return the text that `_telemetry_cursor` reads."""
        return f"{self.at!r}:{self.bucket_s:g}:{self.renew_at:.0f}:{self.num_damaged}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TelemetryQuery:
    """A request for series from `start` to `now`; those of the indices `banded` with low and high.

    `held` is what the browser holds already.
    """

    keys: Sequence[SeriesKey]
    start: float
    now: float
    banded: Container[int]
    held: TelemetryCursor | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricCursor:
    """The points of a metric in the browser: the last step sent, and the start of the run."""

    step: int
    began: float

    def __str__(self) -> str:
        """Return the text that `_metric_cursor` reads."""
        return f"{self.step}:{self.began:.3f}"


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricPart:
    """The part of an answer that holds one metric; `replaced_after` as in the key `from`."""

    columns: Columns
    replaced_after: float | None = None
    cursor: MetricCursor | None = None


def telemetry_answer(
    store: TelemetryStore,
    names: Sequence[str],
    *,
    span: str,
    bands: str,
    cursor: str,
    now: float,
) -> dict[str, Any]:
    """Return the telemetry series of the last `span` seconds.

    `bands` lists the indices of the series that also need low and high. Raises InputError.
    """
    query = TelemetryQuery(
        keys=[_telemetry_key(name) for name in _checked(names)],
        start=now - _number(span, "span", MIN_SPAN_S, MAX_SPAN_S),
        now=now,
        banded={int(_number(text, "band", 0, MAX_SERIES)) for text in bands.split(",") if text},
        held=_telemetry_cursor(cursor),
    )
    try:
        state = store.latest()
        if state is None:
            return _no_samples(query, _delay(None, now))
        return _samples(store, query, state)
    except (UnavailableError, CorruptError) as error:
        return _no_samples(query, str(error))


def _samples(store: TelemetryStore, query: TelemetryQuery, state: HostState) -> dict[str, Any]:
    """Return the samples that the browser does not hold yet."""
    held = query.held
    if held is not None and _can_continue(held, state, query.start):
        edge = _tail_start(held, state)
        found = store.series(
            query.keys,
            since=math.nextafter(edge, -math.inf),  # exclusive
            until=query.now,
            max_points=MAX_POINTS,
            bucket_s=held.bucket_s,
        )
        replaced = [round(edge - _BEFORE_EDGE_S, 3)] * len(query.keys)
        held = replace(held, at=state.at)
    else:
        found = store.series(query.keys, since=query.start, until=query.now, max_points=MAX_POINTS)
        replaced = None
        held = _first_cursor(found, state)
    series, columns = _shared(
        [
            _columns(points, with_band=index in query.banded)
            for index, points in enumerate(found.points)
        ]
    )
    return {
        "now": round(query.now, 2),
        "from": replaced,
        "cursor": str(held),
        "period": min(max(held.bucket_s / 2, state.interval_s), MAX_PERIOD_S),
        "stale": _delay(state, query.now) or (_DAMAGED if held.num_damaged else ""),
        "x": columns,
        "series": series,
    }


def metrics_answer(
    store: RunStore, names: Sequence[str], *, elapsed: bool, cursor: str
) -> dict[str, Any]:
    """Return metric series of runs over steps, or over seconds since each run's first point.

    A run that continued from an earlier checkpoint is sent again from its start; a deleted run has
    no points. Raises InputError.
    """
    keys = [_metric_key(name) for name in _checked(names)]
    texts = cursor.split(",") if cursor else []
    if len(texts) != len(keys):
        texts = [""] * len(keys)
    parts = [
        _metric(store, run, metric, _metric_cursor(text), elapsed=elapsed)
        for (run, metric), text in zip(keys, texts, strict=True)
    ]
    series, columns = _shared([part.columns for part in parts])
    return {
        "from": [part.replaced_after for part in parts],
        "cursor": ",".join(str(part.cursor or "") for part in parts),
        "period": METRICS_PERIOD_S,
        "x": columns,
        "series": series,
    }


def _metric(
    store: RunStore, run: str, metric: str, held: MetricCursor | None, *, elapsed: bool
) -> MetricPart:
    """Return the new points of one metric, or all of them."""
    # If the point of the last step sent is missing, the run continued from an earlier step.
    points = list(store.curve(run, metric, after_step=held.step - 1).points) if held else []
    is_tail = held is not None and bool(points) and points[0].step == held.step
    if not is_tail:
        points = list(store.curve(run, metric, max_points=MAX_POINTS).points)
    if not points:
        return MetricPart(columns=([], [], [], []))
    began = held.began if held is not None and is_tail else points[0].wall_time
    x = [_x(point, began, elapsed=elapsed) for point in points]
    return MetricPart(
        columns=(x, [_finite(point.value) for point in points], [], []),
        replaced_after=x[0] - _BEFORE_STEP if is_tail else None,
        cursor=MetricCursor(step=points[-1].step, began=began),
    )


def _x(point: MetricPoint, began: float, *, elapsed: bool) -> float:
    """Return the place of a point on the x axis: its step, or the seconds since the beginning."""
    return round(point.wall_time - began if elapsed else float(point.step), 2)


def _can_continue(held: TelemetryCursor, state: HostState, start: float) -> bool:
    """Whether the newest points are enough.

    They are not after a long pause, after the clock was set back, or when the browser would hold
    too many points.
    """
    is_in_window = start < held.at - _overlap(held, state) and held.at <= state.at
    return is_in_window and state.at <= held.renew_at


def _first_cursor(found: SeriesResult, state: HostState) -> TelemetryCursor:
    """Return the cursor after a whole window."""
    num_points = max(map(len, found.points), default=0)
    step = found.bucket_s or state.interval_s
    growth_s = (MAX_GROWTH * MAX_POINTS - num_points) * step
    return TelemetryCursor(
        at=state.at,
        bucket_s=found.bucket_s,
        renew_at=state.at + growth_s,
        num_damaged=found.num_damaged,
    )


def _tail_start(held: TelemetryCursor, state: HostState) -> float:
    """Return the time from which on points are sent again: the start of a bucket."""
    since = held.at - _overlap(held, state)
    if not held.bucket_s:
        return _time_x(since)
    return math.floor(since / held.bucket_s) * held.bucket_s


def _overlap(held: TelemetryCursor, state: HostState) -> float:
    """Return the number of seconds that are sent again, for samples that were written late."""
    return held.bucket_s * OVERLAP_BUCKETS or state.interval_s * OVERLAP_INTERVALS


def _columns(points: Sequence[Point], *, with_band: bool) -> Columns:
    """Return points as columns; low and high only where some point summarises several samples."""
    x = [_time_x(point.at) for point in points]
    y = [_finite(point.value) for point in points]
    if not with_band or all(point.count <= 1 for point in points):
        return x, y, [], []
    return x, y, [_finite(point.low) for point in points], [_finite(point.high) for point in points]


def _time_x(at: float) -> float:
    """Return a time as x, rounded down: it must not move into the next bucket."""
    return math.floor(at * _X_PER_SECOND) / _X_PER_SECOND


def _shared(columns: Sequence[Columns]) -> tuple[list[list[Any]], list[list[float]]]:
    """Return the series, each with the index of its x column, and the distinct x columns."""
    indices: dict[tuple[float, ...], int] = {}
    series = [
        [indices.setdefault(tuple(x), len(indices)), y, low, high] for x, y, low, high in columns
    ]
    return series, [list(column) for column in indices]


def _no_samples(query: TelemetryQuery, sentence: str) -> dict[str, Any]:
    """Return an answer without samples, with the reason."""
    return {
        "now": round(query.now, 2),
        "from": None,
        "cursor": "",
        "period": METRICS_PERIOD_S,
        "stale": sentence,
        "x": [[]],
        "series": [[0, [], [], []] for _ in query.keys],
    }


def _delay(state: HostState | None, now: float) -> str:
    """Describe the delay of the newest sample; empty while samples arrive on time."""
    problem = sample_freshness(state, now).problem
    return problem.detail if problem else ""


def _checked(names: Sequence[str]) -> Sequence[str]:
    """Return the names; raises InputError when there are none or too many."""
    if not 0 < len(names) <= MAX_SERIES:
        raise InputError(f"request 1 to {MAX_SERIES} series, not {len(names)}")
    return names


def _telemetry_key(name: str) -> SeriesKey:
    """Return the series that `gauge@device` names."""
    gauge, mark, device = name.partition("@")
    if not mark:
        raise InputError(f"series {name!r} does not have the form gauge@device")
    return SeriesKey(gauge=gauge, device=device)


def _metric_key(name: str) -> tuple[str, str]:
    """Return the run and metric that `run@metric` names."""
    run, mark, metric = name.partition("@")
    if not mark:
        raise InputError(f"series {name!r} does not have the form run@metric")
    return run, metric


def _telemetry_cursor(text: str) -> TelemetryCursor | None:
    """Return the cursor in a request, None in a first one; raises InputError."""
    if not text:
        return None
    parts = text.split(":")
    if len(parts) != len(TelemetryCursor.__dataclass_fields__):
        raise InputError(f"invalid cursor {text!r}")
    at, bucket_s, renew_at, num_damaged = (_number(part, "cursor", 0.0, 1e12) for part in parts)
    return TelemetryCursor(
        at=at, bucket_s=bucket_s, renew_at=renew_at, num_damaged=int(num_damaged)
    )


def _metric_cursor(text: str) -> MetricCursor | None:
    """Return the cursor of one metric; None for one without points, and for an invalid one."""
    step, _, began = text.partition(":")
    try:
        return MetricCursor(step=int(step), began=float(began))
    except ValueError:
        return None


def _number(text: str, name: str, least: float, most: float) -> float:
    """Return a number in a query; raises InputError."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not least <= value <= most:
        raise InputError(f"{name}={text!r} is not a number from {least:g} to {most:g}")
    return value


def _finite(value: float) -> float | None:
    """Return a value in the precision of a chart; None when JSON cannot hold it."""
    return float(f"{value:.{_DIGITS}g}") if math.isfinite(value) else None
