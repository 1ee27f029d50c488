"""Encoded splits and their batches."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.data.encoded import Length, batches, load_split
from core.data.records import EOS_ID, Dataset
from core.data.tokenizer import Tokenizer
from core.errors import CorruptError

LENGTHS = st.lists(st.builds(Length, st.integers(1, 40), st.integers(1, 40)), max_size=200)


@given(LENGTHS, st.integers(8, 200), st.integers(0, 3), st.integers(0, 3))
def test_batches_cover_each_pair_once_within_the_budget(
    lengths: Sequence[Length], tokens: int, seed: int, epoch: int
) -> None:
    """A pair that exceeds the budget is a batch of its own."""
    found = batches(lengths, tokens, seed, epoch)
    assert sorted(index for batch in found for index in batch) == list(range(len(lengths)))
    for batch in found:
        widest = max(max(lengths[index].source, lengths[index].target) for index in batch)
        assert widest * len(batch) <= tokens or len(batch) == 1


@given(LENGTHS, st.integers(0, 3))
def test_the_order_depends_on_seed_and_epoch_alone(lengths: Sequence[Length], seed: int) -> None:
    """A resumed run uses the same batches as an uninterrupted one."""
    assert batches(lengths, 100, seed, 2) == batches(lengths, 100, seed, 2)


def test_epochs_have_different_orders() -> None:
    lengths = [Length(1 + n % 7, 1 + n % 5) for n in range(300)]
    assert batches(lengths, 100, 1, 0) != batches(lengths, 100, 1, 1)


def test_most_batches_have_one_source_length() -> None:
    """They need no mask, which makes them faster."""
    lengths = [Length(3 + n % 11, 3 + n % 9) for n in range(4000)]
    found = batches(lengths, 256, 1, 0)
    uniform = sum(len({lengths[index].source for index in batch}) == 1 for batch in found)
    assert uniform / len(found) > 0.8
    filled = sum(length.target for length in lengths)
    padded = sum(len(batch) * max(lengths[index].target for index in batch) for batch in found)
    assert filled / padded > 0.85


def test_a_split_is_loaded_as_token_ids(prepared: Dataset) -> None:
    """Both sides end with EOS and do not begin with BOS."""
    tokenizer = Tokenizer.load(prepared.vocabulary_file)
    split = load_split(prepared, "test", tokenizer, 100)
    lines = prepared.split_file("test", "es").read_text(encoding="utf-8").splitlines()
    assert split.skipped == 0
    assert [tokenizer.decode(ids) for ids in split.targets] == lines
    assert all(ids[-1] == EOS_ID and ids.count(EOS_ID) == 1 for ids in split.sources)
    assert split.lengths[0] == Length(len(split.sources[0]), len(split.targets[0]))


def test_pairs_that_are_too_long_are_skipped_and_counted(prepared: Dataset) -> None:
    tokenizer = Tokenizer.load(prepared.vocabulary_file)
    whole = load_split(prepared, "train", tokenizer, 100)
    longest = max(max(length.source, length.target) for length in whole.lengths)
    cut = load_split(prepared, "train", tokenizer, longest - 1)
    assert cut.skipped > 0
    assert len(cut.lines) + cut.skipped == len(whole.lines)
    assert [whole.sources[line] for line in cut.lines] == list(cut.sources)


def test_files_of_different_length_are_refused(prepared: Dataset) -> None:
    tokenizer = Tokenizer.load(prepared.vocabulary_file)
    path = prepared.split_file("valid", "es")
    path.write_text("una sola línea\n", encoding="utf-8")
    with pytest.raises(CorruptError, match="lines"):
        load_split(prepared, "valid", tokenizer, 100)
    path.unlink()
    with pytest.raises(CorruptError, match="cannot be read"):
        load_split(prepared, "valid", tokenizer, 100)
