"""The table of training runs, and the actions on one run."""

from collections.abc import Callable, Sequence

import streamlit as st

from core.actions.models import find_damaged_best, request_promotion
from core.actions.records import RunView
from core.actions.runs import list_runs
from core.actions.training import delete_run, resume_run, resume_warning, stop_run
from core.actions.workspace import Workspace
from dashboard.session_state import current_actor, get_value, set_value
from dashboard.viewmodels.elements import JOB_STATE_BADGES
from dashboard.viewmodels.formatting import (
    capitalize_first,
    escape_markdown,
    format_percent,
)
from dashboard.viewmodels.runs import RunRow, run_rows
from dashboard.widgets.dialogs import Confirmation, confirm, is_open, open_dialog
from dashboard.widgets.elements import draw_badge
from dashboard.widgets.page import live_part

ACTIVE_EVERY_S = 2.0
IDLE_EVERY_S = 6.0
RUN_KEY = "run"
STATES_KEY = "run_states"
SCROLLED_PX = 300
MAX_UNSCROLLED_ROWS = 7
WIDE_PX = 96  # columns whose text grows while a run is active: "succeeded", "12,000 / 50,000"


def draw_runs(workspace: Workspace, *, is_active: bool) -> None:
    """Draw the table of runs; a click on a row shows the run below."""

    def draw() -> None:
        rows = run_rows(list_runs(workspace), workspace.clock.now())
        if not rows:
            _draw_no_runs()
            return
        _rerun_on_change(rows)
        _draw_table(rows)

    live_part(draw, ACTIVE_EVERY_S if is_active else IDLE_EVERY_S)


def choose_run(views: Sequence[RunView]) -> str:
    """Draw the choice of a run and return its name, which is part of the address."""
    names = [view.run.spec.name for view in views]
    if get_value(RUN_KEY, names[0]) not in names:  # the run was deleted
        set_value(RUN_KEY, names[0])
    return st.selectbox(
        "Run",
        names,
        key=RUN_KEY,
        bind="query-params",
        label_visibility="collapsed",
        width=320,
    )


def draw_actions(row: RunRow, *, can_promote: bool) -> None:
    """Draw the buttons of a run."""
    with st.container(horizontal=True, vertical_alignment="center"):
        if row.can_stop:
            _button("Stop", f"training-stop-{row.id}", ":material/stop_circle:", shortcut="S")
        if row.can_resume:
            _button("Resume", f"training-resume-{row.id}", ":material/play_circle:")
        if can_promote:
            _button("Promote", f"training-promote-{row.id}", ":material/deployed_code:")
        if row.can_delete:
            _button("Delete", f"training-delete-{row.id}", ":material/delete:")


def draw_confirmations(workspace: Workspace, row: RunRow) -> None:
    """Draw the confirmation of the chosen action, if any."""
    actions: Sequence[tuple[Confirmation, Callable[[], str]]] = (
        (_stop_confirmation(row), lambda: _stop(workspace, row.name)),
        (_resume_confirmation(row), lambda: _resume(workspace, row.name)),
        (_delete_confirmation(row), lambda: _delete(workspace, row.name)),
    )
    for confirmation, action in actions:
        if is_open(confirmation.dialog):
            confirm(confirmation, action)
    promotion = f"training-promote-{row.id}"
    if is_open(promotion):
        confirm_promotion(workspace, promotion, row.name)


def confirm_promotion(workspace: Workspace, dialog: str, name: str, reason: str = "") -> None:
    """Draw the confirmation of a promotion; a fallback checkpoint needs the user's consent."""
    damage = find_damaged_best(workspace, name)
    confirmation = Confirmation(
        dialog=dialog,
        title=f"Promote {escape_markdown(name)} to production?",
        sentence="The best checkpoint is exported and compared with the trained model. If the "
        "comparison passes, the export serves all translations. A rollback restores the version "
        "before it, if there is one.",
        consequences=()
        if damage is None
        else (escape_markdown(capitalize_first(damage.message), 400),),
        consent="" if damage is None else f"Use the checkpoint of step {damage.available_step}",
        button="Promote run",
        icon=":material/deployed_code:",
    )
    confirm(
        confirmation,
        lambda: _promote(workspace, name, reason, allow_fallback=damage is not None),
    )


def draw_state(row: RunRow) -> None:
    """Draw state, waiver, reason and progress of a run."""
    with st.container(horizontal=True, vertical_alignment="center"):
        draw_badge(row.badge)
        if row.waiver is not None:
            draw_badge(row.waiver)
        st.markdown(escape_markdown(row.reason or row.activity, 400), width="stretch")
    if row.is_over:
        st.markdown(escape_markdown(row.summary))
    elif row.ratio is not None:
        parts = [escape_markdown(row.summary), format_percent(row.ratio)]
        st.progress(row.ratio, text=" · ".join(part for part in parts if part))


def _draw_no_runs() -> None:
    """Draw the instructions for starting the first run."""
    st.info(
        "Start with the demo corpus and the `demo` preset: training takes about three minutes on "
        "a CPU.",
        icon=":material/model_training:",
        title="No runs yet",
    )


