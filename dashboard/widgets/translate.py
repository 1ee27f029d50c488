"""The Translate page: translation, alternatives, attention, corrections."""

from html import escape

import streamlit as st

from core.actions.corrections import correct, export_feedback
from core.actions.workspace import Workspace
from core.errors import DatahallError, UnavailableError
from core.inference.translator import Attention, Translation
from core.registry.records import PRODUCTION
from core.serving.client import TranslationClient
from dashboard.session_state import (
    browser_zone,
    current_actor,
    delete_value,
    get_value,
    set_value,
)
from dashboard.viewmodels.formatting import escape_markdown, pluralize
from dashboard.viewmodels.translate import (
    EXAMPLE,
    AttentionMap,
    attention_map,
    correction_table,
    translation_summary,
)
from dashboard.widgets.elements import draw_large_table, draw_small_table
from dashboard.widgets.page import draw_error, error_text, perform

RESULT = "translation"
ATTENTION = "attention"
N_BEST = 4
INPUT_PX = 130
MAX_CORRECTIONS = 500
HEAT_MAP_ROW_PX, HEAT_MAP_MARGIN_PX, HEAT_MAP_MAX_PX = 30, 150, 900
MAX_HORIZONTAL_LABELS = 8
TRANSPARENT = "rgba(0,0,0,0)"


def draw_translator(
    client: TranslationClient, languages: tuple[str, str], max_characters: int
) -> None:
    """Draw the text field and the last translation."""
    left, right = st.columns(2)
    with left, st.form("translate-form"):
        text = st.text_area(
            f"Text ({languages[0]})", EXAMPLE, height=INPUT_PX, max_chars=max_characters,
            key="translate-text",
        )  # fmt: skip
        with st.container(horizontal=True, vertical_alignment="center"):
            is_submitted = st.form_submit_button(
                "Translate", type="primary", icon=":material/translate:", key="translate-go"
            )
            st.markdown(":small[or Ctrl + Enter]")
    if is_submitted:
        _translate(client, text or "")
    with right, st.container(border=True, key="translation"):
        st.markdown(f":small[Translation ({escape_markdown(languages[1])})]")
        _draw_translation()


def draw_unavailable(workspace: Workspace, error: UnavailableError) -> None:
    """Draw the reason why translation is not available; the next steps where no model is."""
    st.info(error_text(error), icon=":material/translate:", title="Translation is not available")
    if workspace.registry.history(alias=PRODUCTION):
        return
    st.page_link("views/training.py", label="Train a model", icon=":material/model_training:")
    st.page_link("views/models.py", label="Promote a run", icon=":material/deployed_code:")


def draw_attention(client: TranslationClient) -> None:
    """Draw the cross-attention of the last translation, on demand."""
    result: Translation | None = get_value(RESULT, None)
    if result is None or not result.text:
        st.markdown("Translate a text first.")
        return
    if st.button("Show attention", key="attention-go", icon=":material/grid_on:"):
        with st.spinner("Computing attention (the first time, the server loads PyTorch)"):
            _compute_attention(client, result)
    found: Attention | None = get_value(ATTENTION, None)
    if found is not None:
        _draw_heat_map(attention_map(found))


def draw_alternatives() -> None:
    """Draw the other candidates of the beam search."""
    result: Translation | None = get_value(RESULT, None)
    alternatives = translation_summary(result).alternatives if result is not None else []
    if not alternatives:
        st.markdown("No alternatives.")
        return
    draw_small_table(("Translation", "Log-probability per token"), alternatives)


