"""Foreign programs: argv lists, explicit environments, never a shell.

The only import of subprocess.
"""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Protocol

from core.errors import CommandError, UnavailableError

_PR_SET_PDEATHSIG = 1
_CRASHES = (signal.SIGSEGV, signal.SIGBUS, signal.SIGILL, signal.SIGFPE, signal.SIGABRT)


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandResult:
    """How a program ended and what it printed."""

    argv: tuple[str, ...]
    exit_code: int
    stdout: str
    stderr: str


class Runner(Protocol):
    """Runs a program to its end."""

    def run(
        self,
        argv: Sequence[str],
        *,
        environment: Mapping[str, str] | None = None,
        timeout_s: float | None = None,
    ) -> CommandResult:
        """Run `argv` and return its result, whatever the exit code.

        `environment` is added to this process's. Raises UnavailableError when the program cannot be
        started here and CommandError when it did not end within `timeout_s` (it is killed).
        """
        ...


class SystemRunner:
    """Runs programs of this machine."""

    def run(
        self,
        argv: Sequence[str],
        *,
        environment: Mapping[str, str] | None = None,
        timeout_s: float | None = None,
    ) -> CommandResult:
        """Run `argv` to its end; see Runner."""
        try:
            done = subprocess.run(
                list(argv),
                env={**os.environ, **(environment or {})},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=timeout_s,
                check=False,
            )
        except OSError as error:
            raise _not_here(argv[0], error) from error
        except subprocess.TimeoutExpired as error:
            raise CommandError(f"{argv[0]} did not answer within {timeout_s} s") from error
        return CommandResult(
            argv=tuple(argv),
            exit_code=done.returncode,
            stdout=done.stdout.decode("utf-8", "replace"),
            stderr=done.stderr.decode("utf-8", "replace"),
        )


@dataclass(slots=True)
class TableRunner:
    """A Runner for tests: answers from a table keyed by argv, in order; remembers the calls."""

    answers: dict[tuple[str, ...], list[CommandResult]] = field(default_factory=dict)
    calls: list[tuple[str, ...]] = field(default_factory=list)

    def run(
        self,
        argv: Sequence[str],
        *,
        environment: Mapping[str, str] | None = None,  # noqa: ARG002  (the protocol's shape)
        timeout_s: float | None = None,  # noqa: ARG002  (the protocol's)
    ) -> CommandResult:
        """Return the next canned answer for `argv`; raises UnavailableError when there is none."""
        key = tuple(argv)
        self.calls.append(key)
        if not self.answers.get(key):
            raise UnavailableError(f"{argv[0]} is not in the table")
        return self.answers[key].pop(0)


Process = subprocess.Popen[bytes]


def start(  # noqa: PLR0913  (one place for everything a child may need)
    argv: Sequence[str],
    *,
    environment: Mapping[str, str] | None = None,
    without: Sequence[str] = (),
    log: IO[bytes] | int | None = None,
    folder: Path | None = None,
    keep_open: Sequence[int] = (),
    own_session: bool = True,
    die_with_parent: bool = False,
    capture: bool = False,
) -> Process:
    """Start `argv` and return at once.

    The child gets this process's variables except those in `without`, and `environment`. Its
    output goes to `log` (a file or descriptor); None discards it; `capture` gives
    pipes instead. `keep_open` descriptors are inherited under the same numbers. `own_session`
    keeps the terminal's signals from the child. `die_with_parent` sends SIGTERM to the child when
    the thread that started it ends, however its process dies (Linux). Raises UnavailableError when
    the program cannot be started here.
    """
    parent = os.getpid()

    def ask_for_death_signal() -> None:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
        if os.getppid() != parent:  # the parent died between fork and prctl
            os._exit(127)

    inherited = {name: value for name, value in os.environ.items() if name not in without}
    sink = subprocess.PIPE if capture else (subprocess.DEVNULL if log is None else log)
    error_sink = subprocess.PIPE if capture else subprocess.STDOUT
    try:
        return subprocess.Popen(
            list(argv),
            env={**inherited, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=error_sink,
            cwd=folder,
            start_new_session=own_session,
            preexec_fn=ask_for_death_signal if die_with_parent else None,  # noqa: PLW1509  (one system call)
            pass_fds=tuple(keep_open),
        )
    except OSError as error:
        raise _not_here(argv[0], error) from error


def _not_here(program: str, error: OSError) -> UnavailableError:
    """Return the error for a program that the system could not start."""
    if isinstance(error, FileNotFoundError):
        missing = error.filename or program
        return UnavailableError(
            f"{program} is not installed" if missing == program else f"{missing} is not there"
        )
    return UnavailableError(f"{program} cannot be run: {error.strerror}")


def wait(process: Process, timeout_s: float) -> int | None:
    """Return the exit code of a process, or None when it still runs after `timeout_s`."""
    try:
        return process.wait(timeout_s)
    except subprocess.TimeoutExpired:
        return None


def describe_exit(returncode: int) -> str:
    """Return how a process ended, for people; a negative code is a signal, as in Popen."""
    if returncode >= 0:
        return f"exit code {returncode}"
    try:
        number = signal.Signals(-returncode)
    except ValueError:
        return f"killed by signal {-returncode}"
    if number is signal.SIGKILL:
        return "killed by SIGKILL (by a user, or by the system because memory ran out)"
    if number in _CRASHES:
        return f"crashed with {number.name}"
    return f"terminated by {number.name}"


def module_argv(module: str, *arguments: str) -> tuple[str, ...]:
    """Return the argv that runs one of our modules: `-P` keeps a stranger's `core/` out."""
    return (sys.executable, "-P", "-m", module, *arguments)
