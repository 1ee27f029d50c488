"""`datahall`: the root of the command line, its exit statuses and its error output."""

import gc
import io
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from importlib.metadata import version
from types import MappingProxyType
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from core.errors import DatahallError, InputError
from dashboard.commands.console import INTERRUPTED, given_home, messages, print_error

# Each command or group, and what implements it: a function or a typer.Typer of a module below
# `dashboard.commands`. The module is imported when the command is used, because a command should
# not wait for the imports of all others.
COMMANDS: Mapping[str, str] = MappingProxyType(
    {
        "up": "up:up",
        "doctor": "doctor:doctor",
        "monitor": "monitor:monitor",
        "data": "data:app",
        "train": "train:train",
        "runs": "runs:app",
        "evaluate": "models:evaluate",
        "models": "models:app",
        "translate": "translate:translate",
        "serve": "translate:serve",
        "feedback": "feedback:app",
        "backup": "backup:app",
        "jobs": "jobs:app",
        "audit": "audit:app",
    }
)


class _LazyCommands(TyperGroup):
    """The group of COMMANDS."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401, ARG002  (its type is private)
        """Return the names of all commands, in the order of the help text."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ANN401, ARG002  (as above)
        """Return a command; None when there is none of this name."""
        return _load(cmd_name) if cmd_name in COMMANDS else None


@cache
def _load(name: str) -> Any:  # noqa: ANN401  (as above)
    """Import and return a command."""
    module, _, attribute = COMMANDS[name].partition(":")
    gc.disable()  # imports leave no garbage, and looking for it would take 60 ms
    try:
        implementation = getattr(import_module(f"dashboard.commands.{module}"), attribute)
    finally:
        gc.freeze()
        gc.enable()
    parent = typer.Typer(rich_markup_mode=None)
    if isinstance(implementation, typer.Typer):
        parent.add_typer(implementation, name=name)
    else:
        parent.command(name)(implementation)
    return typer.main.get_group(parent).commands[name]


app = typer.Typer(
    name="datahall",
    cls=_LazyCommands,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(is_wanted: bool) -> None:  # noqa: FBT001  (typer passes the option's value)
    """Print the version and exit, when the option is given."""
    if is_wanted:
        print(f"datahall {version('datahall')}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    """Operate an AI data centre: telemetry, data, training, models, backups.

    Example: datahall up --demo
    """


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit status.

    0 success, 1 failure, 2 wrong usage or bad input, 130 Ctrl-C.
    """
    as_json = "--json" in arguments
    try:
        result = _invoke(list(arguments) or ["--help"])
    except DatahallError as error:
        print_error(error, as_json=as_json, home=given_home(arguments))
        return error.exit_code
    except typer.TyperException as error:
        return _report_usage(error, as_json=as_json)
    except (typer.Abort, KeyboardInterrupt):
        result = INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    if result == INTERRUPTED:  # typer returns this status for Ctrl-C, without a message
        messages.print("interrupted; queued and running jobs continue")
    return result if isinstance(result, int) else 0


def main() -> None:
    r"""Entry point of the console script.

    A character that the terminal's encoding lacks is printed as an escape such as `\xed`.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    sys.exit(run(sys.argv[1:]))


def _invoke(arguments: list[str]) -> object:
    """Return the result of the command; translates OSError and Unicode errors."""
    try:
        return app(args=arguments, prog_name="datahall", standalone_mode=False)
    except BrokenPipeError:
        raise
    except UnicodeEncodeError as error:
        raise InputError(
            f"{error.object!r:.100} is not valid UTF-8", remedy="Type the argument again"
        ) from error
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        raise DatahallError(
            f"{where}{error.strerror or error}",
            remedy="Check the disk and the permissions of the folder",
        ) from error


def _report_usage(error: typer.TyperException, *, as_json: bool) -> int:
    """Print a usage error; a group without a command prints its help instead."""
    message, _, suggestion = error.format_message().partition(" Did you mean ")
    if message.startswith("Usage:"):
        print(message)
        return InputError.exit_code
    context = getattr(error, "ctx", None)
    remedy = f'See "{context.command_path if context else "datahall"} --help"'
    if suggestion:
        remedy = f"Did you mean {suggestion} {remedy}"
    message = message.replace("Value error, ", "").rstrip(".")  # a prefix of pydantic
    print_error(InputError(message, remedy=remedy), as_json=as_json)
    return InputError.exit_code