def draw_correction(workspace: Workspace, languages: tuple[str, str]) -> None:
    """Draw the form that saves a better translation."""
    result: Translation | None = get_value(RESULT, None)
    if result is None or not result.text:
        st.markdown("Translate a text first, then correct the translation here.")
        return
    with st.form("correction-form"):
        correction = st.text_area(
            "Correct translation", result.text, height=INPUT_PX,
            key=f"correction-{hash((result.source, result.text))}",
        )  # fmt: skip
        st.markdown(
            ":small[Stored locally with the source text, the model output, the model version and "
            "your name. Corrections can be exported as a dataset for training.]"
        )
        is_submitted = st.form_submit_button("Save", key="correction-go")
    if is_submitted:
        perform(
            lambda: correct(workspace, current_actor(), result, correction or "", languages),
            "Correction saved",
        )
        st.rerun()


def draw_corrections(workspace: Workspace) -> None:
    """Draw the corrections, and the form that exports them."""
    corrections = workspace.feedback.list(limit=MAX_CORRECTIONS)
    if not corrections:
        st.markdown("No corrections yet.")
        return
    pending = sum(entry.exported_digest is None for entry in corrections)
    form = st.form("export-form", border=False)
    with form.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input("Dataset", "corrections", key="export-name", width=260)
        is_submitted = st.form_submit_button(
            f"Export {pluralize(pending, 'correction')}", key="export-go", disabled=not pending
        )
    if is_submitted:
        perform(
            lambda: export_feedback(workspace, current_actor(), (name or "").strip()),
            f"Exported to dataset {name}",
        )
        st.rerun()
    table = correction_table(corrections, workspace.clock.now(), browser_zone())
    draw_large_table(table, alt="Corrections, newest first", key="corrections")


def _draw_translation() -> None:
    """Draw the last translation."""
    result: Translation | None = get_value(RESULT, None)
    if result is None:
        st.markdown("The translation appears here.")
        return
    summary = translation_summary(result)
    st.code(summary.text or " ", language=None, wrap_lines=True)
    st.markdown(f":small[{escape_markdown(summary.sentence)}]")
    if summary.warning:
        st.warning(summary.warning, icon=":material/warning:", title="Low confidence")


def _translate(client: TranslationClient, text: str) -> None:
    """Translate; on an error, the last translation stays."""
    delete_value(ATTENTION)
    try:
        set_value(RESULT, client.translate([text], n_best=N_BEST)[0])
    except DatahallError as error:
        draw_error(error)


def _compute_attention(client: TranslationClient, result: Translation) -> None:
    """Request the attention weights and store them until the next translation."""
    try:
        set_value(ATTENTION, client.attention(result.source))
    except DatahallError as error:
        draw_error(error)


def _draw_heat_map(shown: AttentionMap) -> None:
    """Draw attention weights as a heat map, with its text alternative below."""
    # Plotly takes half a second to import and megabytes in the browser: loaded only on demand.
    import plotly.graph_objects as go  # noqa: PLC0415  (slow import)

    figure = go.Figure(
        go.Heatmap(
            x=[escape(token) for token in shown.columns],  # Plotly interprets some HTML
            y=[escape(token) for token in shown.rows],
            z=[list(row) for row in shown.values],
            zmin=0.0,
            zmax=1.0,
            colorscale="Blues",
            colorbar={"title": "weight", "tickformat": ".0%"},
            hovertemplate="%{y} → %{x}: %{z:.1%}<extra></extra>",
        )
    )
    figure.update_layout(
        height=min(HEAT_MAP_MARGIN_PX + HEAT_MAP_ROW_PX * len(shown.rows), HEAT_MAP_MAX_PX),
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        paper_bgcolor=TRANSPARENT,
        plot_bgcolor=TRANSPARENT,
        # Without a type, Plotly takes tokens such as "4 ," for numbers.
        xaxis={
            "type": "category",
            "side": "top",
            "title": "source",
            "tickangle": -45 if len(shown.columns) > MAX_HORIZONTAL_LABELS else 0,
        },
        yaxis={"type": "category", "autorange": "reversed", "title": "translation"},
    )
    st.plotly_chart(
        figure,
        key="attention-map",
        config={"displayModeBar": False},
        alt=f"Attention. {shown.sentence}",
    )
    st.markdown(f":small[{escape_markdown(shown.sentence, 400)}]")
