"""Comparison of two validations."""

import pytest

from core.checkpoints.contents import EMA_NAME
from core.training.validation import Validation


def test_the_first_validation_is_the_best_so_far() -> None:
    found = Validation(loss=6.0, bleu=0.1, preferred=EMA_NAME, samples=())
    assert found.is_better_than(-1.0, float("inf"))


@pytest.mark.parametrize(
    ("bleu", "loss", "is_better"),
    [
        (33.0, 2.5, True),  # clearly more BLEU, though the loss is worse
        (30.4, 1.9, True),  # about the same BLEU, less loss
        (29.6, 1.9, True),  # a little less BLEU is noise
        (30.4, 2.1, False),  # a little more BLEU is noise too
        (27.0, 1.5, False),  # clearly less BLEU
    ],
)
def test_bleu_decides_if_the_difference_exceeds_the_noise(
    bleu: float,
    loss: float,
    is_better: bool,  # noqa: FBT001  (a case)
) -> None:
    """Compared with 30 BLEU at loss 2."""
    found = Validation(loss=loss, bleu=bleu, preferred=EMA_NAME, samples=())
    assert found.is_better_than(30.0, 2.0) is is_better
