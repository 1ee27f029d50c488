"""Detects a decoder that got stuck ("salad salad salad ..."): the commonest visible failure.

Small models loop on input unlike their training data (LibreTranslate issues 46, 167, 168, 210).
"""

from collections.abc import Sequence

_LONGEST_UNIT = 6
_REPEATS = 4
_LENGTH_RATIO = 3
_LENGTH_SLACK = 10


def is_stuck(source: Sequence[str], target: Sequence[str]) -> bool:
    """Return whether a translation repeats itself as its source does not, or runs away."""
    if len(target) > _LENGTH_RATIO * len(source) + _LENGTH_SLACK:
        return True
    return longest_run(target) >= max(_REPEATS, longest_run(source) + 2)


def longest_run(tokens: Sequence[str]) -> int:
    """Return how often the most repeated unit of 1 to 6 tokens follows itself without a break."""
    longest = 1 if tokens else 0
    for size in range(1, _LONGEST_UNIT + 1):
        same = 0
        for position in range(size, len(tokens)):
            same = same + 1 if tokens[position] == tokens[position - size] else 0
            longest = max(longest, same // size + 1)
    return longest
