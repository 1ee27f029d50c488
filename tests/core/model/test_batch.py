"""Batches: padding costs nothing and counts for nothing."""

import pytest
import torch
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as some

from core.data.encoded import EncodedSplit
from core.data.records import BOS_ID, EOS_ID, PAD_ID
from core.model.batch import batch_loss, collate
from core.model.transformer import Transformer

WORDS = some.lists(some.integers(4, 39), min_size=0, max_size=7).map(lambda ids: [*ids, EOS_ID])
PAIRS = some.lists(some.tuples(WORDS, WORDS), min_size=1, max_size=5)
CPU = torch.device("cpu")


def split_of(pairs: list[tuple[list[int], list[int]]]) -> EncodedSplit:
    """Return pairs as a split."""
    return EncodedSplit(
        sources=[source for source, _ in pairs],
        targets=[target for _, target in pairs],
        lines=list(range(len(pairs))),
        skipped=0,
    )


def test_the_decoder_reads_what_it_should_have_said_before() -> None:
    """Shifted by one, BOS first, EOS last, padding at the end."""
    batch = collate(split_of([([5, EOS_ID], [6, 7, EOS_ID]), ([8, EOS_ID], [EOS_ID])]), [0, 1], CPU)
    assert batch.before.tolist() == [[BOS_ID, 6, 7], [BOS_ID, PAD_ID, PAD_ID]]
    assert batch.after.tolist() == [[6, 7, EOS_ID], [EOS_ID, PAD_ID, PAD_ID]]
    assert batch.num_tokens == 4


@given(pairs=PAIRS)
@limits(max_examples=25)
def test_a_batch_costs_what_its_sentences_cost_alone(
    model: Transformer, pairs: list[tuple[list[int], list[int]]]
) -> None:
    """The sums of the loss add up, whatever is padded."""
    split = split_of(pairs)
    everything = list(range(len(pairs)))
    with torch.no_grad():
        together = batch_loss(model, collate(split, everything, CPU), 0.1)
        alone = [batch_loss(model, collate(split, [index], CPU), 0.1) for index in everything]
    for name in ("smoothed", "nll"):
        total = sum(getattr(loss, name).item() for loss in alone)
        assert getattr(together, name).item() == pytest.approx(total, rel=1e-4)
