"""Batches of sentence pairs as tensors, and the model's loss on one."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from core.data.encoded import EncodedSplit
from core.data.records import BOS_ID, PAD_ID
from core.model.loss import TokenLoss, token_loss
from core.model.search import pad
from core.model.transformer import Transformer


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """B pairs: `before` holds the tokens that the decoder reads, `after` those it should say next.

    `source` is (B, S), the others (B, T), padded at the end. `num_tokens` counts what is to be
    said, EOS included, padding not.
    """

    source: Tensor
    before: Tensor
    after: Tensor
    num_tokens: int


def collate(pairs: EncodedSplit, indexes: Sequence[int], device: torch.device) -> Batch:
    """Return the pairs at `indexes` as tensors on the device."""
    targets = [pairs.targets[index] for index in indexes]
    return Batch(
        source=_move(pad([pairs.sources[index] for index in indexes]), device),
        before=_move(pad([[BOS_ID, *target[:-1]] for target in targets]), device),
        after=_move(pad(targets), device),
        num_tokens=sum(len(target) for target in targets),
    )


def batch_loss(model: Transformer, batch: Batch, smoothing: float) -> TokenLoss:
    """Return the sums of the loss over the batch's tokens; padding counts for nothing."""
    memory, mask = model.encode(batch.source)
    hidden, _ = model.decode(batch.before, memory, mask)  # (B, T, D)
    if batch.num_tokens == batch.after.numel():
        hidden, after = hidden.flatten(0, 1), batch.after.flatten()
    else:
        is_word = batch.after != PAD_ID
        hidden, after = hidden[is_word], batch.after[is_word]
    return token_loss(hidden, model.embedding, model.output_bias, after, smoothing)


def _move(tensor: Tensor, device: torch.device) -> Tensor:
    """Return a tensor on the device; pinned memory is copied while the GPU computes."""
    if device.type != "cuda":
        return tensor
    return tensor.pin_memory().to(device, non_blocking=True)
