"""The supervised processes and their state file, which the page reads."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

from core.files import read_json, write_json
from core.paths import StatePaths
from core.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A process that `datahall up` keeps alive; `port` 0 listens nowhere."""

    name: str
    title: str
    module: str
    arguments: tuple[str, ...] = ()
    host: str = ""
    port: int = 0


class ServiceStatus(StrEnum):
    """Whether a service runs; `waiting`: it ended and is started again after a pause."""

    RUNNING = "running"
    WAITING = "waiting"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceState:
    """A supervised service: its process, its restarts and its next start."""

    name: str
    title: str
    state: ServiceStatus
    pid: int | None
    started_at: float
    restarts: int
    last_exit: str
    next_start_at: float | None = None


def services(settings: Settings, *, demo: bool = False) -> tuple[Service, ...]:
    """Return what `datahall up` starts, in order."""
    home = ("--home", str(settings.home))
    return (
        Service(
            name="sampler", title="Sampler", module="monitors",
            arguments=(*home, "--demo") if demo else home,
            host=settings.sampler.host, port=settings.sampler.port,
        ),
        Service(name="supervisor", title="Job supervisor", module="core.jobs", arguments=home),
        Service(
            name="server", title="Translation server", module="core.serving", arguments=home,
            host=settings.serving.host, port=settings.serving.port,
        ),
        Service(
            name="dashboard", title="Dashboard", module="dashboard.server.process", arguments=home,
            host=settings.web.host, port=settings.web.port,
        ),
    )  # fmt: skip


def write_states(paths: StatePaths, states: list[ServiceState], at: float) -> None:
    """Write the state file."""
    document = {"at": at, "services": [asdict(state) for state in states]}
    write_json(paths.services, document)


def read_states(paths: StatePaths) -> tuple[ServiceState, ...]:
    """Return what the last `datahall up` said; empty when none ever ran."""
    try:
        document = read_json(paths.services)
        return tuple(
            ServiceState(**{**entry, "state": ServiceStatus(entry["state"])})
            for entry in document["services"]
        )
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return ()


def service_log(paths: StatePaths, name: str) -> Path:
    """Return the log file of a service."""
    return paths.logs / f"{name}.log"
