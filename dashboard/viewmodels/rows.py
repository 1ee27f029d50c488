"""The two plain shapes that pages are made of: named values, and rows under a header."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One named value."""

    name: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Plain rows under a header."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
