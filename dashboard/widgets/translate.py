"""Translate a text, see how sure the model is, and tell it better."""

import streamlit as st

from core.actions.corrections import correct, export_feedback
from core.actions.workspace import Workspace
from core.errors import DatahallError, UnavailableError
from core.inference.translator import Attention, Translation
from core.serving.client import TranslationClient
from dashboard.session_state import browser_zone, current_actor, delete_value, get_value, set_value
from dashboard.viewmodels.plain import plain
from dashboard.viewmodels.translate import (
    EXAMPLE,
    correction_table,
    heat_map,
    translation_page,
)
from dashboard.widgets.attention import draw_heat_map
from dashboard.widgets.errors import draw_error, error_words
from dashboard.widgets.notices import perform
from dashboard.widgets.tables import large_table, small_table

RESULT = "translation"
ATTENTION = "attention"
N_BEST = 4
INPUT_PX = 130
SHOWN_CORRECTIONS = 500


def draw_translator(client: TranslationClient, languages: tuple[str, str], longest: int) -> None:
    """Draw the text field and the translation of what was asked last."""
    left, right = st.columns(2)
    with left, st.form("translate-form"):
        text = st.text_area(
            f"Text ({languages[0]})", EXAMPLE, height=INPUT_PX, max_chars=longest,
            key="translate-text",
        )  # fmt: skip
        with st.container(horizontal=True, vertical_alignment="center"):
            asked = st.form_submit_button(
                "Translate", type="primary", icon=":material/translate:", key="translate-go"
            )
            st.markdown(":small[or Ctrl + Enter]")
    if asked:
        _translate(client, text or "")
    with right, st.container(border=True, key="translation"):
        st.markdown(f":small[Translation ({plain(languages[1])})]")
        _draw_translation()


def draw_unavailable(error: UnavailableError) -> None:
    """Say calmly why nothing can be translated, and what comes next."""
    st.info(error_words(error), icon=":material/translate:", title="Nothing to translate with yet")
    st.page_link("views/training.py", label="Train a model", icon=":material/model_training:")
    st.page_link("views/models.py", label="Promote a run", icon=":material/deployed_code:")


def draw_attention(client: TranslationClient) -> None:
    """Draw where the last translation looked, once it is asked for."""
    result: Translation | None = get_value(RESULT, None)
    if result is None or not result.text:
        st.markdown("Translate something first.")
        return
    if st.button("Show attention", key="attention-go", icon=":material/grid_on:"):
        with st.spinner("Asking the trained model (the first time it loads PyTorch)"):
            _attend(client, result)
    found: Attention | None = get_value(ATTENTION, None)
    if found is not None:
        draw_heat_map(heat_map(found), key="attention-map")


def draw_alternatives() -> None:
    """Draw what else the model thought of."""
    result: Translation | None = get_value(RESULT, None)
    others = translation_page(result).alternatives if result is not None else []
    if not others:
        st.markdown("No other candidates.")
        return
    small_table(("Candidate", "Score"), others)


def draw_correction(workspace: Workspace, languages: tuple[str, str]) -> None:
    """Draw the form that keeps a better translation."""
    result: Translation | None = get_value(RESULT, None)
    if result is None or not result.text:
        st.markdown("Translate something first, then change the words that are wrong.")
        return
    with st.form("correction-form"):
        better = st.text_area(
            "Better translation", result.text, height=INPUT_PX,
            key=f"better-{hash((result.source, result.text))}",
        )  # fmt: skip
        st.markdown(
            ":small[It is stored in Datahall's database with the source, the model's words, its "
            "version and your name. Export turns corrections into a dataset to train on.]"
        )
        kept = st.form_submit_button("Keep the correction", key="correction-go")
    if kept:
        perform(
            lambda: correct(workspace, current_actor(), result, better or "", languages),
            "Kept. Export turns corrections into training data",
        )
        st.rerun()


def draw_corrections(workspace: Workspace) -> None:
    """Draw the corrections, and the way to train on them."""
    corrections = workspace.feedback.list(limit=SHOWN_CORRECTIONS)
    if not corrections:
        st.markdown("No corrections yet. Each one makes the next model better.")
        return
    waiting = sum(entry.exported_digest is None for entry in corrections)
    row = st.form("export-form", border=False).container(
        horizontal=True, vertical_alignment="bottom"
    )
    with row:
        name = st.text_input("Dataset", "corrections", key="export-name", width=260)
        asked = st.form_submit_button(
            f"Export {waiting} as dataset", key="export-go", disabled=not waiting
        )
    if asked:
        perform(
            lambda: export_feedback(workspace, current_actor(), (name or "").strip()),
            f"Exported to dataset {name}",
        )
        st.rerun()
    table = correction_table(corrections, browser_zone())
    large_table(table, alt="Corrections, newest first", key="corrections")


def _draw_translation() -> None:
    """Draw the last translation."""
    result: Translation | None = get_value(RESULT, None)
    if result is None:
        st.markdown("It appears here.")
        return
    page = translation_page(result)
    st.code(page.text or " ", language=None, wrap_lines=True)
    st.markdown(f":small[{plain(page.sentence)}]")
    if page.warning:
        st.warning(page.warning, icon=":material/help:", title="Low confidence")


def _translate(client: TranslationClient, text: str) -> None:
    """Translate; what is wrong is said, and the last translation stays."""
    delete_value(ATTENTION)
    try:
        set_value(RESULT, client.translate([text], n_best=N_BEST)[0])
    except DatahallError as error:
        draw_error(error)


def _attend(client: TranslationClient, result: Translation) -> None:
    """Ask for attention and keep it until the next translation."""
    try:
        set_value(ATTENTION, client.attention(result.source))
    except DatahallError as error:
        draw_error(error)
