"""Translate: try the model, see where it looked, correct it."""

import streamlit as st

from core.errors import UnavailableError
from dashboard import resources
from dashboard.widgets import translate
from dashboard.widgets.errors import page_guard
from dashboard.widgets.header import page_header
from dashboard.widgets.notices import draw_notices
from dashboard.widgets.tabs import draw_tabs

with page_guard():
    page_header("Translate", resources.health, ranged=False)
    draw_notices()
    workspace, client = resources.workspace(), resources.translation()
    try:
        languages = client.languages
    except UnavailableError as error:
        translate.draw_unavailable(error)
    else:
        translate.draw_translator(client, languages, resources.settings().serving.max_characters)
        draw_tabs(
            {
                "Attention": lambda: translate.draw_attention(client),
                "Alternatives": translate.draw_alternatives,
                "Correct it": lambda: translate.draw_correction(workspace, languages),
            },
            key="translate-tab",
        )
    st.header("Corrections", anchor=False)
    with page_guard():
        translate.draw_corrections(workspace)
