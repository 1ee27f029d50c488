"""Model versions: what serves, what could, where each came from, what served when."""

from collections.abc import Sequence
from datetime import datetime

import streamlit as st

from core.actions.models import list_models, request_promotion, roll_back
from core.actions.records import RunView
from core.actions.workspace import Workspace
from core.errors import NotFoundError
from core.registry.records import PRODUCTION, ModelVersion
from dashboard.session_state import browser_zone, current_actor, get_value, set_value
from dashboard.viewmodels.models import (
    ModelRow,
    history_rows,
    model_rows,
    rollback_sentence,
    served_sentence,
    serving_row,
)
from dashboard.viewmodels.plain import plain
from dashboard.viewmodels.rows import Table
from dashboard.widgets.dialogs import Question, ask, open_dialog, opened
from dashboard.widgets.notices import perform
from dashboard.widgets.run_detail import draw_scores
from dashboard.widgets.tables import badge, facts, large_table, small_table

MODEL_KEY = "model"
ROLLBACK = "models-rollback"


def draw_production(workspace: Workspace, rows: Sequence[ModelRow]) -> None:
    """Draw the version that serves, and the way back to the one before."""
    row = serving_row(rows)
    with st.container(border=True, key="production"):
        if row is None:
            badge_text = "Nothing serves yet: promote a run that has a checkpoint."
            st.markdown(f":material/do_not_disturb_on: {badge_text}")
            return
        with st.container(horizontal=True, vertical_alignment="center"):
            badge(row.look)
            st.markdown(
                f"**{plain(row.key)}** serves {plain(row.languages)} · {plain(row.scores)} · from "
                f"run {plain(row.run)}, registered {plain(row.created)}",
                width="stretch",
            )
            _draw_rollback(workspace)


def draw_promotion(workspace: Workspace, views: Sequence[RunView]) -> None:
    """Draw the choice of a run to promote."""
    names = [view.run.spec.name for view in views if view.step]
    with st.form("promote", border=True):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            name = st.selectbox(
                "Run", names, key="promote-run", placeholder="no run has trained yet", width=320
            )
            reason = st.text_input(
                "Reason (kept in the history)", key="promote-reason", max_chars=300, width=320
            )
            asked = st.form_submit_button(
                "Promote", icon=":material/deployed_code:", disabled=not names, key="promote-go"
            )
        st.markdown(
            ":small[Its best checkpoint is exported to int8 and float32, compared with the trained "
            "model on real text, and serves only if they agree.]"
        )
    if asked and name:
        perform(
            lambda: request_promotion(workspace, current_actor(), name, reason=reason),
            f"Promoting {name}",
        )
        st.rerun()


def draw_versions(versions: Sequence[ModelVersion], rows: Sequence[ModelRow]) -> None:
    """Draw every version, and one in full."""
    table = Table(
        header=("Version", "State", "Languages", "Scores", "Run", "Self-test", "Registered"),
        rows=[
            (it.key, it.look.word, it.languages, it.scores, it.run, it.test.word, it.created)
            for it in rows
        ],
    )
    large_table(table, alt="Model versions, newest first", key=f"models-{len(versions)}")
    keys = [row.key for row in rows]
    if get_value(MODEL_KEY, keys[0]) not in keys:
        set_value(MODEL_KEY, keys[0])
    chosen = st.selectbox("Version", keys, key=MODEL_KEY, bind="query-params", width=320)
    _draw_version(next(row for row in rows if row.key == chosen))


def draw_history(workspace: Workspace) -> None:
    """Draw what served when, and answer for any time."""
    events = workspace.registry.history(alias=PRODUCTION)
    rows = history_rows(events, workspace.clock.now(), browser_zone())
    if not rows:
        st.markdown("Nothing was promoted yet, so nothing has served.")
        return
    small_table(
        ("Since", "Version", "How", "Served for", "By", "Reason"),
        [(it.when, it.version, it.action, it.lasted, it.actor, it.reason) for it in rows[:20]],
    )
    asked = st.datetime_input(
        "What served at", value=datetime.fromtimestamp(workspace.clock.now(), browser_zone()),
        key="served-at", step=60, width=280,
    )  # fmt: skip
    if asked is not None:
        at = asked.replace(tzinfo=browser_zone()).timestamp()
        event = workspace.registry.served_at(at, PRODUCTION)
        st.markdown(f":material/history: {plain(served_sentence(event, at, browser_zone()), 400)}")


def models_of(workspace: Workspace) -> tuple[Sequence[ModelVersion], Sequence[ModelRow]]:
    """Return every version with its row."""
    versions = list_models(workspace)
    return versions, model_rows(versions, workspace.clock.now(), browser_zone())


def _draw_rollback(workspace: Workspace) -> None:
    """Draw the way back where there is one."""
    present = workspace.registry.resolve(PRODUCTION)
    try:
        earlier = workspace.registry.previous(present.name, PRODUCTION)
    except NotFoundError:
        return
    st.button(
        f"Roll back to {earlier}",
        key="roll-back",
        icon=":material/undo:",
        on_click=open_dialog,
        args=(ROLLBACK,),
    )
    if opened(ROLLBACK):
        question = Question(
            dialog=ROLLBACK,
            title=f"Roll back to version {earlier}?",
            sentence=plain(rollback_sentence(present, earlier), 300),
            button="Roll back",
            icon=":material/undo:",
        )
        ask(question, lambda: _roll_back(workspace))


def _roll_back(workspace: Workspace) -> str:
    """Roll back."""
    event = roll_back(workspace, current_actor(), reason="from the Models page")
    return f"{event.name}:{event.version} serves again"


def _draw_version(row: ModelRow) -> None:
    """Draw one version: scores, self-test, lineage."""
    with st.container(border=True, key="version"):
        with st.container(horizontal=True, vertical_alignment="center"):
            badge(row.look)
            badge(row.test)
        if row.score_rows:
            draw_scores(row.score_rows)
        left, right = st.columns(2)
        with left:
            st.markdown("**Made of**")
            facts(row.lineage, alt="Lineage")
        with right:
            st.markdown("**Self-test**: the exported against the trained model")
            facts(row.test_rows, alt="Self-test")
