"""The table of training runs and what can be done to one."""

from collections.abc import Callable, Sequence

import streamlit as st

from core.actions.models import request_promotion
from core.actions.records import RunView
from core.actions.runs import list_runs
from core.actions.training import delete_run, resume_run, stop_run
from core.actions.workspace import Workspace
from core.jobs.launcher import JobState
from dashboard.session_state import current_actor, get_value, set_value
from dashboard.viewmodels.looks import state_look
from dashboard.viewmodels.plain import plain
from dashboard.viewmodels.runs import RunRow, run_rows
from dashboard.widgets.dialogs import Question, ask, open_dialog, opened
from dashboard.widgets.live import live_part
from dashboard.widgets.tables import badge

EVERY_S = 2.0
IDLE_S = 6.0
RUN_KEY = "run"
SEEN = "run_states"
STATES = tuple(state.value for state in JobState)
HEIGHT = 300
WIDE_PX = 110  # cells that grow while a run is at work: "succeeded", "12,000 / 50,000"
FEW = 7


def draw_runs(workspace: Workspace, *, is_busy: bool) -> None:
    """Draw the runs, up to date, more often while one is at work; a click shows one below."""

    def draw() -> None:
        views = list_runs(workspace)
        rows = run_rows(views, workspace.clock.now())
        if not rows:
            draw_no_runs()
            return
        _rerun_on_change(rows)
        _draw_table(rows)

    live_part(draw, EVERY_S if is_busy else IDLE_S)


def draw_no_runs() -> None:
    """Say what to do first."""
    st.info(
        "Start with the demo corpus and the `demo` preset: it takes about three minutes on a CPU "
        "and ends with a model that translates.",
        icon=":material/model_training:",
        title="No runs yet",
    )


def choose_run(views: Sequence[RunView]) -> str:
    """Draw the choice of a run and return its name; it stands in the address."""
    names = [view.run.spec.name for view in views]
    if get_value(RUN_KEY, names[0]) not in names:  # deleted since; absent is left to the address
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
    """Draw what can be done to a run."""
    with st.container(horizontal=True, vertical_alignment="center"):
        if row.can_stop:
            _button("Stop", f"training-stop-{row.id}", ":material/stop_circle:", shortcut="S")
        if row.can_resume:
            _button("Resume", f"training-resume-{row.id}", ":material/play_circle:")
        if can_promote:
            _button("Promote", f"training-promote-{row.id}", ":material/deployed_code:")
        if row.can_delete:
            _button("Delete", f"training-delete-{row.id}", ":material/delete:")


def draw_questions(workspace: Workspace, row: RunRow) -> None:
    """Draw the question that was asked about a run, if one was."""
    name = row.name
    questions: Sequence[tuple[Question, Callable[[], str]]] = (
        (
            _stop_question(row),
            lambda: _done(stop_run(workspace, current_actor(), name), "Stopping"),
        ),
        (
            _resume_question(row),
            lambda: _done(resume_run(workspace, current_actor(), name), "Resuming"),
        ),
        (_promote_question(row), lambda: _promote(workspace, name)),
        (_delete_question(row), lambda: _delete(workspace, name)),
    )
    for question, act in questions:
        if opened(question.dialog):
            ask(question, act)


def draw_state(row: RunRow) -> None:
    """Draw where a run stands: badge, waiver, progress and why it ended."""
    with st.container(horizontal=True, vertical_alignment="center"):
        badge(row.look)
        if row.waiver is not None:
            st.badge("no backup", icon=":material/gpp_maybe:", color="orange",
                     help=plain(row.waiver))  # fmt: skip
        st.markdown(plain(row.reason or row.message, 400), width="stretch")
    if row.is_over:
        st.markdown(plain(row.sentence))
    elif row.ratio is not None:
        parts = [plain(row.sentence), f"{row.ratio:.0%}"] if row.sentence else [f"{row.ratio:.0%}"]
        st.progress(row.ratio, text=" · ".join(parts))


