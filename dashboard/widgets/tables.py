"""Small tables as Markdown, large ones as data frames.

Markdown needs no further browser code, so it stands on pages that must open fast.
"""

from collections.abc import Sequence

import streamlit as st

from dashboard.viewmodels.looks import Look
from dashboard.viewmodels.plain import plain
from dashboard.viewmodels.rows import Fact, Table

Cell = str | Look
LONGEST_CELL = 120


def small_table(header: Sequence[str], rows: Sequence[Sequence[Cell]]) -> None:
    """Draw a table of a few rows; text is drawn literally, looks as badges."""
    lines = [_line([plain(name) for name in header]), _line(["---"] * len(header))]
    lines += [_line([_cell(cell) for cell in row]) for row in rows]
    st.markdown("\n".join(lines))


def facts(entries: Sequence[Fact]) -> None:
    """Draw named values."""
    small_table(("", ""), [(entry.name, entry.value) for entry in entries])


def large_table(table: Table, *, alt: str, key: str, height: int | None = None) -> None:
    """Draw a table that can be searched, sorted and downloaded."""
    columns = {name: [row[place] for row in table.rows] for place, name in enumerate(table.header)}
    st.dataframe(columns, hide_index=True, alt=alt, key=key, height=height or "auto")


def badge(look: Look) -> None:
    """Draw a state."""
    st.badge(plain(look.word), icon=look.icon, color=look.colour, help=plain(look.help) or None)


def _cell(cell: Cell) -> str:
    """Return a cell as Markdown."""
    if isinstance(cell, Look):
        return f":{cell.colour}-badge[{cell.icon} {plain(cell.word)}]"
    return plain(cell, LONGEST_CELL)


def _line(cells: Sequence[str]) -> str:
    """Return a line of a table."""
    return "| " + " | ".join(cells) + " |"
