"""Run an external program that may hang: read its output, detect a stall, terminate it."""

import os
import re
import selectors
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from core.backup.errors import StalledError
from core.clock import Clock, SystemClock
from core.command import Process, start, wait

_TICK_S = 0.2
_READ_BYTES = 1 << 16
_KEPT_LINES = 2000
# Smaller transfers come from timers and wake-ups and do not count as activity.
_ACTIVITY_BYTES = 1 << 16
# The parts of a progress line that change although nothing was done.
_TIMES = re.compile(r'"seconds_\w+":\s*[\d.]+|\[[\d:]+\]')

OnLine = Callable[[str], None]
OnTick = Callable[[], None]
Starter = Callable[..., Process]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Exit code and output of a program; `stdout` is empty when a listener received its lines."""

    exit_code: int
    stdout: tuple[str, ...] = ()
    stderr: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call of a program; `environment` is added to this process's."""

    argv: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    folder: Path | None = None
    keep_open: Sequence[int] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedRunner:
    """Runs programs; terminates one that does nothing for `stall_s` seconds.

    `grace_s` is how long an interrupted program may take to clean up before it is killed.
    """

    stall_s: float
    grace_s: float = 20.0
    clock: Clock = field(default_factory=SystemClock)
    start: Starter = start

    def run(
        self, call: Call, *, on_line: OnLine | None = None, on_tick: OnTick | None = None
    ) -> Outcome:
        """Run to the end; `on_line` gets each line of stdout, `on_tick` is called 5 times a second.

        An exception (Ctrl-C, a failing listener) terminates the program before it propagates.
        Raises UnavailableError and StalledError.
        """
        process = self.start(
            call.argv,
            environment=call.environment,
            folder=call.folder,
            keep_open=call.keep_open,
            capture=True,
            die_with_parent=True,
        )
        with process:
            try:
                return self._listen(process, call, on_line, on_tick)
            except BaseException:
                _terminate(process, self.grace_s)
                raise

    def _listen(
        self, process: Process, call: Call, on_line: OnLine | None, on_tick: OnTick | None
    ) -> Outcome:
        """Read both pipes until they close."""
        kept: list[str] = []
        errors: list[str] = []
        activity = _Activity(process.pid, self.clock)

        def receive(line: str) -> None:
            activity.note_line(line)
            (on_line or kept.append)(line)

        out = _Lines(receive)
        err = _Lines(lambda line: errors.append(line) if len(errors) < _KEPT_LINES else None)
        for stream, chunk in _chunks(process):
            activity.received += len(chunk)
            (out if stream is process.stdout else err).feed(chunk)
            if on_tick is not None:
                on_tick()
            if activity.idle_s() > self.stall_s:
                raise StalledError(Path(call.argv[0]).name, self.stall_s, errors)
        out.end()
        err.end()
        return Outcome(exit_code=process.wait(), stdout=tuple(kept), stderr=tuple(errors))


class _Lines:
    """Splits a stream into lines; the last one may lack its line feed."""

    def __init__(self, on_line: OnLine) -> None:
        """Call `on_line` with each line."""
        self._on_line = on_line
        self._rest = b""

    def feed(self, chunk: bytes) -> None:
        """Emit the lines that `chunk` completes."""
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        for line in lines:
            self._on_line(line.decode("utf-8", "replace"))

    def end(self) -> None:
        """Emit the unfinished last line."""
        if self._rest:
            self._on_line(self._rest.decode("utf-8", "replace"))
            self._rest = b""


class _Activity:
    """The time of the last activity: new text on stdout, or bytes read or written elsewhere.

    A repeated progress line does not count: restic prints one each second without any progress.
    """

    def __init__(self, pid: int, clock: Clock) -> None:
        """Observe the process `pid`, which counts as active now."""
        self.received = 0
        self._pid = pid
        self._clock = clock
        self._last_text = ""
        self._moved = 0
        self._checked_at = self._active_at = clock.monotonic()

    def note_line(self, line: str) -> None:
        """Record a line of stdout."""
        text = _TIMES.sub("", line)
        if text.strip() and text != self._last_text:
            self._last_text = text
            self._active_at = self._clock.monotonic()

    def idle_s(self) -> float:
        """Return the seconds since the last activity."""
        now = self._clock.monotonic()
        if now - self._checked_at >= _TICK_S:
            self._checked_at = now
            moved = _moved_bytes(self._pid) - self.received
            if moved - self._moved >= _ACTIVITY_BYTES:
                self._moved = moved
                self._active_at = now
        return now - self._active_at


def _moved_bytes(pid: int) -> int:
    """Return the bytes that a process has read and written, sockets included; 0 when unknown."""
    try:
        text = Path(f"/proc/{pid}/io").read_text(encoding="ascii")
    except OSError:
        return 0
    rows = dict(line.split(": ", 1) for line in text.splitlines())
    return int(rows["rchar"]) + int(rows["wchar"])


def _chunks(process: Process) -> Iterator[tuple[IO[bytes] | None, bytes]]:
    """Yield the chunks that the pipes deliver, and (None, b"") after each 0.2 s without any."""
    with selectors.DefaultSelector() as selector:
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                selector.register(stream, selectors.EVENT_READ, stream)
        while selector.get_map():
            ready = selector.select(_TICK_S)
            for key, _ in ready:
                chunk = os.read(key.fd, _READ_BYTES)
                if chunk:
                    yield key.data, chunk
                else:
                    selector.unregister(key.fileobj)
            if not ready:
                yield None, b""


def _terminate(process: Process, grace_s: float) -> None:
    """Interrupt a process (restic then removes its lock); kill it after `grace_s`."""
    if process.poll() is None:
        process.send_signal(signal.SIGCONT)
        process.send_signal(signal.SIGINT)
        if wait(process, grace_s) is None:
            process.kill()
            process.wait()
