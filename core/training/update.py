"""One update of a run: forward, backward, clip, optimiser step, moving average of the weights.

`Learner.update` is a function of the learner's state and the batch alone, so that a resumed run
computes the same bits as an uninterrupted one.
"""

import contextlib
import copy
import math
import random
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from core.errors import DatahallError
from core.model.batch import Batch, batch_loss
from core.model.config import ModelConfig
from core.model.transformer import Transformer
from core.training.config import TrainConfig
from core.training.muon import Matrix, Muon

# Vaswani et al. 2017, section 5.3.
_BETAS, _EPSILON = (0.9, 0.98), 1e-9


class DivergedError(DatahallError):
    """The loss or the gradient norm is NaN or infinite; the weights were not changed by it."""

    kind = "diverged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """The figures of one update.

    Attributes:
        loss: mean -log p per target token, without label smoothing.
        learning_rate: the rate used.
        gradient_norm: norm of the gradient before clipping.
        num_tokens: target tokens of the batch, padding excluded.
    """

    loss: float
    learning_rate: float
    gradient_norm: float
    num_tokens: int


class Learner:
    """A model, its optimiser, and the exponential moving average of its weights (`average`).

    The average is a model of its own: it usually translates better while the learning rate is high.
    """

    def __init__(self, shape: ModelConfig, config: TrainConfig, device: torch.device) -> None:
        """Initialise the weights from the run's seed."""
        torch.manual_seed(config.seed)
        self.config = config
        self.device = device
        self.model = Transformer(shape, seed=config.seed).to(device)
        self.average = copy.deepcopy(self.model).eval().requires_grad_(requires_grad=False)
        self.optimizer = Optimizer(self.model, config)

    def load(self, tensors: Mapping[str, Tensor]) -> None:
        """Start from the weights of another run; raises RuntimeError if the shapes differ."""
        self.model.load_state_dict(dict(tensors))
        self.average.load_state_dict(dict(tensors))

    def update(self, batch: Batch, step: int, steps: int) -> Update:
        """Make update `step` of `steps`, counted from 1; raises DivergedError."""
        config = self.config
        self.model.train()
        with self._autocast():
            loss = batch_loss(self.model, batch, config.label_smoothing)
        torch.autograd.backward(loss.smoothed / batch.num_tokens)
        norm = nn.utils.clip_grad_norm_(self.model.parameters(), config.clip_norm).item()
        nll = loss.nll.item() / batch.num_tokens
        if not (math.isfinite(nll) and math.isfinite(norm)):
            raise DivergedError(
                f"training diverged at step {step}: loss {nll}, gradient norm {norm}",
                remedy=f"Start again with a learning_rate below {config.learning_rate}",
            )
        warmup = num_warmup_steps(steps, config.warmup_ratio)
        factor = learning_rate_factor(step, steps=steps, warmup=warmup, schedule=config.schedule)
        rate = self.optimizer.step(factor)
        self._update_average(step)
        return Update(loss=nll, learning_rate=rate, gradient_norm=norm, num_tokens=batch.num_tokens)

    def state(self) -> dict[str, object]:
        """Return everything that the next update depends on, except the weights."""
        state: dict[str, object] = {
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
        """Continue from the state and the weights of a checkpoint."""
        self.model.load_state_dict(dict(raw))
        self.average.load_state_dict(dict(average))
        self.optimizer.restore(state["optimizer"])
        torch.set_rng_state(state["torch"])
        random.setstate(state["python"])
        self.model.dropout.restore(state["dropout"])
        if self.device.type == "cuda" and "cuda" in state:
            torch.cuda.set_rng_state(state["cuda"], self.device)

    @torch.no_grad()
    def _update_average(self, step: int) -> None:
        """Move the average towards the weights, faster in the first steps (random weights)."""
        decay = min(self.config.ema, (1 + step) / (10 + step))
        pairs = zip(self.average.parameters(), self.model.parameters(), strict=True)
        for average, parameter in pairs:
            average.lerp_(parameter, 1 - decay)

    @contextlib.contextmanager
    def _autocast(self) -> Iterator[None]:
        """Compute in bfloat16 on a GPU unless the configuration requests float32."""
        use_bfloat16 = self.device.type == "cuda" and self.config.precision != "float32"
        with torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=use_bfloat16):
            yield


class Optimizer:
    """AdamW for all parameters, or Muon for the matrices and AdamW for the rest."""

    def __init__(self, model: Transformer, config: TrainConfig) -> None:
        """Distribute the parameters of the model over the optimisers."""
        matrices = list(_hidden_matrices(model)) if config.optimizer == "muon" else []
        taken = {id(matrix.parameter) for matrix in matrices}
        rest = [parameter for parameter in model.parameters() if id(parameter) not in taken]
        rate, decay = config.learning_rate, config.weight_decay
        self._peak = rate
        self._parts: list[torch.optim.Optimizer] = [
            torch.optim.AdamW(
                _decay_groups(rest, 0.0 if matrices else decay),
                lr=rate,
                betas=_BETAS,
                eps=_EPSILON,
                fused=True,
            )
        ]
        if matrices:
            self._parts.append(Muon(matrices, rate, decay))

    def step(self, factor: float) -> float:
        """Update at `factor` of the peak learning rate, clear the gradients, return the rate."""
        for part in self._parts:
            for group in part.param_groups:
                group["lr"] = self._peak * factor
            part.step()
            part.zero_grad(set_to_none=True)
        return self._peak * factor

    def state(self) -> list[dict[str, object]]:
        """Return everything that the next step depends on."""
        return [part.state_dict() for part in self._parts]

    def restore(self, state: list[dict[str, object]]) -> None:
        """Continue from a state."""
        for part, entry in zip(self._parts, state, strict=True):
            part.load_state_dict(entry)


def learning_rate_factor(step: int, *, steps: int, warmup: int, schedule: str) -> float:
    """Return the learning rate of update `step`, counted from 1, as a share of the peak.

    Both schedules rise linearly over `warmup` updates. `linear` then falls to 0 just after the
    last update; `inverse_sqrt` falls with the square root of the step (Vaswani et al. 2017, 5.3).
    """
    if step <= warmup:
        return step / warmup
    if schedule == "inverse_sqrt":
        return math.sqrt(warmup / step)
    return max(0.0, (steps + 1 - step) / (steps + 1 - warmup))


def num_warmup_steps(steps: int, ratio: float) -> int:
    """Return the number of updates in which the learning rate rises, at least one."""
    return max(1, round(steps * ratio))


def _hidden_matrices(model: Transformer) -> Iterable[Matrix]:
    """Yield the matrices between layers; embeddings are looked up, not multiplied."""
    for name, parameter in model.named_parameters():
        if parameter.ndim == 2 and parameter is not model.embedding:  # noqa: PLR2004  (a matrix)
            rows, columns = parameter.shape
            is_fused = name.endswith(("qkv.weight", "key_value.weight"))
            yield Matrix(parameter, rows // columns if is_fused else 1)


def _decay_groups(parameters: list[nn.Parameter], decay: float) -> list[dict[str, object]]:
    """Return two parameter groups: matrices with weight decay, biases and norms without."""
    vectors = [parameter for parameter in parameters if parameter.ndim == 1]
    matrices = [parameter for parameter in parameters if parameter.ndim > 1]
    return [{"params": matrices, "weight_decay": decay}, {"params": vectors, "weight_decay": 0.0}]
