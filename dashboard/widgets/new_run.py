"""The drawer that starts a training run: choices, estimate and the steps of the start."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from core.actions.datasets import add_demo, list_datasets
from core.actions.records import RunView, TrainRequest
from core.actions.runs import list_runs
from core.actions.training import check_backup, num_gpus, request_run, suggest_name
from core.actions.workspace import Workspace
from core.errors import DatahallError
from core.training.config import PRESETS, TrainConfig, choose_config
from dashboard.session_state import current_actor, set_value
from dashboard.viewmodels.formatting import escape_markdown
from dashboard.viewmodels.new_run import (
    DatasetChoice,
    budget_of,
    dataset_choices,
    estimate,
    preset_label,
    start_plan,
)
from dashboard.widgets.dialogs import close_dialog, draw_drawer, finish, is_open, open_dialog
from dashboard.widgets.page import draw_error, perform
from dashboard.widgets.runs import RUN_KEY

DIALOG = "training-new"
RANDOM_WEIGHTS = "random weights"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Form:
    """The current choices."""

    dataset: DatasetChoice
    preset: str
    device: str
    name: str
    changes: Mapping[str, str | float | int]
    parent: str | None


def draw_new_run_button(*, is_primary: bool = True) -> None:
    """Draw the button that opens the drawer."""
    st.button(
        "New training run",
        key="new-run",
        type="primary" if is_primary else "secondary",
        icon=":material/add:",
        shortcut="N",
        on_click=open_dialog,
        args=(DIALOG,),
    )


def draw_new_run(workspace: Workspace) -> None:
    """Draw the drawer when it is open."""
    if is_open(DIALOG):
        draw_drawer("New training run", lambda: _draw(workspace), icon=":material/model_training:")


def _draw(workspace: Workspace) -> None:
    """Draw the drawer's content."""
    choices = dataset_choices(list_datasets(workspace))
    if not choices:
        _draw_no_dataset(workspace)
        return
    views = list_runs(workspace)
    form = _draw_form(workspace, choices, views)
    try:
        config = choose_config(form.preset, form.changes)
    except DatahallError as error:
        draw_error(error)
        return
    needs = estimate(config, views, form.preset, form.device)
    st.markdown(f":material/timer: {escape_markdown(needs.sentence, 300)}")
    _draw_start(workspace, form)


def _draw_no_dataset(workspace: Workspace) -> None:
    """Draw the button that adds the demo corpus."""
    st.info(
        "Training needs a dataset. The demo corpus has about 40,000 everyday sentence pairs in "
        "English and Spanish and is generated in seconds.",
        icon=":material/dataset:",
        title="No dataset yet",
    )
    with st.container(horizontal=True, horizontal_alignment="right"):
        st.button("Cancel", key="new-run-cancel", on_click=close_dialog)
        if st.button("Add the demo corpus", key="new-run-demo", type="primary"):
            with st.spinner("Generating the demo corpus"):
                perform(lambda: add_demo(workspace, current_actor()), "Demo corpus added")
            st.rerun()


def _draw_form(
    workspace: Workspace, choices: Sequence[DatasetChoice], views: Sequence[RunView]
) -> _Form:
    """Draw the inputs and return their values."""
    dataset = st.selectbox(
        "Dataset", choices, format_func=lambda item: item.label, key="new-run-dataset"
    )
    preset = st.selectbox("Preset", list(PRESETS), format_func=preset_label, key="new-run-preset")
    changes = dict(_draw_budget(preset))
    name = st.text_input(
        "Name",
        suggest_name(workspace, dataset.name, preset),
        max_chars=40,
        key=f"new-run-name-{dataset.name}-{preset}",
        help="Lower-case letters, digits and . _ -",
    )
    devices = ["auto", "cpu", *(f"cuda:{place}" for place in range(num_gpus(workspace)))]
    device = st.selectbox("Device", devices, key="new-run-device")
    with st.expander("Advanced", key="new-run-advanced"):
        changes |= _draw_advanced(PRESETS[preset], preset)
        parents = [RANDOM_WEIGHTS, *(view.run.spec.name for view in views if view.step)]
        parent = st.selectbox(
            "Initial weights", parents, key="new-run-parent",
            help="Random, or those of the best checkpoint of an earlier run",
        )  # fmt: skip
    return _Form(
        dataset=dataset,
        preset=preset,
        device=device,
        name=name.strip(),
        changes=changes,
        parent=None if parent == RANDOM_WEIGHTS else parent,
    )


