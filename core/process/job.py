"""The process of a job: turns a function with typed arguments into a program.

A job module holds one function, its keyword-only parameters are the job's arguments:

    def prepare_dataset(job: JobContext, *, dataset: str, vocabulary: int = 8000) -> JobResult:
        ...

    if __name__ == "__main__":
        sys.exit(run_job(prepare_dataset))

`python -P -m MODULE --home DIR --dataset NAME` then parses and checks the arguments, reads the
settings, installs the signal handlers, runs the function, and leaves the outcome in the job's
folder: `progress.json` while it runs, then `result.json` or `error.json`. `job_argv` builds the
command line. Exit status: 0 success, 2 bad input, 1 failure, 128 + N terminated by signal N.
"""

import argparse
import errno
import inspect
import logging
import os
import signal
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from enum import Enum, auto
from pathlib import Path
from types import FrameType, NoneType, UnionType
from typing import Any, Literal, get_args, get_origin, get_type_hints

from core.clock import Clock, SystemClock
from core.command import module_argv
from core.database import Database, open_database_of
from core.errors import DatahallError, DiskFullError
from core.files import mount_point, read_json, write_json
from core.process.failure import report_error
from core.process.progress import Progress
from core.process.stop_flag import StopFlag
from core.process.variables import JOB_VARIABLE, own_job_folder
from core.settings import Settings, load_settings

_RESULT = "result.json"
_SIGNALLED = 128


class OnStop(Enum):
    """The effect of SIGTERM and Ctrl-C on the job's function."""

    INTERRUPT = auto()  # raise Interrupted, so that `finally` blocks clean up
    REQUEST = auto()  # set `job.stop`; the function saves its state and returns, exit status 0


class Interrupted(BaseException):
    """A signal requested the end of the job; `except Exception` does not catch it."""

    def __init__(self, number: int) -> None:
        """Store the number of the signal."""
        super().__init__(number)
        self.number = number


@dataclass(frozen=True, slots=True, kw_only=True)
class JobResult:
    """The result of a job: one sentence for users, and values for programs."""

    sentence: str
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class JobContext:
    """The context that the function of a job receives.

    Attributes:
        settings: the settings of the home folder.
        clock: the system clock.
        progress: reports progress; does nothing when the process was started manually.
        stop: set when a stop was requested (`OnStop.REQUEST`).
        job_id: id of the job; empty when the process was started manually.
        folder: the job's folder; None when the process was started manually.
    """

    settings: Settings
    clock: Clock
    progress: Progress
    stop: StopFlag
    job_id: str = ""
    folder: Path | None = None
    _opened: ExitStack = field(default_factory=ExitStack)
    _database: Database | None = None

    @property
    def database(self) -> Database:
        """The database of the home folder: opened at first use, closed when the job ends."""
        if self._database is None:
            self._database = open_database_of(self.settings)
            self._opened.callback(self._database.close)
        return self._database

    def close(self) -> None:
        """Close what was opened."""
        self._opened.close()


JobFunction = Callable[..., JobResult]


def run_job(
    function: JobFunction | Mapping[str, JobFunction],
    arguments: Sequence[str] | None = None,
    environment: Mapping[str, str] | None = None,
    *,
    on_stop: OnStop = OnStop.INTERRUPT,
) -> int:
    """Run `function` as the process of a job; return the exit status.

    A mapping gives several functions, each under the name of its subcommand.
    """
    environment = os.environ if environment is None else environment
    given = _parser(function).parse_args(arguments)
    folder = own_job_folder(environment)
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.WARNING)
    stop = StopFlag()
    _install_handlers(stop, on_stop)
    try:
        result = _call(vars(given), environment, stop)
    except DatahallError as error:
        return report_error(error, folder)
    except Interrupted as interrupt:
        sys.stderr.write("stopped; unfinished work was discarded\n")
        return _SIGNALLED + interrupt.number
    except OSError as error:
        traceback.print_exc()
        return report_error(explain_os_error(error), folder)
    except Exception as error:  # noqa: BLE001  (every error must be reported in error.json)
        traceback.print_exc()
        words = f"unexpected error: {type(error).__name__}: {error}"
        return report_error(DatahallError(words, remedy="See the traceback in the log"), folder)
    if folder is not None:
        write_json(folder / _RESULT, {"sentence": result.sentence, **result.values})
    sys.stdout.write(f"{result.sentence}\n")
    return 0


