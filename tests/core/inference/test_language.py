"""Languages: names and identification."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from core.inference.language import identify_language, language_name


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Where is the station, my friend?", "en"),
        ("HELLO, HOW ARE YOU?", "en"),
        ("¿Dónde está mi hermana?", "es"),
        ("Ich weiß nicht, wo das ist", "de"),  # codespell:ignore
        ("Bonjour, vous êtes dans le jardin", "fr"),
        ("Você não está em casa", "pt"),
        ("Привет, как дела?", "ru"),
        ("Hvor er stasjonen, vennen min?", "nb"),
        ("こんにちは", "ja"),
        ("你好", "zh"),
    ],
)
def test_the_language_of_a_short_text_is_identified(text: str, language: str) -> None:
    assert identify_language(text)[0].language == language


@given(text=some.text(max_size=80))
def test_guesses_are_ordered_percentages(text: str) -> None:
    confidences = [guess.confidence for guess in identify_language(text)]
    assert confidences == sorted(confidences, reverse=True)
    assert all(0 < confidence <= 100 for confidence in confidences)


def test_text_without_words_has_no_language() -> None:
    assert identify_language("42 !!") == []


def test_the_name_of_an_unknown_language_is_its_code() -> None:
    assert (language_name("es"), language_name("tlh")) == ("Spanish", "tlh")
