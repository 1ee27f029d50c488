"""The demo corpus: its size, its consistency and its grammar."""

import random
import re
from collections.abc import Mapping, Sequence

import pytest

from core.data.cleaning.clean import CleaningCounts, clean_pairs
from core.data.demo import DEMO_TOPICS, demo_pairs, english, spanish
from core.data.demo.corpus import TOPICS, topic_pairs
from core.data.demo.frames import FRAMES
from core.data.demo.lexicon import actions, adjectives, nouns, phrases
from core.data.demo.shared import COMMON, PEOPLE
from core.data.demo.template import parse
from core.data.demo.words import Agreement
from core.data.records import Pair


@pytest.fixture(scope="module")
def corpus() -> Sequence[Pair]:
    """The corpus as users get it."""
    return demo_pairs()


@pytest.fixture(scope="module")
def translations(corpus: Sequence[Pair]) -> Mapping[str, str]:
    """Spanish by English sentence."""
    return {pair.source: pair.target for pair in corpus}


@pytest.mark.slow
def test_the_corpus_is_large_and_varied(corpus: Sequence[Pair]) -> None:
    """At least 30,000 distinct pairs on at least 40 topics."""
    assert len({(pair.source, pair.target) for pair in corpus}) == len(corpus) >= 30_000
    assert len(set(DEMO_TOPICS)) == len(DEMO_TOPICS) >= 40
    lengths = [len(pair.source.split()) for pair in corpus]
    assert sum(3 <= length <= 12 for length in lengths) > 0.99 * len(lengths)


def test_greetings_are_in_the_corpus(translations: Mapping[str, str]) -> None:
    assert translations["Hello, how are you?"] == "Hola, ¿cómo estás?"
    assert translations["Hi, how is your sister?"] == "Hola, ¿cómo está tu hermana?"
    assert translations["Good morning, how are you?"] == "Buenos días, ¿cómo estás?"
    neighbours = [text for text in translations if re.match(r"(Hello|Hi), (\w+, )?how", text)]
    assert len(neighbours) > 100


@pytest.mark.slow
def test_an_english_sentence_has_one_translation() -> None:
    seen: dict[str, str] = {}
    for topic in TOPICS:
        for pair in topic_pairs(topic, seed=5):
            assert seen.setdefault(pair.source, pair.target) == pair.target


def test_the_corpus_is_reproducible(corpus: Sequence[Pair]) -> None:
    again = [pair for topic in TOPICS[:3] for pair in topic_pairs(topic)]
    assert list(corpus[:600]) == again[:600]
    assert topic_pairs(TOPICS[0], seed=1) != topic_pairs(TOPICS[0], seed=2)


def test_no_markup_of_the_templates_is_left(corpus: Sequence[Pair]) -> None:
    for pair in corpus:
        text = f"{pair.source} {pair.target}"
        assert not re.search(r"[{}\[\]<>|=:@]|  |POSS| [,.?!]|[¿¡] ", text), pair
        assert re.fullmatch(r"[A-Z].*[.?!]", pair.source), pair
        assert re.fullmatch(r"[A-ZÁÉÍÓÚÑ¿¡].*[.?!]", pair.target), pair


def test_spanish_punctuation_marks_are_paired(corpus: Sequence[Pair]) -> None:
    for pair in corpus:
        assert pair.target.count("¿") == pair.target.count("?") == pair.source.count("?"), pair
        assert pair.target.count("¡") == pair.target.count("!") == pair.source.count("!"), pair


def test_contractions_and_articles_are_correct(corpus: Sequence[Pair]) -> None:
    for pair in corpus:
        assert not re.search(r"\b([Aa]|[Dd]e) el\b", pair.target), pair
        assert not re.search(r"\b[Aa] [aeio]", pair.source), pair
        assert not re.search(r"\by (i|hi)(?!e)", pair.target), pair
        assert not re.search(r"\bla agua\b|\bun (mesa|casa)\b|\buna (libro|coche)\b", pair.target)


def test_cleaning_drops_no_pair_of_the_corpus(corpus: Sequence[Pair]) -> None:
    counts = CleaningCounts()
    clean_pairs(corpus[::8], ("en", "es"), counts, lambda _: None)
    assert dict(counts.dropped) == {}
    assert dict(counts.changed) == {}


