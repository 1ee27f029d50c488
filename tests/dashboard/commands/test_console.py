"""Tables and JSON documents on standard output."""

import json
import math

import pytest

from dashboard.commands.console import print_json, print_table


def test_a_table_sends_no_control_characters_to_the_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A correction could clear the screen or set the clipboard."""
    print_table(("A",), [("x\x1b[2J\x9b0m\x07é\n☕",)])
    shown = capsys.readouterr().out
    assert not {"\x1b", "\x9b", "\x07"} & set(shown)
    assert all(word in shown for word in ("x\ufffd[2J", "é", "☕"))


def test_numbers_that_json_cannot_hold_become_null(capsys: pytest.CaptureFixture[str]) -> None:
    """The loss of a run that diverged is not a number."""
    print_json({"a": [math.nan, (math.inf, 1.5)]})

    assert json.loads(capsys.readouterr().out) == {"a": [None, [None, 1.5]]}
