"""One run: metrics, translations, log, checkpoints, details, comparison."""

from collections.abc import Sequence

import streamlit as st

from core.actions.records import RunView
from core.actions.runs import compare, detail, find_run
from core.actions.workspace import Workspace
from core.runs.records import TranslationSample
from dashboard.session_state import browser_zone, is_live
from dashboard.viewmodels.elements import Table
from dashboard.viewmodels.formatting import escape_markdown
from dashboard.viewmodels.run_detail import (
    LOG_LINES,
    RunPage,
    comparison_table,
    run_page,
    sample_rows,
    samples_sentence,
    search_log,
)
from dashboard.viewmodels.runs import run_row
from dashboard.viewmodels.scores import ScoreRow
from dashboard.widgets.elements import draw_large_table, draw_small_table, draw_values
from dashboard.widgets.live_charts import StepWindow, live_charts
from dashboard.widgets.page import draw_tabs, live_part
from dashboard.widgets.run_charts import MAX_RUNS, ChartOptions, run_panels
from dashboard.widgets.runs import draw_actions, draw_confirmations, draw_state

ACTIVE_EVERY_S = 2.0
ENDED_EVERY_S = 15.0
LOG_EVERY_S = 3.0
LOG_PX = 380
MAX_SAMPLES = 8


def draw_run(workspace: Workspace, name: str, others: Sequence[RunView]) -> None:
    """Draw the page of a run; `others` are the runs to compare it with."""
    page = run_page(detail(workspace, name), workspace.clock.now(), browser_zone())
    live_part(
        lambda: draw_state(run_row(find_run(workspace, name), workspace.clock.now())),
        ENDED_EVERY_S if page.row.is_over else ACTIVE_EVERY_S,
    )
    draw_actions(page.row, can_promote=page.can_promote)
    draw_confirmations(workspace, page.row)
    if page.scores:
        draw_scores(page.scores)
    draw_tabs(
        {
            "Metrics": lambda: _draw_metrics(workspace, page, others),
            "Translations": lambda: _draw_samples(workspace, page),
            "Log": lambda: _draw_log(workspace, page),
            "Checkpoints": lambda: _draw_checkpoints(page),
            "Details": lambda: _draw_details(page),
            "Compare": lambda: _draw_comparison(workspace, page, others),
        },
        key="run-tab",
    )


def draw_scores(scores: Sequence[ScoreRow]) -> None:
    """Draw test scores with their signatures."""
    with st.grid(min_column_width=150, columns=5):
        for row in scores:
            st.metric(row.name, row.value, help=row.help, border=True)
    signed = [row for row in scores if row.signature]
    if signed:
        signatures = " · ".join(f"{row.name} `{row.signature}`" for row in signed)
        st.markdown(f":small[Scores on the test split. Signatures: {signatures}]")


def _draw_metrics(workspace: Workspace, page: RunPage, others: Sequence[RunView]) -> None:
    """Draw the metric charts of this run, and of others for comparison."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        named = {view.run.spec.name: view for view in others}
        compared = _choose_others(list(named), MAX_RUNS - 1, "curves-beside")
        smoothing = st.slider("Smoothing", 0.0, 0.99, 0.0, 0.01, key="curves-smoothing", width=200)
        log = st.toggle("Logarithmic loss axis", key="curves-log")
        elapsed = st.toggle("Time axis in seconds", key="curves-elapsed")
    views = [
        find_run(workspace, page.row.name),
        *(named[item] for item in compared if item in named),
    ]
    options = ChartOptions(log=log, elapsed=elapsed, resumed_at=page.resumed_at)
    is_active = any(not view.is_over for view in views)
    live_charts(
        run_panels(views, options),
        StepWindow(live=is_active and is_live(), elapsed=elapsed, smoothing=smoothing),
        key=f"curves-{page.row.id}",
        empty="No values yet.",
    )
    if page.resumed_at:
        steps = ", ".join(f"{step:,}" for step in page.resumed_at)
        st.markdown(f":small[Resumed at step {steps}.]")


def _choose_others(names: Sequence[str], most: int, key: str) -> Sequence[str]:
    """Draw the choice of runs to compare with, where there are any."""
    if not names:
        return []
    return st.multiselect(
        "Compare with", names, max_selections=most, key=key, placeholder="other runs", width=320
    )


def _draw_samples(workspace: Workspace, page: RunPage) -> None:
    """Draw translations of validation segments, and of test segments once the run has ended."""

    def draw() -> None:
        test = workspace.runs.samples(page.row.id, "test")
        if test:
            st.markdown("**Test split**, translated with the best checkpoint")
            _draw_sample_table(test)
        st.markdown("**Validation split**, translated during training")
        _draw_sample_table(workspace.runs.samples(page.row.id, "valid"))

    live_part(draw, LOG_EVERY_S)


def _draw_sample_table(samples: Sequence[TranslationSample]) -> None:
    """Draw samples with their references."""
    st.markdown(f":small[{escape_markdown(samples_sentence(samples))}]")
    rows = sample_rows(samples)[:MAX_SAMPLES]
    if rows:
        draw_small_table(
            ("Source", "Translation", "Reference", "Equal"),
            [
                (row.source, row.hypothesis, row.reference, "yes" if row.is_exact else "")
                for row in rows
            ],
        )


def _draw_log(workspace: Workspace, page: RunPage) -> None:
    """Draw the end of the log, with a search."""
    query = st.text_input(
        "Search the log", key="log-search", placeholder="error", icon=":material/search:"
    )

    def draw() -> None:
        view = find_run(workspace, page.row.name)
        log = workspace.launcher.log(view.job.id, tail=LOG_LINES) if view.job else ""
        found = search_log(log, query or "")
        with st.container(height=LOG_PX, autoscroll=True, key="log-box"):
            empty = "No lines match." if log else "The log is empty."
            st.code(found or empty, language=None, wrap_lines=True)

    live_part(draw, LOG_EVERY_S)


def _draw_checkpoints(page: RunPage) -> None:
    """Draw the checkpoints and the attempts."""
    st.markdown("**Checkpoints**, newest first")
    _draw_table(page.checkpoints, "No checkpoints yet.")
    st.markdown("**Attempts**: each start or resume of the run")
    _draw_table(page.attempts, "No attempts yet.")


def _draw_details(page: RunPage) -> None:
    """Draw details and configuration."""
    draw_values(page.details, alt="Details of the run")
    with st.expander("Configuration", key="run-config"):
        draw_large_table(page.config, alt="Configuration of the run", key="config-table")


def _draw_comparison(workspace: Workspace, page: RunPage, others: Sequence[RunView]) -> None:
    """Draw the settings and scores of this run next to those of others."""
    if not others:
        st.markdown("There is no other run to compare with.")
        return
    chosen = _choose_others([view.run.spec.name for view in others], MAX_RUNS, "compare-beside")
    if not chosen:
        st.markdown("Choose one or more runs to compare settings and scores.")
        return
    only_differences = st.toggle("Only differences", value=True, key="compare-only")
    names = [page.row.name, *chosen]
    table = comparison_table(compare(workspace, names), names, only_differences=only_differences)
    draw_large_table(table, alt="Settings and scores of the runs", key="compare-table")


def _draw_table(table: Table, empty: str) -> None:
    """Draw a table; without rows, the text `empty`."""
    if table.rows:
        draw_small_table(table.header, table.rows)
    else:
        st.markdown(empty)
