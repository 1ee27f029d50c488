"""The options that all commands share (--home, --json), and output as text or JSON."""

import json
import math
import re
import shlex
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from core.errors import DatahallError
from core.text import one_line, split_lines

INTERRUPTED = 130  # exit status after Ctrl-C
# A command line in a remedy stands in quotes, in backquotes, or behind a colon at the end.
_COMMAND = re.compile(r'(?<=")datahall [^"\n]+|(?<=`)datahall [^`\n]+|(?<=: )datahall [^"`\n]+$')
_PIPE_WIDTH = 200  # columns of a table that is not printed on a terminal


def _folder(text: str) -> Path:
    """Return the folder; refuses an empty name, which a script passes when a variable is unset."""
    if not text.strip():
        raise typer.BadParameter("the name of the home folder is empty")
    return Path(text)


HomeOption = Annotated[
    Path | None,
    typer.Option(
        "--home",
        help="Home folder: database, datasets, runs, models. [default: $DATAHALL_HOME, else the "
        "user's data folder]",
        show_default=False,
        parser=_folder,
        metavar="DIR",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]

messages = Console(stderr=True, highlight=False)


def print_json(document: object) -> None:
    """Print one JSON document on standard output; NaN and infinity become null."""
    is_utf8 = (sys.stdout.encoding or "").lower() == "utf-8"
    finite = _without_infinity(document)
    print(json.dumps(finite, ensure_ascii=not is_utf8, indent=2, default=str, allow_nan=False))


def _without_infinity(value: object) -> object:
    """Return a JSON value with None for every number that JSON cannot hold."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: _without_infinity(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_infinity(item) for item in value]
    return value


def print_error(error: DatahallError, *, as_json: bool, home: Path | None = None) -> None:
    """Print an error: one line on standard error, or a JSON document on standard output.

    Commands in its remedy get the option --home when the failed command was given one.
    """
    error.remedy = with_home(error.remedy, home)
    if as_json:
        print_json({"error": error.to_document()})
    else:
        messages.print(f"datahall: {error}", markup=False, soft_wrap=True)


def with_home(text: str, home: Path | None) -> str:
    """Return the text with `--home DIR` added to each command in it, unless `home` is None."""
    if home is None:
        return text
    option = f" --home {shlex.quote(str(home))}"
    return _COMMAND.sub(lambda found: found[0] + option, text)


def given_home(arguments: Sequence[str]) -> Path | None:
    """Return the value of the option --home in a command line; None without the option."""
    names = [name for name, _, _ in (argument.partition("=") for argument in arguments)]
    if "--home" not in names:
        return None
    position = names.index("--home")
    _, is_joined, value = arguments[position].partition("=")
    if not is_joined:
        value = next(iter(arguments[position + 1 :]), "")
    return Path(value) if value else None


def print_table(
    columns: Sequence[str], rows: Sequence[Sequence[object]], *, empty: str = "nothing yet"
) -> None:
    """Print rows under headings, or the text `empty` when there are none.

    Control characters in a cell are replaced, so that it cannot send commands to the terminal.
    """
    if not rows:
        print(empty)
        return
    table = Table(*columns, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        table.add_row(*map(_cell, row))
    width = None if sys.stdout.isatty() else _PIPE_WIDTH
    Console(highlight=False, markup=False, width=width).print(table)


def print_fields(fields: Mapping[str, object]) -> None:
    """Print one `NAME value` line for each field that has a value."""
    shown = {name: _cell(value) for name, value in fields.items() if value not in (None, "")}
    width = max(map(len, shown), default=0)
    for name, value in shown.items():
        print(f"{name:{width}}  {value}")


def _cell(value: object) -> str:
    """Return the text of a cell; line ends stay, other control characters do not."""
    return "" if value is None else "\n".join(map(one_line, split_lines(str(value))))


def local_time(seconds: float) -> str:
    """Return a time in the machine's time zone."""
    return datetime.fromtimestamp(seconds, UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S")
