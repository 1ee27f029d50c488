"""Elements that several pages draw: badges, tiles, labelled values, small and large tables."""

from collections.abc import Sequence
from typing import Literal

import streamlit as st

from dashboard.viewmodels.elements import STALE, Badge, LabelledValue, Table, Tile
from dashboard.viewmodels.formatting import escape_markdown

Cell = str | Badge
MAX_CELL_CHARACTERS = 400
MAX_LABEL_CHARACTERS = 40
MAX_UNSCROLLED_ROWS = 16
SCROLLED_PX = 560


def draw_badge(badge: Badge) -> None:
    """Draw a state."""
    st.badge(
        escape_markdown(badge.word),
        icon=badge.icon,
        color=badge.color,
        help=escape_markdown(badge.help, 400) or None,
    )


def badge_markdown(badge: Badge, word: str = "") -> str:
    """Return a badge as Markdown, for tables and lines; `word` replaces its word."""
    return f":{badge.color}-badge[{badge.icon} {escape_markdown(word or badge.word)}]"


def draw_tile(tile: Tile) -> None:
    """Draw one tile: label, number, explaining lines, badges."""
    with st.container(border=True, height="stretch", gap="xsmall"):
        value = escape_markdown(tile.value)
        # A heading, not st.metric, which would load eight more files before the page is useful.
        st.markdown(escape_markdown(tile.label, MAX_LABEL_CHARACTERS))
        st.markdown(f"## :gray[{value}]" if tile.is_stale else f"## {value}", anchors=False)
        for line in tile.lines:
            st.markdown(f":small[{escape_markdown(line)}]")
        for badge in (*tile.badges, *((STALE,) if tile.is_stale else ())):
            draw_badge(badge)


def draw_values(values: Sequence[LabelledValue], *, alt: str) -> None:
    """Draw labelled values, one per line."""
    columns = {
        "Label": [f":small[{escape_markdown(entry.label)}]" for entry in values],
        "Value": [escape_markdown(entry.value, MAX_CELL_CHARACTERS) for entry in values],
    }
    st.table(columns, border="horizontal", hide_index=True, hide_header=True, alt=alt)


def draw_small_table(
    header: Sequence[str], rows: Sequence[Sequence[Cell]], *, alt: str = ""
) -> None:
    """Draw a table of a few rows, whose cells are literal text or badges."""
    columns = {
        escape_markdown(name): [_cell(row[position]) for row in rows]
        for position, name in enumerate(header)
    }
    st.table(columns, border="horizontal", hide_index=True, alt=alt or ", ".join(header))


def draw_large_table(table: Table, *, alt: str, key: str) -> None:
    """Draw a table that can be searched, sorted and downloaded."""
    columns = {
        name: [row[position] for row in table.rows] for position, name in enumerate(table.header)
    }
    is_short = len(table.rows) <= MAX_UNSCROLLED_ROWS
    height: Literal["content"] | int = "content" if is_short else SCROLLED_PX
    st.dataframe(columns, hide_index=True, alt=alt, key=key, height=height)


def _cell(cell: Cell) -> str:
    """Return a cell as Markdown."""
    if isinstance(cell, Badge):
        return badge_markdown(cell)
    return escape_markdown(cell, MAX_CELL_CHARACTERS)
