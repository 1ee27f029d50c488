"""What every Translator promises."""

import io
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sentencepiece
import torch
import uvicorn
from hypothesis import HealthCheck, given
from hypothesis import settings as effort
from hypothesis import strategies as some
from safetensors.torch import save_file

from core.clock import FixedClock, SystemClock
from core.data.tokenizer import Tokenizer
from core.errors import InputError
from core.inference.convert import convert
from core.inference.ctranslate2_model import open_ctranslate2
from core.inference.echo import EchoTranslator
from core.inference.torch_model import open_attention, open_torch
from core.inference.translator import Translator
from core.inference.version_folder import VersionFolder, VersionShape
from core.model.config import ModelConfig
from core.model.transformer import Transformer
from core.registry.memory import MemoryModelRegistry
from core.registry.records import ModelVersion
from core.registry.registry import PRODUCTION
from core.serving.client import TranslationClient
from core.serving.pool import ModelPool
from core.serving.server import TranslationServer
from core.settings import ServingSettings

KINDS = ("echo", "torch", "float32", "int8", "client")
HOSTILE = [
    "",
    "   ",
    "\n\n\t\n",
    "🙂",
    "🙂 hello 👩‍👩‍👧‍👦 world",
    "3:45 --- 99.5 %",
    "'; DROP TABLE model_version; --",
    '"quotes" and \\ backslash',
    "../../etc/passwd",
    "nul \0 inside",
    "rtl \u202e override",
    "<b>not</b> &amp; html",
    "tab\tand\r\nwindows line\rold mac",
    "word" * 200,
    "hello " * 150,
    "a\u0301 combining " + "\u0301" * 50,
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A version of a small random model."""
    files = VersionFolder(tmp_path_factory.mktemp("version"))
    written = io.BytesIO()
    lines = ["hello world how are you", "hola mundo cómo estás", "The end. El fin."] * 9
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines), model_writer=written, vocab_size=320, model_type="bpe",
        byte_fallback=True, pad_id=0, unk_id=1, bos_id=2, eos_id=3, character_coverage=1.0,
        minloglevel=2, hard_vocab_limit=False, num_threads=1,
    )  # fmt: skip
    files.vocabulary.write_bytes(written.getvalue())
    tokens = Tokenizer.load(files.vocabulary).pieces
    config = ModelConfig(
        vocabulary=len(tokens), width=32, heads=4, hidden=48, encoder_layers=1, decoder_layers=1,
        dropout=0.0, max_length=64,
    )  # fmt: skip
    torch.manual_seed(4)
    model = Transformer(config)
    with torch.no_grad():
        model.output_bias[3] += 3.0
    save_file(model.state_dict(), files.weights)
    files.write_shape(
        VersionShape(config=config, source="en", target="es", max_tokens=20, attention_layer=0)
    )
    arrays = {name: tensor.numpy() for name, tensor in model.state_dict().items()}
    for precision in ("float32", "int8"):
        convert(config, arrays, tokens, files.model(precision), precision)
    return files.path


@pytest.fixture(scope="module")
def served(folder: Path) -> Iterator[TranslationClient]:
    """A client of a running server."""
    registry = MemoryModelRegistry(FixedClock())
    registry.register(_version())
    registry.set_alias("en-es", PRODUCTION, 3, actor="ana", action="promote", reason="")
    clock = SystemClock()
    server = TranslationServer(
        pool=ModelPool(
            registry=registry,
            open=lambda version: open_ctranslate2(
                folder, f"{version.name}:{version.version}", clock
            ),
            clock=clock,
        ),
        open_attention=lambda version: open_attention(folder, f"{version.name}:{version.version}"),
        settings=ServingSettings(max_characters=100_000),
        clock=clock,
    )
    server.pool.refresh()
    config = uvicorn.Config(server.app(), log_level="error", lifespan="on")
    running = uvicorn.Server(config)
    opened = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=running.run, kwargs={"sockets": [opened]})
    thread.start()
    with TranslationClient(f"http://127.0.0.1:{opened.getsockname()[1]}") as client:
        yield client
    running.should_exit = True
    thread.join()


@pytest.fixture(params=KINDS)
def translator(request: pytest.FixtureRequest, folder: Path) -> Translator:
    """Each adapter in turn."""
    if request.param == "echo":
        return EchoTranslator(version="en-es:3")
    if request.param == "client":
        client: Translator = request.getfixturevalue("served")
        return client
    if request.param == "torch":
        return open_torch(folder, "en-es:3", SystemClock())
    return open_ctranslate2(folder, "en-es:3", SystemClock(), precision=request.param)


def test_it_says_what_it_is(translator: Translator) -> None:
    """Version and languages come with every adapter."""
    assert translator.version == "en-es:3"
    assert translator.languages == ("en", "es")


def test_each_text_has_a_translation_in_order(translator: Translator) -> None:
    """With the source beside it, a score that is a log-probability, and who said it."""
    texts = ["hello world", "", "how are you", "hello world"]
    found = translator.translate(texts, beam=2)
    assert [item.source for item in found] == texts
    assert found[0].text == found[3].text
    assert found[0].text
    for item in found:
        assert item.score <= 0
        assert item.model_version == "en-es:3"
        assert item.milliseconds >= 0
        assert item.alternatives == ()
    assert translator.translate([]) == []


def test_a_text_is_translated_alike_alone_and_in_company(translator: Translator) -> None:
    """Batching changes speed, not words."""
    texts = ["hello", "how are you hello world", "world"]
    together = translator.translate(texts, beam=1)
    alone = [translator.translate([text], beam=1)[0] for text in texts]
    assert [item.text for item in together] == [item.text for item in alone]


def test_alternatives_are_other_texts_best_first(translator: Translator) -> None:
    """At most as many as asked for, none said twice."""
    found = translator.translate(["hello world"], beam=4, n_best=4)[0]
    texts = [found.text, *(other.text for other in found.alternatives)]
    assert 1 < len(texts) <= 4
    assert len(set(texts)) == len(texts)
    scores = [other.score for other in found.alternatives]
    assert scores == sorted(scores, reverse=True)


@pytest.mark.parametrize("text", ["", " ", "\n\n", "🙂", "42", "--- 3:45 🙂\n"])
def test_what_says_the_same_everywhere_is_kept(translator: Translator, text: str) -> None:
    """White space, numbers and emoji come back as they were."""
    found = translator.translate([text])[0]
    assert (found.text, found.score) == (text, 0.0)


def test_lines_stay_lines(translator: Translator) -> None:
    """A paragraph keeps its breaks and indents."""
    text = "  hello world\n\n\thow are you\r\nworld\n"
    found = translator.translate([text], beam=1)[0].text
    assert [not line for line in found.splitlines()] == [False, True, False, False]
    assert found.startswith("  ")
    assert "\n\n\t" in found
    assert found.endswith("\n")


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_is_translated_or_kept(translator: Translator, text: str) -> None:
    """Nothing that can be typed stops a translator, or the text beside it."""
    found = translator.translate([text, "hello world"], beam=1)
    assert found[0].source == text
    assert len(found[0].text.splitlines()) == len(text.splitlines())
    assert found[1].text == translator.translate(["hello world"], beam=1)[0].text


@effort(
    max_examples=25,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(text=some.text(some.characters(codec="utf-8"), max_size=60))
def test_any_text_is_safe(translator: Translator, text: str) -> None:
    """Whatever characters come: an answer, and no more lines than before."""
    found = translator.translate([text], beam=1)[0]
    assert found.source == text
    assert bool(found.text.strip()) <= bool(text.strip())


def test_half_a_character_is_refused(translator: Translator) -> None:
    """A lone surrogate is no text; the sentence says so."""
    with pytest.raises(InputError, match="surrogate"):
        translator.translate(["\ud800"])


def test_threads_do_not_mix_their_texts(translator: Translator) -> None:
    """Eight threads at once get what each would get alone."""
    texts = [f"hello {'world ' * number}you" for number in range(12)]
    alone = [translator.translate([text], beam=2)[0].text for text in texts]
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda text: translator.translate([text], beam=2)[0].text, texts))
    assert found == alone


def _version() -> ModelVersion:
    """Return the lineage of the small model."""
    return ModelVersion(
        name="en-es", version=3, run_id="r", run_name="night run", step=1, source="en",
        target="es", dataset="demo", dataset_digest="d", snapshot=None, waiver=None, config={},
        code_version="0", scores={}, self_test={}, digest="f", created_at=1.0,
    )  # fmt: skip
