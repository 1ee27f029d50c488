"""What a search keeps between two steps, so that no position is computed twice (the KV cache)."""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(slots=True)
class KeyValue:
    """Keys and values that queries look at, (B, H, L, d_k) each."""

    keys: Tensor
    values: Tensor

    def append(self, keys: Tensor, values: Tensor) -> None:
        """Add the positions that were just computed."""
        self.keys = torch.cat([self.keys, keys], dim=2)
        self.values = torch.cat([self.values, values], dim=2)

    def select(self, rows: Tensor) -> None:
        """Keep these rows of the batch, in this order."""
        self.keys, self.values = self.keys[rows], self.values[rows]


@dataclass(slots=True)
class SearchState:
    """What a search keeps between two steps: per decoder layer, what was seen so far."""

    past: list[KeyValue]
    memory: list[KeyValue]
    source_mask: Tensor | None
    position: int = 0

    def select(self, rows: Tensor) -> None:
        """Keep these rows of the batch, in this order."""
        for kept in (*self.past, *self.memory):
            kept.select(rows)
        if self.source_mask is not None:
            self.source_mask = self.source_mask[rows]
