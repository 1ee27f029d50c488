"""Charts that can be inspected while they move: one component with several linked panels.

The browser polls `/api/telemetry` or `/api/metrics` for what is new, so that a refresh costs no
rerun of the page, stops while the tab is hidden, and keeps zoom and crosshair. What is drawn is
said in records; how it gets there is hidden here.
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
    empty: str = "Nothing was measured in this range.",
) -> None:
    """Draw the panels with one crosshair and one zoom for all.

    The same `key` keeps zoom, hidden lines and crosshair over reruns. At most `columns` panels
    stand side by side, fewer where the screen is narrow. `empty` is said where a panel has no
    points.
    """
    _component()(data=payload(panels, window, columns=columns, empty=empty), key=key)


@cache
def _component() -> Any:  # noqa: ANN401  (Streamlit's renderer has no public type)
    """Return the component's mount, registered at its first use: a runtime must be there."""
    return st.components.v2.component(
        "datahall.live_charts",
        html='<div class="live-charts"></div>',
        js="live.js",
    )
