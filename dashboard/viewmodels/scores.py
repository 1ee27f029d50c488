"""Scores as rows. Test scores are a mapping; nested ones (`bleu.score`) are found too."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dashboard.viewmodels.units import count, number

_KNOWN: Sequence[tuple[str, str, str]] = (
    ("bleu", "BLEU", "sacreBLEU, 0 to 100: n-gram overlap with the reference"),
    ("chrf", "chrF", "character n-gram F-score, 0 to 100: kind to rich morphology"),
    ("ter", "TER", "translation edit rate: lower is better"),
    ("loss", "Loss", "cross-entropy per token on the split"),
    ("sentences", "Sentences", "number of test segments"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreRow:
    """One score. `signature` says how exactly it was computed, so that others can repeat it."""

    name: str
    value: str
    help: str
    signature: str = ""


def score(scores: Mapping[str, Any], name: str) -> float | None:
    """Return one score, or None when it was not taken."""
    found = scores.get(name)
    if isinstance(found, Mapping):
        found = found.get("score")
    return float(found) if isinstance(found, int | float) else None


def score_rows(scores: Mapping[str, Any]) -> Sequence[ScoreRow]:
    """Return the scores that were taken, the best known first."""
    signatures = scores.get("signatures")
    named = signatures if isinstance(signatures, Mapping) else {}
    return [
        ScoreRow(
            name=title,
            value=count(value) if name == "sentences" else number(value),
            help=text,
            signature=str(named.get(name, "")),
        )
        for name, title, text in _KNOWN
        if (value := score(scores, name)) is not None
    ]


def scores_sentence(scores: Mapping[str, Any]) -> str:
    """Return the scores in one line, such as `BLEU 83.5 · chrF 91.2`."""
    rows = [row for row in score_rows(scores) if row.name in ("BLEU", "chrF")]
    return " · ".join(f"{row.name} {row.value}" for row in rows) or "not scored yet"
