"""The data of the component: panels and window as JSON for the browser."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from dashboard.widgets.live_charts.records import (
    MetricKey,
    Panel,
    Series,
    StepWindow,
    TimeWindow,
    Trace,
)
from monitors.store.interface import SeriesKey


def payload(
    panels: Sequence[Panel], window: TimeWindow | StepWindow, *, columns: int, empty: str
) -> dict[str, Any]:
    """Return the data of the component; equal records give equal data, which is not sent again."""
    sources = _polled(panels, window)
    return {
        "panels": [_panel(panel, sources) for panel in panels],
        "url": _url(panels, sources, window) if sources else None,
        "axis": "time" if isinstance(window, TimeWindow) else _step_axis(window),
        "span": window.span_s if isinstance(window, TimeWindow) else None,
        "smoothing": 0.0 if isinstance(window, TimeWindow) else window.smoothing,
        "live": window.live,
        "columns": columns,
        "empty": empty,
    }


def telemetry_name(key: SeriesKey) -> str:
    """Return a telemetry series for a query; gauge names contain no `@`."""
    return f"{key.gauge}@{key.device}"


def metric_name(key: MetricKey) -> str:
    """Return the metric of a run for a query; run ids contain no `@`."""
    return f"{key.run}@{key.metric}"


def _polled(
    panels: Sequence[Panel], window: TimeWindow | StepWindow
) -> list[SeriesKey | MetricKey]:
    """Return the distinct sources to poll; raises TypeError for a mixture of kinds."""
    wanted = SeriesKey if isinstance(window, TimeWindow) else MetricKey
    every = [series.source for panel in panels for series in panel.series]
    polled = [source for source in dict.fromkeys(every) if not isinstance(source, Trace)]
    if not all(isinstance(source, wanted) for source in polled):
        message = f"a {type(window).__name__} shows {wanted.__name__} or Trace only"
        raise TypeError(message)
    return polled


def _panel(panel: Panel, sources: list[SeriesKey | MetricKey]) -> dict[str, Any]:
    """Return one panel."""
    return {
        "title": panel.title,
        "unit": panel.unit.value,
        "floor": panel.floor,
        "ceiling": panel.ceiling,
        "log": panel.log,
        "height": panel.height_px,
        "limits": [{"label": limit.label, "value": limit.value} for limit in panel.limits],
        "marks": [{"label": mark.label, "at": mark.at} for mark in panel.marks],
        "series": [_series(place, one, sources) for place, one in enumerate(panel.series)],
    }


def _series(place: int, series: Series, sources: list[SeriesKey | MetricKey]) -> dict[str, Any]:
    """Return one line: `source` is its index in the answer, `points` are those of a trace."""
    source = series.source
    return {
        "label": series.label,
        "dashed": series.dashed,
        "band": series.band,
        "color": place if series.color is None else series.color,
        "source": None if isinstance(source, Trace) else sources.index(source),
        "points": _points(source) if isinstance(source, Trace) else None,
    }


def _points(trace: Trace) -> list[tuple[float | None, ...]]:
    """Return the columns of a trace."""
    return [trace.x, trace.y, trace.low, trace.high]


def _step_axis(window: StepWindow) -> str:
    """Return the name of the axis below steps."""
    return "elapsed" if window.elapsed else "step"


def _url(
    panels: Sequence[Panel],
    sources: list[SeriesKey | MetricKey],
    window: TimeWindow | StepWindow,
) -> str:
    """Return the URL to poll for these sources, without the cursor."""
    if isinstance(window, StepWindow):
        runs = [("s", metric_name(key)) for key in sources if isinstance(key, MetricKey)]
        return "/api/metrics?" + urlencode([*runs, *([("elapsed", 1)] if window.elapsed else [])])
    banded = {series.source for panel in panels for series in panel.series if series.band}
    places = ",".join(str(place) for place, key in enumerate(sources) if key in banded)
    gauges = [("s", telemetry_name(key)) for key in sources if isinstance(key, SeriesKey)]
    return "/api/telemetry?" + urlencode([("span", window.span_s), ("band", places), *gauges])
