"""The Data page: versions, their backup, preparation, cleaning report, examples, deletion."""

from collections.abc import Callable, Sequence

import streamlit as st

from core.actions.backups import protect_dataset
from core.actions.datasets import add_demo, delete_dataset, request_prepare
from core.actions.records import DatasetView
from core.actions.workspace import Workspace
from core.data.records import SPLITS, Dataset
from dashboard.session_state import browser_zone, current_actor, get_value, set_value
from dashboard.viewmodels.datasets import (
    DatasetRow,
    PrepareSummary,
    dataset_rows,
    prepare_summary,
)
from dashboard.viewmodels.elements import Table
from dashboard.viewmodels.formatting import escape_markdown, format_count
from dashboard.widgets.dialogs import Confirmation, confirm, is_open, open_dialog
from dashboard.widgets.elements import draw_badge, draw_large_table, draw_small_table
from dashboard.widgets.page import draw_tabs, perform

DATASET_KEY = "dataset"
NUM_EXAMPLES = 12
IMPORTED = "imported"
CHART_ROW_PX, CHART_MARGIN_PX = 34, 60


def draw_add_demo(workspace: Workspace, *, is_primary: bool) -> None:
    """Draw the button that generates the demo corpus."""
    if st.button(
        "Add the demo corpus",
        key="add-demo",
        type="primary" if is_primary else "secondary",
        icon=":material/auto_awesome:",
        help="About 40,000 everyday sentence pairs in English and Spanish, generated on this host",
    ):
        with st.spinner("Generating the demo corpus (a few seconds)"):
            perform(lambda: add_demo(workspace, current_actor()), "Demo corpus added")
        st.rerun()


def draw_no_datasets() -> None:
    """Draw the instructions for adding the first dataset."""
    st.info(
        "Add the demo corpus to try everything within minutes, or import your own parallel text: "
        "one TSV file, or two files with one sentence per line.",
        icon=":material/dataset:",
        title="No datasets yet",
    )


def draw_table(rows: Sequence[DatasetRow]) -> None:
    """Draw every version."""
    table = Table(
        header=("Dataset", "Version", "Pairs", "Languages", "Backup", "Preparation", "Added"),
        rows=[
            (
                row.name, row.short_digest, row.pairs, row.languages, row.protection, row.prepared,
                row.created,
            )
            for row in rows
        ],
    )  # fmt: skip
    draw_large_table(table, alt="Dataset versions, newest first", key=f"datasets-{len(rows)}")


def draw_version(workspace: Workspace, views: Sequence[DatasetView]) -> None:
    """Draw the choice of a version, and the chosen one."""
    rows = {row.key: row for row in dataset_rows(views, workspace.clock.now())}
    keys = list(rows)
    if get_value(DATASET_KEY, keys[0]) not in keys:
        set_value(DATASET_KEY, keys[0])
    chosen = st.selectbox(
        "Version", keys, key=DATASET_KEY, bind="query-params",
        format_func=lambda key: rows[key].label, width=320,
    )  # fmt: skip
    view = next(item for item in views if f"{item.dataset.name}/{item.dataset.digest}" == chosen)
    _draw_state(rows[chosen])
    _draw_actions(workspace, view, rows[chosen])
    draw_tabs(
        {
            "Examples": lambda: _draw_examples(workspace, view),
            "Cleaning report": lambda: _draw_report(view),
        },
        key="dataset-tab",
    )


def _draw_state(row: DatasetRow) -> None:
    """Draw size, backup, preparation and origin of a version."""
    with st.container(horizontal=True, vertical_alignment="center"):
        draw_badge(row.badge)
        st.markdown(escape_markdown(row.summary, 300), width="stretch")
    st.markdown(f":small[Version {escape_markdown(row.digest)} (SHA-256 of the content)]")
    if row.import_notice:
        st.warning(escape_markdown(row.import_notice, 400), icon=":material/filter_alt_off:")


def _draw_actions(workspace: Workspace, view: DatasetView, row: DatasetRow) -> None:
    """Draw the buttons of a version."""
    dataset = view.dataset
    with st.container(horizontal=True, vertical_alignment="center"):
        _job_button(
            "Back up now", ":material/backup:",
            lambda: protect_dataset(workspace, current_actor(), dataset), disabled=row.is_busy,
        )  # fmt: skip
        if not row.is_prepared:
            _job_button(
                "Prepare", ":material/cleaning_services:",
                lambda: request_prepare(workspace, current_actor(), dataset.name, dataset.digest),
                disabled=row.is_busy,
            )  # fmt: skip
        dialog = f"data-delete-{dataset.digest}"
        st.button(
            "Delete", key=dialog, icon=":material/delete:", on_click=open_dialog, args=(dialog,)
        )
    if is_open(dialog):
        confirm(_delete_confirmation(row, dialog), lambda: _delete(workspace, row))


