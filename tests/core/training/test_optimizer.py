"""The optimiser: Muon for matrices, AdamW for the rest."""

import copy
import dataclasses
from typing import Any

import pytest
import torch

from core.model.batch import Batch, batch_loss
from core.model.config import ModelConfig
from core.model.transformer import Transformer
from core.training.config import PRESETS, TrainConfig
from core.training.muon import orthogonalise
from core.training.update import Optimizer

SHAPE = ModelConfig(
    vocabulary=50, width=16, heads=2, hidden=40, encoder_layers=1, decoder_layers=1, dropout=0.0
)


def config(**changes: Any) -> TrainConfig:  # noqa: ANN401  (any field)
    """Return a training configuration."""
    return dataclasses.replace(PRESETS["demo"], **changes)


def learn(model: Transformer, optimizer: Optimizer, seed: int) -> float:
    """Make one update on random tokens."""
    generator = torch.Generator().manual_seed(seed)
    words = torch.randint(4, 50, (4, 6), generator=generator)
    loss = batch_loss(
        model, Batch(source=words, target_input=words, target_output=words, num_tokens=24), 0.1
    )
    loss.smoothed.backward()
    optimizer.step(1.0)
    return loss.smoothed.item()


@pytest.mark.parametrize("shape", [(3, 16, 16), (2, 40, 16), (2, 16, 40)])
def test_directions_become_nearly_orthogonal(shape: tuple[int, ...]) -> None:
    torch.manual_seed(0)
    found = orthogonalise(torch.randn(shape) * 100)
    assert found.shape == shape
    values = torch.linalg.svdvals(found)
    assert values.min() > 0.3
    assert values.max() < 1.3


def test_a_zero_gradient_gives_a_zero_update() -> None:
    assert torch.equal(orthogonalise(torch.zeros(1, 4, 4)), torch.zeros(1, 4, 4))


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["adamw", "muon"])
def test_every_parameter_is_updated(kind: str) -> None:
    torch.manual_seed(0)
    model = Transformer(SHAPE)
    optimizer = Optimizer(model, config(optimizer=kind, learning_rate=1e-2))
    before = copy.deepcopy(model.state_dict())
    losses = [learn(model, optimizer, seed=1) for _ in range(20)]
    for name, tensor in model.state_dict().items():
        assert not torch.equal(tensor, before[name]), name
    assert losses[-1] < losses[0] * 0.8


@pytest.mark.parametrize("kind", ["adamw", "muon"])
def test_a_restored_optimizer_continues_bit_by_bit(kind: str) -> None:
    torch.manual_seed(0)
    model = Transformer(SHAPE)
    optimizer = Optimizer(model, config(optimizer=kind))
    for seed in range(3):
        learn(model, optimizer, seed)
    other = Transformer(SHAPE)
    other.load_state_dict(model.state_dict())
    resumed = Optimizer(other, config(optimizer=kind))
    resumed.restore(copy.deepcopy(optimizer.state()))
    for seed in range(3, 6):
        assert learn(model, optimizer, seed) == learn(other, resumed, seed)
    for mine, theirs in zip(model.parameters(), other.parameters(), strict=True):
        assert torch.equal(mine, theirs)


def test_fused_projections_are_orthogonalised_block_by_block() -> None:
    torch.manual_seed(0)
    model = Transformer(SHAPE)
    optimizer = Optimizer(model, config(weight_decay=0.0, learning_rate=1.0))
    layer = model.encoder[0].self_attention.qkv
    before = layer.weight.detach().clone()
    learn(model, optimizer, seed=1)
    step = (layer.weight.detach() - before) / (0.2 * 16**0.5)
    for block in step.chunk(3):
        values = torch.linalg.svdvals(block)
        assert values.max() < 1.3
        assert values.median() > 0.5
