"""Every `datahall` command line that the product shows to a user is one that it accepts."""

import ast
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import typer

from dashboard.commands.cli import app

ROOT = Path(__file__).parents[1]
SOURCES = [
    path for name in ("core", "monitors", "dashboard") for path in (ROOT / name).rglob("*.py")
]
# A command line stands in quotes, in backquotes, or behind a colon at the end of a text; in a help
# text it follows "Example:".
SHOWN = re.compile(r'"(datahall [^"\n]+)"|`(datahall [^`\n]+)`|(?<!Example): (datahall [^"`\n]+)$')
EXAMPLE = re.compile(r"Example: (datahall .*?)\.?$", re.MULTILINE)
MENTION = re.compile(r"\bdatahall (?=[a-z-])")
PLACEHOLDER = "1"  # stands for an inserted value: valid as a name, as a path and as a number


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownText:
    """A string literal of the product: with placeholders for what an f-string inserts."""

    place: str
    text: str
    is_remedy: bool


def _shown_texts(path: Path) -> Iterator[ShownText]:
    """Yield every string literal of a file, and again as a remedy where it is passed as one."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    remedies = [
        node.value for node in ast.walk(tree)
        if isinstance(node, ast.keyword) and node.arg == "remedy"
    ]  # fmt: skip
    for is_remedy, nodes in ((False, [tree]), (True, remedies)):
        for node in nodes:
            for line, text in _strings(node):
                place = f"{path.relative_to(ROOT)}:{line}"
                yield ShownText(place=place, text=text, is_remedy=is_remedy)


def _strings(node: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield (line, text) of every string literal below a node."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.lineno, node.value
    elif isinstance(node, ast.JoinedStr):
        parts = (part.value if isinstance(part, ast.Constant) else PLACEHOLDER
                 for part in node.values)  # fmt: skip
        yield node.lineno, "".join(map(str, parts))
    else:
        for child in ast.iter_child_nodes(node):
            yield from _strings(child)


TEXTS = [text for path in SOURCES for text in _shown_texts(path)]


@pytest.fixture(autouse=True)
def _no_command_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the command line be parsed, and no command be run."""
    monkeypatch.setattr(typer.core.TyperCommand, "invoke", lambda _command, _context: None)


def _usage_error(command_line: str) -> str | None:
    """Return the usage error of the product's command line parser, or None."""
    try:
        app(args=shlex.split(command_line)[1:], prog_name="datahall", standalone_mode=False)
    except typer.TyperException as error:
        return error.format_message()
    return None


def test_every_command_in_a_text_exists() -> None:
    """A text may leave out the arguments of a command; a remedy must work when pasted."""
    problems = [
        (item.place, command, problem)
        for item in TEXTS
        for command in map("".join, SHOWN.findall(item.text))
        if (problem := _usage_error(command)) is not None
        if item.is_remedy or not problem.startswith(("Missing argument", "Usage:"))
    ]
    assert problems == []


def test_every_command_in_a_remedy_is_delimited() -> None:
    """Otherwise the end of the command is not visible."""
    problems = [
        (item.place, item.text)
        for item in TEXTS
        if item.is_remedy and MENTION.search(SHOWN.sub("", item.text))
    ]
    assert problems == []


def test_every_example_in_the_help_is_accepted() -> None:
    problems = [
        (item.place, command, problem)
        for item in TEXTS
        for command in EXAMPLE.findall(item.text)
        if (problem := _usage_error(command)) is not None
    ]
    assert problems == []


def test_an_invented_command_or_option_is_found() -> None:
    assert _usage_error("datahall backup unlock-all") is not None
    assert _usage_error("datahall backup run --which data") is not None
    assert _usage_error("datahall backup run --what data") is None
