"""Translate: translate text, inspect the translation, save corrections."""

import streamlit as st

from core.errors import UnavailableError
from dashboard import resources
from dashboard.widgets import translate
from dashboard.widgets.page import draw_notices, draw_tabs, page_guard, page_header

with page_guard():
    page_header("Translate", resources.health, has_range=False)
    draw_notices()
    workspace, client = resources.workspace(), resources.translation()
    try:
        languages = client.languages
    except UnavailableError as error:
        translate.draw_unavailable(workspace, error)
    else:
        translate.draw_translator(client, languages, resources.settings().serving.max_characters)
        draw_tabs(
            {
                "Attention": lambda: translate.draw_attention(client),
                "Alternatives": translate.draw_alternatives,
                "Suggest a correction": lambda: translate.draw_correction(workspace, languages),
            },
            key="translate-tab",
        )
    st.header("Corrections", anchor=False)
    with page_guard():
        translate.draw_corrections(workspace)
