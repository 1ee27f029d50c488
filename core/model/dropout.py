"""Dropout (Srivastava et al. 2014), fast on a CPU and reproducible after a resume.

Drawing a new Bernoulli mask for every activation costs as much as the matrix products of a small
model. On a CPU the masks are therefore drawn once, into a pool, and read at random offsets. The
pool is a function of its seed; the offsets come from a generator whose state is part of a
checkpoint, so a resumed run uses the same masks as an uninterrupted one.
"""

import random
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

POOL_SIZE = 1 << 22


class Dropout(nn.Module):
    """Zeroes a random share of the entries in training and scales the others up."""

    def __init__(self, rate: float, seed: int = 0) -> None:
        """Drop entries with probability `rate`."""
        super().__init__()
        self.rate = rate
        self.seed = seed
        self.offsets = random.Random(seed)  # noqa: S311  (dropout, not a secret)
        self.pool: Tensor | None = None

    def forward(self, x: Tensor) -> Tensor:
        """Return dropout(x)."""
        if not self.training or self.rate == 0:
            return x
        mask = self._mask(x)
        return F.dropout(x, self.rate) if mask is None else x * mask

    def add(self, x: Tensor, y: Tensor) -> Tensor:
        """Return x + dropout(y), in one pass over memory."""
        if not self.training or self.rate == 0:
            return x + y
        mask = self._mask(y)
        return x + F.dropout(y, self.rate) if mask is None else torch.addcmul(x, y, mask)

    def state(self) -> tuple[object, ...]:
        """Return the state of the offsets, for a checkpoint."""
        return self.offsets.getstate()

    def restore(self, state: Any) -> None:  # noqa: ANN401  (the generator's own nested tuple)
        """Continue with the offsets of a checkpoint, in which tuples may have become lists."""
        version, internal, gauss = state
        self.offsets.setstate((version, tuple(internal), gauss))

    def _mask(self, x: Tensor) -> Tensor | None:
        """Return entries 0 or 1 / (1 - rate) in the shape of x; None if the pool is not used.

        A GPU draws masks faster than it reads them, and for a tensor as large as the pool there
        would be only one mask.
        """
        size = x.numel()
        if x.device.type != "cpu" or size > POOL_SIZE // 2:
            return None
        if self.pool is None:
            generator = torch.Generator().manual_seed(self.seed)
            drawn = torch.rand(POOL_SIZE, generator=generator)
            self.pool = (drawn >= self.rate).float().div_(1 - self.rate)
        start = self.offsets.randrange(POOL_SIZE - size)
        return self.pool[start : start + size].view(x.shape)
