"""What learns: the model, its running average, the optimiser, and every random state."""

import contextlib
import copy
import math
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from core.errors import DatahallError
from core.model.batch import Batch, batch_loss
from core.model.config import ModelConfig
from core.model.transformer import Transformer
from core.training.config import TrainConfig
from core.training.optimizer import Optimizer
from core.training.schedule import learning_rate_factor, num_warmup


class DivergedError(DatahallError):
    """The loss or its gradient is no longer a number; the model was not touched by it."""

    kind = "diverged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """What one update showed; `loss` is -log p per token, without the smoothing."""

    loss: float
    learning_rate: float
    gradient_norm: float
    num_tokens: int


class Learner:
    """Makes updates, each a function of the state and the batch alone.

    `average` is the exponential moving average of the weights, kept as a model of its own: it is
    usually the better translator while the learning rate is high.
    """

    def __init__(self, shape: ModelConfig, config: TrainConfig, device: torch.device) -> None:
        """Draw the first weights from the run's seed."""
        torch.manual_seed(config.seed)
        self.config = config
        self.device = device
        self.model = Transformer(shape, seed=config.seed).to(device)
        self.average = copy.deepcopy(self.model).eval().requires_grad_(requires_grad=False)
        self.optimizer = Optimizer(self.model, config)

    def start_from(self, tensors: Mapping[str, Tensor]) -> None:
        """Begin with another run's weights; raises RuntimeError when the shapes differ."""
        self.model.load_state_dict(dict(tensors))
        self.average.load_state_dict(dict(tensors))

    def update(self, batch: Batch, step: int, steps: int) -> Update:
        """Make update `step` of `steps`, counted from 1; raises DivergedError."""
        self.model.train()
        with self._precision():
            loss = batch_loss(self.model, batch, self.config.label_smoothing)
        torch.autograd.backward(loss.smoothed / batch.num_tokens)
        norm = nn.utils.clip_grad_norm_(self.model.parameters(), self.config.clip_norm).item()
        nll = loss.nll.item() / batch.num_tokens
        if not (math.isfinite(nll) and math.isfinite(norm)):
            raise DivergedError(
                f"the loss became {nll} (gradient norm {norm}) at step {step}",
                remedy=f"Start again with a lower learning_rate than {self.config.learning_rate}",
            )
        factor = learning_rate_factor(
            step,
            steps=steps,
            warmup=num_warmup(steps, self.config.warmup_ratio),
            schedule=self.config.schedule,
        )
        rate = self.optimizer.step(factor)
        self._follow(step)
        return Update(loss=nll, learning_rate=rate, gradient_norm=norm, num_tokens=batch.num_tokens)

    def state(self) -> dict[str, Any]:
        """Return all that the next update depends on, but the weights."""
        state: dict[str, Any] = {
            "optimizer": self.optimizer.state(),
            "torch": torch.get_rng_state(),
            "python": random.getstate(),
            "dropout": self.model.dropout.state(),
        }
        if self.device.type == "cuda":
            state["cuda"] = torch.cuda.get_rng_state(self.device)
        return state

    def restore(
        self, state: Mapping[str, Any], raw: Mapping[str, Tensor], average: Mapping[str, Tensor]
    ) -> None:
        """Continue from a checkpoint as if nothing had happened."""
        self.model.load_state_dict(dict(raw))
        self.average.load_state_dict(dict(average))
        self.optimizer.restore(state["optimizer"])
        torch.set_rng_state(state["torch"])
        random.setstate(state["python"])
        self.model.dropout.restore(state["dropout"])
        if self.device.type == "cuda" and "cuda" in state:
            torch.cuda.set_rng_state(state["cuda"], self.device)

    @torch.no_grad()
    def _follow(self, step: int) -> None:
        """Move the average towards the weights; in the first steps it forgets its random start."""
        decay = min(self.config.ema, (1 + step) / (10 + step))
        pairs = zip(self.average.parameters(), self.model.parameters(), strict=True)
        for average, parameter in pairs:
            average.lerp_(parameter, 1 - decay)

    @contextlib.contextmanager
    def _precision(self) -> Iterator[None]:
        """Compute in bfloat16 where that is faster: on a GPU, unless float32 was asked for."""
        wanted = self.device.type == "cuda" and self.config.precision != "float32"
        with torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=wanted):
            yield
