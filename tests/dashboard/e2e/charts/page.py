"""A page of live charts of the telemetry of the test."""

import math
import time

import streamlit as st

from core.operations.services import read_states
from dashboard import resources, session_state
from dashboard.viewmodels.health import summarize_health
from dashboard.widgets.live_charts import (
    Limit,
    MetricKey,
    Panel,
    Series,
    StepWindow,
    TimeWindow,
    Trace,
    Unit,
    live_charts,
)
from dashboard.widgets.page import page_header
from monitors.store.interface import SeriesKey

STEPS = tuple(float(step) for step in range(1, 400))

st.set_page_config(page_title="Charts", layout="wide")
page_header(
    "Charts",
    lambda: summarize_health(
        resources.telemetry().latest(), read_states(resources.settings().paths), time.time()
    ),
)


def gpus(gauge: str) -> tuple[Series, ...]:
    """Return a line per GPU."""
    return tuple(
        Series(label=f"GPU {n}", source=SeriesKey(gauge=gauge, device=f"gpu{n}"), band=True)
        for n in range(4)
    )


def single(gauge: str, label: str) -> tuple[Series, ...]:
    """Return one line of the host."""
    return (Series(label=label, source=SeriesKey(gauge=gauge, device=""), band=True),)


def loss(slowness: float, label: str, *, dashed: bool = False) -> Series:
    """Return a falling curve of one run, with deterministic noise."""
    y = tuple(6 * math.exp(-step / slowness) + 0.3 + 0.1 * math.sin(step * step) for step in STEPS)
    return Series(label=label, source=Trace(x=STEPS, y=y), dashed=dashed)


limit = Limit(label="limit", value=700.0)
live_charts(
    [
        Panel(
            title="Utilisation",
            unit=Unit.RATIO,
            ceiling=1.0,
            series=gpus("gpu_utilization_ratio"),
        ),
        Panel(title="Memory", unit=Unit.BYTES, series=gpus("gpu_memory_used_bytes")),
        Panel(title="Power", unit=Unit.WATTS, series=gpus("gpu_power_watts"), limits=(limit,)),
        Panel(title="CPU", unit=Unit.RATIO, ceiling=1.0, series=single("cpu_busy_ratio", "busy")),
        Panel(title="Nothing", unit=Unit.CELSIUS, series=single("no_such_celsius", "none")),
    ],
    TimeWindow(span_s=session_state.range_s(), live=session_state.is_live()),
    key="charts",
)
live_charts(
    [
        Panel(
            title="Loss",
            unit=Unit.PLAIN,
            log=True,
            series=(loss(60, "one"), loss(60, "one, valid", dashed=True), loss(90, "two")),
            height_px=240,
        )
    ],
    StepWindow(smoothing=0.9),
    key="losses",
    columns=1,
)
measured = Series(label="measured", source=MetricKey(run="run1", metric="train_loss"))
live_charts(
    [Panel(title="Run", unit=Unit.PLAIN, series=(measured,))],
    StepWindow(live=True),
    key="run",
    columns=1,
)
