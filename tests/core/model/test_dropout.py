"""Dropout with a pool of masks."""

import json

import pytest
import torch

from core.model.dropout import POOL_SIZE, Dropout


def test_dropout_is_the_identity_in_evaluation_mode() -> None:
    x = torch.randn(3, 4)
    dropout = Dropout(0.5).eval()
    assert torch.equal(dropout(x), x)
    assert torch.equal(dropout.add(x, x), x + x)


def test_dropout_zeroes_its_share_and_preserves_the_mean() -> None:
    dropped = Dropout(0.3)(torch.ones(200, 500))
    assert (dropped == 0).float().mean().item() == pytest.approx(0.3, abs=0.01)
    assert dropped.mean().item() == pytest.approx(1.0, abs=0.02)
    assert dropped.unique().tolist() == pytest.approx([0.0, 1 / 0.7])


def test_masks_differ_between_calls_and_seeds() -> None:
    dropout, x = Dropout(0.5, seed=1), torch.ones(64, 64)
    first = dropout(x)
    assert not torch.equal(first, dropout(x))
    assert not torch.equal(first, Dropout(0.5, seed=2)(x))


def test_a_restored_state_gives_the_same_masks() -> None:
    """Also from JSON, which has lists in place of tuples."""
    dropout, x = Dropout(0.5, seed=1), torch.ones(64, 64)
    dropout(x)
    state = json.loads(json.dumps(dropout.state()))
    expected = [dropout(x), dropout.add(x, x)]
    resumed = Dropout(0.5, seed=1)
    resumed.restore(state)
    assert torch.equal(resumed(x), expected[0])
    assert torch.equal(resumed.add(x, x), expected[1])


def test_a_tensor_larger_than_the_pool_gets_a_mask_from_torch() -> None:
    x = torch.ones(POOL_SIZE // 2 + 1)
    torch.manual_seed(5)
    first = Dropout(0.5)(x)
    torch.manual_seed(5)
    assert torch.equal(first, Dropout(0.5)(x))
    assert (first == 0).float().mean().item() == pytest.approx(0.5, abs=0.01)


def test_the_gradient_of_dropout_is_its_mask() -> None:
    x = torch.ones(32, 32, requires_grad=True)
    out = Dropout(0.5).add(torch.zeros(32, 32), x)
    out.sum().backward()
    assert torch.equal(x.grad, out.detach())
