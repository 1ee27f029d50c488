"""Scores as rows and in one line."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.scores import Scores
from dashboard.viewmodels.formatting import format_count, format_number

_BLEU_HELP = "sacreBLEU, 0 to 100: n-gram overlap with the reference; higher is better"
_CHRF_HELP = "character n-gram F-score, 0 to 100; higher is better"
_TER_HELP = "translation edit rate; lower is better"
_LOSS_HELP = "cross-entropy per target token; lower is better"
_SENTENCES_HELP = "number of translated segments"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreRow:
    """One score; `signature` states how it was computed, so that others can reproduce it."""

    name: str
    value: str
    help: str
    signature: str = ""


def score_rows(scores: Scores) -> Sequence[ScoreRow]:
    """Return the scores that were computed."""
    signatures = scores.signatures
    return [
        ScoreRow(name=label, value=text, help=help_text, signature=signatures.get(key, ""))
        for key, label, value, text, help_text in (
            ("bleu", "BLEU", scores.bleu, format_number(scores.bleu), _BLEU_HELP),
            ("chrf", "chrF", scores.chrf, format_number(scores.chrf), _CHRF_HELP),
            ("ter", "TER", scores.ter, format_number(scores.ter), _TER_HELP),
            ("loss", "Loss", scores.loss, format_number(scores.loss), _LOSS_HELP),
            ("", "Sentences", scores.sentences, format_count(scores.sentences), _SENTENCES_HELP),
        )
        if value is not None
    ]


def scores_sentence(scores: Scores) -> str:
    """Return BLEU and chrF in one line, such as `BLEU 83.5 · chrF 91.2`."""
    main = (("BLEU", scores.bleu), ("chrF", scores.chrf))
    parts = [f"{label} {format_number(value)}" for label, value in main if value is not None]
    return " · ".join(parts) or "not evaluated"
