"""An encoder-decoder Transformer, in the notation of the paper.

Vaswani et al. 2017, "Attention is all you need" (arXiv 1706.03762); numbers in brackets are its
sections. Differences from the paper: LayerNorm is applied before each sublayer by default
(`norm="pre"`: less sensitive to the warm-up, Xiong et al. 2020; "post" is the paper's), the output
projection has a bias, and matrix products with the same input are one product (`qkv`, `key_value`),
because one large product is faster than three small ones.

Letters:
    B  sentences in a batch             D    width of the model (d_model)
    S  tokens of the source             H    heads
    T  tokens of the target             d_k  width of a head, D / H (the paper's d_k = d_v)
    L  tokens of either                 V    tokens in the vocabulary
"""

import math
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from core.data.records import PAD_ID
from core.model.config import ModelConfig
from core.model.dropout import Dropout


@dataclass(slots=True)
class KeyValue:
    """Keys and values of L positions, (B, H, L, d_k) each; a search extends them (KV cache)."""

    keys: Tensor
    values: Tensor

    def append(self, keys: Tensor, values: Tensor) -> None:
        """Add newly computed positions."""
        self.keys = torch.cat([self.keys, keys], dim=2)
        self.values = torch.cat([self.values, values], dim=2)

    def select(self, rows: Tensor) -> None:
        """Select rows of the batch, in this order."""
        self.keys, self.values = self.keys[rows], self.values[rows]


@dataclass(slots=True)
class SearchState:
    """State of an incremental search: keys and values per decoder layer, so none is recomputed.

    `past` holds the target positions so far, `memory` the source positions.
    """

    past: list[KeyValue]
    memory: list[KeyValue]
    source_mask: Tensor | None
    position: int = 0

    def select(self, rows: Tensor) -> None:
        """Select rows of the batch, in this order."""
        for key_value in (*self.past, *self.memory):
            key_value.select(rows)
        if self.source_mask is not None:
            self.source_mask = self.source_mask[rows]


@dataclass(frozen=True, slots=True)
class Masks:
    """Additive attention masks of the decoder; None where nothing is masked.

    `future` (T, T) hides later target positions, `source` (B, 1, 1, S) hides padding.
    """

    future: Tensor | None
    source: Tensor | None


