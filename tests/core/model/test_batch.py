"""Batches as tensors, and the loss of a model on them."""

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


def test_the_decoder_input_is_the_target_shifted_by_one() -> None:
    batch = collate(split_of([([5, EOS_ID], [6, 7, EOS_ID]), ([8, EOS_ID], [EOS_ID])]), [0, 1], CPU)
    assert batch.target_input.tolist() == [[BOS_ID, 6, 7], [BOS_ID, PAD_ID, PAD_ID]]
    assert batch.target_output.tolist() == [[6, 7, EOS_ID], [EOS_ID, PAD_ID, PAD_ID]]
    assert batch.num_tokens == 4


@given(pairs=PAIRS)
@limits(max_examples=25)
def test_the_loss_of_a_batch_is_the_sum_over_its_sentences(
    model: Transformer, pairs: list[tuple[list[int], list[int]]]
) -> None:
    split = split_of(pairs)
    everything = list(range(len(pairs)))
    with torch.no_grad():
        together = batch_loss(model, collate(split, everything, CPU), 0.1)
        alone = [batch_loss(model, collate(split, [index], CPU), 0.1) for index in everything]
    for name in ("smoothed", "nll"):
        total = sum(getattr(loss, name).item() for loss in alone)
        assert getattr(together, name).item() == pytest.approx(total, rel=1e-4)
