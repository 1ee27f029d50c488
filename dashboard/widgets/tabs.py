"""Tabs that draw only what is looked at; the open one stands in the address."""

from collections.abc import Callable, Mapping

import streamlit as st

from dashboard.widgets.errors import page_guard


def draw_tabs(parts: Mapping[str, Callable[[], None]], *, key: str) -> None:
    """Draw a tab per part; a fault in one leaves the others alone."""
    tabs = st.tabs(list(parts), key=key, bind="query-params")
    for tab, draw in zip(tabs, parts.values(), strict=True):
        if tab.open:
            with tab, page_guard():
                draw()