def job_argv(
    module: str, home: Path, command: str | None = None, /, **arguments: object
) -> tuple[str, ...]:
    """Return the command line that runs the job of `module`, or its subcommand `command`.

    Arguments that are None or False are left out.
    """
    words: list[str] = [*([command] if command else []), "--home", str(home)]
    for name, value in arguments.items():
        flag = f"--{name.replace('_', '-')}"
        if value is True:
            words.append(flag)
        elif value is not None and value is not False:
            words.append(f"{flag}={value}")  # one word: a value may begin with "-"
    return module_argv(module, *words)


def read_result(folder: Path) -> Mapping[str, Any]:
    """Return the content of `result.json` in a job's folder; empty without a file."""
    try:
        found = read_json(folder / _RESULT)
    except (OSError, ValueError):
        return {}
    return found


def explain_os_error(error: OSError) -> DatahallError:
    """Return a failed system call as an error that names the file and, if full, the disk."""
    where = f" ({error.filename})" if error.filename else ""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        mount = mount_point(Path(str(error.filename))) if error.filename else None
        disk = f"the disk at {mount}" if mount else "a disk"
        return DiskFullError(
            f"{disk} has no space left{where}", remedy="Free some space, then start it again"
        )
    return DatahallError(f"{error.strerror or error}{where}")


def _install_handlers(stop: StopFlag, on_stop: OnStop) -> None:
    """Make SIGTERM and SIGINT do what the job declares."""
    if on_stop is OnStop.REQUEST:
        stop.listen()
        return

    def interrupt(number: int, _frame: FrameType | None) -> None:
        stop.set(number)
        raise Interrupted(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, interrupt)


def _call(given: dict[str, Any], environment: Mapping[str, str], stop: StopFlag) -> JobResult:
    """Read the settings, then call the chosen function with its context and arguments."""
    function: JobFunction = given.pop("function")
    settings = load_settings(environment=environment, flags={"home": given.pop("home")})
    settings.paths.prepare()
    clock, folder = SystemClock(), own_job_folder(environment)
    context = JobContext(
        settings=settings,
        clock=clock,
        progress=Progress(folder, clock, print_line),
        stop=stop,
        job_id=environment.get(JOB_VARIABLE, ""),
        folder=folder,
    )
    try:
        return function(context, **given)
    finally:
        context.close()


def print_line(line: str) -> None:
    """Write a line to the job's log at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _parser(function: JobFunction | Mapping[str, JobFunction]) -> argparse.ArgumentParser:
    """Return the command line of one function, or of several as subcommands."""
    parser = argparse.ArgumentParser(prog=f"{Path(sys.executable).name} -P -m MODULE")
    if not isinstance(function, Mapping):
        _add_arguments(parser, function)
        return parser
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for name, one in function.items():
        _add_arguments(commands.add_parser(name, help=_first_line(one)), one)
    return parser


def _add_arguments(parser: argparse.ArgumentParser, function: JobFunction) -> None:
    """Add the options that the function's keyword-only parameters describe."""
    parser.description = _first_line(function)
    parser.set_defaults(function=function)
    parser.add_argument("--home", help="home folder (default: DATAHALL_HOME)")
    hints = get_type_hints(function)
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.kind is parameter.KEYWORD_ONLY:
            _add_argument(parser, name, hints[name], parameter.default)


def _first_line(function: JobFunction) -> str:
    """Return the first line of the function's docstring."""
    return (inspect.getdoc(function) or "").partition("\n")[0]


def _add_argument(
    parser: argparse.ArgumentParser,
    name: str,
    hint: Any,  # noqa: ANN401  (a type annotation)
    default: object,
) -> None:
    """Add one option for a parameter of type str, int, float, bool, Path, Literal or `X | None`."""
    flag = f"--{name.replace('_', '-')}"
    if isinstance(hint, UnionType):
        (hint,) = (kind for kind in get_args(hint) if kind is not NoneType)
    if hint is bool:
        parser.add_argument(flag, action="store_true")
    elif get_origin(hint) is Literal:
        parser.add_argument(flag, choices=get_args(hint), **_default(default))
    else:
        parser.add_argument(flag, type=hint, **_default(default))


def _default(default: object) -> dict[str, Any]:
    """Return argparse's keywords for a parameter that has, or has not, a default."""
    if default is inspect.Parameter.empty:
        return {"required": True}
    return {"default": default}
