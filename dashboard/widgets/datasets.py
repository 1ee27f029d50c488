"""Dataset versions: add, back up, prepare, look into, delete."""

from collections.abc import Callable, Sequence

import streamlit as st

from core.actions.backups import protect_dataset
from core.actions.datasets import add_demo, delete_dataset, request_prepare
from core.actions.records import DatasetView
from core.actions.workspace import Workspace
from core.data.records import SPLITS, Dataset
from dashboard.session_state import browser_zone, current_actor, get_value, set_value
from dashboard.viewmodels.datasets import DatasetRow, dataset_rows, report_page
from dashboard.viewmodels.plain import plain
from dashboard.viewmodels.rows import Table
from dashboard.widgets.cleaning import draw_report
from dashboard.widgets.dialogs import Question, ask, open_dialog, opened
from dashboard.widgets.notices import perform
from dashboard.widgets.tables import badge, large_table, small_table
from dashboard.widgets.tabs import draw_tabs

DATASET_KEY = "dataset"
EXAMPLES = 12


def draw_add_demo(workspace: Workspace, *, is_primary: bool) -> None:
    """Draw the button that makes the demo corpus."""
    if st.button(
        "Add the demo corpus",
        key="add-demo",
        type="primary" if is_primary else "secondary",
        icon=":material/auto_awesome:",
        help="30,000 everyday sentences in English and Spanish, generated on this machine",
    ):
        with st.spinner("Generating the demo corpus (a few seconds)"):
            perform(lambda: add_demo(workspace, current_actor()), "The demo corpus is here")
        st.rerun()


def draw_no_datasets() -> None:
    """Say what to do first."""
    st.info(
        "Add the demo corpus to try everything in minutes, or import parallel text of your own: "
        "a TSV file, or two files with one sentence per line.",
        icon=":material/dataset:",
        title="No datasets yet",
    )


def draw_table(rows: Sequence[DatasetRow]) -> None:
    """Draw every version."""
    table = Table(
        header=("Dataset", "Version", "Pairs", "Languages", "Protection", "Prepared", "Added"),
        rows=[
            (it.name, it.short, it.pairs, it.languages, it.protection, it.prepared, it.created)
            for it in rows
        ],
    )
    large_table(table, alt="Dataset versions, newest first", key=f"datasets-{len(rows)}")


def draw_version(workspace: Workspace, views: Sequence[DatasetView]) -> None:
    """Draw the choice of a version and everything about it."""
    rows = {row.key: row for row in dataset_rows(views, workspace.clock.now())}
    keys = list(rows)
    if get_value(DATASET_KEY, keys[0]) not in keys:
        set_value(DATASET_KEY, keys[0])
    chosen = st.selectbox(
        "Version", keys, key=DATASET_KEY, bind="query-params",
        format_func=lambda key: f"{rows[key].name} {rows[key].short}", width=320,
    )  # fmt: skip
    view = next(it for it in views if f"{it.dataset.name}/{it.dataset.digest}" == chosen)
    row = rows[chosen]
    _draw_state(row)
    _draw_actions(workspace, view, row)
    draw_tabs(
        {
            "Examples": lambda: _draw_examples(workspace, view),
            "Cleaning report": lambda: _draw_report(view),
        },
        key="dataset-tab",
    )


def _draw_state(row: DatasetRow) -> None:
    """Draw how a version stands."""
    with st.container(horizontal=True, vertical_alignment="center"):
        badge(row.look)
        st.markdown(
            f"{plain(row.pairs)} pairs {plain(row.languages)} · {plain(row.protection)} · "
            f"{plain(row.prepared)} · {plain(row.origin)}",
            width="stretch",
        )
    st.markdown(f":small[Version {plain(row.digest)}: the SHA-256 of its content]")
    if row.imported:
        st.warning(plain(row.imported, 400), icon=":material/filter_alt_off:")


def _draw_actions(workspace: Workspace, view: DatasetView, row: DatasetRow) -> None:
    """Draw what can be done with a version."""
    dataset = view.dataset
    with st.container(horizontal=True, vertical_alignment="center"):
        _job_button(
            "Back up now", ":material/backup:", row.job is not None,
            lambda: protect_dataset(workspace, current_actor(), dataset),
        )  # fmt: skip
        if not row.is_prepared:
            _job_button(
                "Prepare", ":material/cleaning_services:", row.job is not None,
                lambda: request_prepare(workspace, current_actor(), dataset.name, dataset.digest),
            )  # fmt: skip
        dialog = f"data-delete-{dataset.digest}"
        st.button(
            "Delete", key=dialog, icon=":material/delete:", on_click=open_dialog, args=(dialog,)
        )
    if opened(dialog):
        ask(_delete_question(row, dialog), lambda: _delete(workspace, row))


def _job_button(label: str, icon: str, is_busy: bool, action: Callable[[], object]) -> None:  # noqa: FBT001  (private)
    """Draw a button that queues a job on the version."""
    st.button(
        label,
        key=f"data-{label}",
        icon=icon,
        disabled=is_busy,
        on_click=lambda: perform(action, f"{label}: queued"),
    )


def _draw_examples(workspace: Workspace, view: DatasetView) -> None:
    """Draw pairs spread over the text."""
    dataset = view.dataset
    prepared = dataset.report.splits if dataset.report else {}
    splits = ["imported", *(split for split in SPLITS if prepared.get(split))]
    chosen = st.segmented_control(
        "From", splits, default="imported", required=True, key="example-split"
    )
    prepared_at = dataset.report.prepared_at if dataset.report else 0.0
    pairs = _examples(workspace, dataset, f"{dataset.name} {dataset.digest} {prepared_at}", chosen)
    small_table((dataset.source, dataset.target), pairs)


@st.cache_data(max_entries=64, show_spinner=False)
def _examples(
    _workspace: Workspace, _dataset: Dataset, version: str, part: str
) -> Sequence[tuple[str, str]]:
    """Return pairs spread over a part of a version; a version never changes, so it is read once."""
    del version  # part of the cache's key
    pairs = _workspace.datasets.examples(_dataset, EXAMPLES, "" if part == "imported" else part)
    return [(pair.source, pair.target) for pair in pairs]


def _draw_report(view: DatasetView) -> None:
    """Draw what cleaning did, once it was done."""
    if view.dataset.report is None:
        st.markdown(
            "Not prepared yet. Preparing cleans, denoises, normalises, splits without leaks and "
            "learns the vocabulary; a training run does it by itself when it is missing."
        )
        return
    draw_report(report_page(view.dataset.report, browser_zone()))


def _delete_question(row: DatasetRow, dialog: str) -> Question:
    """Return the question before a deletion."""
    backed_up = (
        "a snapshot holds it: it can be restored"
        if row.is_protected
        else "**no snapshot holds it: it will be gone for good**"
    )
    return Question(
        dialog=dialog,
        title=f"Delete {plain(row.name)} {row.short}?",
        sentence="This version is removed from this machine:",
        losses=(f"{plain(row.pairs)} pairs {plain(row.languages)}", backed_up),
        name=row.name,
        button="Delete it",
        icon=":material/delete:",
    )


def _delete(workspace: Workspace, row: DatasetRow) -> str:
    """Delete a version."""
    delete_dataset(workspace, current_actor(), row.name, row.digest)
    return f"Deleted {row.name} {row.short}"
