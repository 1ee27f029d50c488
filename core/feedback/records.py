"""Records of feedback."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """A translation that a person corrected: `model` is `NAME:VERSION` that made the hypothesis."""

    id: str
    time: float
    source_language: str
    target_language: str
    source: str
    hypothesis: str
    correction: str
    model: str
    actor: str
    exported_digest: str | None = None
