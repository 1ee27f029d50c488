"""The Overview: problems, status row, runs, charts; no data frames or Vega, which load slowly."""

from collections.abc import Sequence

import streamlit as st

from core.actions.runs import list_runs
from core.actions.workspace import Workspace
from core.operations.services import read_states
from dashboard.session_state import is_live, range_s
from dashboard.viewmodels.formatting import escape_markdown
from dashboard.viewmodels.health import find_problems, sample_freshness, service_rows
from dashboard.viewmodels.overview import host_tiles, no_gpu_notice, runs_tile
from dashboard.viewmodels.readings import read
from dashboard.viewmodels.runs import RunRow, run_counts, run_rows, select_for_overview
from dashboard.widgets.dialogs import open_dialog
from dashboard.widgets.elements import badge_markdown, draw_badge, draw_tile
from dashboard.widgets.host_charts import overview_panels
from dashboard.widgets.live_charts import TimeWindow, live_charts
from dashboard.widgets.new_run import DIALOG
from dashboard.widgets.page import draw_problem, live_part, page_guard
from monitors.collector import HostState
from monitors.store.interface import TelemetryStore

EVERY_S = 2.0
TILE_PX = 130
MIN_COLUMNS = 4
MAX_RUNS = 3


def draw_status(workspace: Workspace, telemetry: TelemetryStore) -> None:
    """Draw problems, services, status row and runs; the runs are read once per refresh."""
    live_part(lambda: _draw_status(workspace, telemetry), EVERY_S)


def draw_charts(telemetry: TelemetryStore) -> None:
    """Draw the live charts of the chosen range."""
    state = telemetry.latest()
    if state is None:
        st.markdown("Charts appear with the first sample.")
        return
    now = read(state, telemetry.keys())
    live_charts(
        overview_panels(now),
        TimeWindow(span_s=range_s(), live=is_live()),
        key="overview-charts",
        columns=3 if now.gpus() else 2,
    )


def _draw_status(workspace: Workspace, telemetry: TelemetryStore) -> None:
    """Draw everything above the charts; without telemetry the runs are still drawn."""
    now = workspace.clock.now()
    rows = run_rows(list_runs(workspace), now)
    with page_guard():
        _draw_host(workspace, telemetry.latest(), rows, now)
    st.header("Runs", anchor=False)
    _draw_runs(rows)


def _draw_host(
    workspace: Workspace, state: HostState | None, rows: Sequence[RunRow], now: float
) -> None:
    """Draw problems, services and the status row."""
    services = read_states(workspace.paths)
    for problem in find_problems(state, services, now):
        draw_problem(problem)
    names = [badge_markdown(row.badge, row.title) for row in service_rows(services, now)]
    if names:
        st.markdown(" ".join(names))
    notice = no_gpu_notice(state) if state else ""
    if notice:
        st.info(escape_markdown(notice, 400), icon=":material/do_not_disturb_on:")
    is_stale = not sample_freshness(state, now).is_live
    tiles = (*(host_tiles(state, is_stale=is_stale) if state else ()), runs_tile(rows))
    with st.grid(min_column_width=TILE_PX, columns=max(len(tiles), MIN_COLUMNS)):
        for tile in tiles:
            draw_tile(tile)


def _draw_runs(rows: Sequence[RunRow]) -> None:
    """Draw the active and the newest runs, or how to start the first one."""
    if not rows:
        _draw_no_runs()
        return
    st.markdown(f":small[{escape_markdown(run_counts(rows))}]")
    for row in select_for_overview(rows, MAX_RUNS):
        _draw_run(row)


def _draw_run(row: RunRow) -> None:
    """Draw one run in a line."""
    with st.container(border=True, key=f"overview-run-{row.id}", gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center"):
            draw_badge(row.badge)
            st.page_link(
                "views/training.py",
                label=f"**{escape_markdown(row.name)}**",
                query_params={"run": row.name},
            )
            st.markdown(escape_markdown(row.overview, 300))
        if row.ratio is not None and not row.is_over:
            st.progress(row.ratio)


def _draw_no_runs() -> None:
    """Draw the instructions for starting the first run."""
    st.info(
        "Train your first model: with the demo corpus and the `demo` preset it takes about three "
        "minutes on a CPU.",
        icon=":material/model_training:",
        title="No runs yet",
    )
    if st.button("New training run", key="overview-new-run", icon=":material/add:"):
        open_dialog(DIALOG)
        st.switch_page("views/training.py")
