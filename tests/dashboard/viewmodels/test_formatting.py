"""Numbers, times and foreign text as pages show them."""

from datetime import UTC

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.viewmodels import formatting
from dashboard.viewmodels.formatting import MAX_CHARACTERS, escape_markdown


@pytest.mark.parametrize(
    ("num_bytes", "text"),
    [(None, "—"), (0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (47_123_456_789, "47.1 GB")],
)
def test_sizes_are_decimal(num_bytes: float | None, text: str) -> None:
    assert formatting.format_bytes(num_bytes) == text


def test_rates_have_a_unit() -> None:
    assert formatting.format_rate(246_000_000) == "246 MB/s"
    assert formatting.format_rate(3214, "tok") == "3.2 ktok/s"
    assert formatting.format_rate(None) == "—"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "—"),
        (0.0, "0.00"),
        (2.913, "2.91"),
        (0.00412, "0.00412"),
        (1e-7, "1.00e-07"),
        (83.456, "83.5"),
        (12345.0, "12,345"),
        (float("nan"), "NaN"),
        (float("inf"), "∞"),
    ],
)
def test_numbers_keep_three_digits(value: float | None, text: str) -> None:
    assert formatting.format_number(value) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "—"),
        (-3, "0 s"),
        (59.4, "59 s"),
        (60, "1 min"),
        (75, "1 min 15 s"),
        (4320, "1 h 12 min"),
        (90_000, "1 d 1 h"),
    ],
)
def test_durations_have_two_units(seconds: float | None, text: str) -> None:
    assert formatting.format_duration(seconds) == text


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (None, "never"),
        (1000.0, "now"),
        (1500.0, "now"),
        (988.0, "12 s ago"),
        (1000.0 - 3 * 86_400, "3 d ago"),
    ],
)
def test_ages_are_never_negative(at: float | None, text: str) -> None:
    assert formatting.format_age(at, 1000.0) == text


def test_times_are_local_to_the_given_zone() -> None:
    assert formatting.format_time(0.0, UTC) == "1970-01-01 00:00:00"
    assert formatting.format_time(None, UTC) == "—"
    assert formatting.format_time_and_age(0.0, 60.0, UTC) == "1970-01-01 00:00:00 (1 min ago)"
    assert formatting.format_time_and_age(None, 60.0, UTC) == "never"


def test_nouns_agree_with_their_number() -> None:
    assert formatting.pluralize(1, "file") == "1 file"
    assert formatting.pluralize(30_412, "entry", "entries") == "30,412 entries"
    assert formatting.format_count(30_412) == "30,412"
    assert formatting.format_count(None) == "—"


def test_ids_are_cut_to_eight_characters() -> None:
    assert formatting.short_id("0123456789abcdef") == "01234567"
    assert formatting.short_id(None) == "—"


@given(st.floats(allow_nan=True, allow_infinity=True))
def test_every_float_can_be_formatted(value: float) -> None:
    shown = [
        formatting.format_number(value),
        formatting.format_bytes(value),
        formatting.format_duration(value),
        formatting.format_quantity(value),
    ]
    assert all(shown)


@pytest.mark.parametrize(
    "text",
    [
        "![x](https://host/x.png)",
        "[click](javascript:alert(1))",
        "<img src=x onerror=alert(1)>",
        "`code` | cell | $x$",
        "# heading",
        "**bold** _it_ ~gone~",
    ],
)
def test_markdown_is_escaped(text: str) -> None:
    shown = escape_markdown(text)
    assert "![" not in shown
    assert "](" not in shown
    assert all(
        shown[place - 1] == "\\" for place, letter in enumerate(shown) if letter in "`*_[]()<>|$#!~"
    )


def test_directives_and_icons_stay_text() -> None:
    assert ":material" not in escape_markdown(":material/bolt: :red[x] :tada:")
    assert escape_markdown("12:30") != "12:30"
    assert escape_markdown("note: fine") == "note: fine"


def test_addresses_do_not_become_links() -> None:
    assert "https:" not in escape_markdown("see https://host/x")
    assert "www\\." not in escape_markdown("see www.host.org")


def test_lines_become_spaces_and_reversing_marks_are_replaced() -> None:
    assert escape_markdown("a\nb\r\n\tc\u202egpj.exe") == "a b c\ufffdgpj\\.exe"


@given(st.text())
def test_any_text_becomes_one_short_line(text: str) -> None:
    shown = escape_markdown(text)
    assert "\n" not in shown
    assert len(shown.replace("\\", "").replace("\u2060", "")) <= MAX_CHARACTERS
    shown.encode()


def test_long_text_is_cut() -> None:
    assert escape_markdown("x" * 1_000_000, max_characters=10) == "xxxxxxxxx…"


def test_a_lone_surrogate_is_replaced() -> None:
    assert escape_markdown("a\ud800b") == "a\ufffdb"
