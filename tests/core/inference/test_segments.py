"""Texts are split into segments, and joining the pieces restores them."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as some

from core.inference.segments import split_long, split_text
from core.inference.text_translator import is_repetitive, max_repeats

pytestmark = pytest.mark.slow


def segments(text: str) -> list[str]:
    """Return the segments that would be translated."""
    return [piece.text for piece in split_text(text) if piece.is_segment]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello, how are you?", ["Hello, how are you?"]),
        ("Hello. How are you? Fine!", ["Hello.", "How are you?", "Fine!"]),
        ("Dr. Smith met Mrs. Jones.", ["Dr. Smith met Mrs. Jones."]),
        ("J. R. R. Tolkien wrote it.", ["J. R. R. Tolkien wrote it."]),
        ("It costs 3.50 dollars.", ["It costs 3.50 dollars."]),
        ("Wait... what?", ["Wait... what?"]),
        ('He said "Go!" Then he left.', ['He said "Go!"', "Then he left."]),
        ("La Sra. Pérez viene. ¿Y tú?", ["La Sra. Pérez viene.", "¿Y tú?"]),
        ("one\ntwo\r\n\n  three", ["one", "two", "three"]),
        ("你好。再见。", ["你好。", "再见。"]),
        ("12:30 🙂", []),
        ("", []),
    ],
)
def test_sentences_are_segments(text: str, expected: list[str]) -> None:
    assert segments(text) == expected


@pytest.mark.parametrize("mark", "\u0964\u0965\u061f\u06d4\u0589\u104b\u17d4\u1362\u1367\u3002")
def test_sentences_of_other_scripts_are_segments(mark: str) -> None:
    assert segments(f"a b{mark} c d{mark}e{mark}") == [f"a b{mark}", f"c d{mark}", f"e{mark}"]


@given(text=some.text(some.sampled_from("ab. !?…,\n\r\t\u2028\x0b 1\u0964🙂\"')AÉ¿")))
def test_pieces_join_to_the_text(text: str) -> None:
    pieces = split_text(text)
    assert "".join(piece.text for piece in pieces) == text
    for piece in pieces:
        if piece.is_segment:
            assert piece.text == piece.text.strip()
            assert any(character.isalpha() for character in piece.text)


@given(
    text=some.text(some.sampled_from("abc ,;:é🙂")).filter(lambda text: text.strip()),
    limit=some.integers(1, 9),
)
def test_long_segments_are_cut_to_the_limit(text: str, limit: int) -> None:
    pieces = split_long(text.strip(), limit, len)
    assert "".join(piece.text for piece in pieces) == text.strip()
    assert all(len(piece.text) <= limit for piece in pieces if piece.is_segment)


def test_long_segments_are_cut_after_a_comma_near_the_middle() -> None:
    text = "when the rain is over, we go out into the garden"
    assert [piece.text for piece in split_long(text, 30, len)] == [
        "when the rain is over,",
        " ",
        "we go out into the garden",
    ]


@pytest.mark.parametrize(
    "text",
    [
        ". " * 300_000,
        "." * 1_000_000,
        " " * 1_000_000,
        "a" * 1_000_000,
        "A. " * 300_000,
        "\n" * 300_000,
    ],
    ids=["dots", "one run of dots", "spaces", "one word", "initials", "lines"],
)
def test_a_megabyte_takes_linear_time(text: str) -> None:
    started = time.process_time()
    split_text(text)
    assert time.process_time() - started < 10


@pytest.mark.parametrize(
    ("source", "target", "repetitive"),
    [
        ("a b c", "x y z", False),
        ("a b c", "x x x x", True),
        ("a b", "x y x y x y x y", True),
        ("ha ha ha ha", "ja ja ja ja", False),
        ("a", " ".join("xyzwvutsrqponmlk"), True),
        ("very very good", "muy muy bueno", False),
        ("", "", False),
    ],
)
def test_repetition_that_the_source_has_not_is_found(
    source: str, target: str, *, repetitive: bool
) -> None:
    assert is_repetitive(source.split(), target.split()) is repetitive


@given(unit=some.lists(some.sampled_from("abc"), min_size=1, max_size=6), times=some.integers(1, 6))
def test_a_repeated_unit_is_counted(unit: list[str], times: int) -> None:
    assert max_repeats(unit * times) >= times
