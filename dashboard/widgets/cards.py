"""Cards: one number with what explains it."""

import streamlit as st

from dashboard.viewmodels.looks import Look
from dashboard.viewmodels.overview import Tile
from dashboard.viewmodels.plain import plain
from dashboard.widgets.tables import badge

LONGEST_NAME = 40
STALE = Look(word="stale", icon=":material/history:", colour="orange")


def draw_tile(tile: Tile) -> None:
    """Draw one tile: name, number, lines, badges."""
    with st.container(border=True, height="stretch", gap="xsmall"):
        value = plain(tile.value)
        # A heading, not st.metric: that would load eight more files before the page is useful.
        st.markdown(plain(tile.name, LONGEST_NAME))
        st.markdown(f"## :gray[{value}]" if tile.is_stale else f"## {value}", anchors=False)
        for line in tile.lines:
            st.markdown(f":small[{plain(line)}]")
        for look in (*tile.looks, *((STALE,) if tile.is_stale else ())):
            badge(look)
