"""Fixtures: small models with random weights, as checkpoints and as exported versions.

Imported by the conftest.py of each folder whose tests need them, because they import torch.
"""

import io
from collections.abc import Callable
from pathlib import Path

import pytest
import sentencepiece
import torch

from core.checkpoints.contents import RAW_NAME, WeightsToSave, load_weights, save_weights
from core.checkpoints.manifest import write_manifest
from core.data.records import Pair
from core.inference.export import export, run_self_test
from core.inference.version_folder import VersionFolder
from core.model.config import ModelConfig, Norm
from core.model.transformer import Transformer
from core.scores import Scores

PAIRS = [
    Pair(source="Hello, how are you?", target="Hola, ¿cómo estás?"),
    Pair(source="Where is the station?", target="¿Dónde está la estación?"),
    Pair(source="My sister lives in Madrid.", target="Mi hermana vive en Madrid."),
    Pair(source="I would like a coffee, please.", target="Quisiera un café, por favor."),
    Pair(source="It is 3:45 now 🙂", target="Ahora son las 3:45 🙂"),
    Pair(source='Anna\'s "best" friend', target='La "mejor" amiga de Anna'),
]

MakeCheckpoint = Callable[..., Path]
MakeVersion = Callable[..., VersionFolder]


@pytest.fixture(scope="session")
def pairs() -> list[Pair]:
    """A few sentence pairs."""
    return PAIRS


@pytest.fixture(scope="session")
def vocabulary() -> bytes:
    """A SentencePiece model with the reserved ids and byte fallback."""
    written = io.BytesIO()
    lines = [side for pair in PAIRS for side in (pair.source, pair.target)] * 5
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines), model_writer=written, vocab_size=350, model_type="bpe",
        byte_fallback=True, pad_id=0, unk_id=1, bos_id=2, eos_id=3, character_coverage=1.0,
        minloglevel=2, hard_vocab_limit=False, num_threads=1,
    )  # fmt: skip
    return written.getvalue()


@pytest.fixture(scope="session")
def make_checkpoint(vocabulary: bytes) -> MakeCheckpoint:
    """A function that makes a checkpoint: `make_checkpoint(folder, norm="post", seed=2)`."""

    def make(folder: Path, *, norm: Norm = "pre", seed: int = 1, step: int = 10) -> Path:
        processor = sentencepiece.SentencePieceProcessor(model_proto=vocabulary)
        model = random_model(processor.get_piece_size(), norm, seed)
        path = folder / f"step_{step:08d}"
        path.mkdir(parents=True)
        save_weights(
            path,
            WeightsToSave(
                config=model.config,
                raw=model.state_dict(),
                ema=model.state_dict(),
                vocabulary=vocabulary,
                source="en",
                target="es",
                preferred=RAW_NAME,
            ),
        )
        write_manifest(path, step=step, created_at=1.0, config_digest="c", scores=Scores(bleu=1.0))
        return path

    return make


@pytest.fixture(scope="session")
def make_version(
    make_checkpoint: MakeCheckpoint, tmp_path_factory: pytest.TempPathFactory
) -> MakeVersion:
    """A function that makes an exported version: `make_version(norm="post")`."""

    def make(*, norm: Norm = "pre", seed: int = 1) -> VersionFolder:
        folder = tmp_path_factory.mktemp("version")
        weights = load_weights(make_checkpoint(folder / "run", norm=norm, seed=seed))
        version = VersionFolder(folder / "0001")
        version.path.mkdir()
        export(weights, version, max_tokens=40, on_step=lambda _message: None)
        run_self_test(version, PAIRS)
        version.write_card({"name": "en-es"}, version.files())
        return version

    return make


@pytest.fixture(scope="session")
def version(make_version: MakeVersion) -> VersionFolder:
    """An exported version that tests do not change."""
    return make_version()


def random_model(size: int, norm: Norm, seed: int) -> Transformer:
    """Return a model with random weights and biases."""
    torch.manual_seed(seed)
    config = ModelConfig(
        vocabulary=size, width=64, heads=4, hidden=96, encoder_layers=2, decoder_layers=2,
        dropout=0.1, norm=norm, max_length=96,
    )  # fmt: skip
    model = Transformer(config)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim == 1:
                parameter.add_(torch.randn_like(parameter) * 0.1)
        model.output_bias[3] += 2.0  # random models rarely end a sentence
    return model.eval()
