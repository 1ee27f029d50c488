"""Muon (Jordan 2024): momentum with orthogonalised updates, for matrices only.

An update is replaced by the nearest semi-orthogonal matrix (all singular values near 1), computed
by a Newton-Schulz iteration of matrix products. `torch.optim.Muon` computes in bfloat16, which is
thirteen times slower on a CPU; here it is float32, and matrices of one shape are iterated together.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

# Coefficients of Jordan (2024): steep at 0, so that five rounds raise small singular values to ~1.
_A, _B, _C = 3.4445, -4.7750, 2.0315
_ROUNDS = 5
# Liu et al. 2025: with this factor updates are as large as AdamW's, so its learning rates apply.
_ADAMW_SCALE = 0.2


@dataclass(frozen=True, slots=True)
class Matrix:
    """A parameter and the number of square matrices that are stacked in it."""

    parameter: nn.Parameter
    blocks: int


class Muon(torch.optim.Optimizer):
    """Orthogonalised Nesterov momentum with decoupled weight decay."""

    def __init__(
        self,
        matrices: Iterable[Matrix],
        learning_rate: float,
        weight_decay: float,
        momentum: float = 0.95,
    ) -> None:
        """Update these matrices."""
        listed = list(matrices)
        self._blocks = {matrix.parameter: matrix.blocks for matrix in listed}
        defaults = {"lr": learning_rate, "weight_decay": weight_decay, "momentum": momentum}
        super().__init__([matrix.parameter for matrix in listed], defaults)

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]  # noqa: ARG002  (torch's signature)
        """Make one update; a closure is not called."""
        for group in self.param_groups:
            shrink = 1 - group["lr"] * group["weight_decay"]
            by_shape: dict[torch.Size, list[tuple[Tensor, Tensor]]] = defaultdict(list)
            for parameter in group["params"]:
                direction = self._direction(parameter, group["momentum"])
                blocks = self._blocks[parameter]
                for part in zip(parameter.chunk(blocks), direction.chunk(blocks), strict=True):
                    by_shape[part[0].shape].append(part)
            for shape, parts in by_shape.items():
                updates = orthogonalise(torch.stack([direction for _, direction in parts]))
                scale = -group["lr"] * _ADAMW_SCALE * max(shape) ** 0.5
                for (block, _), update in zip(parts, updates, strict=True):
                    block.mul_(shrink).add_(update, alpha=scale)

    def _direction(self, parameter: nn.Parameter, momentum: float) -> Tensor:
        """Return the Nesterov direction of a parameter."""
        gradient = torch.zeros_like(parameter) if parameter.grad is None else parameter.grad
        state = self.state[parameter]
        if not state:
            state["momentum"] = torch.zeros_like(parameter)
        average: Tensor = state["momentum"].lerp_(gradient, 1 - momentum)
        return gradient.lerp(average, momentum)


def orthogonalise(matrices: Tensor) -> Tensor:
    """Return for each of (n, rows, columns) approximately the nearest semi-orthogonal matrix.

    One round is x <- a x + (b A + c A^2) x, A = x x^T: an odd polynomial of the singular values.
    """
    is_tall = matrices.shape[-2] > matrices.shape[-1]
    x = matrices.mT if is_tall else matrices
    x = x / (torch.linalg.matrix_norm(x, keepdim=True) + 1e-7)
    for _ in range(_ROUNDS):
        square = torch.bmm(x, x.mT)
        polynomial = torch.baddbmm(square, square, square, beta=_B, alpha=_C)
        x = torch.baddbmm(x, polynomial, x, beta=_A)
    found: Tensor = x.mT if is_tall else x
    return found
