"""A translation with its confidence, alternatives and attention; corrections as rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo
from math import exp

from core.feedback.store import Correction
from core.inference.translator import Attention, Translation
from dashboard.viewmodels.elements import Table
from dashboard.viewmodels.formatting import format_percent, format_time_and_age, short_id

EXAMPLE = "Hello, how are you?"
LOW_SCORE = -1.0
_MAX_LINKS = 8
_WORD_START, _END = "\u2581", "</s>"


@dataclass(frozen=True, slots=True, kw_only=True)
class TranslationSummary:
    """A translation as shown; `warning` is empty unless its score is low."""

    text: str
    sentence: str
    warning: str
    alternatives: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class AttentionMap:
    """Cross-attention weights; tokens carry their position, so that repeated ones differ."""

    columns: Sequence[str]
    rows: Sequence[str]
    values: Sequence[Sequence[float]]
    sentence: str


def translation_summary(translation: Translation) -> TranslationSummary:
    """Return a translation as shown."""
    confidence = format_percent(exp(min(translation.score, 0.0)))
    is_low = translation.score < LOW_SCORE and bool(translation.text)
    return TranslationSummary(
        text=translation.text,
        sentence=f"{translation.milliseconds:,.0f} ms · mean token probability "
        f"{confidence} (log-probability {translation.score:.2f}) · {translation.model_version}",
        warning="Check this translation before you use it. Scores this low are typical of text "
        "that differs from the training data."
        if is_low
        else "",
        alternatives=[
            (entry.text, f"{entry.score:.2f}")
            for entry in translation.alternatives
            if entry.text != translation.text
        ],
    )


def attention_map(attention: Attention) -> AttentionMap:
    """Return cross-attention as a map: rows are target tokens, columns source tokens."""
    sources = [_readable(token) for token in attention.source_tokens]
    targets = [_readable(token) for token in attention.target_tokens]
    links = [
        f"{target} → {sources[weights.index(max(weights))]}"
        for target, weights in zip(targets, attention.weights, strict=True)
        if weights
    ]
    return AttentionMap(
        columns=_numbered(sources),
        rows=_numbered(targets),
        values=attention.weights,
        sentence="Largest weight of each token: " + " · ".join(links[:_MAX_LINKS])
        if links
        else "No tokens",
    )


def correction_table(corrections: Sequence[Correction], now: float, zone: tzinfo) -> Table:
    """Return the corrections, newest first."""
    return Table(
        header=("Time", "User", "Source", "Model output", "Correction", "Model", "Exported to"),
        rows=[
            (
                format_time_and_age(entry.time, now, zone),
                entry.actor,
                entry.source,
                entry.hypothesis or "not recorded",
                entry.correction,
                entry.model,
                short_id(entry.exported_digest) if entry.exported_digest else "not exported",
            )
            for entry in corrections
        ],
    )


def _readable(token: str) -> str:
    """Return a SentencePiece token without its word marker."""
    return "(end)" if token == _END else token.removeprefix(_WORD_START) or "(space)"


def _numbered(tokens: Sequence[str]) -> Sequence[str]:
    """Return tokens with their positions."""
    return [f"{position} {token}" for position, token in enumerate(tokens, 1)]
