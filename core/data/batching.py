"""Batches by a budget of tokens: the order of an epoch is a function of (seed, epoch) alone."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

_FULL_ENOUGH = 0.5


@dataclass(frozen=True, slots=True)
class Length:
    """Tokens of a pair's two sides, end included."""

    source: int
    target: int


def batches(lengths: Sequence[Length], tokens: int, seed: int, epoch: int = 0) -> list[list[int]]:
    """Return batches of indexes into `lengths`: each index once, batches in random order.

    A batch padded to its longest side holds at most `tokens` tokens, but for a single pair that
    is longer alone. Pairs are sorted by length with random ties, and a batch that is half full
    ends where the source length changes: most batches then need no padding of the source, hence
    no mask (1.7 to 2.1 times faster than unsorted batches, see engine.md).
    """
    source = random.Random(f"{seed}/{epoch}")  # noqa: S311  (shuffling, no secret)
    order = list(range(len(lengths)))
    source.shuffle(order)
    order.sort(key=lambda index: (lengths[index].source, lengths[index].target))
    found: list[list[int]] = []
    batch: list[int] = []
    widest = first = 0
    for index in order:
        length = lengths[index]
        wider = max(widest, length.source, length.target)
        is_full = wider * (len(batch) + 1) > tokens
        changes = length.source != first and widest * len(batch) > tokens * _FULL_ENOUGH
        if batch and (is_full or changes):
            found.append(batch)
            batch = []
            wider = max(length.source, length.target)
        if not batch:
            first = length.source
        batch.append(index)
        widest = wider
    if batch:
        found.append(batch)
    source.shuffle(found)
    return found
