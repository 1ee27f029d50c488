"""How fast this machine makes updates: what turns a budget of minutes into a number of steps."""

import torch

from core.clock import Clock
from core.model.batch import collate
from core.model.config import ModelConfig
from core.training.config import TrainConfig
from core.training.corpus import Corpus, Order
from core.training.learner import Learner

_WARM_UP_STEPS = 3
_MEASURED_STEPS = 20


def measure_step_seconds(
    corpus: Corpus, shape: ModelConfig, config: TrainConfig, device: torch.device, clock: Clock
) -> float:
    """Return the mean seconds of an update, measured on a learner that is thrown away.

    The run itself then starts from its seed, so that its curve depends on the number of steps, not
    on how they were found.
    """
    learner = Learner(shape, config, device)
    batches = Order(corpus, config.batch_tokens, config.seed).batches(0)
    started = clock.monotonic()
    for step in range(1, _WARM_UP_STEPS + _MEASURED_STEPS + 1):
        if step == _WARM_UP_STEPS + 1:
            started = clock.monotonic()
        indexes = batches[step % len(batches)]
        learner.update(collate(corpus.train, indexes, device), step, 1_000_000)
    return (clock.monotonic() - started) / _MEASURED_STEPS
