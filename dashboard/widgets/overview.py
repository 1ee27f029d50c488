"""The Overview's parts: status row, services, runs. Light: no data frames, no Vega."""

import streamlit as st

from core.actions.runs import list_runs
from core.actions.workspace import Workspace
from core.operations.services import read_states
from dashboard.session_state import is_live, range_s
from dashboard.viewmodels.health import freshness
from dashboard.viewmodels.looks import BUSY
from dashboard.viewmodels.overview import NO_GPU, has_gpus, runs_tile, tiles
from dashboard.viewmodels.plain import plain
from dashboard.viewmodels.readings import read
from dashboard.viewmodels.runs import RunRow, first_rows, run_counts, run_rows
from dashboard.viewmodels.services import service_rows, troubled
from dashboard.widgets.cards import draw_tile
from dashboard.widgets.dialogs import open_dialog
from dashboard.widgets.host_charts import overview_panels
from dashboard.widgets.live import live_part
from dashboard.widgets.live_charts import TimeWindow, live_charts
from dashboard.widgets.new_run import DIALOG
from dashboard.widgets.tables import badge
from monitors.collector import HostState
from monitors.store.interface import TelemetryStore

STATUS_EVERY_S = 2.0
RUNS_EVERY_S = 3.0
TILE_PX = 130
FEWEST_COLUMNS = 4
RUNS = 3


def draw_host(workspace: Workspace, telemetry: TelemetryStore) -> None:
    """Draw what needs attention, then the status row."""
    live_part(lambda: _draw_status(workspace, telemetry), STATUS_EVERY_S)


def draw_charts(telemetry: TelemetryStore) -> None:
    """Draw the live charts of the chosen range."""
    state = telemetry.latest()
    if state is None:
        st.markdown("The charts begin with the first sample.")
        return
    live_charts(
        overview_panels(read(state, telemetry.keys())),
        TimeWindow(span_s=range_s(), live=is_live()),
        key="overview-charts",
        columns=3 if has_gpus(state) else 2,
    )


def draw_runs(workspace: Workspace) -> None:
    """Draw the runs that matter now, or how to start the first."""
    live_part(lambda: _draw_runs(workspace), RUNS_EVERY_S)


def _draw_status(workspace: Workspace, telemetry: TelemetryStore) -> None:
    """Draw strips and tiles."""
    state = telemetry.latest()
    now = workspace.clock.now()
    fresh = freshness(state, now)
    _draw_services(workspace, now)
    if fresh.state == "stopped":
        st.error(fresh.sentence, icon=":material/sensors_off:", title="Sampling stopped")
    elif fresh.sentence:
        st.warning(fresh.sentence, icon=":material/history:")
    _draw_tiles(workspace, state, is_stale=not fresh.is_live)


def _draw_services(workspace: Workspace, now: float) -> None:
    """Draw what died and when it starts again; one quiet line when all run."""
    rows = service_rows(read_states(workspace.paths), now)
    for row in troubled(rows):
        words = f"**{plain(row.title)}** {plain(row.sentence, 300)}"
        if row.look.colour == "red":
            st.error(words, icon=row.look.icon)
        else:
            st.warning(words, icon=row.look.icon)
    if rows:
        names = " ".join(row.look.markdown.replace(row.look.word, plain(row.title)) for row in rows)
        st.markdown(names)


def _draw_tiles(workspace: Workspace, state: HostState | None, *, is_stale: bool) -> None:
    """Draw the status row."""
    if state is not None and not has_gpus(state):
        st.info(NO_GPU, icon=":material/do_not_disturb_on:")
    runs = runs_tile(run_rows(list_runs(workspace), workspace.clock.now()))
    shown = (*(tiles(state, is_stale=is_stale) if state else ()), runs)
    with st.grid(min_column_width=TILE_PX, columns=max(len(shown), FEWEST_COLUMNS)):
        for tile in shown:
            draw_tile(tile)


def _draw_runs(workspace: Workspace) -> None:
    """Draw the newest runs."""
    rows = run_rows(list_runs(workspace), workspace.clock.now())
    if not rows:
        _draw_no_runs()
        return
    st.markdown(f":small[{plain(run_counts(rows))}]")
    for row in first_rows(rows, RUNS):
        _draw_run(row)


def _draw_run(row: RunRow) -> None:
    """Draw one run in a line."""
    with st.container(border=True, key=f"overview-run-{row.id}", gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center"):
            badge(row.look)
            st.page_link(
                "views/training.py", label=f"**{plain(row.name)}**",
                query_params={"run": row.name},
            )  # fmt: skip
            st.markdown(plain(row.sentence if row.look.colour == BUSY else _told(row), 300))
        if row.ratio is not None and not row.is_over:
            st.progress(row.ratio)


def _told(row: RunRow) -> str:
    """Return what is worth knowing about a run that does not move."""
    return " · ".join(text for text in (row.reason, row.sentence, row.created) if text)


def _draw_no_runs() -> None:
    """Say what to do first."""
    st.info(
        "Train your first model: the demo corpus and the `demo` preset take about three minutes "
        "on a CPU.",
        icon=":material/model_training:",
        title="No runs yet",
    )
    if st.button("New training run", key="overview-new-run", icon=":material/add:"):
        open_dialog(DIALOG)
        st.switch_page("views/training.py")
