"""`datahall`: everything the page can do, from a shell."""

import sys
from collections.abc import Sequence
from typing import Any

import typer

from core.errors import DatahallError, InputError
from dashboard.commands import (
    backup,
    data,
    doctor,
    feedback,
    models,
    monitor,
    runs,
    train,
    translate,
    up,
)
from dashboard.commands.console import error_document, messages, print_json

INTERRUPTED = 130
UsageError: type[Any] = typer.BadParameter.__bases__[0]  # typer carries its own copy of click

app = typer.Typer(
    name="datahall",
    help="The control room of an AI data centre. Start with: datahall up",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)
for module in (up, doctor, monitor, train, translate, models):
    module.register(app)
app.add_typer(data.app, name="data")
app.add_typer(backup.app, name="backup")
app.add_typer(runs.app, name="runs")
app.add_typer(models.app, name="models")
app.add_typer(feedback.app, name="feedback")


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit status: 0, 1 failure, 2 wrong use, 130 Ctrl-C."""
    as_json = "--json" in arguments
    try:
        chosen = list(arguments) or ["--help"]
        result = app(args=chosen, prog_name="datahall", standalone_mode=False)
    except DatahallError as error:
        return _fail(error, as_json=as_json)
    except UsageError as error:
        words = error.format_message()
        if words.startswith("Usage:"):  # a group without a command shows what there is
            print(words)
            return 2
        remedy = "" if "--help" in words else 'See "datahall --help"'
        return _fail(InputError(words.rstrip("."), remedy=remedy), as_json=as_json)
    except (typer.Abort, KeyboardInterrupt):
        messages.print("interrupted")
        return INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    return result if isinstance(result, int) else 0


def main() -> None:
    """Entry point of the console script."""
    sys.exit(run(sys.argv[1:]))


def _fail(error: DatahallError, *, as_json: bool) -> int:
    """Say what went wrong, for people or programs."""
    if as_json:
        print_json(error_document(error))
    else:
        messages.print(f"datahall: {error}", markup=False, soft_wrap=True)
    return error.exit_code