def test_every_word_class_of_a_topic_is_used() -> None:
    draw = random.Random(0)  # noqa: S311  (a corpus, no secret)
    for topic in TOPICS:
        words = {**PEOPLE, **COMMON, **topic.words}
        own = (*topic.templates, *topic.phrasebook)
        for template in own:
            assert template.fill(words, draw).target
        asked = {slot.rstrip("0123456789") for item in (*own, *FRAMES) for slot in item.slots}
        assert topic.words.keys() <= asked, topic.name


@pytest.mark.parametrize(
    ("infinitive", "form", "person", "expected"),
    [
        ("hablar", "pres", "2s", "hablas"),
        ("dormir", "pres", "1p", "dormimos"),
        ("dormir", "past", "3s", "durmió"),
        ("pedir", "ger", "", "pidiendo"),
        ("seguir", "pres", "1s", "sigo"),
        ("buscar", "past", "1s", "busqué"),
        ("empezar", "sub", "", "empieces"),
        ("llegar", "past", "1s", "llegué"),
        ("leer", "past", "3p", "leyeron"),
        ("caer", "part", "", "caído"),
        ("hacer", "fut", "1s", "haré"),
        ("poner", "imp", "", "pon"),
        ("tener", "past", "3p", "tuvieron"),
        ("traducir", "past", "3p", "tradujeron"),
        ("enviar", "pres", "3p", "envían"),
        ("construir", "past", "3s", "construyó"),
        ("volver", "part", "", "vuelto"),
        ("ir", "sub", "", "vayas"),
        ("jugar", "sub", "", "juegues"),
    ],
)
def test_spanish_verbs_are_conjugated(
    infinitive: str, form: str, person: str, expected: str
) -> None:
    assert spanish.verb(infinitive, form, person) == expected


@pytest.mark.parametrize(
    ("command", "expected"),
    [("levanta", "levántate"), ("acuesta", "acuéstate"), ("pon", "ponte"), ("viste", "vístete")],
)
def test_a_command_with_a_pronoun_gets_its_accent(command: str, expected: str) -> None:
    assert spanish.attach(command, "te") == expected


@pytest.mark.parametrize(
    ("base", "form", "person", "expected"),
    [
        ("study", "pres", "3s", "studies"),
        ("play", "past", "1s", "played"),
        ("stop", "ing", "", "stopping"),
        ("make", "ing", "", "making"),
        ("lie", "ing", "", "lying"),
        ("write", "part", "", "written"),
        ("be", "past", "3p", "were"),
        ("don't", "pres", "3s", "doesn't"),
    ],
)
def test_english_verbs_are_inflected(base: str, form: str, person: str, expected: str) -> None:
    assert english.verb(base, form, person) == expected


def test_words_agree_in_a_sentence() -> None:
    words = {
        **PEOPLE,
        "thing": nouns("chair = la silla"),
        "stuff": nouns("water = el agua f"),
        "place": nouns("garden = el jardín"),
        "look": adjectives("red = rojo"),
        "act": actions("wash POSS hands = lavarse las manos"),
        "when": phrases("now = ahora"),
        "who": tuple(word for word in PEOPLE["who"] if word.english("", Agreement()) == "she"),
    }

    def say(text: str) -> tuple[str, str]:
        pair = next(parse(text)[0].expand(words))
        return pair.source, pair.target

    assert say("{thing:thepl} are {look}. | {thing:thepl} son {look:pl@thing}.") == (
        "The chairs are red.",
        "Las sillas son rojas.",
    )
    assert say("{who} [be@who] {act:ing@who} {when}. | {who} {act:prog@who} {when}.") == (
        "She is washing her hands now.",
        "Ella se está lavando las manos ahora.",
    )
    assert say("{who} [want@who] to {act:inf@who}. | {who} [querer@who] {act:inf@who}.") == (
        "She wants to wash her hands.",
        "Ella quiere lavarse las manos.",
    )
    assert say("{stuff:the} is {look}. | {stuff:the} es {look@stuff}.") == (
        "The water is red.",
        "El agua es roja.",
    )
    assert say("From {place:the} to {place:the}. | De {place:the} a {place:the}.") == (
        "From the garden to the garden.",
        "Del jardín al jardín.",
    )
    assert say("{who} [like@who] {thing:pl}. | {who:dat} gustan {thing:thepl}.") == (
        "She likes chairs.",
        "A ella le gustan las sillas.",
    )