def attend(Q: Tensor, K: Tensor, V: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Return softmax(Q K^T / sqrt(d_k)) V and the softmax itself, the attention weights (3.2.1).

    Q is (B, H, T, d_k); K and V are (B, H, S, d_k). The mask is added to the scores: 0 for
    positions that are attended to, -inf for the others; it is broadcast to (B, H, T, S).
    """
    scores = Q @ K.transpose(-2, -1) / math.sqrt(Q.shape[-1])  # (B, H, T, S)
    if mask is not None:
        scores = scores + mask
    weights = scores.softmax(dim=-1)  # (B, H, T, S), rows sum to 1
    return weights @ V, weights  # (B, H, T, d_k)


def split_heads(x: Tensor, heads: int) -> Tensor:
    """Return (B, L, D) as (B, H, L, d_k): each head has its own slice of the width (3.2.2)."""
    B, L, D = x.shape
    return x.view(B, L, heads, D // heads).transpose(1, 2)  # (B, H, L, d_k)


def join_heads(x: Tensor) -> Tensor:
    """Return (B, H, L, d_k) as (B, L, D)."""
    B, H, L, d_k = x.shape
    return x.transpose(1, 2).reshape(B, L, H * d_k)  # (B, L, D)


class SelfAttention(nn.Module):
    """Multi-head self-attention (3.2.2, 3.2.3)."""

    def __init__(self, config: ModelConfig) -> None:
        """Create W^Q, W^K and W^V of all heads as one matrix, and W^O."""
        super().__init__()
        self.heads = config.heads
        self.qkv = linear(config.width, 3 * config.width)
        self.out = linear(config.width, config.width)

    def forward(self, x: Tensor, mask: Tensor | None, past: KeyValue | None = None) -> Tensor:
        """Return the output at every position of x, (B, L, D); `past` positions precede x."""
        Q, K, V = (split_heads(part, self.heads) for part in self.qkv(x).chunk(3, dim=-1))
        if past is not None:
            past.append(K, V)
            K, V = past.keys, past.values
        context, _ = attend(Q, K, V, mask)
        return self.out(join_heads(context))


class CrossAttention(nn.Module):
    """Multi-head attention of the decoder to the encoder's output, the memory (3.2.3)."""

    def __init__(self, config: ModelConfig) -> None:
        """Create W^Q, then W^K and W^V as one matrix, and W^O."""
        super().__init__()
        self.heads = config.heads
        self.query = linear(config.width, config.width)
        self.key_value = linear(config.width, 2 * config.width)
        self.out = linear(config.width, config.width)

    def project(self, memory: Tensor) -> KeyValue:
        """Return keys and values of the memory (B, S, D); they are constant during a search."""
        K, V = (split_heads(part, self.heads) for part in self.key_value(memory).chunk(2, dim=-1))
        return KeyValue(K, V)

    def forward(self, x: Tensor, memory: KeyValue, mask: Tensor | None) -> tuple[Tensor, Tensor]:
        """Return the output at every position of x, (B, T, D), and the weights (B, H, T, S)."""
        Q = split_heads(self.query(x), self.heads)
        context, weights = attend(Q, memory.keys, memory.values, mask)
        return self.out(join_heads(context)), weights


class FeedForward(nn.Module):
    """Position-wise feed-forward network: max(0, x W_1 + b_1) W_2 + b_2 (3.3)."""

    def __init__(self, config: ModelConfig) -> None:
        """Create the two linear layers; the width between them is the paper's d_ff."""
        super().__init__()
        self.inner = linear(config.width, config.hidden)
        self.outer = linear(config.hidden, config.width)

    def forward(self, x: Tensor) -> Tensor:
        """Return the network's output at every position, (B, L, D)."""
        return self.outer(F.relu(self.inner(x), inplace=True))


class Residual(nn.Module):
    """Residual connection, dropout and LayerNorm around a sublayer (3.1, 5.4).

    post (the paper): LayerNorm(x + Dropout(sublayer(x)))
    pre:              x + Dropout(sublayer(LayerNorm(x)))
    """

    def __init__(self, config: ModelConfig, dropout: Dropout) -> None:
        """Create the LayerNorm; the dropout is shared by the whole model."""
        super().__init__()
        self.norm = nn.LayerNorm(config.width)
        self.dropout = dropout
        self.norm_first = config.norm == "pre"

    def before(self, x: Tensor) -> Tensor:
        """Return the input of the sublayer."""
        return self.norm(x) if self.norm_first else x

    def after(self, x: Tensor, y: Tensor) -> Tensor:
        """Return x plus the sublayer's output y."""
        total = self.dropout.add(x, y)
        return total if self.norm_first else self.norm(total)


class EncoderLayer(nn.Module):
    """Self-attention, then the feed-forward network (3.1)."""

    def __init__(self, config: ModelConfig, dropout: Dropout) -> None:
        """Create two sublayers and their residual connections."""
        super().__init__()
        self.self_attention = SelfAttention(config)
        self.feed_forward = FeedForward(config)
        self.around_self = Residual(config, dropout)
        self.around_feed = Residual(config, dropout)

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        """Return the layer's output, (B, S, D)."""
        y = self.self_attention(self.around_self.before(x), mask)
        x = self.around_self.after(x, y)
        y = self.feed_forward(self.around_feed.before(x))
        return self.around_feed.after(x, y)


class DecoderLayer(nn.Module):
    """Self-attention, attention to the memory, then the feed-forward network (3.1)."""

    def __init__(self, config: ModelConfig, dropout: Dropout) -> None:
        """Create three sublayers and their residual connections."""
        super().__init__()
        self.self_attention = SelfAttention(config)
        self.cross_attention = CrossAttention(config)
        self.feed_forward = FeedForward(config)
        self.around_self = Residual(config, dropout)
        self.around_cross = Residual(config, dropout)
        self.around_feed = Residual(config, dropout)

    def forward(
        self, x: Tensor, memory: KeyValue, masks: Masks, past: KeyValue | None = None
    ) -> tuple[Tensor, Tensor]:
        """Return the layer's output (B, T, D) and its weights over the source (B, H, T, S)."""
        y = self.self_attention(self.around_self.before(x), masks.future, past)
        x = self.around_self.after(x, y)
        y, weights = self.cross_attention(self.around_cross.before(x), memory, masks.source)
        x = self.around_cross.after(x, y)
        y = self.feed_forward(self.around_feed.before(x))
        return self.around_feed.after(x, y), weights


class Transformer(nn.Module):
    """Encoder, decoder, and one matrix for both embeddings and the output projection (3.4)."""

    positions: Tensor
    future: Tensor

    def __init__(self, config: ModelConfig, seed: int = 0) -> None:
        """Create the layers; weights come from torch's generator, dropout masks from `seed`."""
        super().__init__()
        self.config = config
        self.dropout = Dropout(config.dropout, seed)
        drawn = torch.randn(config.vocabulary, config.width) / math.sqrt(config.width)
        self.embedding = nn.Parameter(drawn)
        self.output_bias = nn.Parameter(torch.zeros(config.vocabulary))
        shape = (config, self.dropout)
        self.encoder = nn.ModuleList(EncoderLayer(*shape) for _ in range(config.encoder_layers))
        self.decoder = nn.ModuleList(DecoderLayer(*shape) for _ in range(config.decoder_layers))
        # pre-LN leaves the sum of all sublayers unnormalised, so the stacks end with a LayerNorm.
        has_final_norm = config.norm == "pre"
        self.encoder_norm = nn.LayerNorm(config.width) if has_final_norm else nn.Identity()
        self.decoder_norm = nn.LayerNorm(config.width) if has_final_norm else nn.Identity()
        table = sinusoids(config.max_length, config.width)
        future = torch.full((config.max_length, config.max_length), -math.inf).triu(diagonal=1)
        self.register_buffer("positions", table, persistent=False)
        self.register_buffer("future", future, persistent=False)

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        """Return the logits of the next token after each target token, (B, T, V)."""
        memory, mask = self.encode(source)
        hidden, _ = self.decode(target, memory, mask)
        return self.logits(hidden)

    def encode(self, source: Tensor) -> tuple[Tensor, Tensor | None]:
        """Return the memory (B, S, D) of source tokens (B, S), and the padding mask."""
        mask = padding_mask(source)
        x = self.embed(source)
        for layer in self.encoder:
            x = layer(x, mask)
        return self.encoder_norm(x), mask

    def decode(
        self, target: Tensor, memory: Tensor, source_mask: Tensor | None
    ) -> tuple[Tensor, list[Tensor]]:
        """Return the hidden states of target tokens (B, T), (B, T, D), and the weights per layer.

        Target padding needs no mask: it is at the end, where the future mask hides it.
        """
        T = target.shape[1]
        masks = Masks(future=self.future[:T, :T], source=source_mask)
        x = self.embed(target)
        weights: list[Tensor] = []
        for layer, key_value in zip(self.decoder, self.project(memory), strict=True):
            x, layer_weights = layer(x, key_value, masks)
            weights.append(layer_weights)  # (B, H, T, S)
        return self.decoder_norm(x), weights

    def project(self, memory: Tensor) -> list[KeyValue]:
        """Return the keys and values of the memory for each decoder layer."""
        layers = cast("list[DecoderLayer]", self.decoder)
        return [layer.cross_attention.project(memory) for layer in layers]

    def embed(self, tokens: Tensor, start: int = 0) -> Tensor:
        """Return embeddings (B, L, D) times sqrt(D) plus positions from `start` on (3.4, 3.5)."""
        x = F.embedding(tokens, self.embedding) * math.sqrt(self.config.width)  # (B, L, D)
        return self.dropout(x + self.positions[start : start + tokens.shape[1]])

    def logits(self, hidden: Tensor) -> Tensor:
        """Return the logits of every token of the vocabulary, (..., V)."""
        return F.linear(hidden, self.embedding, self.output_bias)

    def begin(self, source: Tensor) -> SearchState:
        """Encode the source and return the state before the first step of a search."""
        memory, mask = self.encode(source)
        projected = self.project(memory)
        empty = [KeyValue(kv.keys[:, :, :0], kv.values[:, :, :0]) for kv in projected]
        return SearchState(past=empty, memory=projected, source_mask=mask)

    def step(self, tokens: Tensor, state: SearchState) -> Tensor:
        """Return the logits (B, V) after one more token per sentence (B,); advance the state."""
        masks = Masks(future=None, source=state.source_mask)  # a single query has no future
        x = self.embed(tokens[:, None], state.position)  # (B, 1, D)
        for layer, memory, past in zip(self.decoder, state.memory, state.past, strict=True):
            x, _ = layer(x, memory, masks, past)
        state.position += 1
        return self.logits(self.decoder_norm(x)[:, 0])


def padding_mask(tokens: Tensor) -> Tensor | None:
    """Return 0 for tokens and -inf for padding, (B, 1, 1, L); None if there is no padding."""
    is_padding = tokens == PAD_ID
    if not bool(is_padding.any()):
        return None
    mask = torch.where(is_padding, -math.inf, 0.0)
    return mask[:, None, None, :]  # (B, 1, 1, L)


def sinusoids(length: int, width: int) -> Tensor:
    """Return sinusoidal positions (3.5), (length, D): sin in even columns, cos in odd ones.

    PE(p, 2i) = sin(p / 10000^(2i/D)) and PE(p, 2i+1) = cos(p / 10000^(2i/D)).
    """
    p = torch.arange(length, dtype=torch.float64)[:, None]
    angle = p / 10_000 ** (torch.arange(0, width, 2, dtype=torch.float64) / width)
    table = torch.stack([angle.sin(), angle.cos()], dim=-1)  # (length, D / 2, 2)
    return table.reshape(length, width).float()


def linear(width_in: int, width_out: int) -> nn.Linear:
    """Return a linear layer with Glorot-uniform weights (Glorot & Bengio 2010) and zero bias."""
    layer = nn.Linear(width_in, width_out)
    nn.init.xavier_uniform_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer
