"""Our Transformer -> CTranslate2, layer by layer, in float32 or int8.

Four things go wrong silently when left out, so each is done here and proved by the self-test:
arrays are copied (quantisation scales them in place, which would destroy a model in use); the
interleaved table of positions is written out (CTranslate2 would make one of sine and cosine
halves); the decoder's start token is named; and the embedding's factor sqrt(D) is stated.
"""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from ctranslate2.specs import TransformerSpec, common_spec
from numpy.typing import NDArray

from core.data.records import BOS_ID, EOS_ID, UNK_ID
from core.model.config import ModelConfig

_EPSILON = 1e-5

Tensors = Mapping[str, NDArray[np.float32]]


def convert(
    config: ModelConfig, tensors: Tensors, tokens: Sequence[str], folder: Path, precision: str
) -> None:
    """Write the model as a CTranslate2 folder; `tokens` is the vocabulary in the order of ids.

    The given tensors are left as they are.
    """
    spec = TransformerSpec.from_config(
        (config.encoder_layers, config.decoder_layers),
        config.heads,
        pre_norm=config.norm == "pre",
        activation=common_spec.Activation.RELU,
        alignment_layer=-1,
        alignment_heads=0,
    )
    _fill_ends(spec, config, tensors)
    for number, layer in enumerate(spec.encoder.layer):
        _fill_layer(layer, tensors, f"encoder.{number}")
    for number, layer in enumerate(spec.decoder.layer):
        _fill_layer(layer, tensors, f"decoder.{number}")
        _fill_cross_attention(layer.attention, tensors, f"decoder.{number}")
    _name_tokens(spec, tokens)
    spec.validate()
    spec.optimize(quantization=None if precision == "float32" else precision)
    folder.mkdir(parents=True, exist_ok=True)
    spec.save(str(folder))


def sinusoids(length: int, width: int) -> NDArray[np.float32]:
    """Return the paper's positions: sin in even columns, cos of the same angle in odd ones."""
    position = np.arange(length, dtype=np.float64)[:, None]
    angle = position / 10_000 ** (np.arange(0, width, 2, dtype=np.float64) / width)
    table = np.stack([np.sin(angle), np.cos(angle)], axis=-1)  # (length, D / 2, 2)
    return table.reshape(length, width).astype(np.float32)


def _fill_ends(spec: Any, config: ModelConfig, tensors: Tensors) -> None:  # noqa: ANN401  (untyped)
    """Fill embeddings, positions, output projection and the norms that end the stacks."""
    embedding = _copy(tensors["embedding"])
    table = sinusoids(config.max_length, config.width)
    spec.encoder.embeddings[0].weight = embedding
    spec.decoder.embeddings.weight = embedding
    for side in (spec.encoder, spec.decoder):
        side.scale_embeddings = np.float32(math.sqrt(config.width))
        side.position_encodings.encodings = table
    spec.decoder.projection.weight = embedding
    spec.decoder.projection.bias = _copy(tensors["output_bias"])
    if config.norm == "pre":
        _fill_norm(spec.encoder.layer_norm, tensors, "encoder_norm")
        _fill_norm(spec.decoder.layer_norm, tensors, "decoder_norm")


def _fill_layer(layer: Any, tensors: Tensors, name: str) -> None:  # noqa: ANN401  (untyped)
    """Fill self-attention and feed-forward network of one layer."""
    attention, feed = layer.self_attention, layer.ffn
    _fill_norm(attention.layer_norm, tensors, f"{name}.around_self.norm")
    _fill_linear(attention.linear[0], tensors, f"{name}.self_attention.qkv")
    _fill_linear(attention.linear[1], tensors, f"{name}.self_attention.out")
    _fill_norm(feed.layer_norm, tensors, f"{name}.around_feed.norm")
    _fill_linear(feed.linear_0, tensors, f"{name}.feed_forward.inner")
    _fill_linear(feed.linear_1, tensors, f"{name}.feed_forward.outer")


def _fill_cross_attention(attention: Any, tensors: Tensors, name: str) -> None:  # noqa: ANN401  (CTranslate2's)
    """Fill the attention of one decoder layer to the memory."""
    _fill_norm(attention.layer_norm, tensors, f"{name}.around_cross.norm")
    _fill_linear(attention.linear[0], tensors, f"{name}.cross_attention.query")
    _fill_linear(attention.linear[1], tensors, f"{name}.cross_attention.key_value")
    _fill_linear(attention.linear[2], tensors, f"{name}.cross_attention.out")


def _fill_linear(spec: Any, tensors: Tensors, name: str) -> None:  # noqa: ANN401  (untyped)
    """Fill a linear layer."""
    spec.weight = _copy(tensors[f"{name}.weight"])
    spec.bias = _copy(tensors[f"{name}.bias"])


def _fill_norm(spec: Any, tensors: Tensors, name: str) -> None:  # noqa: ANN401  (untyped)
    """Fill a LayerNorm."""
    spec.gamma = _copy(tensors[f"{name}.weight"])
    spec.beta = _copy(tensors[f"{name}.bias"])


def _name_tokens(spec: Any, tokens: Sequence[str]) -> None:  # noqa: ANN401  (untyped)
    """Register the vocabulary and the reserved tokens."""
    spec.register_source_vocabulary(list(tokens))
    spec.register_target_vocabulary(list(tokens))
    spec.config.bos_token = tokens[BOS_ID]
    spec.config.eos_token = tokens[EOS_ID]
    spec.config.unk_token = tokens[UNK_ID]
    spec.config.decoder_start_token = tokens[BOS_ID]
    spec.config.add_source_bos = False
    spec.config.add_source_eos = True
    spec.config.layer_norm_epsilon = _EPSILON


def _copy(tensor: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return a copy of our own: quantisation changes it in place."""
    return np.array(tensor, dtype=np.float32, order="C", copy=True)
