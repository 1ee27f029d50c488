"""What a collector gives: readings, facts, processes; and what it promises."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One number: `gauge` names it with its base unit (`gpu_power_watts`), `device` says of what.

    A value that could not be read is not given. Device is "" for the host as a whole.
    """

    gauge: str
    device: str
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One text about a device that seldom changes: model, driver, `simulated`."""

    device: str
    name: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessReading:
    """One process. `cpu_ratio` is of one core. GPU fields are absent for what uses no GPU.

    Identity is `(pid, create_time)`. `run` is the Datahall run it belongs to, from its environment.
    """

    pid: int
    create_time: float
    user: str
    command: str
    cpu_ratio: float
    memory_bytes: int
    gpu: str | None = None
    gpu_memory_bytes: int | None = None
    run: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """What one collector gave in one tick. `processes` is None when it was not their turn."""

    readings: tuple[Reading, ...] = ()
    facts: tuple[Fact, ...] = ()
    processes: tuple[ProcessReading, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectorReport:
    """How a collector fared in one tick; `error` in words when it failed or is unavailable."""

    name: str
    success: bool
    seconds: float
    available: bool = True
    error: str = ""


class Collector(Protocol):
    """Reads one kind of hardware."""

    @property
    def name(self) -> str:
        """The collector's name, as in its file."""
        ...

    def collect(self) -> Collection:
        """Read once, quickly.

        Raises UnavailableError when the hardware is not here (asked again later), another
        DatahallError or OSError when it failed this time.
        """
        ...

    def close(self) -> None:
        """Let go of the hardware."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class HostState:
    """The newest of everything, as one tick left it."""

    host: str
    at: float
    interval_s: float
    readings: Sequence[Reading]
    facts: Sequence[Fact]
    processes: Sequence[ProcessReading]
    collectors: Sequence[CollectorReport]
