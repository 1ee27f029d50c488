"""The files of a checkpoint: weights, vocabulary, model shape, training state (needs PyTorch).

`model.json` holds the shape, `raw.safetensors` the trained weights, `ema.safetensors` their
exponential moving average, `vocabulary.model` the SentencePiece model of the run, `state.pt`
everything else that training needs to continue. A folder is written under a draft name, every file
is synced to disk (fsync), then the folder is renamed into place.
"""

import errno
import os
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from pickle import UnpicklingError

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from core.checkpoints.catalog import (
    DRAFT_PREFIX,
    LAST,
    checkpoint_folder,
    checkpoint_folders,
    is_good,
    write_pointer,
)
from core.checkpoints.manifest import read_manifest, verify_files, write_manifest
from core.errors import CorruptError, DiskFullError
from core.files import mount_point, read_json, sync, write_atomic, write_json
from core.model.config import ModelConfig
from core.model.transformer import Transformer
from core.process.job import explain_os_error
from core.scores import Scores
from core.text import format_megabytes

SHAPE_NAME = "model.json"
VOCABULARY_NAME = "vocabulary.model"
RAW_NAME = "raw.safetensors"
EMA_NAME = "ema.safetensors"
STATE_NAME = "state.pt"
_RESERVED_CHECKPOINTS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """A trained model as read from disk."""

    config: ModelConfig
    tensors: Mapping[str, Tensor]
    vocabulary: Path
    source: str
    target: str
    step: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightsToSave:
    """A model to write; `preferred` is RAW_NAME or EMA_NAME, whichever has the lower loss."""

    config: ModelConfig
    raw: Mapping[str, Tensor]
    ema: Mapping[str, Tensor]
    vocabulary: bytes
    source: str
    target: str
    preferred: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointToSave:
    """A checkpoint to write; `state` may contain only tensors, numbers, text and containers."""

    step: int
    weights: WeightsToSave
    state: Mapping[str, object]
    scores: Scores
    config_digest: str
    created_at: float


def save_checkpoint(root: Path, content: CheckpointToSave) -> Path:
    """Write a checkpoint below `root`, make `last` point to it, and return its folder.

    At any moment the folder either does not exist or is complete and on disk. An existing good
    checkpoint of the same step is left alone, because it has the same content. Raises
    DatahallError (DiskFullError that names the disk); then nothing new exists.
    """
    folder = checkpoint_folder(root, content.step)
    if not is_good(folder):
        draft = root / f"{DRAFT_PREFIX}{folder.name}"
        shutil.rmtree(draft, ignore_errors=True)
        try:
            draft.mkdir(parents=True)
            _require_free_space(root)
            _write_files(draft, content)
            if folder.exists():  # damaged; a resumed run reached the same step again
                shutil.rmtree(folder)
            draft.rename(folder)
            sync(root)
        except OSError as error:
            raise explain_os_error(error) from error
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    write_pointer(root, LAST, folder)
    return folder


def save_weights(folder: Path, weights: WeightsToSave) -> None:
    """Write the model's files into an existing folder, each durably; raises OSError."""
    for name, tensors in ((RAW_NAME, weights.raw), (EMA_NAME, weights.ema)):
        save_tensors(folder / name, tensors)
    write_atomic(folder / VOCABULARY_NAME, weights.vocabulary)
    shape = {
        "config": asdict(weights.config),
        "source": weights.source,
        "target": weights.target,
        "preferred": weights.preferred,
    }
    write_json(folder / SHAPE_NAME, shape)


def save_tensors(path: Path, tensors: Mapping[str, Tensor]) -> None:
    """Write tensors as safetensors, durably; raises OSError."""
    contiguous = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    try:
        save_file(contiguous, path)
    except SafetensorError as error:
        raise _write_error(path, contiguous) from error
    sync(path)