def _draw_table(rows: Sequence[RunRow]) -> None:
    """Draw the table; its key depends on the names, so that a selection never changes its run."""
    names = [row.name for row in rows]
    chosen = get_value(RUN_KEY, names[0])
    key = f"runs-{hash(tuple(names))}"
    event = st.dataframe(
        {
            "Run": names,
            "State": [[row.badge.word] for row in rows],
            "Progress": [None if row.ratio is None else 100 * row.ratio for row in rows],
            "Step": [row.steps for row in rows],
            "Train loss": [row.loss for row in rows],
            "Valid loss": [row.valid_loss for row in rows],
            "BLEU": [row.bleu for row in rows],
            "Speed": [row.speed for row in rows],
            "Time left": [row.left for row in rows],
            "Dataset": [row.dataset for row in rows],
            "Preset": [row.preset for row in rows],
            "Device": [row.device for row in rows],
            "Requested": [row.created for row in rows],
        },
        column_config={
            "Progress": st.column_config.ProgressColumn(
                min_value=0, max_value=100, format="%.0f %%", width=WIDE_PX
            ),
            "State": st.column_config.MultiselectColumn(
                width=WIDE_PX,
                options=[badge.word for badge in JOB_STATE_BADGES.values()],
                color=[badge.color for badge in JOB_STATE_BADGES.values()],
            ),
            "Step": st.column_config.Column(width=WIDE_PX),
            "Speed": st.column_config.Column(width=WIDE_PX),
        },
        hide_index=True,
        height="content" if len(rows) <= MAX_UNSCROLLED_ROWS else SCROLLED_PX,
        on_select="rerun",
        selection_mode="single-row",
        selection_default={"selection": {"rows": [names.index(chosen)] if chosen in names else []}},
        key=key,
        alt="Training runs, newest first, with state, progress, loss and time left",
    )
    selected = event["selection"]["rows"]
    if selected and names[selected[0]] != get_value(f"{key}-selected", chosen):
        set_value(f"{key}-selected", names[selected[0]])
        set_value(RUN_KEY, names[selected[0]])
        st.rerun()


def _rerun_on_change(rows: Sequence[RunRow]) -> None:
    """Rerun the page when a run started, changed its state or was deleted."""
    current = tuple(f"{row.id} {row.state}" for row in rows)
    previous: tuple[str, ...] | None = get_value(STATES_KEY, None)
    set_value(STATES_KEY, current)
    if previous is not None and previous != current:
        st.rerun()


def _button(label: str, dialog: str, icon: str, shortcut: str | None = None) -> None:
    """Draw a button that opens a confirmation."""
    st.button(label, key=dialog, icon=icon, shortcut=shortcut, on_click=open_dialog, args=(dialog,))


def _stop(workspace: Workspace, name: str) -> str:
    """Request a stop."""
    stop_run(workspace, current_actor(), name)
    return f"Stopping {name}"


def _resume(workspace: Workspace, name: str) -> str:
    """Queue another attempt."""
    view = resume_run(workspace, current_actor(), name)
    warning = resume_warning(workspace, view.run.id)
    return f"Resuming {name}" + (f": {warning}" if warning else "")


def _promote(workspace: Workspace, name: str, reason: str, *, allow_fallback: bool) -> str:
    """Queue a promotion."""
    request_promotion(
        workspace, current_actor(), name, reason=reason, allow_fallback=allow_fallback
    )
    return f"Promotion of {name}: job queued"


def _delete(workspace: Workspace, name: str) -> str:
    """Delete a run."""
    delete_run(workspace, current_actor(), name)
    return f"Deleted {name}"


def _stop_confirmation(row: RunRow) -> Confirmation:
    """Return the confirmation of a stop."""
    return Confirmation(
        dialog=f"training-stop-{row.id}",
        title=f"Stop {escape_markdown(row.name)}?",
        sentence="The run finishes its current step, writes a checkpoint and ends. It can be "
        "resumed later without losing a step.",
        button="Stop run",
        icon=":material/stop_circle:",
    )


def _resume_confirmation(row: RunRow) -> Confirmation:
    """Return the confirmation of another attempt."""
    return Confirmation(
        dialog=f"training-resume-{row.id}",
        title=f"Resume {escape_markdown(row.name)}?",
        sentence="The run continues from its last good checkpoint.",
        button="Resume run",
        icon=":material/play_circle:",
    )


def _delete_confirmation(row: RunRow) -> Confirmation:
    """Return the confirmation of a deletion."""
    return Confirmation(
        dialog=f"training-delete-{row.id}",
        title=f"Delete {escape_markdown(row.name)}?",
        sentence="The deletion cannot be undone.",
        consequences=(
            "Checkpoints, log and metrics of the run are deleted.",
            "Model versions made from it and snapshots that contain it are kept.",
        ),
        name=row.name,
        button="Delete run",
        icon=":material/delete:",
    )
