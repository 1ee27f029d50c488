"""The shape of a Transformer; free of PyTorch, so that pages and exports can read it."""

from dataclasses import dataclass
from typing import Literal

Norm = Literal["pre", "post"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelConfig:
    """Shape of an encoder-decoder Transformer (Vaswani et al. 2017, section 3).

    `width` is d_model, `hidden` is d_ff. `norm` places LayerNorm before each sublayer (`pre`, with
    a final LayerNorm) or after the residual connection (`post`, as in the paper). Both embeddings
    and the output projection share one matrix.
    """

    vocabulary: int
    width: int
    heads: int
    hidden: int
    encoder_layers: int
    decoder_layers: int
    dropout: float
    norm: Norm = "pre"
    max_length: int = 512
