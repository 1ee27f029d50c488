"""Live charts: one component with several linked panels that can be inspected while they update.

The browser polls `/api/telemetry` or `/api/metrics` for new points. A refresh therefore needs no
rerun of the page, pauses while the tab is hidden, and keeps zoom and crosshair.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

import streamlit as st

from dashboard.widgets.live_charts.payload import payload
from dashboard.widgets.live_charts.records import (
    Limit,
    Mark,
    MetricKey,
    Panel,
    Series,
    StepWindow,
    TimeWindow,
    Trace,
    Unit,
)

__all__ = [
    "Limit",
    "Mark",
    "MetricKey",
    "Panel",
    "Series",
    "StepWindow",
    "TimeWindow",
    "Trace",
    "Unit",
    "live_charts",
]


def live_charts(
    panels: Sequence[Panel],
    window: TimeWindow | StepWindow,
    *,
    key: str,
    columns: int = 2,
    empty: str = "No samples in this range.",
) -> None:
    """Draw the panels with one crosshair and one zoom for all.

    The same `key` keeps zoom, hidden lines and crosshair across reruns. At most `columns` panels
    are placed side by side, fewer on a narrow screen. `empty` is shown in a panel without points.
    """
    _component()(data=payload(panels, window, columns=columns, empty=empty), key=key)


@cache
def _component() -> Any:  # noqa: ANN401  (Streamlit's renderer has no public type)
    """Return the component; registered at first use, because that needs a Streamlit runtime."""
    return st.components.v2.component(
        "datahall.live_charts",
        html='<div class="live-charts"></div>',
        js="live.js",
    )
