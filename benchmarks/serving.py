"""Cost of translation: the engines against each other, and the server as a process.

Engines: latency of one sentence in torch with a KV cache and in CTranslate2, with equal weights and
text, on one thread; the number of equal translations is printed. The weights are random, because
training changes values and not the number of operations; translations are cut at 16 tokens, about
the length of their sources. The engines take turns, and the fastest of several rounds counts for
each sentence, so that other load on the machine has little influence.

Server: seconds from exec to the first answer of /health, memory, and the overhead of HTTP (latency
of a request minus the time that the server measured). On two cores with a demo model, medians of 3
starts of each version in turn, 2026-11-29:

                                     start   memory   p50      p95      overhead  after /detect
Starlette, own parsing and OpenAPI   0.39 s   82 MiB  1.05 ms  1.62 ms  0.30 ms    83 MiB
FastAPI, pydantic, py3langid         0.56 s  100 MiB  1.18 ms  1.82 ms  0.37 ms   183 MiB

Run: python -P benchmarks/serving.py
"""

import itertools
import json
import math
import os
import shutil
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from core.scores import Scores

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported

import psutil
import sentencepiece
import torch

from core.checkpoints.contents import RAW_NAME, WeightsToSave, load_weights, save_weights
from core.checkpoints.manifest import write_manifest
from core.clock import SystemClock
from core.command import module_argv, start
from core.data.demo.corpus import demo_pairs
from core.data.records import BOS_ID, EOS_ID, PAD_ID, UNK_ID
from core.data.tokenizer import Tokenizer
from core.database import open_database_of
from core.inference.ctranslate2_engine import load_ctranslate2_engine
from core.inference.export import export
from core.inference.torch_engine import load_torch_engine
from core.inference.translator import Engine, SearchOptions
from core.inference.version_folder import VersionFolder
from core.model.config import ModelConfig
from core.model.transformer import Transformer
from core.registry.records import PRODUCTION, AliasAction, ModelVersion
from core.registry.registry import ModelRegistry
from core.settings import Settings
from core.training.config import PRESETS

NUM_SENTENCES = 20
FEWEST_WORDS, MOST_WORDS = 6, 12
NUM_ROUNDS = 5
LENGTH = 16
BEAMS = (1, 5)
TARGET_RATIO = 7.0
PRESET = "tiny"

NUM_STARTS = 3
NUM_REQUESTS = 200
NUM_WARM_UP = 20
DEADLINE_S = 60.0
TARGET_START_S, TARGET_MEMORY_MIB, TARGET_OVERHEAD_MS = 1.0, 200.0, 2.0


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
    translations = {
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
            target_tokens=statistics.mean(map(len, translations[name])),
            identical=sum(
                a == b for a, b in zip(translations[reference], translations[name], strict=True)
            ),
            ratio=statistics.median(times[reference]) / statistics.median(taken),
        )


@contextmanager
def _version() -> Iterator[VersionFolder]:
    """Yield an exported model of the preset's shape."""
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
        write_manifest(checkpoint, step=1, created_at=0.0, config_digest="", scores=Scores())
        version = VersionFolder(folder / "version")
        version.path.mkdir()
        export(load_weights(checkpoint), version, max_tokens=100, on_step=lambda _message: None)
        yield version


