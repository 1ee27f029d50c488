"""Batches of sentence pairs as tensors, and the loss of a model on a batch.

Letters: B sentences, S source tokens, T target tokens, D width, N tokens without padding.
"""

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
    """B sentence pairs as token ids, padded at the end.

    Attributes:
        source: source tokens, (B, S).
        target_input: input of the decoder, (B, T): BOS and the target without its last token.
        target_output: tokens to predict, (B, T).
        num_tokens: tokens to predict, EOS included, padding excluded.
    """

    source: Tensor
    target_input: Tensor
    target_output: Tensor
    num_tokens: int


def collate(pairs: EncodedSplit, indexes: Sequence[int], device: torch.device) -> Batch:
    """Return the pairs at `indexes` as tensors on the device."""
    targets = [pairs.targets[index] for index in indexes]
    return Batch(
        source=_move(pad([pairs.sources[index] for index in indexes]), device),
        target_input=_move(pad([[BOS_ID, *target[:-1]] for target in targets]), device),
        target_output=_move(pad(targets), device),
        num_tokens=sum(len(target) for target in targets),
    )


def batch_loss(model: Transformer, batch: Batch, smoothing: float) -> TokenLoss:
    """Return the loss, summed over the tokens of the batch without padding."""
    memory, mask = model.encode(batch.source)
    hidden, _ = model.decode(batch.target_input, memory, mask)  # (B, T, D)
    if batch.num_tokens == batch.target_output.numel():
        hidden, target = hidden.flatten(0, 1), batch.target_output.flatten()  # (B * T, D), (B * T,)
    else:
        is_token = batch.target_output != PAD_ID
        hidden, target = hidden[is_token], batch.target_output[is_token]  # (N, D), (N,)
    return token_loss(hidden, model.embedding, model.output_bias, target, smoothing)


def _move(tensor: Tensor, device: torch.device) -> Tensor:
    """Return a tensor on the device; from pinned memory it is copied while the GPU computes."""
    if device.type != "cuda":
        return tensor
    return tensor.pin_memory().to(device, non_blocking=True)
