"""The contract of collectors, and the records that they return."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One number of one device. `gauge` is its name, which ends with the base unit.

    The device is "" for readings of the host itself. A value that could not be read has no Reading.
    """

    gauge: str
    device: str
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceFact:
    """A text about a device that seldom changes, such as its model or its driver."""

    device: str
    name: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessReading:
    """One process, identified by `(pid, create_time)`.

    Attributes:
        cpu_ratio: CPU time per wall time; 1.0 is one core.
        gpu: device that the process uses; None for a process without a GPU.
        run: id of the training run that the process belongs to, from its environment.
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
    """The result of one collector in one tick; `processes` is None when they were not read."""

    readings: tuple[Reading, ...] = ()
    facts: tuple[DeviceFact, ...] = ()
    processes: tuple[ProcessReading, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectorReport:
    """The outcome of a collector in one tick; `error` is empty on success."""

    name: str
    success: bool
    seconds: float
    available: bool = True
    error: str = ""


class Collector(Protocol):
    """Reads one kind of hardware."""

    @property
    def name(self) -> str:
        """Name of the collector: the name of its module."""
        ...

    def collect(self) -> Collection:
        """Read once; must be quick.

        Raises UnavailableError when this host lacks the hardware (the sampler retries with growing
        delays), another DatahallError or OSError when this read failed.
        """
        ...

    def close(self) -> None:
        """Release the hardware; may be called at any time, and twice."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class HostState:
    """One tick: the newest readings, facts and processes of all collectors.

    `at` is in Unix seconds; `interval_s` is the time between two ticks.
    """

    host: str
    at: float
    interval_s: float
    readings: Sequence[Reading]
    facts: Sequence[DeviceFact]
    processes: Sequence[ProcessReading]
    collectors: Sequence[CollectorReport]
