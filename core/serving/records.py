"""Records of translation."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Hypothesis:
    """One candidate; `score` is the log-probability per token (0 is certain)."""

    text: str
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Translation:
    """The translation of one text; `alternatives` are the other candidates, best first."""

    source: str
    text: str
    score: float
    alternatives: tuple[Hypothesis, ...]
    model_version: str
    milliseconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Attention:
    """Cross-attention of one translation: `weights[t][s]`, rows sum to 1 (averaged over heads).

    Tokens are SentencePiece pieces (a leading `\u2581` starts a word); the last source token of a
    segment is its end mark, which attention often rests on.
    """

    source_tokens: tuple[str, ...]
    target_tokens: tuple[str, ...]
    weights: tuple[tuple[float, ...], ...]
    layer: int
    model_version: str
