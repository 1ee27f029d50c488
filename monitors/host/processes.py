"""The processes of the host: basic numbers of all of them, details of a few."""

import os
import pwd
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from core.process.variables import RUN_VARIABLE
from core.text import one_line
from monitors.host.procfs import CLOCK_TICKS, read_boot_time

PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
RUN_PREFIX = f"{RUN_VARIABLE}=".encode()
_STAT_BYTES = 2048
_COMMAND_BYTES = 4096
_COMMAND_CHARACTERS = 512
_ENVIRONMENT_BYTES = 1 << 17


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessStat:
    """The fields of /proc/PID/stat that we use."""

    pid: int
    start_ticks: int
    name: str
    cpu_seconds: float
    threads: int
    memory_bytes: int

    @property
    def identity(self) -> tuple[int, int]:
        """Unique since boot; a process id alone is reused."""
        return self.pid, self.start_ticks


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessDetail:
    """The user and the command of a process, and the id of its training run."""

    user: str
    command: str
    run: str | None


class ProcessTable:
    """Reads processes below a root; caches names of users, and details of processes."""

    def __init__(self, root: Path) -> None:
        """Read below `root`."""
        self._folder = str(root / "proc")
        self._root = root
        self._boot_time: float | None = None
        self._users: dict[int, str] = {}
        self._details: dict[tuple[int, int, str], ProcessDetail] = {}

    def scan(self) -> Iterator[ProcessStat]:
        """Yield every process, except those that end during the scan."""
        with os.scandir(self._folder) as entries:
            names = [entry.name for entry in entries if entry.name.isdigit()]
        for name in names:
            stat = self.stat(name)
            if stat is not None:
                yield stat

    def stat(self, name: str) -> ProcessStat | None:
        """Return one process ("self" is this one), or None when it does not exist."""
        try:
            content = _read(f"{self._folder}/{name}/stat", _STAT_BYTES)
        except OSError:
            return None
        # The name is in parentheses and may contain spaces and parentheses itself.
        head, _, rest = content.rpartition(b")")
        pid, _, command = head.partition(b"(")
        fields = rest.split()
        if len(fields) <= _RSS:
            return None
        return ProcessStat(
            pid=int(pid),
            start_ticks=int(fields[_START]),
            name=command.decode("utf-8", "replace"),
            cpu_seconds=(int(fields[_USER]) + int(fields[_SYSTEM])) / CLOCK_TICKS,
            threads=int(fields[_THREADS]),
            memory_bytes=int(fields[_RSS]) * PAGE_BYTES,
        )

    def detail(self, stat: ProcessStat) -> ProcessDetail | None:
        """Return the details of a process, or None when it has ended."""
        # exec changes the name, but not the process id and the start.
        key = (*stat.identity, stat.name)
        if key not in self._details:
            try:
                self._details[key] = self._read_detail(stat)
            except OSError:
                return None
        return self._details[key]

    def keep_details(self, kept: set[tuple[int, int]]) -> None:
        """Drop the cached details of all processes but these."""
        self._details = {key: one for key, one in self._details.items() if key[:2] in kept}

    def create_time(self, stat: ProcessStat) -> float:
        """Return the time at which a process was started, in Unix seconds."""
        if self._boot_time is None:
            self._boot_time = read_boot_time(self._root)
        return self._boot_time + stat.start_ticks / CLOCK_TICKS

    def _read_detail(self, stat: ProcessStat) -> ProcessDetail:
        """Read user, command and run."""
        folder = f"{self._folder}/{stat.pid}"
        owner = os.stat(folder).st_uid  # noqa: PTH116  (hot path: no Path objects)
        arguments = _read(f"{folder}/cmdline", _COMMAND_BYTES).rstrip(b"\0")
        # Kernel threads have no command line: use their name.
        command = _shown(arguments.replace(b"\0", b" ")) or f"[{one_line(stat.name)}]"
        return ProcessDetail(user=self._user(owner), command=command, run=_run_of(folder))

    def _user(self, number: int) -> str:
        """Return the name of a user, or the number of a user without a name."""
        if number not in self._users:
            self._users[number] = str(number)
            with suppress(KeyError):
                self._users[number] = pwd.getpwuid(number).pw_name
        return self._users[number]


# Fields of /proc/PID/stat after the name, counted from 0; see proc(5).
_USER, _SYSTEM, _THREADS, _START, _RSS = 11, 12, 17, 19, 21


def _shown(raw: bytes) -> str:
    """Return bytes of a process as one line of text of limited length."""
    return one_line(raw.decode("utf-8", "replace"))[:_COMMAND_CHARACTERS].strip()


def _run_of(folder: str) -> str | None:
    """Return the run in the environment of a process; None without one or without permission."""
    try:
        environment = _read(f"{folder}/environ", _ENVIRONMENT_BYTES)
    except OSError:
        return None
    for entry in environment.split(b"\0"):
        if entry.startswith(RUN_PREFIX):
            return _shown(entry.removeprefix(RUN_PREFIX)) or None
    return None


def _read(path: str, limit: int) -> bytes:
    """Return the first bytes of a file, without the overhead of file objects."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return os.read(descriptor, limit)
    finally:
        os.close(descriptor)
