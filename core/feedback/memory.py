"""The feedback store's in-memory twin."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from core.errors import ConflictError
from core.feedback.check import check_correction
from core.feedback.records import Correction


@dataclass(slots=True)
class MemoryFeedbackStore:
    """Keeps corrections in this process."""

    _corrections: list[Correction] = field(default_factory=list)

    def add(self, correction: Correction) -> None:
        """Store a correction; raises InputError when it says nothing."""
        check_correction(correction)
        if any(item.id == correction.id for item in self._corrections):
            raise ConflictError(f"correction {correction.id} is stored already")
        self._corrections.append(correction)

    def list(self, *, limit: int = 1000, pending: bool = False) -> Sequence[Correction]:
        """Return corrections, newest first; `pending` are those not yet exported."""
        chosen = [
            item
            for item in reversed(self._corrections)
            if not pending or item.exported_digest is None
        ]
        return chosen[:limit]

    def mark_exported(self, ids: Sequence[str], digest: str) -> None:
        """Note the dataset version that the corrections went into."""
        self._corrections = [
            replace(item, exported_digest=digest) if item.id in ids else item
            for item in self._corrections
        ]