def _draw_table(rows: Sequence[RunRow]) -> None:
    """Draw the table; its key names the rows, so that a selection never moves to another run."""
    names = [row.name for row in rows]
    chosen = get_value(RUN_KEY, names[0])
    key = f"runs-{hash(tuple(names))}"
    event = st.dataframe(
        {
            "Run": names,
            "State": [[row.look.word] for row in rows],
            "Progress": [None if row.ratio is None else 100 * row.ratio for row in rows],
            "Step": [row.steps for row in rows],
            "Loss": [row.loss for row in rows],
            "Valid": [row.valid_loss for row in rows],
            "BLEU": [row.bleu for row in rows],
            "Speed": [row.speed for row in rows],
            "Time left": [row.left for row in rows],
            "Dataset": [row.dataset for row in rows],
            "Preset": [row.preset for row in rows],
            "Device": [row.device for row in rows],
            "Asked for": [row.created for row in rows],
        },
        column_config={
            "Progress": st.column_config.ProgressColumn(
                min_value=0, max_value=100, format="%.0f %%"
            ),
            "State": st.column_config.MultiselectColumn(
                width=WIDE_PX,
                options=list(STATES),
                color=[state_look(state).colour for state in STATES],
            ),
            "Step": st.column_config.Column(width=WIDE_PX),
            "Speed": st.column_config.Column(width=WIDE_PX),
        },
        hide_index=True,
        height="content" if len(rows) <= FEW else HEIGHT,
        on_select="rerun",
        selection_mode="single-row",
        selection_default={"selection": {"rows": [names.index(chosen)] if chosen in names else []}},
        key=key,
        alt="Training runs, newest first, with state, progress, loss and time left",
    )
    selected = event["selection"]["rows"]
    if selected and names[selected[0]] != get_value(f"{key}-seen", chosen):
        set_value(f"{key}-seen", names[selected[0]])
        set_value(RUN_KEY, names[selected[0]])
        st.rerun()


def _rerun_on_change(rows: Sequence[RunRow]) -> None:
    """Draw the whole page anew when a run began, ended or was deleted."""
    present = tuple(f"{row.id} {row.look.word}" for row in rows)
    before: tuple[str, ...] | None = get_value(SEEN, None)
    set_value(SEEN, present)
    if before is not None and before != present:
        st.rerun()


def _button(label: str, dialog: str, icon: str, shortcut: str | None = None) -> None:
    """Draw a button that asks first."""
    st.button(label, key=dialog, icon=icon, shortcut=shortcut, on_click=open_dialog, args=(dialog,))


def _done(view: RunView, verb: str) -> str:
    """Return the notice of an action."""
    return f"{verb} {view.run.spec.name}"


def _promote(workspace: Workspace, name: str) -> str:
    """Queue a promotion."""
    request_promotion(workspace, current_actor(), name)
    return f"Promoting {name}: exported, tested, then it serves"


def _delete(workspace: Workspace, name: str) -> str:
    """Delete a run."""
    delete_run(workspace, current_actor(), name)
    return f"Deleted {name}"


def _stop_question(row: RunRow) -> Question:
    """Return the question before a stop."""
    return Question(
        dialog=f"training-stop-{row.id}",
        title=f"Stop {plain(row.name)}?",
        sentence="It finishes the step at hand, writes a checkpoint and ends. It can be resumed "
        "later without losing a step.",
        button="Stop it",
        icon=":material/stop_circle:",
    )


def _resume_question(row: RunRow) -> Question:
    """Return the question before another attempt."""
    return Question(
        dialog=f"training-resume-{row.id}",
        title=f"Resume {plain(row.name)}?",
        sentence="Another attempt goes on from its last good checkpoint; the curve goes on as if "
        "it had never ended.",
        button="Resume it",
        icon=":material/play_circle:",
    )


def _promote_question(row: RunRow) -> Question:
    """Return the question before a promotion."""
    return Question(
        dialog=f"training-promote-{row.id}",
        title=f"Promote {plain(row.name)} to production?",
        sentence="Its best checkpoint is exported and compared with the trained model. If they "
        "agree, it serves translations at once; the present version stays ready to roll back to.",
        button="Promote it",
        icon=":material/deployed_code:",
    )


def _delete_question(row: RunRow) -> Question:
    """Return the question before a deletion."""
    return Question(
        dialog=f"training-delete-{row.id}",
        title=f"Delete {plain(row.name)}?",
        sentence="This cannot be undone on this machine:",
        losses=(
            "its checkpoints, log and curves are removed",
            "model versions made from it, and snapshots that hold it, stay",
        ),
        name=row.name,
        button="Delete it",
        icon=":material/delete:",
    )
