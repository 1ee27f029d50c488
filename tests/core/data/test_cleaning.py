"""Normalisation and cleaning rules."""

import pytest

from core.data.cleaning.clean import CleaningCounts, clean_pairs, rule_reports
from core.data.cleaning.normalise import sentence_key
from core.data.records import Pair


def _clean(*pairs: tuple[str, str], languages: tuple[str, str] = ("en", "es")) -> list[Pair]:
    """Return the pairs that cleaning keeps."""
    found = [Pair(source=source, target=target) for source, target in pairs]
    return clean_pairs(found, languages, CleaningCounts(), lambda _: None)


@pytest.mark.parametrize(
    ("rule", "source", "target"),
    [
        ("empty", "  \u200b ", "algo"),
        ("too long", "word " * 300, "palabra " * 300),
        ("mojibake", "The child is here.", "El niÃ±o estÃ¡ aquí."),
        ("mojibake", "A lost \ufffd sign.", "Un signo perdido."),
        ("markup", "Press <b>Enter</b> now.", "Pulsa Intro ahora."),
        ("markup", "Salt &amp; pepper", "Sal y pimienta"),
        ("addresses", "https://example.org/a", "https://example.org/b"),
        ("few letters", "12:30 -- 14:45 (+)", "12:30 -- 14:45 (+)"),
        ("wrong script", "Where is the station?", "Где находится вокзал?"),
        ("wrong script", "Где находится вокзал?", "¿Dónde está la estación?"),
        ("repetition", "No no no no no!", "¡Que no!"),
        ("repetition", "I said go away go away go away", "Dije que te fueras de aquí ya mismo"),
        ("repetition", "Aaaaaaaaargh, my foot", "Ay, mi pie"),
        ("untranslated", "New York City", "new york city."),
        ("untranslated", "Press the red button to start", "Press the red button to start ya"),
        ("length ratio", "Hi.", "Hola, me gustaría saber a qué hora abre el museo."),
        ("digits", "It costs 25 euros.", "Cuesta 40 euros."),
    ],
)
def test_a_rule_drops_its_kind_of_pair(rule: str, source: str, target: str) -> None:
    """The pair is counted under that rule, and its example is the original text."""
    counts = CleaningCounts()
    pair = Pair(source=source, target=target)
    assert clean_pairs([pair], ("en", "es"), counts, lambda _: None) == []
    assert dict(counts.dropped) == {rule: 1}
    report = next(found for found in rule_reports(counts) if found.rule == rule)
    assert report.examples == (pair,)


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("Hello, how are you?", "Hola, ¿cómo estás?"),
        ("I get up at 6:00.", "Me levanto a las 6."),
        ("He was born in the 1950s.", "Nació en los años 50."),
        ("She is twelve.", "Tiene 12 años."),
        ("No, no, no!", "¡No, no y no!"),
        ("Ha ha!", "¡Ja, ja!"),
        ("I <3 you", "Te quiero <3"),
        ("AT&T called.", "Llamó AT&T."),
        ("Write to me at ana@example.org.", "Escríbeme a ana@example.org."),
        ("Tom knew.", "Tom ya lo sabía todo."),
        ("The more the merrier, the more the better.", "Cuantos más, mejor; cuantos más, mejor."),
    ],
)
def test_everyday_text_breaks_no_rule(source: str, target: str) -> None:
    assert _clean((source, target)) == [Pair(source=source, target=target)]


def test_a_character_of_a_dense_script_counts_more() -> None:
    """Twelve Chinese characters can be a whole English sentence."""
    pair = ("I would like to know when the museum opens today.", "我想知道博物馆今天几点开门。")
    assert len(_clean(pair, languages=("en", "zh"))) == 1


def test_text_of_an_unknown_language_is_not_checked_for_script() -> None:
    assert len(_clean(("Hello there", "ሰላም ለናንተ"), languages=("en", "am"))) == 1


def test_spelling_variants_are_normalised_and_counted() -> None:
    counts = CleaningCounts()
    given = Pair(source="It\u2019s\u00a0 \u201cmine\u201d\u200b ", target="Es mi\u0301o")
    found = clean_pairs([given], ("en", "es"), counts, lambda _: None)
    assert found == [Pair(source='It\'s "mine"', target="Es m\u00edo")]
    assert dict(counts.changed) == {"unicode": 1, "invisible": 1, "quotes": 1, "spaces": 1}


def test_zero_width_joiners_stay() -> None:
    """Persian needs the zero-width non-joiner."""
    word = "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"
    assert _clean(("I want", word), languages=("en", "fa"))[0].target == word


def test_repetitions_of_a_pair_are_dropped() -> None:
    counts = CleaningCounts()
    pairs = [Pair(source=text, target="Un gato.") for text in ("A cat.", "a cat.", "The cat.")]
    assert len(clean_pairs(pairs, ("en", "es"), counts, lambda _: None)) == 2
    assert counts.dropped["duplicate"] == 1


def test_imported_test_pairs_are_not_changed() -> None:
    """Scores on public test sets must be comparable with published ones."""
    odd = Pair(source="<b>It\u2019s</b>  25", target="Son 40", split="test")
    empty = Pair(source=" ", target="nada", split="valid")
    counts = CleaningCounts()
    assert clean_pairs([odd, empty], ("en", "es"), counts, lambda _: None) == [odd]
    assert dict(counts.dropped) == {"empty": 1}


def test_every_rule_is_reported() -> None:
    reports = rule_reports(CleaningCounts())
    assert len({report.rule for report in reports}) == len(reports) > 12
    assert all(report.description and not report.dropped for report in reports)


def test_the_key_of_a_sentence_ignores_case_and_punctuation() -> None:
    assert sentence_key("¿Cómo ESTÁS?") == sentence_key("cómo estás")
    assert sentence_key("...") == "..."
    assert sentence_key("!") != sentence_key("?")