def _draw_budget(preset: str) -> Mapping[str, float | int]:
    """Draw the limit of the run: minutes of wall time or a number of steps."""
    minutes, steps = budget_of(preset)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        bound = st.segmented_control(
            "Stop after",
            ["minutes", "steps"],
            default="minutes" if minutes else "steps",
            required=True,
            key=f"new-run-bound-{preset}",
        )
        if bound == "minutes":
            given = st.number_input(
                "Minutes", 0.2, 10_000.0, minutes or 3.0, 1.0, key=f"new-run-minutes-{preset}"
            )
            return {} if given == minutes else {"minutes": given}
        asked = st.number_input(
            "Steps", 1, 10_000_000, steps or 800, 100, key=f"new-run-steps-{preset}"
        )
        return {} if asked == steps else {"steps": asked}


def _draw_advanced(config: TrainConfig, preset: str) -> Mapping[str, float | int]:
    """Draw more settings; return those that differ from the preset."""
    rate = st.number_input(
        "Learning rate", 1e-6, 1.0, config.learning_rate, 1e-4, "%g", key=f"new-run-rate-{preset}"
    )
    tokens = st.number_input(
        "Target tokens per batch", 64, 1_000_000, config.batch_tokens, 128,
        key=f"new-run-tokens-{preset}",
    )  # fmt: skip
    dropout = st.number_input(
        "Dropout", 0.0, 0.9, config.dropout, 0.05, key=f"new-run-dropout-{preset}"
    )
    seed = st.number_input("Seed", 0, 2**31 - 1, config.seed, 1, key=f"new-run-seed-{preset}")
    given = {
        "learning_rate": rate, "batch_tokens": tokens, "dropout": dropout, "seed": seed
    }  # fmt: skip
    return {key: value for key, value in given.items() if value != getattr(config, key)}


def _draw_start(workspace: Workspace, form: _Form) -> None:
    """Draw backup state, the steps of the start, and the button that starts the run."""
    check = check_backup(workspace, form.dataset.name, form.dataset.digest)
    skip, reason = False, ""
    if check.is_protected:
        st.markdown(f":material/verified_user: {escape_markdown(check.sentence, 300)}")
    else:
        st.info(
            escape_markdown(check.sentence, 300),
            icon=":material/gpp_maybe:",
            title="Not backed up",
        )
        skip = st.checkbox("Start without a backup", key="new-run-skip")
        if skip:
            reason = st.text_input(
                "Reason for starting without a backup", key="new-run-reason", max_chars=300
            )
    plan = start_plan(check, form.name, form.device, skip_backup=skip)
    st.markdown(
        "\n".join(
            f"{position}. {escape_markdown(step, 300)}"
            for position, step in enumerate(plan.steps, 1)
        )
    )
    with st.container(horizontal=True, horizontal_alignment="right"):
        if st.button("Cancel", key="new-run-cancel"):
            close_dialog()
            st.rerun()
        if st.button(plan.button, key="new-run-start", type="primary"):
            _start(workspace, form, skip=skip, reason=reason)


def _start(workspace: Workspace, form: _Form, *, skip: bool, reason: str) -> None:
    """Request the run; an error is drawn in the drawer, which keeps its inputs."""
    request = TrainRequest(
        dataset=form.dataset.name,
        digest=form.dataset.digest,
        preset=form.preset,
        name=form.name or None,
        device=form.device,
        changes=form.changes,
        parent=form.parent,
        skip_backup=skip,
        reason=reason,
    )
    try:
        view = request_run(workspace, current_actor(), request)
    except DatahallError as error:
        draw_error(error)
        return
    set_value(RUN_KEY, view.run.spec.name)
    finish(f"Run {view.run.spec.name} requested")