def _job_button(label: str, icon: str, action: Callable[[], object], *, disabled: bool) -> None:
    """Draw a button that queues a job."""
    st.button(
        label,
        key=f"data-{label}",
        icon=icon,
        disabled=disabled,
        on_click=lambda: perform(action, f"{label}: job queued"),
    )


def _draw_examples(workspace: Workspace, view: DatasetView) -> None:
    """Draw example pairs, taken at equal distances from the text."""
    dataset = view.dataset
    prepared = dataset.report.splits if dataset.report else {}
    splits = [IMPORTED, *(split for split in SPLITS if prepared.get(split))]
    chosen = st.segmented_control(
        "Split", splits, default=IMPORTED, required=True, key="example-split"
    )
    prepared_at = dataset.report.prepared_at if dataset.report else 0.0
    pairs = _examples(workspace, dataset, f"{dataset.name} {dataset.digest} {prepared_at}", chosen)
    draw_small_table((dataset.source, dataset.target), pairs)


@st.cache_data(max_entries=64, show_spinner=False)
def _examples(
    _workspace: Workspace, _dataset: Dataset, version: str, split: str
) -> Sequence[tuple[str, str]]:
    """Return pairs of a split; cached, because a version never changes."""
    del version  # part of the cache's key
    split_name = "" if split == IMPORTED else split
    pairs = _workspace.datasets.examples(_dataset, NUM_EXAMPLES, split_name)
    return [(pair.source, pair.target) for pair in pairs]


def _draw_report(view: DatasetView) -> None:
    """Draw the cleaning report of a prepared version."""
    if view.dataset.report is None:
        st.markdown(
            "Not prepared yet. Preparing cleans and normalises the text, splits it into train, "
            "valid and test without overlap, and learns the vocabulary. A training run prepares "
            "its dataset when needed."
        )
        return
    summary = prepare_summary(view.dataset.report, browser_zone())
    st.markdown(escape_markdown(summary.sentence, 300))
    splits = " · ".join(f"{name} {format_count(pairs)}" for name, pairs in summary.splits)
    st.markdown(
        f":small[Splits: {escape_markdown(splits)} · vocabulary: "
        f"{escape_markdown(summary.vocabulary)}]"
    )
    if summary.dropping:
        _draw_dropped_chart(summary)
    draw_small_table(
        ("Rule", "Description", "Dropped", "Changed"),
        [
            (item.rule, item.description, format_count(item.dropped), format_count(item.changed))
            for item in summary.rules
        ],
    )
    for rule in summary.rules:
        if rule.examples:
            with st.expander(f"{escape_markdown(rule.rule)}: examples", key=f"rule-{rule.rule}"):
                draw_small_table(
                    ("Source", "Target"),
                    [(example.source, example.target) for example in rule.examples],
                )


def _draw_dropped_chart(summary: PrepareSummary) -> None:
    """Draw the number of pairs that each rule dropped, as bars, largest first."""
    rules = summary.dropping
    counts = ", ".join(f"{rule.rule} {format_count(rule.dropped)}" for rule in rules)
    st.echarts_chart(
        {
            "animation": False,
            "grid": {"left": 8, "right": 48, "top": 8, "bottom": 24, "containLabel": True},
            "xAxis": {"type": "value", "name": "pairs", "nameLocation": "middle", "nameGap": 24},
            "yAxis": {"type": "category", "inverse": True, "data": [rule.rule for rule in rules]},
            "series": [
                {
                    "type": "bar",
                    "data": [rule.dropped for rule in rules],
                    "label": {"show": True, "position": "right"},
                }
            ],
        },
        height=CHART_MARGIN_PX + CHART_ROW_PX * len(rules),
        key="dropped-chart",
        alt=f"Pairs dropped by rule: {counts}",
    )


def _delete_confirmation(row: DatasetRow, dialog: str) -> Confirmation:
    """Return the confirmation of a deletion."""
    backup = (
        "A snapshot contains this version, so it can be restored."
        if row.is_protected
        else "**No snapshot contains this version: it cannot be restored.**"
    )
    return Confirmation(
        dialog=dialog,
        title=f"Delete {escape_markdown(row.label)}?",
        sentence="The version is deleted from this host.",
        consequences=(
            f"It has {escape_markdown(row.pairs)} pairs {escape_markdown(row.languages)}.",
            backup,
        ),
        name=row.name,
        button="Delete version",
        icon=":material/delete:",
    )


def _delete(workspace: Workspace, row: DatasetRow) -> str:
    """Delete a version."""
    delete_dataset(workspace, current_actor(), row.name, row.digest)
    return f"Deleted {row.label}"
