"""Cross entropy with label smoothing, fused with the output projection.

The logits of a batch, N tokens by V vocabulary entries, are by far its largest tensor. On a CPU
they are computed in chunks of rows that fit the cache, and never exist as a whole. The gradient
follows directly from the softmax, so forward computes it with each chunk; backward only scales it.

With softmax p, one-hot target t and smoothing e (Szegedy et al. 2016; 5.4 in the Transformer paper)

    loss = (1 - e) * -log p_t  +  e / V * sum_v -log p_v
    d loss / d logits = p - (1 - e) t - e / V

Letters: N tokens, D width, V vocabulary.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, cast

import torch
from torch import Tensor
from torch.nn import functional as F

CHUNK_ROWS = 256


class TokenLoss(NamedTuple):
    """Sums over tokens: `smoothed` is the training objective, `nll` is -log p without smoothing."""

    smoothed: Tensor
    nll: Tensor


def token_loss(
    hidden: Tensor, weight: Tensor, bias: Tensor, target: Tensor, smoothing: float
) -> TokenLoss:
    """Return the loss of hidden states (N, D) under logits = hidden weight^T + bias (N, V).

    `target` (N,) holds the correct tokens, without padding. `nll` has no gradient.
    """
    if hidden.device.type == "cpu":
        apply = cast("Callable[..., tuple[Tensor, Tensor]]", _ChunkedLoss.apply)
        smoothed, nll = apply(hidden, weight, bias, target, smoothing)
        return TokenLoss(smoothed, nll)
    logits = F.linear(hidden, weight, bias).float()
    smoothed = F.cross_entropy(logits, target, reduction="sum", label_smoothing=smoothing)
    nll = F.cross_entropy(logits.detach(), target, reduction="sum")
    return TokenLoss(smoothed, nll)


class _ChunkedLoss(torch.autograd.Function):
    """Computes the loss and its gradient chunk by chunk."""

    @staticmethod
    def forward(
        ctx: Any,  # noqa: ANN401  (torch's own context)
        hidden: Tensor,
        weight: Tensor,
        bias: Tensor,
        target: Tensor,
        smoothing: float,
    ) -> tuple[Tensor, Tensor]:
        """Return (smoothed, nll) and save the gradients of `smoothed`."""
        (N, _), V = hidden.shape, weight.shape[0]
        needs_gradient = any(ctx.needs_input_grad)
        hidden_gradient = torch.empty_like(hidden)
        weight_gradient, bias_gradient = torch.zeros_like(weight), torch.zeros_like(bias)
        weight_sum = weight.sum(0)  # (D,)
        buffer = hidden.new_empty(min(CHUNK_ROWS, N), V)
        nll, uniform = hidden.new_zeros(()), hidden.new_zeros(())
        for start in range(0, N, CHUNK_ROWS):
            rows = slice(start, start + CHUNK_ROWS)
            h, y = hidden[rows], target[rows, None]
            p = torch.addmm(bias, h, weight.t(), out=buffer[: len(h)])  # logits, then p
            correct, largest = p.gather(1, y), p.amax(1, keepdim=True)
            torch.softmax(p, 1, out=p)
            log_z = largest - p.amax(1, keepdim=True).log()  # as max p = exp(largest - log_z)
            nll += (log_z - correct).sum()
            uniform += log_z.sum() - ((h @ weight_sum).sum() + len(h) * bias.sum()) / V
            if needs_gradient:
                p.scatter_add_(1, y, torch.full_like(correct, smoothing - 1))
                torch.mm(p, weight, out=hidden_gradient[rows])
                weight_gradient.addmm_(p.t(), h)
                bias_gradient += p.sum(0)
        if needs_gradient:
            # The smoothing term, e / V for every logit, does not depend on the logits.
            hidden_gradient -= smoothing / V * weight_sum
            weight_gradient -= smoothing / V * hidden.sum(0)
            bias_gradient -= smoothing / V * N
            ctx.save_for_backward(hidden_gradient, weight_gradient, bias_gradient)
        ctx.mark_non_differentiable(nll)
        return (1 - smoothing) * nll + smoothing * uniform, nll

    @staticmethod
    def backward(ctx: Any, scale: Tensor, _: Tensor) -> tuple[Tensor | None, ...]:  # noqa: ANN401  (as above)
        """Return the saved gradients times the gradient of the loss."""
        hidden, weight, bias = ctx.saved_tensors
        return hidden * scale, weight * scale, bias * scale, None, None
