"""The services that `datahall up` supervises, and the file that reports their state."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

from core.files import read_json, write_json
from core.paths import StatePaths
from core.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A process that `datahall up` keeps running; port 0 means that it does not listen."""

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


def list_services(settings: Settings, *, demo: bool = False) -> tuple[Service, ...]:
    """Return the services of a home folder, in the order of their start."""
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
    """Replace the state file; `at` is the wall time."""
    document = {"at": at, "services": [asdict(state) for state in states]}
    write_json(paths.services, document)


def read_states(paths: StatePaths) -> tuple[ServiceState, ...]:
    """Return the states that the last `datahall up` wrote; empty without a readable file."""
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
