"""Tables and JSON documents on standard output."""

import json
import math
import shlex
from pathlib import Path

import pytest

from core.errors import NotFoundError
from dashboard.commands.cli import run
from dashboard.commands.console import given_home, print_error, print_json, print_table, with_home


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


@pytest.mark.parametrize(
    ("remedy", "expected"),
    [
        ("Check it with: datahall backup verify", "Check it with: datahall backup verify {home}"),
        ('See "datahall runs list"', 'See "datahall runs list {home}"'),
        (
            'Start "datahall up", then "datahall jobs list"',
            'Start "datahall up {home}", then "datahall jobs list {home}"',
        ),
        ("Stop `datahall up`. Try again", "Stop `datahall up {home}`. Try again"),
        ("Use --home with a folder of Datahall", "Use --home with a folder of Datahall"),
    ],
)
def test_a_command_in_a_remedy_names_the_home_folder(
    remedy: str, expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    home = Path("/srv/my home")
    option = "--home '/srv/my home'"
    assert with_home(remedy, None) == remedy
    print_error(NotFoundError("absent", remedy=remedy), as_json=True, home=home)
    shown = json.loads(capsys.readouterr().out)["error"]["remedy"]
    assert shown == expected.format(home=option)


@pytest.mark.parametrize(
    ("arguments", "home"),
    [
        (["runs", "list"], None),
        (["runs", "list", "--home", "a b"], Path("a b")),
        (["runs", "--home=/x=y", "list"], Path("/x=y")),
        (["runs", "list", "--home"], None),
        (["runs", "list", "--home="], None),
    ],
)
def test_the_option_home_is_found_in_a_command_line(
    arguments: list[str], home: Path | None
) -> None:
    assert given_home(arguments) == home


def test_the_remedy_of_a_failed_command_acts_on_the_same_home(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "a home"
    assert run(["runs", "show", "absent", "--home", str(home)]) != 0
    assert f"--home {shlex.quote(str(home))}" in capsys.readouterr().err
