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


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedModel:
    """A model that serves: `model` is `NAME:VERSION`, `since` when it was loaded (epoch)."""

    model: str
    run: str
    source: str
    target: str
    since: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """What the translation server says of itself; the first model is the default.

    `problem` says what keeps the alias' version from serving, empty when nothing does.
    """

    models: tuple[ServedModel, ...]
    uptime_s: float
    requests: int
    failures: int
    problem: str

    @property
    def model(self) -> str | None:
        """`NAME:VERSION` of the default model, None before the first promotion."""
        return self.models[0].model if self.models else None
