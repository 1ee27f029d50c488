"""The chunked loss is torch's cross entropy with label smoothing, gradients included."""

import pytest
import torch
from torch.nn import functional as F

from core.model.loss import CHUNK_ROWS, token_loss


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.5])
@pytest.mark.parametrize("rows", [1, CHUNK_ROWS, 2 * CHUNK_ROWS + 7])
def test_the_loss_equals_torchs_cross_entropy(rows: int, smoothing: float) -> None:
    """Value and gradients, for one row, a full chunk and an incomplete last chunk."""
    torch.manual_seed(rows)
    operands = [torch.randn(rows, 16), torch.randn(90, 16), torch.randn(90)]
    target = torch.randint(90, (rows,))
    ours = [x.clone().requires_grad_() for x in operands]
    theirs = [x.clone().double().requires_grad_() for x in operands]
    loss = token_loss(*ours, target, smoothing)
    logits = F.linear(*theirs)
    expected = F.cross_entropy(logits, target, reduction="sum", label_smoothing=smoothing)
    (loss.smoothed * 0.5).backward()
    (expected * 0.5).backward()
    plain = F.cross_entropy(logits, target, reduction="sum")
    assert loss.smoothed.item() == pytest.approx(expected.item(), rel=1e-5)
    assert loss.nll.item() == pytest.approx(plain.item(), rel=1e-5)
    for mine, other in zip(ours, theirs, strict=True):
        assert torch.allclose(mine.grad.double(), other.grad, atol=2e-4, rtol=1e-4)


def test_confident_logits_do_not_overflow() -> None:
    hidden, weight = torch.tensor([[1000.0], [1000.0]]), torch.tensor([[1.0], [-1.0]])
    loss = token_loss(hidden, weight, torch.zeros(2), torch.tensor([0, 1]), 0.1)
    assert loss.nll.item() == pytest.approx(2000.0)
    assert loss.smoothed.isfinite()


def test_the_loss_without_gradients_is_the_same() -> None:
    hidden, weight, bias = torch.randn(5, 8), torch.randn(20, 8), torch.randn(20)
    target = torch.randint(20, (5,))
    expected = token_loss(hidden, weight.requires_grad_(), bias, target, 0.1)
    with torch.no_grad():
        found = token_loss(hidden, weight, bias, target, 0.1)
    assert torch.equal(found.smoothed, expected.smoothed)
    assert found.smoothed.grad_fn is None
