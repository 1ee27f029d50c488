"""What turns tokens into tokens: the part of a translator that knows the model."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

_LENGTH_RATIO = 3
_LENGTH_SLACK = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Target tokens without the end mark; `score` is the log-probability per token, it included."""

    tokens: tuple[str, ...]
    score: float

    @property
    def num_tokens(self) -> int:
        """Tokens that the score is a mean of."""
        return len(self.tokens) + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchOptions:
    """How to search: `beam` 1 is greedy; `block_repeats` n forbids any n-gram to occur twice."""

    beam: int
    n_best: int = 1
    block_repeats: int = 0


class Engine(Protocol):
    """A loaded model; safe to call from several threads."""

    @property
    def max_tokens(self) -> int:
        """Longest source that should be given, in tokens without the end mark."""
        ...

    @property
    def blocks_repeats(self) -> bool:
        """Whether the search can forbid repeated n-grams."""
        ...

    def search(
        self, sources: Sequence[Sequence[str]], options: SearchOptions
    ) -> Sequence[Sequence[Candidate]]:
        """Return for each source its candidates, best first, at least one and at most `n_best`."""
        ...


def longest_target(sources: Sequence[Sequence[str]], max_length: int) -> int:
    """Return at which length a search gives up: three times the source, within the positions."""
    longest = max((len(source) for source in sources), default=0)
    return min(_LENGTH_RATIO * longest + _LENGTH_SLACK, max_length)
