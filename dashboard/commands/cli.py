"""`datahall`: everything the page can do, from a shell."""

import sys
from collections.abc import Sequence
from typing import Any

import typer

from core.errors import DatahallError, InputError
from dashboard.commands import (
    audit,
    backup,
    data,
    doctor,
    feedback,
    jobs,
    models,
    monitor,
    runs,
    train,
    translate,
    up,
)
from dashboard.commands.console import INTERRUPTED, error_document, messages, print_json

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
app.add_typer(jobs.app, name="jobs")
app.add_typer(audit.app, name="audit")


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit status: 0, 1 failure, 2 wrong use, 130 Ctrl-C."""
    as_json = "--json" in arguments
    try:
        result = _called(list(arguments) or ["--help"])
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
        result = INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    if result == INTERRUPTED:  # typer turns Ctrl-C into this status, without a word
        messages.print("interrupted; queued and running jobs go on")
    return result if isinstance(result, int) else 0


def main() -> None:
    """Entry point of the console script."""
    sys.exit(run(sys.argv[1:]))


def _called(arguments: list[str]) -> object:
    """Return what the command returns; what no part of it foresaw becomes a DatahallError."""
    try:
        return app(args=arguments, prog_name="datahall", standalone_mode=False)
    except BrokenPipeError:
        raise
    except (UnicodeEncodeError, OSError) as error:
        raise _explained(error) from error


def _explained(error: UnicodeEncodeError | OSError) -> DatahallError:
    """Return what no part foresaw in our words: an argument, a disk or a folder is to blame."""
    if isinstance(error, UnicodeEncodeError):
        return InputError(f"{error.object!r:.100} is not valid UTF-8", remedy="Type it anew")
    where = f"{error.filename}: " if error.filename else ""
    return DatahallError(
        f"{where}{error.strerror or error}", remedy="Check the disk and the folder's permissions"
    )


def _fail(error: DatahallError, *, as_json: bool) -> int:
    """Say what went wrong, for people or programs."""
    if as_json:
        print_json(error_document(error))
    else:
        messages.print(f"datahall: {error}", markup=False, soft_wrap=True)
    return error.exit_code
