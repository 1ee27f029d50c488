"""Supervision of the services: start them, restart those that end, report their state."""

import contextlib
import shutil
import signal
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from typing import IO

from core.clock import Clock
from core.command import Process, describe_exit, module_argv, start, wait
from core.errors import ConflictError, SettingsError, UnavailableError
from core.locks import held_alone
from core.network import check_address
from core.operations.services import (
    Service,
    ServiceState,
    ServiceStatus,
    service_log,
    write_states,
)
from core.paths import StatePaths
from core.process.stop_flag import StopFlag

MIN_PAUSE_S = 1.0
MAX_PAUSE_S = 60.0
STEADY_S = 30.0
STOP_S = 15.0
LOG_BYTES = 5_000_000
MIN_FREE_BYTES = 100_000_000
_POLL_S = 0.25
# Section of each service in the names of its environment variables.
_SECTION = {"dashboard": "WEB", "server": "SERVING", "sampler": "SAMPLER"}


@dataclass(slots=True)
class _Child:
    """A service and its process; `pause_s` is the pause before the next restart."""

    service: Service
    process: Process | None = None
    started: float = 0.0
    started_at: float = 0.0
    restarts: int = 0
    last_exit: str = ""
    pause_s: float = MIN_PAUSE_S
    next_start: float = 0.0


@dataclass(slots=True)
class Supervision:
    """Keeps the services of one home folder running until `stopping` is set."""

    paths: StatePaths
    services: Sequence[Service]
    clock: Clock
    environment: Mapping[str, str] = field(default_factory=dict)
    stopping: StopFlag = field(default_factory=StopFlag)
    _children: list[_Child] = field(init=False)
    _reported: list[ServiceState] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Prepare the services without starting them."""
        self._children = [_Child(service) for service in self.services]

    def run(self) -> None:
        """Start the services and keep them running until `stopping` is set; then stop them."""
        self.paths.logs.mkdir(exist_ok=True)
        try:
            while not self.stopping.is_set():
                self.check_services()
                time.sleep(_POLL_S)
        finally:
            self._stop_all()

    def check_services(self) -> None:
        """Start the services that are due, detect those that ended, report the states."""
        for child in self._children:
            self._check(child)
        self._report([self._state(child) for child in self._children])

    def _check(self, child: _Child) -> None:
        """Start a service that is due, or detect that it ended."""
        now = self.clock.monotonic()
        if child.process is None:
            if now >= child.next_start:
                self._start(child, now)
        elif (code := child.process.poll()) is not None:
            child.process = None
            _schedule_restart(child, now, describe_exit(code))

    def _start(self, child: _Child, now: float) -> None:
        """Start a service with its output in its log; a failure counts as an end."""
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
            _schedule_restart(child, now, f"could not be started: {error}")

    def _state(self, child: _Child) -> ServiceState:
        """Return the state of a service."""
        until_start = child.next_start - self.clock.monotonic()
        return ServiceState(
            name=child.service.name,
            title=child.service.title,
            state=ServiceStatus.RUNNING if child.process else ServiceStatus.WAITING,
            pid=child.process.pid if child.process else None,
            started_at=child.started_at,
            restarts=child.restarts,
            last_exit=child.last_exit,
            next_start_at=None if child.process else round(self.clock.now() + until_start),
        )

    def _stop_all(self) -> None:
        """Terminate the services, kill those that still run after STOP_S, report the states."""
        running = [child for child in self._children if child.process is not None]
        for child in running:
            _signal(child.process, signal.SIGTERM)
        deadline = self.clock.monotonic() + STOP_S
        for child in running:
            _wait_or_kill(child.process, max(deadline - self.clock.monotonic(), 0.1))
            child.process = None
            child.last_exit = "stopped together with datahall up"
        states = [self._state(child) for child in self._children]
        self._report(
            [replace(state, state=ServiceStatus.STOPPED, next_start_at=None) for state in states]
        )

    def _report(self, states: list[ServiceState]) -> None:
        """Write the states if they changed; a failed write (full disk) is repeated next time."""
        if states != self._reported:
            with contextlib.suppress(OSError):
                write_states(self.paths, states, self.clock.now())
                self._reported = states


def lock_home(paths: StatePaths) -> AbstractContextManager[None]:
    """Lock the home folder for one `datahall up`; raises ConflictError when another holds it."""
    return held_alone(
        paths.up_lock,
        lambda process: ConflictError(
            f"Datahall runs on {paths.home} already (process {process})",
            remedy="Stop it with Ctrl-C in its terminal, or choose another home with --home",
        ),
    )


def check_disk_and_ports(paths: StatePaths, services: Sequence[Service]) -> None:
    """Raise SettingsError when the disk is full or a service cannot listen on its address."""
    free = shutil.disk_usage(paths.home).free
    if free < MIN_FREE_BYTES:
        raise SettingsError(
            f"the disk of {paths.home} is full: {free / 1e6:.0f} MB free, "
            f"{MIN_FREE_BYTES / 1e6:.0f} MB needed",
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


def _schedule_restart(child: _Child, now: float, last_exit: str) -> None:
    """Schedule a restart after a pause that doubles each time.

    A service that ran for STEADY_S starts again after the shortest pause.
    """
    child.last_exit = last_exit
    if now - child.started > STEADY_S:
        child.pause_s = MIN_PAUSE_S
    child.next_start = now + child.pause_s
    child.pause_s = min(child.pause_s * 2, MAX_PAUSE_S)
    child.restarts += 1


def _open_log(paths: StatePaths, name: str) -> IO[bytes]:
    """Open the log of a service for appending; one that is too long is renamed first."""
    path = service_log(paths, name)
    if path.exists() and path.stat().st_size > LOG_BYTES:
        path.replace(path.with_suffix(".log.1"))
    return path.open("ab")


def _signal(process: Process | None, number: signal.Signals) -> None:
    """Send a signal to a process unless it has ended."""
    if process is not None and process.poll() is None:
        process.send_signal(number)


def _wait_or_kill(process: Process | None, seconds: float) -> None:
    """Wait for a process to end, and kill it when it does not."""
    if process is None:
        return
    if wait(process, seconds) is None:
        process.kill()
        process.wait()
