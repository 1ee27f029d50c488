"""Text from outside is drawn as it is and does nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.viewmodels.plain import LONGEST, plain


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
    """Each mark that Markdown knows has a backslash before it."""
    shown = plain(text)
    assert "![" not in shown
    assert "](" not in shown
    assert all(
        shown[place - 1] == "\\" for place, letter in enumerate(shown) if letter in "`*_[]()<>|$#!~"
    )


def test_directives_and_icons_stay_text() -> None:
    """Streamlit looks for `:material/x:` and `:red[x]` after Markdown was read."""
    assert ":material" not in plain(":material/bolt: :red[x] :tada:")
    assert plain("12:30") != "12:30"
    assert plain("note: fine") == "note: fine"


def test_addresses_do_not_become_links() -> None:
    """A bare address must not invite a click."""
    assert "https:" not in plain("see https://host/x")
    assert "www\\." not in plain("see www.host.org")


def test_lines_become_spaces_and_reversing_marks_are_replaced() -> None:
    """A name cannot break a table or hide its ending."""
    assert plain("a\nb\r\n\tc\u202egpj.exe") == "a b c\ufffdgpj\\.exe"


@given(st.text())
def test_any_text_stays_one_short_line(text: str) -> None:
    """Lone surrogates, a megabyte and emoji come out as one line."""
    shown = plain(text)
    assert "\n" not in shown
    assert len(shown.replace("\\", "").replace("\u2060", "")) <= LONGEST
    shown.encode()


def test_a_megabyte_is_cut() -> None:
    """The page stays small."""
    assert plain("x" * 1_000_000, longest=10) == "xxxxxxxxx…"


def test_a_lone_surrogate_is_replaced() -> None:
    """JSON may hold lone surrogates; the browser's socket cannot."""
    assert plain("a\ud800b") == "a\ufffdb"
