"""Corrections: what every adapter promises."""

from collections.abc import Sequence
from typing import Protocol

from core.feedback.records import Correction


class FeedbackStore(Protocol):
    """Keeps corrections; nothing is ever overwritten but the mark of export."""

    def add(self, correction: Correction) -> None:
        """Store a correction; raises InputError when it says nothing (empty or unchanged)."""
        ...

    def list(self, *, limit: int = 1000, pending: bool = False) -> Sequence[Correction]:
        """Return corrections, newest first; `pending` are those not yet exported."""
        ...

    def mark_exported(self, ids: Sequence[str], digest: str) -> None:
        """Note the dataset version that the corrections went into."""
        ...
