"""The Models page: the deployed version, promotion, all versions, deployment history."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import streamlit as st

from core.actions.models import list_models, roll_back
from core.actions.records import RunView
from core.actions.workspace import Workspace
from core.errors import NotFoundError
from core.registry.records import PRODUCTION
from dashboard.session_state import browser_zone, current_actor, get_value, set_value
from dashboard.viewmodels.elements import Table
from dashboard.viewmodels.formatting import escape_markdown
from dashboard.viewmodels.models import (
    ModelRow,
    deployed_sentence,
    deployment_rows,
    model_rows,
    rollback_sentence,
    serving_row,
)
from dashboard.widgets.dialogs import Confirmation, confirm, is_open, open_dialog
from dashboard.widgets.elements import draw_badge, draw_large_table, draw_small_table, draw_values
from dashboard.widgets.run_detail import draw_scores
from dashboard.widgets.runs import confirm_promotion

MODEL_KEY = "model"
ROLLBACK, PROMOTE = "models-rollback", "models-promote"
PROMOTED_RUN = "promoted_run"
MAX_DEPLOYMENTS = 20
LAST_SECOND = 59  # of the minute that the user chose


def read_models(workspace: Workspace) -> Sequence[ModelRow]:
    """Return every version, newest first."""
    return model_rows(list_models(workspace), workspace.clock.now(), browser_zone())


def draw_production(workspace: Workspace, rows: Sequence[ModelRow]) -> None:
    """Draw the version that serves, and the button that rolls back."""
    row = serving_row(rows)
    with st.container(border=True, key="production"):
        if row is None:
            st.markdown(
                ":material/do_not_disturb_on: No model deployed. Promote a run that has a "
                "checkpoint."
            )
            return
        values = (row.languages, row.scores, f"run {row.run}", f"registered {row.registered}")
        with st.container(horizontal=True, vertical_alignment="center"):
            draw_badge(row.badge)
            st.markdown(
                f"**{escape_markdown(row.key)}** · "
                + " · ".join(escape_markdown(value) for value in values),
                width="stretch",
            )
            _draw_rollback(workspace)


def draw_promotion(workspace: Workspace, views: Sequence[RunView]) -> None:
    """Draw the choice of a run to promote."""
    names = [view.run.spec.name for view in views if view.step]
    with st.form("promote", border=True):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            name = st.selectbox(
                "Run", names, key="promote-run", placeholder="no trained runs", width=320
            )
            reason = st.text_input(
                "Reason (shown in the history)", key="promote-reason", max_chars=300, width=320
            )
            is_submitted = st.form_submit_button(
                "Promote", icon=":material/deployed_code:", disabled=not names, key="promote-go"
            )
        st.markdown(
            ":small[Exports the best checkpoint to int8 and float32 and compares both with the "
            "trained model on real text. The export is deployed only if the comparison passes.]"
        )
    if is_submitted and name:
        set_value(PROMOTED_RUN, name)
        open_dialog(PROMOTE)
    if is_open(PROMOTE):
        confirm_promotion(workspace, PROMOTE, get_value(PROMOTED_RUN, ""), reason)


def draw_versions(rows: Sequence[ModelRow]) -> None:
    """Draw every version, and the details of one."""
    table = Table(
        header=("Version", "State", "Languages", "Scores", "Run", "Self-test", "Registered"),
        rows=[
            (
                item.key, item.badge.word, item.languages, item.scores, item.run,
                item.self_test.word, item.registered,
            )
            for item in rows
        ],
    )  # fmt: skip
    draw_large_table(table, alt="Model versions, newest first", key=f"models-{len(rows)}")
    keys = [row.key for row in rows]
    if get_value(MODEL_KEY, keys[0]) not in keys:
        set_value(MODEL_KEY, keys[0])
    chosen = st.selectbox("Version", keys, key=MODEL_KEY, bind="query-params", width=320)
    _draw_version(next(row for row in rows if row.key == chosen))


def draw_history(workspace: Workspace) -> None:
    """Draw the deployment history, and which version served at a chosen time."""
    events = workspace.registry.history(alias=PRODUCTION)
    now, zone = workspace.clock.now(), browser_zone()
    rows = deployment_rows(events, now, zone)
    if not rows:
        st.markdown("No model was deployed yet.")
        return
    draw_small_table(
        ("Since", "Version", "Action", "Duration", "User", "Reason"),
        [
            (row.since, row.version, row.action, row.duration, row.actor, row.reason)
            for row in rows[:MAX_DEPLOYMENTS]
        ],
    )
    chosen = st.datetime_input(
        "Version deployed at", value=datetime.fromtimestamp(now, zone), key="served-at", step=60,
        width=280,
    )  # fmt: skip
    if chosen is not None:
        at = min(chosen.replace(tzinfo=zone).timestamp() + LAST_SECOND, now)
        sentence = deployed_sentence(workspace.registry.served_at(at, PRODUCTION), at, zone)
        st.markdown(f":material/history: {escape_markdown(sentence, 400)}")


def _draw_rollback(workspace: Workspace) -> None:
    """Draw the button that rolls back, where there is a previous version."""
    current = workspace.registry.resolve(PRODUCTION)
    try:
        previous = workspace.registry.previous(current.name, PRODUCTION)
    except NotFoundError:
        return
    st.button(
        f"Roll back to version {previous}",
        key="roll-back",
        icon=":material/undo:",
        on_click=open_dialog,
        args=(ROLLBACK,),
    )
    if is_open(ROLLBACK):
        confirmation = Confirmation(
            dialog=ROLLBACK,
            title=f"Roll back to version {previous}?",
            sentence=escape_markdown(rollback_sentence(current, previous), 300),
            button="Roll back",
            icon=":material/undo:",
        )
        confirm(confirmation, lambda: _roll_back(workspace))


def _roll_back(workspace: Workspace) -> str:
    """Roll back."""
    event = roll_back(workspace, current_actor(), reason="from the Models page")
    return f"Rolled back to {event.name}:{event.version}"


def _draw_version(row: ModelRow) -> None:
    """Draw scores, lineage and self-test of one version."""
    with st.container(border=True, key="version"):
        with st.container(horizontal=True, vertical_alignment="center"):
            draw_badge(row.badge)
            draw_badge(replace(row.self_test, word=f"self-test {row.self_test.word}"))
        if row.score_rows:
            draw_scores(row.score_rows)
        left, right = st.columns(2)
        with left:
            st.markdown("**Lineage**")
            draw_values(row.lineage, alt="Lineage")
        with right:
            st.markdown("**Self-test**: exported model compared with the trained model")
            if row.self_test_values:
                draw_values(row.self_test_values, alt="Self-test")
            else:
                st.markdown("No result recorded.")
