"""Test scores as rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dashboard.viewmodels.formatting import format_count, format_number

_SCORES: Sequence[tuple[str, str, str]] = (
    ("bleu", "BLEU", "sacreBLEU, 0 to 100: n-gram overlap with the reference; higher is better"),
    ("chrf", "chrF", "character n-gram F-score, 0 to 100; higher is better"),
    ("ter", "TER", "translation edit rate; lower is better"),
    ("loss", "Loss", "cross-entropy per target token; lower is better"),
    ("sentences", "Sentences", "number of translated segments"),
)
_SUMMARY = ("bleu", "chrf")


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreRow:
    """One score; `signature` states how it was computed, so that others can reproduce it."""

    name: str
    value: str
    help: str
    signature: str = ""


def find_score(scores: Mapping[str, Any], name: str) -> float | None:
    """Return one score, or None when it was not computed."""
    found = scores.get(name)
    return float(found) if isinstance(found, int | float) else None


def score_rows(scores: Mapping[str, Any]) -> Sequence[ScoreRow]:
    """Return the scores that were computed."""
    signatures = scores.get("signatures") or {}
    return [
        ScoreRow(
            name=label,
            value=format_count(value) if name == "sentences" else format_number(value),
            help=text,
            signature=str(signatures.get(name, "")),
        )
        for name, label, text in _SCORES
        if (value := find_score(scores, name)) is not None
    ]


def scores_sentence(scores: Mapping[str, Any]) -> str:
    """Return the main scores in one line, such as `BLEU 83.5 · chrF 91.2`."""
    parts = [
        f"{label} {format_number(value)}"
        for name, label, _ in _SCORES
        if name in _SUMMARY and (value := find_score(scores, name)) is not None
    ]
    return " · ".join(parts) or "not evaluated"
