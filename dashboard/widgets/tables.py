"""Small tables whose cells may hold badges; large ones that can be searched and sorted."""

from collections.abc import Sequence

import streamlit as st

from dashboard.viewmodels.looks import Look
from dashboard.viewmodels.plain import plain
from dashboard.viewmodels.rows import Fact, Table

Cell = str | Look
LONGEST_CELL = 160
MOST_ROWS = 16
TALL_PX = 560


def small_table(header: Sequence[str], rows: Sequence[Sequence[Cell]], *, alt: str = "") -> None:
    """Draw a table of a few rows; text is drawn literally, looks as badges."""
    columns = {
        plain(name): [_cell(row[place]) for row in rows] for place, name in enumerate(header)
    }
    st.table(columns, border="horizontal", hide_index=True, alt=alt or ", ".join(header))


def facts(entries: Sequence[Fact], *, alt: str) -> None:
    """Draw named values."""
    columns = {
        "Name": [f":small[{plain(entry.name)}]" for entry in entries],
        "Value": [plain(entry.value, LONGEST_CELL) for entry in entries],
    }
    st.table(columns, border="horizontal", hide_index=True, hide_header=True, alt=alt)


def large_table(table: Table, *, alt: str, key: str) -> None:
    """Draw a table that can be searched, sorted and downloaded."""
    columns = {name: [row[place] for row in table.rows] for place, name in enumerate(table.header)}
    is_short = len(table.rows) <= MOST_ROWS
    st.dataframe(
        columns, hide_index=True, alt=alt, key=key, height="content" if is_short else TALL_PX
    )


def badge(look: Look) -> None:
    """Draw a state."""
    st.badge(plain(look.word), icon=look.icon, color=look.colour, help=plain(look.help) or None)


def _cell(cell: Cell) -> str:
    """Return a cell as Markdown."""
    if isinstance(cell, Look):
        return f":{cell.colour}-badge[{cell.icon} {plain(cell.word)}]"
    return plain(cell, LONGEST_CELL)
