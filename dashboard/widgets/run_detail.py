"""One run: curves, translations, log, checkpoints, configuration, comparison."""

from collections.abc import Sequence

import streamlit as st

from core.actions.records import RunView
from core.actions.runs import compare, detail, find_run
from core.actions.workspace import Workspace
from core.runs.records import TranslationSample
from dashboard.session_state import browser_zone, is_live
from dashboard.viewmodels.plain import plain
from dashboard.viewmodels.rows import Table
from dashboard.viewmodels.run_detail import (
    LOG_LINES,
    RunPage,
    comparison,
    run_page,
    sample_rows,
    samples_sentence,
    search_log,
)
from dashboard.viewmodels.runs import run_row
from dashboard.viewmodels.scores import ScoreRow
from dashboard.widgets.live import live_part
from dashboard.widgets.live_charts import StepWindow, live_charts
from dashboard.widgets.run_charts import MAX_RUNS, CurveChoice, run_panels
from dashboard.widgets.runs import draw_actions, draw_questions, draw_state
from dashboard.widgets.tables import facts, large_table, small_table
from dashboard.widgets.tabs import draw_tabs

EVERY_S = 2.0
SLOW_S = 15.0
LOG_EVERY_S = 3.0
LOG_HEIGHT = 380
SAMPLES = 8
SMOOTHING = {"none": 0.0, "some": 0.6, "much": 0.9}


def draw_run(workspace: Workspace, name: str, others: Sequence[RunView]) -> None:
    """Draw everything about a run; `others` can be compared with it."""
    page = run_page(detail(workspace, name), workspace.clock.now(), browser_zone())
    every_s = SLOW_S if page.row.is_over else EVERY_S
    live_part(
        lambda: draw_state(run_row(find_run(workspace, name), workspace.clock.now())), every_s
    )
    draw_actions(page.row, can_promote=page.can_promote)
    draw_questions(workspace, page.row)
    if page.scores:
        draw_scores(page.scores)
    draw_tabs(
        {
            "Curves": lambda: _draw_curves(workspace, page, others),
            "Translations": lambda: _draw_samples(workspace, page),
            "Log": lambda: _draw_log(workspace, page),
            "Checkpoints": lambda: _draw_checkpoints(page),
            "Facts": lambda: _draw_facts(page),
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
        told = " · ".join(f"{row.name} `{row.signature}`" for row in signed)
        st.markdown(f":small[Scores of the test split. Signatures: {told}]")


def _draw_curves(workspace: Workspace, page: RunPage, others: Sequence[RunView]) -> None:
    """Draw the curves of this run, and of others beside it."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        named = {view.run.spec.name: view for view in others}
        beside = _draw_others(list(named), MAX_RUNS - 1, "curves-beside")
        smoothing = SMOOTHING[
            st.segmented_control(
                "Smoothing", list(SMOOTHING), default="none", required=True, key="curves-smooth"
            )
        ]
        log = st.toggle("Log loss", key="curves-log")
        elapsed = st.toggle("Over time", key="curves-elapsed", help="Seconds instead of steps")
    views = [find_run(workspace, page.row.name), *(named[it] for it in beside if it in named)]
    choice = CurveChoice(log=log, elapsed=elapsed, smoothing=smoothing, resumed_at=page.resumed_at)
    is_growing = any(not view.is_over for view in views)
    live_charts(
        run_panels(views, choice),
        StepWindow(live=is_growing and is_live(), elapsed=elapsed, smoothing=smoothing),
        key=f"curves-{page.row.id}",
        empty="Not measured yet.",
    )
    if page.resumed_at:
        steps = ", ".join(f"{step:,}" for step in page.resumed_at)
        st.markdown(f":small[Resumed at step {steps}: the curve goes on as if it had not ended.]")


def _draw_others(names: Sequence[str], most: int, key: str) -> Sequence[str]:
    """Draw the choice of runs to compare with, where there are any."""
    if not names:
        return []
    return st.multiselect(
        "Compare with", names, max_selections=most, key=key, placeholder="other runs", width=320
    )


def _draw_samples(workspace: Workspace, page: RunPage) -> None:
    """Draw what the run translates: the test split at the end, validation while it runs."""

    def draw() -> None:
        test = workspace.runs.samples(page.row.id, "test")
        if test:
            st.markdown("**Test split**, with the best checkpoint")
            _draw_sample_table(test)
        st.markdown("**Validation**, as it was learned")
        _draw_sample_table(workspace.runs.samples(page.row.id, "valid"))

    live_part(draw, LOG_EVERY_S)


def _draw_sample_table(samples: Sequence[TranslationSample]) -> None:
    """Draw samples beside their references."""
    st.markdown(f":small[{plain(samples_sentence(samples))}]")
    rows = sample_rows(samples)[:SAMPLES]
    if rows:
        small_table(
            ("Source", "Translation", "Reference", "Exact"),
            [(it.source, it.hypothesis, it.reference, "yes" if it.is_exact else "") for it in rows],
        )


def _draw_log(workspace: Workspace, page: RunPage) -> None:
    """Draw the end of the log, searched."""
    wanted = st.text_input(
        "Search the log", key="log-search", placeholder="error", icon=":material/search:"
    )

    def draw() -> None:
        view = find_run(workspace, page.row.name)
        text = workspace.launcher.log(view.job.id, tail=LOG_LINES) if view.job else ""
        found = search_log(text, wanted or "")
        with st.container(height=LOG_HEIGHT, autoscroll=True, key="log-box"):
            st.code(found or "Nothing here yet.", language=None, wrap_lines=True)

    live_part(draw, LOG_EVERY_S)


def _draw_checkpoints(page: RunPage) -> None:
    """Draw the checkpoints and the attempts."""
    st.markdown("**Checkpoints**, newest first")
    _draw_table(page.checkpoints, "No checkpoint was written yet.")
    st.markdown("**Attempts**: the processes that worked on the run")
    _draw_table(page.attempts, "None has started yet.")


def _draw_facts(page: RunPage) -> None:
    """Draw lineage and configuration."""
    facts(page.facts, alt="Facts about the run")
    with st.expander("Configuration", key="run-config"):
        large_table(page.config, alt="Configuration of the run", key="config-table")


def _draw_comparison(workspace: Workspace, page: RunPage, others: Sequence[RunView]) -> None:
    """Draw how this run differs from others."""
    if not others:
        st.markdown("There is no other run to compare with yet.")
        return
    beside = _draw_others([view.run.spec.name for view in others], MAX_RUNS, "compare-beside")
    if not beside:
        st.markdown("Choose one or more other runs to see settings and scores side by side.")
        return
    only = st.toggle("Only differences", value=True, key="compare-only")
    names = [page.row.name, *beside]
    found = comparison(compare(workspace, names), only_differences=only)
    table = Table(header=("What", *names), rows=found.rows)
    large_table(table, alt="Settings and scores of the runs side by side", key="compare-table")


def _draw_table(table: Table, empty: str) -> None:
    """Draw a table, or say that it is empty."""
    if table.rows:
        small_table(table.header, table.rows)
    else:
        st.markdown(empty)
