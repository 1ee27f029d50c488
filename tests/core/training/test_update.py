"""An update: gradient clipping and the moving average of the weights."""

import copy
import dataclasses

import pytest
import torch

from core.model.batch import Batch
from core.model.config import ModelConfig
from core.training.config import PRESETS
from core.training.update import Learner

SHAPE = ModelConfig(
    vocabulary=50, width=16, heads=2, hidden=40, encoder_layers=1, decoder_layers=1, dropout=0.0
)
ADAM_SHARE = 0.1  # of the first gradient, in Adam's mean: 1 - beta1


@pytest.fixture
def batch() -> Batch:
    """Random tokens."""
    words = torch.randint(4, 50, (4, 6), generator=torch.Generator().manual_seed(1))
    return Batch(source=words, target_input=words, target_output=words, num_tokens=24)


def make(**changes: float | str) -> Learner:
    """Return a learner on the CPU whose optimiser is AdamW alone."""
    config = dataclasses.replace(PRESETS["demo"], optimizer="adamw", **changes)  # type: ignore[arg-type]  # by name
    return Learner(SHAPE, config, torch.device("cpu"))


def applied_norm(learner: Learner) -> float:
    """Return the norm of the first gradient, computed from Adam's state."""
    (adam,) = learner.optimizer.state()
    means = [entry["exp_avg"].flatten() for entry in adam["state"].values()]
    return torch.cat(means).norm().item() / ADAM_SHARE


@pytest.mark.parametrize(("limit", "is_clipped"), [(0.01, True), (1000.0, False)])
def test_the_gradient_is_clipped_and_the_norm_before_is_returned(
    batch: Batch, limit: float, *, is_clipped: bool
) -> None:
    learner = make(clip_norm=limit)
    reported = learner.update(batch, 1, 10).gradient_norm
    assert 0.01 < reported < 1000
    assert applied_norm(learner) == pytest.approx(limit if is_clipped else reported, rel=1e-4)


def test_the_average_follows_the_weights_by_its_recurrence(batch: Batch) -> None:
    """The decay is (1 + step) / (10 + step) at first, later `ema`."""
    learner = make(ema=0.3, learning_rate=0.1)
    wanted = copy.deepcopy(learner.model.state_dict())
    for step, decay in enumerate((2 / 11, 3 / 12, 0.3, 0.3), start=1):
        learner.update(batch, step, 4)
        weights = learner.model.state_dict()
        for name, average in wanted.items():
            wanted[name] = decay * average + (1 - decay) * weights[name]
    for name, average in learner.average.state_dict().items():
        torch.testing.assert_close(average, wanted[name])
    assert not torch.allclose(learner.average.embedding, learner.model.embedding)
