"""Processes of this machine, named so that a reused pid is never taken for another process.

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
    """One process of this boot: pids are reused, a pid with its start time is not.

    `create_time` is in seconds after boot, which no change of the wall clock can move.
    """

    pid: int
    create_time: float


def boot_id() -> str:
    """Return what names the time since this machine was started."""
    return (_PROC / "sys/kernel/random/boot_id").read_text(encoding="ascii").strip()


def identify(pid: int) -> Identity | None:
    """Return the identity of a living process; None when it is gone or only waits to be reaped."""
    fields = _stat(pid)
    return None if fields is None or fields[_STATE] in "ZX" else _identity(pid, fields)


def identify_child(pid: int) -> Identity:
    """Return the identity of this process, or of a child that may have ended but was not reaped."""
    fields = _stat(pid)
    assert fields is not None, "a child stays until it is reaped"  # noqa: S101  (cannot happen)
    return _identity(pid, fields)


def is_alive(process: Identity) -> bool:
    """Whether this very process still runs."""
    return identify(process.pid) == process


def send(process: Identity, number: signal.Signals) -> bool:
    """Send a signal to this very process; return whether it was there to get it.

    The pidfd is opened first and the start time compared then: whatever is signalled is what was
    compared, also when the pid is reused in between.
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
    """Return the living processes below `pid`; those `is_foreign` are left out with all below."""
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
    """Return a variable of the environment that a process was started with; None if unreadable."""
    prefix = f"{name}=".encode()
    try:
        entries = (_PROC / str(pid) / "environ").read_bytes().split(b"\0")
    except OSError:
        return None
    return next(
        (os.fsdecode(entry[len(prefix) :]) for entry in entries if entry.startswith(prefix)), None
    )


def with_variable(name: str, value: str) -> Sequence[Identity]:
    """Return the living processes that were started with this variable."""
    found = []
    for pid in _pids():
        identity = identify(pid)
        if identity is not None and variable_of(pid, name) == value:
            found.append(identity)
    return found


def _pids() -> Iterator[int]:
    """Yield the number of every process."""
    for entry in os.listdir(_PROC):  # noqa: PTH208  (half the cost; called while a tree is killed)
        if entry.isdecimal():
            yield int(entry)


def _identity(pid: int, fields: Sequence[str]) -> Identity:
    """Return the identity told by the fields of /proc/PID/stat."""
    return Identity(pid=pid, create_time=int(fields[_START]) / _TICKS_PER_SECOND)


def _stat(pid: int) -> Sequence[str] | None:
    """Return the fields of /proc/PID/stat after the name (which may hold anything)."""
    try:
        content = (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    return content.rpartition(")")[2].split()