def _model(tokenizer: Tokenizer) -> Transformer:
    """Return a random model of the preset's shape that generates at most LENGTH tokens."""
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
    """Return sentences of 6 to 12 words, spread evenly over the demo corpus."""
    chosen = [
        pair.source
        for pair in demo_pairs()
        if FEWEST_WORDS <= len(pair.source.split()) <= MOST_WORDS
    ]
    return chosen[:: len(chosen) // number][:number]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerFigures:
    """The figures of one start of the server."""

    start_s: float
    memory_mib: float
    p50_ms: float
    p95_ms: float
    overhead_ms: float


def measure_server() -> ServerFigures:
    """Return the median of each figure over several starts."""
    with tempfile.TemporaryDirectory() as name, _version() as folder:
        home = Path(name)
        _promote(folder, home)
        starts = [_measure_start(home) for _ in range(NUM_STARTS)]
    return ServerFigures(
        **{
            name: statistics.median(getattr(figures, name) for figures in starts)
            for name in ServerFigures.__dataclass_fields__
        }
    )


def _promote(folder: VersionFolder, home: Path) -> None:
    """Make the version the production model of a home folder."""
    settings = Settings(home=home)
    settings.paths.prepare()
    version = ModelVersion(
        name="en-es", version=1, run_id="r", run_name="benchmark", step=1, source="en",
        target="es", dataset="demo", dataset_digest="d", snapshot=None, waiver=None, config={},
        code_version="0", scores={}, self_test=None, digest="", created_at=0.0,
    )  # fmt: skip
    folder.write_card(version.to_document(), folder.files())
    target = settings.paths.model("en-es", 1)
    target.parent.mkdir(parents=True)
    shutil.copytree(folder.path, target)
    with closing(open_database_of(settings)) as database:
        registry = ModelRegistry(database, SystemClock())
        registry.register(version)
        registry.set_alias("en-es", PRODUCTION, 1, actor="a", action=AliasAction.PROMOTE, reason="")


def _measure_start(home: Path) -> ServerFigures:
    """Start the server, send requests over one connection, and stop it."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    started = time.perf_counter()
    argv = module_argv("core.serving", "--home", str(home), "--port", str(port))
    with (home / "server.log").open("wb") as log:
        server = start(argv, environment={"OMP_NUM_THREADS": "1"}, log=log.fileno())
    try:
        start_s = _wait(port, "status") - started
        _wait(port, "model")
        with closing(HTTPConnection("127.0.0.1", port)) as connection:
            latencies, overheads = _latencies(connection)
        return ServerFigures(
            start_s=start_s,
            memory_mib=psutil.Process(server.pid).memory_info().rss / (1 << 20),
            p50_ms=statistics.median(latencies),
            p95_ms=statistics.quantiles(latencies, n=20)[-1],
            overhead_ms=statistics.median(overheads),
        )
    finally:
        server.kill()
        server.wait()


def _latencies(connection: HTTPConnection) -> tuple[Sequence[float], Sequence[float]]:
    """Return the latency of each request, and the part of it that the server did not measure."""
    latencies, overheads = [], []
    for number in range(NUM_WARM_UP + NUM_REQUESTS):
        body = {"q": f"Where is the station {number}?", "source": "en", "target": "es", "beam": 1}
        began = time.perf_counter()
        answer = _request(connection, "POST", "/translate", body)
        latency_ms = (time.perf_counter() - began) * 1000
        latencies.append(latency_ms)
        overheads.append(latency_ms - answer["milliseconds"])
    return latencies[NUM_WARM_UP:], overheads[NUM_WARM_UP:]


def _wait(port: int, key: str) -> float:
    """Return the time at which /health first has a value for the key."""
    deadline = time.perf_counter() + DEADLINE_S
    while time.perf_counter() < deadline:
        try:
            with closing(HTTPConnection("127.0.0.1", port)) as connection:
                if _request(connection, "GET", "/health")[key]:
                    return time.perf_counter()
        except OSError:
            pass  # the server does not listen yet
        time.sleep(0.005)
    raise TimeoutError(f"/health had no {key} within {DEADLINE_S:g} seconds")


def _request(
    connection: HTTPConnection, method: str, path: str, body: Mapping[str, object] | None = None
) -> Any:  # noqa: ANN401  (JSON)
    """Return the JSON document of a response."""
    connection.request(method, path, json.dumps(body), {"Content-Type": "application/json"})
    return json.load(connection.getresponse())


def main() -> int:
    """Print engines and server; return 1 when a target is missed."""
    are_engines_fast = _print_engines()
    figures = measure_server()
    print(f"Server: {'figure':14} {'median':>8} {'target':>8}")
    print(f"        {'start s':14} {figures.start_s:8.2f} {TARGET_START_S:8.1f}")
    print(f"        {'memory MiB':14} {figures.memory_mib:8.0f} {TARGET_MEMORY_MIB:8.0f}")
    print(f"        {'overhead ms':14} {figures.overhead_ms:8.2f} {TARGET_OVERHEAD_MS:8.1f}")
    print(f"        {'p50, p95 ms':14} {figures.p50_ms:8.2f} {figures.p95_ms:8.2f}")
    is_server_light = (
        figures.start_s <= TARGET_START_S
        and figures.memory_mib <= TARGET_MEMORY_MIB
        and figures.overhead_ms <= TARGET_OVERHEAD_MS
    )
    return 0 if are_engines_fast and is_server_light else 1


def _print_engines() -> bool:
    """Print the table of engines; return whether the faster precision reaches the target."""
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
    return best >= TARGET_RATIO


if __name__ == "__main__":
    sys.exit(main())
