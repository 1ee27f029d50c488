"""Run external programs: argv lists, explicit environments, never a shell.

The only module that imports subprocess.
"""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from core.errors import CommandError, UnavailableError

_PR_SET_PDEATHSIG = 1
_CRASHES = (signal.SIGSEGV, signal.SIGBUS, signal.SIGILL, signal.SIGFPE, signal.SIGABRT)


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandResult:
    """Exit code and output of a program."""

    argv: tuple[str, ...]
    exit_code: int
    stdout: str
    stderr: str


def run_command(
    argv: Sequence[str],
    *,
    environment: Mapping[str, str] | None = None,
    timeout_s: float | None = None,
) -> CommandResult:
    """Run a program to its end and return its result, for every exit code.

    `environment` is added to the variables of this process. Raises UnavailableError when the
    program cannot be started, and CommandError when it was killed after `timeout_s`.
    """
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
        raise _cannot_start(argv[0], error) from error
    except subprocess.TimeoutExpired as error:
        raise CommandError(f"{argv[0]} did not end within {timeout_s} s") from error
    return CommandResult(
        argv=tuple(argv),
        exit_code=done.returncode,
        stdout=done.stdout.decode("utf-8", "replace"),
        stderr=done.stderr.decode("utf-8", "replace"),
    )


Process = subprocess.Popen[bytes]


def start(  # noqa: PLR0913  (all options of a child process)
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
    """Start a program and return its process.

    Args:
        argv: the program and its arguments.
        environment: variables that are added to those of this process.
        without: variables of this process that the child does not inherit.
        log: file or descriptor for the output; None discards it.
        folder: working directory.
        keep_open: descriptors that the child inherits under the same numbers.
        own_session: start a session, so that the terminal's signals do not reach the child.
        die_with_parent: send SIGTERM to the child when the thread that started it ends, also when
            this process is killed (Linux).
        capture: connect the output to pipes instead of `log`.

    Raises UnavailableError when the program cannot be started.
    """
    parent = os.getpid()

    def request_death_signal() -> None:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
        if os.getppid() != parent:  # the parent ended between fork and prctl
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
            preexec_fn=request_death_signal if die_with_parent else None,  # noqa: PLW1509  (one system call)
            pass_fds=tuple(keep_open),
        )
    except OSError as error:
        raise _cannot_start(argv[0], error) from error


def _cannot_start(program: str, error: OSError) -> UnavailableError:
    """Return the error for a program that could not be started."""
    if isinstance(error, FileNotFoundError):
        missing = error.filename or program
        return UnavailableError(
            f"{program} is not installed" if missing == program else f"{missing} does not exist"
        )
    return UnavailableError(f"{program} cannot be run: {error.strerror}")


def wait(process: Process, timeout_s: float) -> int | None:
    """Return the exit code of a process; None when it still runs after `timeout_s`."""
    try:
        return process.wait(timeout_s)
    except subprocess.TimeoutExpired:
        return None


def describe_exit(returncode: int) -> str:
    """Describe the end of a process; a negative code is a signal number, as in Popen."""
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
    """Return the argv that runs one of our modules.

    `-P`: a folder named `core` in the working directory must not be imported.
    """
    return (sys.executable, "-P", "-m", module, *arguments)
