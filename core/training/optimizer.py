"""The optimiser of a run: AdamW for all, or Muon for the matrices and AdamW for the rest."""

from collections.abc import Iterable
from typing import Any

import torch
from torch import nn

from core.model.transformer import Transformer
from core.training.config import TrainConfig
from core.training.muon import Matrix, Muon

# Section 5.3 of the Transformer paper.
_BETAS, _EPSILON = (0.9, 0.98), 1e-9


class Optimizer:
    """One or two of torch's optimisers that share a schedule of learning rates."""

    def __init__(self, model: Transformer, config: TrainConfig) -> None:
        """Prepare for updating the model."""
        matrices = list(_matrices(model)) if config.optimizer == "muon" else []
        taken = {id(matrix.parameter) for matrix in matrices}
        rest = [parameter for parameter in model.parameters() if id(parameter) not in taken]
        rate, decay = config.learning_rate, config.weight_decay
        self._peak = rate
        self._parts: list[torch.optim.Optimizer] = [
            torch.optim.AdamW(
                _decayed(rest, 0.0 if matrices else decay),
                lr=rate,
                betas=_BETAS,
                eps=_EPSILON,
                fused=True,
            )
        ]
        if matrices:
            self._parts.append(Muon(matrices, rate, decay))

    def step(self, factor: float) -> float:
        """Update with `factor` of the peak learning rate, clear the gradients, return the rate."""
        for part in self._parts:
            for group in part.param_groups:
                group["lr"] = self._peak * factor
            part.step()
            part.zero_grad(set_to_none=True)
        return self._peak * factor

    def state(self) -> list[dict[str, Any]]:
        """Return everything that the next step depends on."""
        return [part.state_dict() for part in self._parts]

    def restore(self, state: list[dict[str, Any]]) -> None:
        """Continue from a state."""
        for part, entry in zip(self._parts, state, strict=True):
            part.load_state_dict(entry)


def _matrices(model: Transformer) -> Iterable[Matrix]:
    """Yield the matrices between layers; embeddings are looked up, not multiplied."""
    for name, parameter in model.named_parameters():
        if parameter.ndim == 2 and parameter is not model.embedding:  # noqa: PLR2004  (a matrix)
            rows, columns = parameter.shape
            is_fused = name.endswith(("qkv.weight", "key_value.weight"))
            yield Matrix(parameter, rows // columns if is_fused else 1)


def _decayed(parameters: list[nn.Parameter], decay: float) -> list[dict[str, Any]]:
    """Return two groups: matrices decay, biases and norms do not."""
    flat = [parameter for parameter in parameters if parameter.ndim == 1]
    square = [parameter for parameter in parameters if parameter.ndim > 1]
    return [{"params": square, "weight_decay": decay}, {"params": flat, "weight_decay": 0.0}]
