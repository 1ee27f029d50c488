"""Export of a trained model into a version folder: two CTranslate2 models, weights, vocabulary.

The conversion to CTranslate2 must do four things that would otherwise fail silently; the self-test
would show each of them:

- Copy every array: quantisation scales arrays in place and would destroy a model in use.
- Write our position table: CTranslate2's own has all sines first, then all cosines.
- Name the start token of the decoder.
- Set the scale of the embedding, sqrt(D).

This module imports torch; only the promotion job imports it.
"""

import dataclasses
import math
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np
from ctranslate2.specs import TransformerSpec, attention_spec, common_spec, transformer_spec
from numpy.typing import NDArray

from core.checkpoints.contents import Weights, save_tensors
from core.data.records import BOS_ID, EOS_ID, UNK_ID, Pair
from core.data.tokenizer import Tokenizer
from core.errors import InputError
from core.inference.ctranslate2_engine import load_ctranslate2_engine
from core.inference.self_test import Engines, compare
from core.inference.torch_engine import choose_attention_layer, load_torch_engine
from core.inference.version_folder import PRECISIONS, VersionFolder, VersionShape
from core.model.config import ModelConfig
from core.registry.records import SelfTest

_EPSILON = 1e-5
_ATTENTION_PAIRS = 32

Tensors = Mapping[str, NDArray[np.float32]]
LayerSpec: TypeAlias = (
    transformer_spec.TransformerEncoderLayerSpec | transformer_spec.TransformerDecoderLayerSpec
)
# Called with a message at the start of each step.
OnStep = Callable[[str], None]


def export(weights: Weights, folder: VersionFolder, *, max_tokens: int, on_step: OnStep) -> None:
    """Write the files of the model into an existing folder; raises InputError and OSError.

    `max_tokens` is the maximum source length that the model was trained on.
    """
    shutil.copyfile(weights.vocabulary, folder.vocabulary)
    tokens = Tokenizer.load(folder.vocabulary).pieces
    if len(tokens) != weights.config.vocabulary:
        raise InputError(
            f"the model has {weights.config.vocabulary} tokens, but its vocabulary {len(tokens)}"
        )
    folder.write_shape(
        VersionShape(
            config=weights.config,
            source=weights.source,
            target=weights.target,
            max_tokens=min(max_tokens, weights.config.max_length - 1),
            attention_layer=weights.config.decoder_layers - 1,
        )
    )
    _check_numbers(weights)
    save_tensors(folder.weights, {n: tensor.float() for n, tensor in weights.tensors.items()})
    arrays = {name: tensor.float().numpy() for name, tensor in weights.tensors.items()}
    for precision in PRECISIONS:
        on_step(f"exporting to CTranslate2 ({precision})")
        convert(weights.config, arrays, tokens, folder.model(precision), precision)


def _check_numbers(weights: Weights) -> None:
    """Raise InputError for weights that are not finite."""
    for name, tensor in weights.tensors.items():
        if not bool(tensor.isfinite().all()):
            raise InputError(
                f"the weights of step {weights.step} contain NaN or infinity ({name})",
                remedy="The run diverged. Train again with a lower learning_rate",
            )


def run_self_test(folder: VersionFolder, pairs: Sequence[Pair]) -> SelfTest:
    """Compare the exported models with the torch model, and store the best attention layer.

    All models are read back from the folder, as they will be served.
    """
    torch_engine = load_torch_engine(folder)
    result = compare(
        Engines(
            torch=torch_engine,
            float32=load_ctranslate2_engine(folder, "float32"),
            int8=load_ctranslate2_engine(folder, "int8"),
        ),
        Tokenizer.load(folder.vocabulary),
        pairs,
    )
    layer = choose_attention_layer(torch_engine, pairs[:_ATTENTION_PAIRS])
    folder.write_shape(dataclasses.replace(folder.shape(), attention_layer=layer))
    return result


def convert(
    config: ModelConfig, tensors: Tensors, tokens: Sequence[str], folder: Path, precision: str
) -> None:
    """Write the model as a CTranslate2 folder; `tokens` is the vocabulary in the order of ids.

    The tensors are not changed.
    """
    spec = TransformerSpec.from_config(
        (config.encoder_layers, config.decoder_layers),
        config.heads,
        pre_norm=config.norm == "pre",
        activation=common_spec.Activation.RELU,
        alignment_layer=-1,
        alignment_heads=0,
    )
    _fill_embeddings_and_output(spec, config, tensors)
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
    """Return the position table of the paper: sines in even columns, cosines in odd ones."""
    position = np.arange(length, dtype=np.float64)[:, None]
    angle = position / 10_000 ** (np.arange(0, width, 2, dtype=np.float64) / width)
    table = np.stack([np.sin(angle), np.cos(angle)], axis=-1)  # (length, D / 2, 2)
    return table.reshape(length, width).astype(np.float32)


def _fill_embeddings_and_output(
    spec: TransformerSpec, config: ModelConfig, tensors: Tensors
) -> None:
    """Fill embeddings, position table, output projection and the final norms."""
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


def _fill_layer(layer: LayerSpec, tensors: Tensors, name: str) -> None:
    """Fill the self-attention and the feed-forward network of one layer."""
    attention, feed = layer.self_attention, layer.ffn
    _fill_norm(attention.layer_norm, tensors, f"{name}.around_self.norm")
    _fill_linear(attention.linear[0], tensors, f"{name}.self_attention.qkv")
    _fill_linear(attention.linear[1], tensors, f"{name}.self_attention.out")
    _fill_norm(feed.layer_norm, tensors, f"{name}.around_feed.norm")
    _fill_linear(feed.linear_0, tensors, f"{name}.feed_forward.inner")
    _fill_linear(feed.linear_1, tensors, f"{name}.feed_forward.outer")


def _fill_cross_attention(
    attention: attention_spec.MultiHeadAttentionSpec, tensors: Tensors, name: str
) -> None:
    """Fill the cross-attention of one decoder layer."""
    _fill_norm(attention.layer_norm, tensors, f"{name}.around_cross.norm")
    _fill_linear(attention.linear[0], tensors, f"{name}.cross_attention.query")
    _fill_linear(attention.linear[1], tensors, f"{name}.cross_attention.key_value")
    _fill_linear(attention.linear[2], tensors, f"{name}.cross_attention.out")


def _fill_linear(spec: common_spec.LinearSpec, tensors: Tensors, name: str) -> None:
    """Fill a linear layer."""
    spec.weight = _copy(tensors[f"{name}.weight"])
    spec.bias = _copy(tensors[f"{name}.bias"])


def _fill_norm(spec: common_spec.LayerNormSpec, tensors: Tensors, name: str) -> None:
    """Fill a LayerNorm."""
    spec.gamma = _copy(tensors[f"{name}.weight"])
    spec.beta = _copy(tensors[f"{name}.bias"])


def _name_tokens(spec: TransformerSpec, tokens: Sequence[str]) -> None:
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
    """Return a copy, because quantisation changes arrays in place."""
    return np.array(tensor, dtype=np.float32, order="C", copy=True)
