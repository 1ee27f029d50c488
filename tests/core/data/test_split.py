"""Splits share no sentence."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.data.cleaning.clean import CleaningCounts
from core.data.cleaning.normalise import sentence_key
from core.data.records import Pair
from core.data.split import split_pairs
from core.errors import InputError

WORDS = st.text("abcdefgh", min_size=1, max_size=2)


@given(st.lists(st.tuples(WORDS, WORDS), min_size=12, max_size=80), st.integers(0, 5))
def test_no_sentence_is_in_two_splits(rows: list[tuple[str, str]], seed: int) -> None:
    """Every dropped pair is counted."""
    pairs = [Pair(source=source, target=target) for source, target in rows]
    counts = CleaningCounts()
    try:
        found = split_pairs(pairs, seed, counts)
    except InputError:
        return
    for side in ("source", "target"):
        seen: set[str] = set()
        for split in ("valid", "test", "train"):
            keys = {sentence_key(getattr(pair, side)) for pair in found[split]}
            assert not keys & seen
            seen |= keys
    assert sum(map(len, found.values())) + counts.dropped["leak"] == len(pairs)
    assert all(found.values())


def test_validation_and_test_get_five_percent_each(household: Sequence[Pair]) -> None:
    found = split_pairs(household, 1, CleaningCounts())
    assert {split: len(pairs) for split, pairs in found.items()} == {
        "valid": 6,
        "test": 6,
        "train": 108,
    }


def test_validation_and_test_get_at_most_two_thousand_pairs() -> None:
    pairs = [Pair(source=f"s{n}", target=f"t{n}") for n in range(50_000)]
    found = split_pairs(pairs, 1, CleaningCounts())
    assert (len(found["valid"]), len(found["test"])) == (2000, 2000)


def test_the_split_depends_on_the_seed_alone(household: Sequence[Pair]) -> None:
    assert split_pairs(household, 3, CleaningCounts()) == split_pairs(
        household, 3, CleaningCounts()
    )
    assert split_pairs(household, 3, CleaningCounts()) != split_pairs(
        household, 4, CleaningCounts()
    )


def test_imported_splits_are_kept(household: Sequence[Pair]) -> None:
    """Training pairs that share a sentence with them are dropped and counted."""
    test = [Pair(source="a new sentence", target=household[0].target, split="test")]
    counts = CleaningCounts()
    found = split_pairs([*household, *test], 1, counts)
    assert found["test"] == test
    assert household[0] not in found["train"]
    assert household[0] not in found["valid"]
    assert counts.dropped["leak"] >= 1
    assert len(found["valid"]) == 5


def test_ten_pairs_can_be_split() -> None:
    pairs = [Pair(source=f"word {n}", target=f"palabra {n}") for n in range(10)]
    found = split_pairs(pairs, 1, CleaningCounts())
    assert [len(found[split]) for split in ("valid", "test", "train")] == [1, 1, 8]


def test_pairs_that_are_all_connected_cannot_be_split() -> None:
    pairs = [Pair(source="the same", target=f"palabra {n}") for n in range(10)]
    with pytest.raises(InputError, match="1 unconnected groups"):
        split_pairs(pairs, 1, CleaningCounts())
