"""Every Translator keeps the promises of the protocol: both engines, and the server's client."""

import io
import shutil
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
import sentencepiece
import torch
import uvicorn
from hypothesis import HealthCheck, given
from hypothesis import settings as effort
from hypothesis import strategies as some
from safetensors.torch import save_file

from core.clock import SystemClock
from core.data.tokenizer import Tokenizer
from core.database import open_database, sqlite_url
from core.errors import InputError
from core.inference.ctranslate2_engine import load_ctranslate2_engine
from core.inference.export import convert
from core.inference.loading import AttentionLoader
from core.inference.text_translator import build_translator
from core.inference.torch_engine import load_torch_engine
from core.inference.translator import Engine, Translator
from core.inference.version_folder import VersionFolder, VersionShape
from core.model.config import ModelConfig
from core.model.transformer import Transformer
from core.paths import StatePaths
from core.registry.records import PRODUCTION, AliasAction
from core.registry.registry import ModelRegistry
from core.serving.client import TranslationClient
from core.serving.model_pool import ModelPool
from core.serving.server import TranslationServer
from core.settings import ServingSettings
from tests.core.serving.served import version_record

KINDS = ("torch", "float32", "int8", "client")
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
def folder(tmp_path_factory: pytest.TempPathFactory) -> VersionFolder:
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
    return files


@pytest.fixture(scope="module")
def served(
    folder: VersionFolder, migrated: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TranslationClient]:
    """A client of a running server."""
    home = tmp_path_factory.mktemp("home")
    path = Path(shutil.copyfile(migrated, home / "datahall.db"))
    clock, settings = SystemClock(), ServingSettings(max_characters=100_000)
    with closing(open_database(sqlite_url(path))) as database:
        registry = ModelRegistry(database, clock)
        registry.register(version_record(3))
        registry.set_alias(
            "en-es", PRODUCTION, 3, actor="ana", action=AliasAction.PROMOTE, reason=""
        )
        server = TranslationServer(
            pool=ModelPool(
                registry=registry,
                load=lambda _version: build_translator(
                    folder, "en-es:3", load_ctranslate2_engine(folder, "float32"), clock
                ),
                clock=clock,
            ),
            compute_attention=AttentionLoader(StatePaths(home), settings).compute,
            settings=settings,
            clock=clock,
        )
        server.pool.refresh()
        running = uvicorn.Server(uvicorn.Config(server.app(), log_level="error", lifespan="on"))
        opened = socket.create_server(("127.0.0.1", 0))
        thread = threading.Thread(target=running.run, kwargs={"sockets": [opened]})
        thread.start()
        with TranslationClient(f"http://127.0.0.1:{opened.getsockname()[1]}") as client:
            yield client
        running.should_exit = True
        thread.join()


@pytest.fixture(params=KINDS)
def translator(request: pytest.FixtureRequest, folder: VersionFolder) -> Translator:
    """Each translator in turn."""
    if request.param == "client":
        client: Translator = request.getfixturevalue("served")
        return client
    if request.param == "torch":
        engine: Engine = load_torch_engine(folder)
    else:
        engine = load_ctranslate2_engine(folder, request.param)
    return build_translator(folder, "en-es:3", engine, SystemClock())


def test_version_and_languages_are_those_of_the_model(translator: Translator) -> None:
    assert translator.version == "en-es:3"
    assert translator.languages == ("en", "es")


def test_each_text_has_a_translation_in_order(translator: Translator) -> None:
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


def test_a_translation_does_not_depend_on_the_batch(translator: Translator) -> None:
    texts = ["hello", "how are you hello world", "world"]
    together = translator.translate(texts, beam=1)
    alone = [translator.translate([text], beam=1)[0] for text in texts]
    assert [item.text for item in together] == [item.text for item in alone]


def test_alternatives_are_distinct_and_best_first(translator: Translator) -> None:
    found = translator.translate(["hello world"], beam=4, n_best=4)[0]
    texts = [found.text, *(other.text for other in found.alternatives)]
    assert 1 < len(texts) <= 4
    assert len(set(texts)) == len(texts)
    scores = [other.score for other in found.alternatives]
    assert scores == sorted(scores, reverse=True)


@pytest.mark.parametrize("text", ["", " ", "\n\n", "🙂", "42", "--- 3:45 🙂\n"])
def test_text_without_letters_is_copied(translator: Translator, text: str) -> None:
    found = translator.translate([text])[0]
    assert (found.text, found.score) == (text, 0.0)


def test_line_breaks_and_indents_are_kept(translator: Translator) -> None:
    text = "  hello world\n\n\thow are you\r\nworld\n"
    found = translator.translate([text], beam=1)[0].text
    assert [not line for line in found.splitlines()] == [False, True, False, False]
    assert found.startswith("  ")
    assert "\n\n\t" in found
    assert found.endswith("\n")


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_does_not_affect_the_other_texts(translator: Translator, text: str) -> None:
    found = translator.translate([text, "hello world"], beam=1)
    assert found[0].source == text
    assert len(found[0].text.splitlines()) == len(text.splitlines())
    assert found[1].text == translator.translate(["hello world"], beam=1)[0].text


@pytest.mark.slow
@effort(
    max_examples=25,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(text=some.text(some.characters(codec="utf-8"), max_size=60))
def test_any_text_is_translated_without_an_error(translator: Translator, text: str) -> None:
    found = translator.translate([text], beam=1)[0]
    assert found.source == text
    assert bool(found.text.strip()) <= bool(text.strip())


def test_a_lone_surrogate_is_refused(translator: Translator) -> None:
    with pytest.raises(InputError, match="surrogate"):
        translator.translate(["\ud800"])


@pytest.mark.slow
def test_concurrent_requests_get_their_own_translations(translator: Translator) -> None:
    texts = [f"hello {'world ' * number}you" for number in range(12)]
    alone = [translator.translate([text], beam=2)[0].text for text in texts]
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda text: translator.translate([text], beam=2)[0].text, texts))
    assert found == alone
