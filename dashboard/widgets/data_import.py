"""The drawer that imports parallel text: one TSV file, or two files with one line per sentence."""

from collections.abc import Sequence

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core.actions.datasets import Upload, import_uploads
from core.actions.workspace import Workspace
from core.data.records import Dataset
from core.errors import DatahallError
from dashboard.session_state import current_actor, set_value
from dashboard.viewmodels.datasets import version_label
from dashboard.viewmodels.formatting import pluralize
from dashboard.widgets.datasets import DATASET_KEY
from dashboard.widgets.dialogs import close_dialog, draw_drawer, finish, is_open, open_dialog
from dashboard.widgets.page import draw_error

DIALOG = "data-import"


def draw_import(workspace: Workspace) -> None:
    """Draw the button that opens the drawer, and the drawer."""
    st.button(
        "Import text",
        key="import",
        icon=":material/upload_file:",
        on_click=open_dialog,
        args=(DIALOG,),
    )
    if is_open(DIALOG):
        draw_drawer("Import parallel text", lambda: _draw(workspace), icon=":material/upload_file:")


def _draw(workspace: Workspace) -> None:
    """Draw the content of the drawer."""
    st.markdown(
        "One **TSV** file (source, tab, translation), or two **Moses** files with the same number "
        "of lines, one file per language (`text.en` and `text.es`). Files may be compressed "
        "(`.gz`)."
    )
    with st.form("import-form", border=False):
        files = st.file_uploader("Files", accept_multiple_files=True, key="import-files")
        name = st.text_input(
            "Name", key="import-name", placeholder="my-corpus", max_chars=40,
            help="Lower-case letters, digits and . _ -",
        )  # fmt: skip
        with st.container(horizontal=True):
            source = st.text_input("Source language", "en", key="import-source", max_chars=12)
            target = st.text_input("Target language", "es", key="import-target", max_chars=12)
        with st.container(horizontal=True, horizontal_alignment="right"):
            is_cancelled = st.form_submit_button("Cancel", key="import-cancel")
            is_submitted = st.form_submit_button("Import", type="primary", key="import-go")
    if is_cancelled:
        close_dialog()
        st.rerun()
    if is_submitted:
        with st.spinner("Reading the files"):
            dataset = _import(workspace, files, name, (source, target))
        if dataset is not None:
            set_value(DATASET_KEY, f"{dataset.name}/{dataset.digest}")
            finish(f"Imported {version_label(dataset)}: {pluralize(dataset.pairs, 'pair')}")


def _import(
    workspace: Workspace, files: Sequence[UploadedFile], name: str, languages: tuple[str, str]
) -> Dataset | None:
    """Import the files; an error is drawn in the drawer, which keeps its inputs."""
    try:
        return import_uploads(
            workspace,
            current_actor(),
            name.strip(),
            [Upload(name=file.name, content=file.getvalue()) for file in files],
            source=languages[0].strip(),
            target=languages[1].strip(),
        )
    except DatahallError as error:
        draw_error(error)
        return None
