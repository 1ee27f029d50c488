"""A translation as rows: how sure the model is, what else it thought of, where it looked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo
from math import exp

from core.feedback.store import Correction
from core.inference.translator import Attention, Translation
from dashboard.viewmodels.rows import Table
from dashboard.viewmodels.units import moment, share, short

EXAMPLE = "Hello, how are you?"
LOW_SCORE = -1.0
MOST_TOLD = 8
WORD_START, END = "\u2581", "</s>"


@dataclass(frozen=True, slots=True, kw_only=True)
class TranslationPage:
    """A translation as shown. `warning` is empty unless the model is unsure."""

    text: str
    sentence: str
    warning: str
    alternatives: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatMap:
    """Attention ready to be drawn: repeated tokens are told apart by their place."""

    columns: Sequence[str]
    rows: Sequence[str]
    values: Sequence[Sequence[float]]
    sentence: str


def translation_page(translation: Translation) -> TranslationPage:
    """Return a translation for the page."""
    sure = share(exp(min(translation.score, 0.0)))
    is_low = translation.score < LOW_SCORE and bool(translation.text)
    return TranslationPage(
        text=translation.text,
        sentence=f"{translation.milliseconds:,.0f} ms · score {translation.score:.2f} "
        f"({sure} per token) · {translation.model_version}",
        warning="The model is unsure of this one: check it before you use it. Text unlike its "
        "training data gives scores this low."
        if is_low
        else "",
        alternatives=[
            (entry.text, f"{entry.score:.2f}")
            for entry in translation.alternatives
            if entry.text != translation.text
        ],
    )


def heat_map(attention: Attention) -> HeatMap:
    """Return cross-attention as a map: rows are target tokens, columns source tokens."""
    sources = [_piece(token) for token in attention.source_tokens]
    targets = [_piece(token) for token in attention.target_tokens]
    focus = [
        f"“{target}” looks at “{sources[weights.index(max(weights))]}”"
        for target, weights in zip(targets, attention.weights, strict=True)
        if weights
    ]
    return HeatMap(
        columns=_placed(sources),
        rows=_placed(targets),
        values=attention.weights,
        sentence=", ".join(focus[:MOST_TOLD]) or "no tokens",
    )


def correction_table(corrections: Sequence[Correction], zone: tzinfo) -> Table:
    """Return the corrections, newest first."""
    return Table(
        header=("Time", "Who", "Source", "The model said", "Corrected", "Model", "Exported to"),
        rows=[
            (
                moment(entry.time, zone),
                entry.actor,
                entry.source,
                entry.hypothesis or "was not asked",
                entry.correction,
                entry.model,
                short(entry.exported_digest) if entry.exported_digest else "waiting",
            )
            for entry in corrections
        ],
    )


def _piece(token: str) -> str:
    """Return a SentencePiece token as people read it."""
    return "(end)" if token == END else token.removeprefix(WORD_START) or "(space)"


def _placed(tokens: Sequence[str]) -> Sequence[str]:
    """Return tokens with their place, so that a repeated token keeps a row of its own."""
    return [f"{place + 1} {token}" for place, token in enumerate(tokens)]
