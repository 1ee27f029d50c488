"""Translators and engines: their protocols, and the records they exchange."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

_LENGTH_RATIO = 3
_LENGTH_SLACK = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """Another translation of a text; `score` is its log-probability per token (0 is certain)."""

    text: str
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Translation:
    """The translation of one text; `alternatives` are other translations, best first.

    `score` is the log-probability per token (0 is certain), `model_version` is `NAME:VERSION`.
    """

    source: str
    text: str
    score: float
    alternatives: tuple[Alternative, ...]
    model_version: str
    milliseconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Attention:
    """Cross-attention of one translation, averaged over heads; the rows of `weights` sum to 1.

    `weights[t][s]` belongs to target token t and source token s. Tokens are SentencePiece pieces (a
    leading `\u2581` starts a word). The last source token of each segment is its end-of-sentence
    token, which often gets much of the weight.
    """

    source_tokens: tuple[str, ...]
    target_tokens: tuple[str, ...]
    weights: tuple[tuple[float, ...], ...]
    layer: int
    model_version: str


class Translator(Protocol):
    """Translates texts with one model version; safe to call from several threads."""

    @property
    def version(self) -> str:
        """`NAME:VERSION` of the model."""
        ...

    @property
    def languages(self) -> tuple[str, str]:
        """Source and target language codes."""
        ...

    def translate(
        self, texts: Sequence[str], *, beam: int = 5, n_best: int = 1
    ) -> Sequence[Translation]:
        """Return one translation per text, in order; empty text gives an empty translation.

        Raises InputError for text with a lone surrogate.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Target tokens without the end token; `score` is the mean log-probability, end included."""

    tokens: tuple[str, ...]
    score: float

    @property
    def num_tokens(self) -> int:
        """Number of tokens that `score` is the mean of."""
        return len(self.tokens) + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchOptions:
    """Options of the search: `beam` 1 is greedy; no n-gram of `block_repeats` tokens occurs twice.

    `block_repeats` 0 allows all repeats.
    """

    beam: int
    n_best: int = 1
    block_repeats: int = 0


class Engine(Protocol):
    """A loaded model: source tokens in, target tokens out; safe to call from several threads."""

    @property
    def max_tokens(self) -> int:
        """Maximum length of a source, in tokens without the end token."""
        ...

    @property
    def blocks_repeats(self) -> bool:
        """Whether the search supports `SearchOptions.block_repeats`."""
        ...

    def search(
        self, sources: Sequence[Sequence[str]], options: SearchOptions
    ) -> Sequence[Sequence[Candidate]]:
        """Return for each source 1 to `n_best` candidates, best first."""
        ...


class ScoringEngine(Engine, Protocol):
    """An engine that also scores given translations (for the self-test)."""

    def score(
        self, sources: Sequence[Sequence[str]], targets: Sequence[Sequence[str]]
    ) -> Sequence[Sequence[float]]:
        """Return the log-probability of each token of the targets, the end token last."""
        ...


def max_target_tokens(sources: Sequence[Sequence[str]], max_length: int) -> int:
    """Return the maximum number of tokens that a search over these sources generates."""
    longest = max((len(source) for source in sources), default=0)
    return min(_LENGTH_RATIO * longest + _LENGTH_SLACK, max_length)
