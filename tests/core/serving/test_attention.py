"""Attention as it is shown, and the guard against stuck decoding."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from core.clock import FixedClock, SystemClock
from core.data.records import Pair
from core.errors import UnavailableError
from core.inference.ctranslate2_model import open_ctranslate2
from core.inference.echo import EchoTranslator
from core.inference.engine import Candidate, SearchOptions
from core.inference.text_translator import TextTranslator
from core.inference.torch_model import AttentionModel, choose_attention_layer, open_attention
from core.inference.version_folder import VersionFolder


@pytest.fixture(scope="module")
def explainer(version: VersionFolder) -> AttentionModel:
    """What explains the version."""
    return open_attention(version.path, "en-es:1")


@pytest.fixture(scope="module")
def translator(version: VersionFolder) -> TextTranslator:
    """The version as it is served."""
    return open_ctranslate2(version.path, "en-es:1", SystemClock())


@pytest.mark.parametrize(
    "text", ["Hello, how are you?", "Hello. Where is it?\n\nMy sister 🙂 lives.", "a"]
)
def test_rows_are_distributions_over_the_own_segment(
    explainer: AttentionModel, translator: TextTranslator, text: str
) -> None:
    """Each target token spreads 1 over its segment's tokens, and nothing over others."""
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


def test_it_explains_the_translation_that_was_shown(
    explainer: AttentionModel, translator: TextTranslator
) -> None:
    """The tokens spell what the server said."""
    text = "Where is the station?"
    shown = translator.translate([text], beam=4)[0].text
    found = explainer.explain(translator, text, beam=4)
    assert translator.tokenizer.decode_pieces(found.target_tokens).strip() == shown


@pytest.mark.parametrize("text", ["", "🙂", "3:45"])
def test_what_is_copied_has_nothing_to_explain(
    explainer: AttentionModel, translator: TextTranslator, text: str
) -> None:
    """No tokens, no rows, no error."""
    found = explainer.explain(translator, text, beam=1)
    assert (found.source_tokens, found.target_tokens, found.weights) == ((), (), ())


def test_a_translator_without_tokens_is_unavailable(explainer: AttentionModel) -> None:
    """The twin has nothing to show."""
    with pytest.raises(UnavailableError):
        explainer.explain(EchoTranslator(), "hello", beam=1)


def test_the_layer_is_chosen_on_data(explainer: AttentionModel, pairs: list[Pair]) -> None:
    """One of the decoder's layers, the one that looks at equal tokens most often."""
    layer = choose_attention_layer(explainer.engine, pairs)
    assert layer == explainer.layer
    assert layer in range(explainer.engine.model.config.decoder_layers)


@dataclass
class StuckEngine:
    """An engine that repeats itself until it is forbidden to."""

    max_tokens: int = 50
    blocks_repeats: bool = True
    asked: list[tuple[int, int]] = field(default_factory=list)

    def search(
        self, sources: Sequence[Sequence[str]], options: SearchOptions
    ) -> Sequence[Sequence[Candidate]]:
        """Say `salad` for ever where the source says `soup`."""
        self.asked.append((len(sources), options.block_repeats))
        return [[Candidate(tokens=self._say(source, options), score=-1.0)] for source in sources]

    def _say(self, source: Sequence[str], options: SearchOptions) -> tuple[str, ...]:
        """Return one answer."""
        if "soup" not in source:
            return ("fine",)
        return ("sopa",) if options.block_repeats else ("salad",) * 30


@dataclass
class Words:
    """A vocabulary of words."""

    def encode_pieces(self, text: str) -> Sequence[str]:
        """Return the words."""
        return text.split()

    def decode_pieces(self, pieces: Sequence[str]) -> str:
        """Return the words in a row."""
        return " ".join(pieces)


def test_a_stuck_translation_is_searched_again_without_repeats() -> None:
    """Only that one, and only once."""
    engine = StuckEngine()
    translator = TextTranslator(
        version="v", languages=("en", "es"), tokenizer=Words(), engine=engine, clock=FixedClock()
    )
    found = translator.translate(["hello there", "soup", "soup"])
    assert [item.text for item in found] == ["fine", "sopa", "sopa"]
    assert engine.asked == [(2, 0), (1, 3)]


def test_text_is_normalised_as_training_data_was(translator: TextTranslator) -> None:
    """Curly quotes and accents written apart were never seen in training."""
    assert translator.pieces("it\u2019s e\u0301lite") == translator.pieces("it's \u00e9lite")


def test_capitals_are_translated_as_words_and_given_back(translator: TextTranslator) -> None:
    """A shouted sentence is the sentence, louder; a lone `I` is no shout."""
    assert translator.pieces("WHERE IS IT?") == translator.pieces("Where is it?")
    quiet, loud = translator.translate(["Where is it?", "WHERE IS IT?"])
    assert loud.text == quiet.text.upper()
    assert translator.pieces("I") == translator.tokenizer.encode_pieces("I")


def test_an_engine_that_cannot_forbid_repeats_is_asked_once() -> None:
    """A runaway answer is cut to what its source may need."""
    engine = StuckEngine(blocks_repeats=False)
    translator = TextTranslator(
        version="v", languages=("en", "es"), tokenizer=Words(), engine=engine, clock=FixedClock()
    )
    (found,) = translator.translate(["soup"])
    assert found.text == " ".join(["salad"] * 19)
    assert engine.asked == [(1, 0)]
