"""Attention, tokens, and the guard against repetitive translations."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from core.clock import SystemClock
from core.data.records import Pair
from core.errors import UnavailableError
from core.inference.ctranslate2_engine import load_ctranslate2_engine
from core.inference.text_translator import TextTranslator, build_translator
from core.inference.torch_engine import (
    AttentionModel,
    choose_attention_layer,
    load_attention_model,
)
from core.inference.translator import Candidate, SearchOptions
from core.inference.version_folder import VersionFolder
from tests.clock import FixedClock
from tests.core.inference.echo import EchoTranslator


@pytest.fixture(scope="module")
def explainer(version: VersionFolder) -> AttentionModel:
    """The attention model of the version."""
    return load_attention_model(version, "en-es:1", threads=1)


@pytest.fixture(scope="module")
def translator(version: VersionFolder) -> TextTranslator:
    """The translator of the version in CTranslate2."""
    engine = load_ctranslate2_engine(version, "float32")
    return build_translator(version, "en-es:1", engine, SystemClock())


@pytest.mark.parametrize(
    "text", ["Hello, how are you?", "Hello. Where is it?\n\nMy sister 🙂 lives.", "a"]
)
def test_each_row_sums_to_1_over_its_own_segment(
    explainer: AttentionModel, translator: TextTranslator, text: str
) -> None:
    found = explainer.explain(translator, text, beam=3)
    num_segments = found.source_tokens.count("</s>")
    assert len(found.weights) == len(found.target_tokens)
    for row in found.weights:
        assert len(row) == len(found.source_tokens)
        assert sum(row) == pytest.approx(1.0, abs=1e-4)
    if num_segments > 1:
        first = found.source_tokens.index("</s>") + 1
        touches = {any(row[:first]) for row in found.weights}
        assert touches == {True, False}
    assert found.model_version == "en-es:1"


def test_attention_has_the_tokens_of_the_translation(
    explainer: AttentionModel, translator: TextTranslator
) -> None:
    text = "Where is the station?"
    shown = translator.translate([text], beam=4)[0].text
    found = explainer.explain(translator, text, beam=4)
    assert translator.tokenizer.decode_pieces(found.target_tokens).strip() == shown


@pytest.mark.parametrize("text", ["", "🙂", "3:45"])
def test_copied_text_has_no_attention(
    explainer: AttentionModel, translator: TextTranslator, text: str
) -> None:
    found = explainer.explain(translator, text, beam=1)
    assert (found.source_tokens, found.target_tokens, found.weights) == ((), (), ())


def test_a_translator_without_tokens_has_no_attention(explainer: AttentionModel) -> None:
    with pytest.raises(UnavailableError):
        explainer.explain(EchoTranslator(), "hello", beam=1)


def test_the_attention_layer_is_chosen_by_measurement(
    explainer: AttentionModel, pairs: list[Pair]
) -> None:
    layer = choose_attention_layer(explainer.engine, pairs)
    assert layer == explainer.layer
    assert layer in range(explainer.engine.model.config.decoder_layers)


@dataclass
class RepetitiveEngine:
    """An engine that repeats a token for the source `soup` unless repeats are blocked."""

    max_tokens: int = 50
    blocks_repeats: bool = True
    searches: list[tuple[int, int]] = field(default_factory=list)

    def search(
        self, sources: Sequence[Sequence[str]], options: SearchOptions
    ) -> Sequence[Sequence[Candidate]]:
        """Return one candidate per source."""
        self.searches.append((len(sources), options.block_repeats))
        return [[Candidate(tokens=self._target(source, options), score=-1.0)] for source in sources]

    def _target(self, source: Sequence[str], options: SearchOptions) -> tuple[str, ...]:
        """Return the target of one source."""
        if "soup" not in source:
            return ("fine",)
        return ("sopa",) if options.block_repeats else ("salad",) * 30


@dataclass
class WordTokenizer:
    """A tokenizer whose tokens are words."""

    def encode_pieces(self, text: str) -> Sequence[str]:
        """Return the words."""
        return text.split()

    def decode_pieces(self, pieces: Sequence[str]) -> str:
        """Return the words joined by spaces."""
        return " ".join(pieces)


def test_a_repetitive_translation_is_searched_again_with_repeats_blocked() -> None:
    engine = RepetitiveEngine()
    translator = TextTranslator(
        version="v",
        languages=("en", "es"),
        tokenizer=WordTokenizer(),
        engine=engine,
        clock=FixedClock(),
    )
    found = translator.translate(["hello there", "soup", "soup"])
    assert [item.text for item in found] == ["fine", "sopa", "sopa"]
    assert engine.searches == [(2, 0), (1, 3)]


def test_text_is_normalised_like_training_data(translator: TextTranslator) -> None:
    assert translator.tokenize("it\u2019s e\u0301lite") == translator.tokenize("it's \u00e9lite")


def test_a_text_in_capitals_is_translated_in_lower_case_and_upper_cased(
    translator: TextTranslator,
) -> None:
    assert translator.tokenize("WHERE IS IT?") == translator.tokenize("Where is it?")
    quiet, loud = translator.translate(["Where is it?", "WHERE IS IT?"])
    assert loud.text == quiet.text.upper()
    assert translator.tokenize("I") == translator.tokenizer.encode_pieces("I")


def test_without_blocking_a_repetitive_translation_is_cut() -> None:
    engine = RepetitiveEngine(blocks_repeats=False)
    translator = TextTranslator(
        version="v",
        languages=("en", "es"),
        tokenizer=WordTokenizer(),
        engine=engine,
        clock=FixedClock(),
    )
    (found,) = translator.translate(["soup"])
    assert found.text == " ".join(["salad"] * 19)
    assert engine.searches == [(1, 0)]


def test_a_line_break_in_a_translation_becomes_a_space() -> None:
    @dataclass
    class BreakingTokenizer(WordTokenizer):
        """A tokenizer that decodes to several lines."""

        def decode_pieces(self, pieces: Sequence[str]) -> str:
            """Return the words joined by line breaks."""
            return "\n".join((*pieces, "a\u2028b\r\nc", ""))

    translator = TextTranslator(
        version="v",
        languages=("en", "es"),
        tokenizer=BreakingTokenizer(),
        engine=RepetitiveEngine(),
        clock=FixedClock(),
    )
    assert translator.translate(["hello"])[0].text == "fine a b c"
