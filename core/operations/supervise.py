"""Keeps the services alive: starts them, restarts what dies with back-off, tells the page."""

import contextlib
import shutil
import signal
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from typing import IO

from core.clock import Clock
from core.command import Process, module_argv, start, wait
from core.errors import ConflictError, SettingsError, UnavailableError
from core.locks import held_alone
from core.network import check_address
from core.operations.services import Service, ServiceState, ServiceStatus, service_log, write_states
from core.paths import StatePaths
from core.process.stop_flag import StopFlag

FIRST_BACKOFF_S = 1.0
LONGEST_BACKOFF_S = 60.0
STEADY_S = 30.0
STOP_S = 15.0
LOG_BYTES = 5_000_000
LEAST_FREE_BYTES = 100_000_000
_POLL_S = 0.25
# Section of each service in the names of its environment variables.
_SECTION = {"dashboard": "WEB", "server": "SERVING", "sampler": "SAMPLER"}


@dataclass(slots=True)
class _Child:
    """One service and its process."""

    service: Service
    process: Process | None = None
    started: float = 0.0
    started_at: float = 0.0
    restarts: int = 0
    last_exit: str = ""
    backoff_s: float = FIRST_BACKOFF_S
    next_start: float = 0.0


@dataclass(slots=True)
class Supervision:
    """Runs the services of one home folder until it is told to stop."""

    paths: StatePaths
    services: Sequence[Service]
    clock: Clock
    environment: Mapping[str, str] = field(default_factory=dict)
    stopping: StopFlag = field(default_factory=StopFlag)
    _children: list[_Child] = field(init=False)
    _told: list[ServiceState] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Start nothing yet."""
        self._children = [_Child(service) for service in self.services]

    def run(self) -> None:
        """Start everything and keep it alive until `stopping` is set; then stop everything."""
        self.paths.logs.mkdir(exist_ok=True)
        try:
            while not self.stopping.is_set():
                self.watch()
                time.sleep(_POLL_S)
        finally:
            self._stop_all()

    def watch(self) -> None:
        """Start what is due, notice what ended, tell the page."""
        for child in self._children:
            self._watch(child)
        self._tell([self._state(child) for child in self._children])

    def _watch(self, child: _Child) -> None:
        """Start a child whose time has come, notice one that died."""
        now = self.clock.monotonic()
        if child.process is None:
            if now >= child.next_start:
                self._start(child, now)
        elif (code := child.process.poll()) is not None:
            child.process = None
            _postpone(child, now, exit_words(code))

    def _start(self, child: _Child, now: float) -> None:
        """Start one child with its output in its log; where that fails, it has ended at once."""
        child.started = now
        child.started_at = self.clock.now()
        try:
            with _open_log(self.paths, child.service.name) as log:
                child.process = start(
                    module_argv(child.service.module, *child.service.arguments),
                    environment=self.environment,
                    log=log,
                    die_with_parent=True,
                )
        except (OSError, UnavailableError) as error:  # a full disk, no more processes
            _postpone(child, now, f"not started: {error}")

    def _state(self, child: _Child) -> ServiceState:
        """Return what the page is told about a child."""
        waits = child.next_start - self.clock.monotonic()
        return ServiceState(
            name=child.service.name,
            title=child.service.title,
            state=ServiceStatus.RUNNING if child.process else ServiceStatus.WAITING,
            pid=child.process.pid if child.process else None,
            started_at=child.started_at,
            restarts=child.restarts,
            last_exit=child.last_exit,
            next_start_at=None if child.process else round(self.clock.now() + waits),
        )

    def _stop_all(self) -> None:
        """Ask every child to end, insist after a while, and say so in the state file."""
        running = [child for child in self._children if child.process is not None]
        for child in running:
            _signal(child.process, signal.SIGTERM)
        deadline = self.clock.monotonic() + STOP_S
        for child in running:
            _await(child.process, max(deadline - self.clock.monotonic(), 0.1))
            child.process = None
            child.last_exit = "stopped with datahall up"
        states = [self._state(child) for child in self._children]
        self._tell(
            [replace(state, state=ServiceStatus.STOPPED, next_start_at=None) for state in states]
        )

    def _tell(self, states: list[ServiceState]) -> None:
        """Write what is new to the state file; a disk that is full is tried again next time."""
        if states != self._told:
            with contextlib.suppress(OSError):
                write_states(self.paths, states, self.clock.now())
                self._told = states


def hold_home(paths: StatePaths) -> AbstractContextManager[None]:
    """Hold this home for one `datahall up`; raises ConflictError when another holds it."""
    return held_alone(
        paths.up_lock,
        lambda owner: ConflictError(
            f"Datahall is up already on {paths.home} (process {owner})",
            remedy="Stop it with Ctrl-C there, or choose another home with --home",
        ),
    )


def check_ground(paths: StatePaths, services: Sequence[Service]) -> None:
    """Raise SettingsError when the disk is full or a port is taken."""
    free = shutil.disk_usage(paths.home).free
    if free < LEAST_FREE_BYTES:
        raise SettingsError(
            f"the disk of {paths.home} is full: {free / 1e6:.0f} MB free, "
            f"{LEAST_FREE_BYTES / 1e6:.0f} MB needed",
            remedy="Free some space, or choose another home with --home",
        )
    for service in services:
        if service.port:
            section = f"DATAHALL_{_SECTION[service.name]}"
            check_address(
                service.host,
                service.port,
                server=service.title,
                setting=f"{section}_PORT or {section}_HOST",
            )


def exit_words(code: int) -> str:
    """Return in words how a process ended (negative codes are signals, as in Popen)."""
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"killed by signal {-code}"


def _postpone(child: _Child, now: float, last_exit: str) -> None:
    """Note that a child ended, and wait twice as long as before; a steady one starts over."""
    child.last_exit = last_exit
    if now - child.started > STEADY_S:
        child.backoff_s = FIRST_BACKOFF_S
    child.next_start = now + child.backoff_s
    child.backoff_s = min(child.backoff_s * 2, LONGEST_BACKOFF_S)
    child.restarts += 1


def _open_log(paths: StatePaths, name: str) -> IO[bytes]:
    """Open a service's log for appending; a long one is moved aside first."""
    path = service_log(paths, name)
    if path.exists() and path.stat().st_size > LOG_BYTES:
        path.replace(path.with_suffix(".log.1"))
    return path.open("ab")


def _signal(process: Process | None, number: signal.Signals) -> None:
    """Signal a child that may have ended."""
    if process is not None and process.poll() is None:
        process.send_signal(number)


def _await(process: Process | None, seconds: float) -> None:
    """Wait for a child to end; kill it when it does not."""
    if process is None:
        return
    if wait(process, seconds) is None:
        process.kill()
        process.wait()
