"""Records of feedback."""

from dataclasses import dataclass
from pathlib import Path


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


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionExport:
    """A written export: the file, its pairs, and the corrections that went into it."""

    path: Path
    pairs: int
    ids: tuple[str, ...]