def load_weights(folder: Path, name: str | None = None) -> Weights:
    """Return the preferred weights of a checkpoint, or those of file `name`; raises CorruptError.

    Every file is compared with the checkpoint's manifest first.
    """
    manifest = verify_files(folder)
    try:
        shape = read_json(folder / SHAPE_NAME)
        tensors = load_file(folder / (name or shape["preferred"]))
        config = ModelConfig(**shape["config"])
    except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
        raise CorruptError(
            f"{folder} does not contain a model",
            remedy='Restore the run from a snapshot, see "datahall backup list"',
        ) from error
    return Weights(
        config=config,
        tensors=tensors,
        vocabulary=folder / VOCABULARY_NAME,
        source=shape["source"],
        target=shape["target"],
        step=manifest.step,
    )


def build_model(weights: Weights, device: str = "cpu") -> Transformer:
    """Return the model with these weights, in evaluation mode."""
    model = Transformer(weights.config)
    model.load_state_dict(dict(weights.tensors))
    return model.to(torch.device(device)).eval()


def load_state(folder: Path) -> dict[str, object]:
    """Return the training state of a checkpoint; raises CorruptError.

    No code in the file is executed: objects other than tensors, numbers, text and containers are
    refused.
    """
    path = folder / STATE_NAME
    try:
        state: dict[str, object] = torch.load(path, map_location="cpu", weights_only=True)
    except UnpicklingError as error:
        raise CorruptError(
            f"{path} contains objects that Datahall never stores; none of its code was executed",
            remedy='Restore the run from a snapshot, see "datahall backup list"',
        ) from error
    except OSError as error:
        raise CorruptError(f"{path} cannot be read: {error.strerror}") from error
    except (RuntimeError, ValueError, EOFError, LookupError, TypeError, AttributeError) as error:
        raise CorruptError(f"{path} is not a complete PyTorch file") from error
    return state


def _write_files(draft: Path, content: CheckpointToSave) -> None:
    """Write all files of a checkpoint, durably, the manifest last."""
    save_weights(draft, content.weights)
    try:
        torch.save(dict(content.state), draft / STATE_NAME)
    except RuntimeError as error:
        raise _write_error(draft / STATE_NAME, content.state) from error
    sync(draft / STATE_NAME)
    write_manifest(
        draft,
        step=content.step,
        created_at=content.created_at,
        config_digest=content.config_digest,
        scores=content.scores,
    )
    sync(draft)


def _require_free_space(root: Path) -> None:
    """Raise DiskFullError if the disk has no space for two checkpoints of the newest one's size.

    A disk filled to its last byte would also stop the database.
    """
    folders = checkpoint_folders(root)
    if not folders:
        return
    try:
        needed = _RESERVED_CHECKPOINTS * read_manifest(folders[-1]).bytes
    except CorruptError:
        return
    free = shutil.disk_usage(root).free
    if free < needed:
        raise DiskFullError(
            f"the disk at {mount_point(root)} has {format_megabytes(free)} free, "
            f"a checkpoint needs {format_megabytes(needed)}",
            remedy="Free some space",
        )


def _write_error(path: Path, content: object) -> OSError:
    """Return the system's error for writing `content` to `path`.

    PyTorch and safetensors report a full disk without the system's error number, so the space is
    requested again from the system, which answers with the number.
    """
    try:
        with path.open("ab") as stream:
            os.posix_fallocate(stream.fileno(), 0, max(1, _num_bytes(content)))
    except OSError as error:
        return OSError(error.errno, error.strerror, str(path))
    return OSError(errno.EIO, os.strerror(errno.EIO), str(path))


def _num_bytes(content: object) -> int:
    """Return the size of all tensors in nested containers."""
    if isinstance(content, Tensor):
        return content.numel() * content.element_size()
    if isinstance(content, Mapping):
        return sum(_num_bytes(value) for value in content.values())
    if isinstance(content, list | tuple):
        return sum(_num_bytes(value) for value in content)
    return 0
