"""Latency of one sentence: torch with a KV cache against CTranslate2, same weights, same text.

All engines run on one thread; how many translations are the same token by token is printed. The
weights are random, as training changes values and not the number of operations; translations are
cut at 16 tokens, about the length of their sources. Each sentence is translated in several rounds
in which the engines take turns, and its fastest round counts: what is measured is the engine, not
what else the machine was doing.

Run: python -P benchmarks/serving.py
"""

import itertools
import math
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported

import sentencepiece
import torch

from core.checkpoints.contents import RAW_NAME, WeightsToSave, load_weights, save_weights
from core.checkpoints.manifest import write_manifest
from core.data.demo.corpus import demo_pairs
from core.data.records import BOS_ID, EOS_ID, PAD_ID, UNK_ID
from core.data.tokenizer import Tokenizer
from core.inference.ctranslate2_engine import load_ctranslate2_engine
from core.inference.export import export
from core.inference.torch_engine import load_torch_engine
from core.inference.translator import Engine, SearchOptions
from core.inference.version_folder import VersionFolder
from core.model.config import ModelConfig
from core.model.transformer import Transformer
from core.training.config import PRESETS

NUM_SENTENCES = 20
FEWEST_WORDS, MOST_WORDS = 6, 12
NUM_ROUNDS = 5
LENGTH = 16
BEAMS = (1, 5)
TARGET_RATIO = 7.0
PRESET = "tiny"


@dataclass(frozen=True, slots=True, kw_only=True)
class LatencyRow:
    """Milliseconds per sentence of one engine at one beam width."""

    engine: str
    beam: int
    median_ms: float
    p95_ms: float
    target_tokens: float
    identical: int
    ratio: float


def measure(num_sentences: int = NUM_SENTENCES) -> Sequence[LatencyRow]:
    """Return a row per engine and beam; `ratio` is torch's median over the engine's."""
    torch.set_num_threads(1)
    with _version() as folder:
        engines: dict[str, Engine] = {
            "torch, KV cache": load_torch_engine(folder),
            "CTranslate2 float32": load_ctranslate2_engine(folder, "float32"),
            "CTranslate2 int8": load_ctranslate2_engine(folder, "int8"),
        }
        tokenizer = Tokenizer.load(folder.vocabulary)
        texts = _sentences(num_sentences)
        sources = [tokenizer.encode_pieces(text)[: LENGTH - 1] for text in texts]
        return [row for beam in BEAMS for row in _rows(engines, sources, beam)]


def _rows(
    engines: dict[str, Engine], sources: Sequence[Sequence[str]], beam: int
) -> Iterator[LatencyRow]:
    """Yield the rows of one beam width."""
    options = SearchOptions(beam=beam)
    times = {name: [math.inf] * len(sources) for name in engines}
    said = {
        name: [found[0].tokens for found in engine.search(sources, options)]
        for name, engine in engines.items()
    }
    turns = itertools.product(range(NUM_ROUNDS), enumerate(sources), engines.items())
    for _, (number, source), (name, engine) in turns:
        started = time.perf_counter()
        engine.search([source], options)
        taken_ms = (time.perf_counter() - started) * 1000
        times[name][number] = min(times[name][number], taken_ms)
    reference = next(iter(engines))
    for name, taken in times.items():
        yield LatencyRow(
            engine=name,
            beam=beam,
            median_ms=statistics.median(taken),
            p95_ms=statistics.quantiles(taken, n=20)[-1],
            target_tokens=statistics.mean(map(len, said[name])),
            identical=sum(a == b for a, b in zip(said[reference], said[name], strict=True)),
            ratio=statistics.median(times[reference]) / statistics.median(taken),
        )


@contextmanager
def _version() -> Iterator[VersionFolder]:
    """Give an exported model of the preset's shape."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        vocabulary = _train_vocabulary(folder)
        checkpoint = folder / "step_00000001"
        checkpoint.mkdir()
        model = _model(Tokenizer(vocabulary))
        state = model.state_dict()
        save_weights(
            checkpoint,
            WeightsToSave(
                config=model.config, raw=state, ema=state, vocabulary=vocabulary, source="en",
                target="es", preferred=RAW_NAME,
            ),
        )  # fmt: skip
        write_manifest(checkpoint, step=1, created_at=0.0, config_digest="", scores={})
        version = VersionFolder(folder / "version")
        version.path.mkdir()
        export(load_weights(checkpoint), version, max_tokens=100, on_step=lambda _message: None)
        yield version


def _model(tokenizer: Tokenizer) -> Transformer:
    """Return a random model of the preset's shape that says at most LENGTH tokens."""
    preset = PRESETS[PRESET]
    torch.manual_seed(1)
    config = ModelConfig(
        vocabulary=tokenizer.size, width=preset.width, heads=preset.heads, hidden=preset.hidden,
        encoder_layers=preset.encoder_layers, decoder_layers=preset.decoder_layers,
        dropout=preset.dropout, max_length=LENGTH,
    )  # fmt: skip
    return Transformer(config).eval()


def _train_vocabulary(folder: Path) -> bytes:
    """Return a vocabulary of the demo corpus."""
    sides = (side for pair in demo_pairs() for side in (pair.source, pair.target))
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=sides, model_prefix=str(folder / "spm"), model_type="bpe",
        vocab_size=PRESETS[PRESET].vocabulary, byte_fallback=True, hard_vocab_limit=False,
        pad_id=PAD_ID, unk_id=UNK_ID, bos_id=BOS_ID, eos_id=EOS_ID, minloglevel=2, num_threads=1,
    )  # fmt: skip
    return (folder / "spm.model").read_bytes()


def _sentences(number: int) -> Sequence[str]:
    """Return everyday sentences of 6 to 12 words, spread over the demo corpus."""
    chosen = [
        pair.source
        for pair in demo_pairs()
        if FEWEST_WORDS <= len(pair.source.split()) <= MOST_WORDS
    ]
    return chosen[:: len(chosen) // number][:number]


def main() -> int:
    """Print the table; exit 1 when CTranslate2 in its faster precision misses the target."""
    rows = measure()
    print(f"One sentence, one thread, preset {PRESET}, {NUM_SENTENCES} sentences, milliseconds")
    print(f"{'engine':20} {'beam':>4} {'median':>8} {'p95':>8} {'tokens':>7} {'same':>5} {'x':>6}")
    for row in rows:
        print(
            f"{row.engine:20} {row.beam:4} {row.median_ms:8.2f} {row.p95_ms:8.2f} "
            f"{row.target_tokens:7.1f} {row.identical:5} {row.ratio:6.1f}"
        )
    best = min(max(row.ratio for row in rows if row.beam == beam) for beam in BEAMS)
    reached = "reached" if best >= TARGET_RATIO else "NOT reached"
    print(f"CTranslate2 is at least {best:.1f} x torch (target {TARGET_RATIO:g} x: {reached})")
    return 0 if best >= TARGET_RATIO else 1


if __name__ == "__main__":
    sys.exit(main())
