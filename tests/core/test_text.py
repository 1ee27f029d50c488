"""Rules for text from outside."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InputError
from core.text import (
    check_storable,
    check_unicode,
    escape_unstorable,
    one_line,
    parse_language,
    parse_languages,
    quoted,
    split_lines,
)

# Characters at which str.splitlines() splits and we do not.
INSIDE_A_LINE = "\u2028\u2029\x85\x0b\x0c\x1c\x1d\x1e\r"


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", []),
        ("\n", [""]),
        ("a", ["a"]),
        ("a\n", ["a"]),
        ("a\r\nb", ["a", "b"]),
        ("a\n\nb\n", ["a", "", "b"]),
        ("a\rb\n", ["a\rb"]),
        ("a\r\r\n", ["a\r"]),
        ("a\r", ["a\r"]),
    ],
)
def test_only_a_line_feed_ends_a_line(text: str, lines: list[str]) -> None:
    assert split_lines(text) == lines


@pytest.mark.parametrize("character", INSIDE_A_LINE)
def test_other_separators_stay_inside_the_line(character: str) -> None:
    assert split_lines(f"a{character}b\nc") == [f"a{character}b", "c"]


@given(st.text(alphabet="ab\n\r\u2028\x85\x0b"))
def test_lines_with_their_ends_are_the_text(text: str) -> None:
    kept = split_lines(text, keep_ends=True)
    assert "".join(kept) == text
    assert len(kept) == len(split_lines(text))


@pytest.mark.parametrize("text", ["half \ud83d pair", "nul \x00"])
def test_text_that_cannot_be_stored_is_refused_with_the_position(text: str) -> None:
    with pytest.raises(InputError, match=r"position (4|5)"):
        check_storable(text)


def test_nul_is_valid_unicode() -> None:
    check_unicode("a\x00b")


@given(st.recursive(st.text(st.characters()), st.lists))
def test_an_escaped_value_can_be_stored(value: object) -> None:
    text = json.dumps(escape_unstorable(value), ensure_ascii=False)
    check_storable(json.loads(text) if isinstance(value, str) else text)


def test_escaping_writes_out_only_what_cannot_be_stored() -> None:
    value = {"a\x00": ("ñ 😀\n", "\ud83d"), "b": [1, None]}
    assert escape_unstorable(value) == {"a\\x00": ["ñ 😀\n", "\\ud83d"], "b": [1, None]}


def test_one_line_replaces_controls_and_keeps_letters_of_all_scripts() -> None:
    assert one_line("a\r\n\tb\u2028c") == "a b c"
    assert one_line("\x1b[31mred\x07") == "\ufffd[31mred\ufffd"
    assert one_line("cod\u202egpj.exe") == "cod\ufffdgpj.exe"
    assert one_line("half \ud83d pair") == "half \ufffd pair"
    kept = "👩\u200d💻 द\u200d नमस्ते a\u00a0b"  # joiners, vowel signs, a no-break space
    assert one_line(kept) == kept


def test_different_file_names_are_quoted_differently() -> None:
    assert quoted("año.txt") == "año.txt"
    assert quoted("a\nb") == "'a\\nb'"
    assert quoted("a\udcff") != quoted("a\udcfe")


@pytest.mark.parametrize(
    ("code", "standard"),
    [
        ("en", "en"),
        ("EN", "en"),
        ("pt-BR", "pt-BR"),
        ("pt_br", "pt-BR"),
        ("zh-Hans", "zh-Hans"),
        ("zh_hans_cn", "zh-Hans-CN"),
        ("yue", "yue"),
        ("es-419", "es-419"),
    ],
)
def test_a_language_code_has_one_form(code: str, standard: str) -> None:
    assert parse_language(code) == standard


@pytest.mark.parametrize(
    "code", ["", "e", "english", "en-", "-en", "en-x", "en/es", "e1", "en\n", "en" + "-abcd" * 8]
)
def test_a_word_that_is_no_language_code_is_refused(code: str) -> None:
    with pytest.raises(InputError, match="not a language code"):
        parse_language(code)


def test_source_and_target_language_differ() -> None:
    assert parse_languages("en", "pt_br") == ("en", "pt-BR")
    with pytest.raises(InputError, match="both 'pt-BR'"):
        parse_languages("pt-BR", "pt_br")
