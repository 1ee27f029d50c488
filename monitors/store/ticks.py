"""Recent ticks: rows of packed numbers, read as columns of series."""

import json
import sqlite3
from array import array
from collections.abc import Container, MutableMapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from monitors.store.packing import ABSENT

Layouts = MutableMapping[int, Sequence[int]]
"""The series that stand in the bodies of a layout, in order; layouts never change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TickColumns:
    """Ticks by time: when they were, and each series' values, absent where a tick has it not."""

    at: "array[float]"
    values: MutableMapping[int, "array[float]"]


def read_layout(connection: sqlite3.Connection, identity: int, known: Layouts) -> Sequence[int]:
    """Return the series of a layout, remembered in `known`."""
    if identity not in known:
        row = connection.execute("SELECT series FROM layout WHERE id = ?", (identity,)).fetchone()
        if row is None:
            message = f"layout {identity} is missing"
            raise LookupError(message)
        known[identity] = json.loads(row[0])
    return known[identity]


def read_ticks(
    connection: sqlite3.Connection,
    where: str,
    bounds: Sequence[float],
    *,
    layouts: Layouts,
    wanted: Container[int] | None = None,
) -> TickColumns:
    """Return the ticks that the SQL condition `where` selects: the wanted series, or all."""
    rows = connection.execute(
        f"SELECT layout, at, body FROM tick WHERE {where} ORDER BY at",  # noqa: S608  (a constant)
        bounds,
    ).fetchall()
    columns: dict[int, array[float]] = {}
    first = 0
    for identity, group in groupby(rows, key=lambda row: row[0]):
        bodies = [row[2] for row in group]
        order = read_layout(connection, identity, layouts)
        # Slices of the joined bodies: far cheaper than picking numbers tick by tick.
        values = array("d", b"".join(bodies))
        for slot, series in enumerate(order):
            if wanted is None or series in wanted:
                column = columns.setdefault(series, array("d", [ABSENT]) * len(rows))
                column[first : first + len(bodies)] = values[slot :: len(order)]
        first += len(bodies)
    return TickColumns(at=array("d", (row[1] for row in rows)), values=columns)
