"""Training, validation and test splits that share no sentence on either side."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b

from core.data.cleaning.clean import HELD_OUT, CleaningCounts
from core.data.cleaning.normalise import sentence_key
from core.data.records import SPLITS, Pair
from core.errors import InputError

MAX_HELD_OUT = 2000
_HELD_OUT_RATIO = 0.05
_SMALL_GROUP = 5
_MIN_GROUPS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class _Groups:
    """Groups of pairs connected by equal sentences: union-find over digests of sentences."""

    parents: dict[int, int]

    def root(self, node: int) -> int:
        """Return the representative of the group of a sentence."""
        parents = self.parents
        parents.setdefault(node, node)
        while parents[node] != node:
            parents[node] = node = parents[parents[node]]
        return node

    def join(self, one: int, other: int) -> None:
        """Merge the groups of two sentences."""
        self.parents[self.root(one)] = self.root(other)


def split_pairs(
    pairs: Sequence[Pair], seed: int, counts: CleaningCounts
) -> Mapping[str, list[Pair]]:
    """Return the pairs by split; pairs that leak into training are dropped and counted.

    Splits named at the import are kept; a missing validation or test split is taken from the
    other pairs: min(2,000, 5 %) of them, each from a different group. A group is a set of pairs
    connected by equal sentences (ignoring case and punctuation). Raises InputError when there are
    too few groups to split.
    """
    given: dict[str, list[Pair]] = {split: [] for split in SPLITS}
    pool: list[Pair] = []
    for pair in pairs:
        (given[pair.split] if pair.split in HELD_OUT else pool).append(pair)
    pool = _without_leaks(pool, [*given["valid"], *given["test"]], counts)
    missing = [split for split in HELD_OUT if not given[split]]
    if missing:
        pool = _hold_out(pool, missing, given, seed, counts)
    if not pool:
        raise InputError(
            "no pairs are left to train on after cleaning",
            remedy="Look at the counts per rule: the data may be in the wrong languages",
        )
    return {**given, "train": pool}


def _hold_out(
    pool: Sequence[Pair],
    missing: Sequence[str],
    given: Mapping[str, list[Pair]],
    seed: int,
    counts: CleaningCounts,
) -> list[Pair]:
    """Move pairs into the missing splits and return what is left for training."""
    groups = _group(pool)
    if len(groups) < _MIN_GROUPS:
        raise InputError(
            f"{len(pool)} usable pairs in {len(groups)} unconnected groups cannot be split into "
            "training, validation and test",
            remedy="Import more, or more varied, sentences",
        )
    random.Random(seed).shuffle(groups)  # noqa: S311  (a split, no secret)
    # Holding out one pair of a group drops the others, so large groups come last.
    groups.sort(key=lambda group: len(group) > _SMALL_GROUP)
    size = max(1, min(MAX_HELD_OUT, int(_HELD_OUT_RATIO * len(pool)), len(groups) // _MIN_GROUPS))
    taken: set[int] = set()
    for number, group in enumerate(groups[: size * len(missing)]):
        given[missing[number // size]].append(pool[group[0]])
        taken.update(group)
        for index in group[1:]:
            counts.drop("leak", pool[index])
    return [pair for index, pair in enumerate(pool) if index not in taken]


def _group(pool: Sequence[Pair]) -> list[list[int]]:
    """Return the indexes of connected pairs, in the order of their first pair."""
    groups = _Groups(parents={})
    sources = [_node("s", pair.source) for pair in pool]
    for node, pair in zip(sources, pool, strict=True):
        groups.join(node, _node("t", pair.target))
    found: dict[int, list[int]] = {}
    for index, node in enumerate(sources):
        found.setdefault(groups.root(node), []).append(index)
    return list(found.values())


def _without_leaks(
    pool: list[Pair], held_out: Sequence[Pair], counts: CleaningCounts
) -> list[Pair]:
    """Return the pairs that share no sentence with the held-out ones."""
    if not held_out:
        return pool
    sources = {sentence_key(pair.source) for pair in held_out}
    targets = {sentence_key(pair.target) for pair in held_out}
    kept = []
    for pair in pool:
        if sentence_key(pair.source) in sources or sentence_key(pair.target) in targets:
            counts.drop("leak", pair)
        else:
            kept.append(pair)
    return kept


def _node(side: str, text: str) -> int:
    """Return a number for a sentence: 8 bytes of its digest, to save memory."""
    key = side + sentence_key(text)
    return int.from_bytes(blake2b(key.encode(), digest_size=8).digest(), "big")
