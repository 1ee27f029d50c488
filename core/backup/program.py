"""Runs a foreign program that may hang: reads what it prints, sees whether it moves, ends it."""

import os
import re
import selectors
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from core.clock import Clock, SystemClock
from core.command import Process, start, wait
from core.errors import CommandError

_TICK_S = 0.2
_READ_BYTES = 1 << 16
_KEPT_LINES = 2000
# Fewer bytes than this are the program's own wake-ups and timers, not work.
_SIGN_BYTES = 1 << 16
# What changes in a progress line although nothing was done.
_TIMES = re.compile(r'"seconds_\w+":\s*[\d.]+|\[[\d:]+\]')

OnLine = Callable[[str], None]
OnTick = Callable[[], None]
Starter = Callable[..., Process]


class StalledError(CommandError):
    """The program lives but does nothing: a dead server, a hung disk, a stopped process.

    `stderr` is what it had complained of before.
    """

    kind = "stalled"

    def __init__(self, program: str, seconds: float, stderr: Sequence[str] = ()) -> None:
        """Tell which program did nothing for how long."""
        super().__init__(
            f"{program} did nothing for {seconds:g} s and was ended",
            remedy="Check the repository's disk or server and the network, then run again",
        )
        self.stderr = tuple(stderr)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a program ended. `stdout` is empty when its lines were given to a listener."""

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
    """Runs programs and gives up on one that does nothing for `stall_s` seconds.

    `goodbye_s` is how long an ended program may take to tidy up before it is killed.
    """

    stall_s: float
    goodbye_s: float = 20.0
    clock: Clock = field(default_factory=SystemClock)
    start: Starter = start

    def run(
        self, call: Call, *, on_line: OnLine | None = None, on_tick: OnTick | None = None
    ) -> Outcome:
        """Run to the end; `on_line` gets each line of stdout, `on_tick` several calls a second.

        Whatever interrupts this (Ctrl-C, a failing listener) ends the program first, so that no
        process stays behind. Raises UnavailableError and StalledError.
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
                _end(process, self.goodbye_s)
                raise

    def _listen(
        self, process: Process, call: Call, on_line: OnLine | None, on_tick: OnTick | None
    ) -> Outcome:
        """Read both pipes until they close."""
        kept: list[str] = []
        errors: list[str] = []
        signs = _Signs(process.pid, self.clock)

        def hear(line: str) -> None:
            signs.hear(line)
            (on_line or kept.append)(line)

        out = _Lines(hear)
        err = _Lines(lambda line: errors.append(line) if len(errors) < _KEPT_LINES else None)
        for stream, chunk in _chunks(process):
            signs.received += len(chunk)
            (out if stream is process.stdout else err).feed(chunk)
            if on_tick is not None:
                on_tick()
            if signs.idle_s() > self.stall_s:
                raise StalledError(Path(call.argv[0]).name, self.stall_s, errors)
        out.end()
        err.end()
        return Outcome(exit_code=process.wait(), stdout=tuple(kept), stderr=tuple(errors))


class _Lines:
    """Cuts a stream into lines; a line may arrive in pieces, the last one without its newline."""

    def __init__(self, tell: OnLine) -> None:
        """Give every line to `tell`."""
        self._tell = tell
        self._rest = b""

    def feed(self, chunk: bytes) -> None:
        """Tell the lines that `chunk` completes."""
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        for line in lines:
            self._tell(line.decode("utf-8", "replace"))

    def end(self) -> None:
        """Tell what is left."""
        if self._rest:
            self._tell(self._rest.decode("utf-8", "replace"))
            self._rest = b""


class _Signs:
    """Signs of life: new words on stdout, or bytes that the program read and wrote elsewhere.

    A repeated progress line is no sign: restic prints one a second while its server is dead.
    """

    def __init__(self, pid: int, clock: Clock) -> None:
        """Watch the process `pid`, taken to be alive now."""
        self.received = 0
        self._pid = pid
        self._clock = clock
        self._heard = ""
        self._moved = 0
        self._looked_at = self._seen_at = clock.monotonic()

    def hear(self, line: str) -> None:
        """Take in a line of stdout."""
        words = _TIMES.sub("", line)
        if words.strip() and words != self._heard:
            self._heard = words
            self._seen_at = self._clock.monotonic()

    def idle_s(self) -> float:
        """Return the seconds since the last sign."""
        now = self._clock.monotonic()
        if now - self._looked_at >= _TICK_S:
            self._looked_at = now
            moved = _moved_bytes(self._pid) - self.received
            if moved - self._moved >= _SIGN_BYTES:
                self._moved = moved
                self._seen_at = now
        return now - self._seen_at


def _moved_bytes(pid: int) -> int:
    """Return the bytes that a process has read and written, sockets included; 0 if not told."""
    try:
        text = Path(f"/proc/{pid}/io").read_text(encoding="ascii")
    except OSError:
        return 0
    rows = dict(line.split(": ", 1) for line in text.splitlines())
    return int(rows["rchar"]) + int(rows["wchar"])


def _chunks(process: Process) -> Iterator[tuple[IO[bytes] | None, bytes]]:
    """Yield what the pipes bring, and (None, b"") when nothing came for a moment."""
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


def _end(process: Process, goodbye_s: float) -> None:
    """End a process: politely (restic then removes its lock), then surely."""
    if process.poll() is None:
        process.send_signal(signal.SIGCONT)
        process.send_signal(signal.SIGINT)
        if wait(process, goodbye_s) is None:
            process.kill()
            process.wait()
