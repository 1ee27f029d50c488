"""Weights of a checkpoint folder: what serving, evaluation and warm starts read.

`model.json` holds the shape, `raw.safetensors` the trained weights, `ema.safetensors` their
running average, `vocabulary.model` the SentencePiece model that they were trained with. A
checkpoint needs nothing else of the machine that it was made on.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from core.checkpoints.manifest import verify
from core.errors import CorruptError
from core.files import read_json, sync, write_json
from core.model.config import ModelConfig
from core.model.transformer import Transformer

SHAPE_NAME = "model.json"
VOCABULARY_NAME = "vocabulary.model"
RAW_NAME = "raw.safetensors"
EMA_NAME = "ema.safetensors"


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """A trained model as read from disk: shape, tensors by name, its vocabulary, its languages."""

    config: ModelConfig
    tensors: Mapping[str, Tensor]
    vocabulary: Path
    source: str
    target: str
    step: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightsToSave:
    """What makes a model on disk. `preferred` names the better file of the two, RAW or EMA."""

    config: ModelConfig
    raw: Mapping[str, Tensor]
    ema: Mapping[str, Tensor]
    vocabulary: bytes
    source: str
    target: str
    preferred: str


def save_weights(folder: Path, weights: WeightsToSave) -> None:
    """Write the model's files into an existing folder, each durably; raises OSError."""
    shape: dict[str, Any] = {
        "config": asdict(weights.config),
        "source": weights.source,
        "target": weights.target,
        "preferred": weights.preferred,
    }
    for name, tensors in ((RAW_NAME, weights.raw), (EMA_NAME, weights.ema)):
        save_tensors(folder / name, tensors)
    (folder / VOCABULARY_NAME).write_bytes(weights.vocabulary)
    sync(folder / VOCABULARY_NAME)
    write_json(folder / SHAPE_NAME, shape)


def load_weights(folder: Path, name: str | None = None) -> Weights:
    """Return the better weights of a checkpoint, or those of file `name`; raises CorruptError.

    Every file is compared with the checkpoint's manifest first.
    """
    manifest = verify(folder)
    try:
        shape = read_json(folder / SHAPE_NAME)
        tensors = load_file(folder / (name or shape["preferred"]))
        config = ModelConfig(**shape["config"])
    except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
        raise CorruptError(f"{folder} holds no model: {error}") from error
    return Weights(
        config=config,
        tensors=tensors,
        vocabulary=folder / VOCABULARY_NAME,
        source=shape["source"],
        target=shape["target"],
        step=manifest.step,
    )


def build_model(weights: Weights, device: str = "cpu") -> Transformer:
    """Return the model of these weights, ready to translate."""
    model = Transformer(weights.config)
    model.load_state_dict(dict(weights.tensors))
    return model.to(torch.device(device)).eval()


def save_tensors(path: Path, tensors: Mapping[str, Tensor]) -> None:
    """Write tensors as safetensors, durably; raises OSError."""
    contiguous = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    try:
        save_file(contiguous, path)
    except SafetensorError as error:  # how safetensors reports a full disk
        raise OSError(f"{path} cannot be written: {error}") from error
    sync(path)
