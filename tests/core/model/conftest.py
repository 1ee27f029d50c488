"""Small models for tests of the model."""

from collections.abc import Callable

import pytest
import torch

from core.model.config import ModelConfig, Norm
from core.model.transformer import Transformer


def small_config(norm: Norm = "pre", dropout: float = 0.0) -> ModelConfig:
    """Return a shape small enough for exact comparisons."""
    return ModelConfig(
        vocabulary=40, width=32, heads=4, hidden=48, encoder_layers=2, decoder_layers=3,
        dropout=dropout, norm=norm, max_length=64,
    )  # fmt: skip


def random_model(norm: Norm = "pre", dropout: float = 0.0) -> Transformer:
    """Return a model with random biases and norms in place of zeros and ones."""
    torch.manual_seed(3)
    model = Transformer(small_config(norm, dropout))
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.ndim == 1:
                parameter.add_(torch.randn_like(parameter) * 0.1)
            assert parameter.isfinite().all(), name
    return model.eval()


MakeModel = Callable[..., Transformer]


@pytest.fixture(scope="session")
def make_model() -> MakeModel:
    """A maker of small models with random weights: `make_model(norm="post")`."""
    return random_model


@pytest.fixture(scope="session")
def model() -> Transformer:
    """A pre-LN model with random weights; tests must not change it."""
    return random_model()
