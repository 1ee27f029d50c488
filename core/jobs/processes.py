"""Identify, signal and find processes of this machine; a reused pid is never confused.

Linux only: `/proc` and pidfds. Standard library only, as every job's shim imports this.
"""

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")
_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
_STATE, _PARENT, _START = 0, 1, 19  # fields of /proc/PID/stat after the command's name


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """A process of this boot: its pid and start time, because pids are reused.

    `create_time` is in seconds since boot, independent of the wall clock.
    """

    pid: int
    create_time: float


def boot_id() -> str:
    """Return the id of the current boot of this machine."""
    return (_PROC / "sys/kernel/random/boot_id").read_text(encoding="ascii").strip()


def identify(pid: int) -> Identity | None:
    """Return the identity of a running process; None when it has ended or is a zombie."""
    fields = _stat(pid)
    return None if fields is None or fields[_STATE] in "ZX" else _identity(pid, fields)


def identify_child(pid: int) -> Identity:
    """Return the identity of this process or of a child, which may be a zombie."""
    fields = _stat(pid)
    assert fields is not None, "a child exists until it is reaped"  # noqa: S101  (cannot happen)
    return _identity(pid, fields)


def is_alive(process: Identity) -> bool:
    """Whether this process, not another with its pid, is running."""
    return identify(process.pid) == process


def send(process: Identity, number: signal.Signals) -> bool:
    """Send a signal to a process; return whether it was running.

    The pidfd is opened before the start time is compared, so that the process that is signalled is
    the one that was compared, even if the pid is reused in between.
    """
    try:
        descriptor = os.pidfd_open(process.pid)
    except ProcessLookupError:
        return False
    try:
        if not is_alive(process):
            return False
        signal.pidfd_send_signal(descriptor, number)
    except (ProcessLookupError, PermissionError):
        return False
    else:
        return True
    finally:
        os.close(descriptor)


def descendants(pid: int, is_foreign: Callable[[int], bool]) -> Sequence[Identity]:
    """Return the running descendants of `pid`, without subtrees whose root `is_foreign`."""
    children: dict[int, list[int]] = {}
    for child in _pids():
        fields = _stat(child)
        if fields is not None:
            children.setdefault(int(fields[_PARENT]), []).append(child)
    found: list[Identity] = []
    waiting = [pid]
    while waiting:
        for child in children.get(waiting.pop(), []):
            if is_foreign(child):
                continue
            waiting.append(child)
            identity = identify(child)
            if identity is not None:
                found.append(identity)
    return found


def variable_of(pid: int, name: str) -> str | None:
    """Return a variable of the initial environment of a process; None if it cannot be read."""
    prefix = f"{name}=".encode()
    try:
        entries = (_PROC / str(pid) / "environ").read_bytes().split(b"\0")
    except OSError:
        return None
    return next(
        (os.fsdecode(entry[len(prefix) :]) for entry in entries if entry.startswith(prefix)), None
    )


def with_variable(name: str, value: str) -> Sequence[Identity]:
    """Return the running processes whose initial environment has this variable."""
    found = []
    for pid in _pids():
        identity = identify(pid)
        if identity is not None and variable_of(pid, name) == value:
            found.append(identity)
    return found


def _pids() -> Iterator[int]:
    """Yield all pids."""
    for entry in os.listdir(_PROC):  # noqa: PTH208  (half the cost; called while a tree is killed)
        if entry.isdecimal():
            yield int(entry)


def _identity(pid: int, fields: Sequence[str]) -> Identity:
    """Return the identity in the fields of /proc/PID/stat."""
    return Identity(pid=pid, create_time=int(fields[_START]) / _TICKS_PER_SECOND)


def _stat(pid: int) -> Sequence[str] | None:
    """Return the fields of /proc/PID/stat after the program's name, which may contain anything."""
    try:
        content = (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    return content.rpartition(")")[2].split()
