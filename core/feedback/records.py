"""Records of feedback."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """A translation that a person corrected.

    `hypothesis` is what `model` (`NAME:VERSION`) said; empty when a better translation was sent
    without asking it.
    """

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
