"""The list of collectors: how each is created, and how often it is called."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from core.clock import Clock
from core.settings import SamplerSettings
from monitors.collector import Collector
from monitors.collectors.cpu import CpuCollector
from monitors.collectors.demo import DemoCollector
from monitors.collectors.disk import DiskCollector
from monitors.collectors.gpu import GpuCollector
from monitors.collectors.memory import MemoryCollector
from monitors.collectors.network import NetworkCollector
from monitors.collectors.process import ProcessCollector
from monitors.collectors.sensors import SensorsCollector

_DEVICE_SHARE = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectorContext:
    """The arguments from which collectors are created."""

    settings: SamplerSettings
    clock: Clock

    @property
    def root(self) -> Path:
        """The folder that holds /proc and /sys."""
        return Path(self.settings.system_root)

    @property
    def device_deadline_s(self) -> float:
        """Time that a collector waits for one device: less than the sampler waits for it."""
        return _DEVICE_SHARE * self.settings.interval_s


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledCollector:
    """A collector, and the seconds between two calls of it; 0 calls it at every tick."""

    collector: Collector
    every_s: float = 0.0


Factory = Callable[[CollectorContext], ScheduledCollector]

CATALOG: Mapping[str, Factory] = MappingProxyType(
    {
        "cpu": lambda at: ScheduledCollector(collector=CpuCollector(at.root, at.clock)),
        "memory": lambda at: ScheduledCollector(collector=MemoryCollector(at.root)),
        "disk": lambda at: ScheduledCollector(
            collector=DiskCollector(at.root, at.clock, deadline_s=at.device_deadline_s)
        ),
        "network": lambda at: ScheduledCollector(collector=NetworkCollector(at.root, at.clock)),
        "sensors": lambda at: ScheduledCollector(collector=SensorsCollector(at.root)),
        "process": lambda at: ScheduledCollector(
            collector=ProcessCollector(at.root, at.clock), every_s=at.settings.process_interval_s
        ),
        "gpu": lambda at: ScheduledCollector(
            collector=GpuCollector(
                at.root,
                at.clock,
                deadline_s=at.device_deadline_s,
                process_interval_s=at.settings.process_interval_s,
            )
        ),
        "demo": lambda at: ScheduledCollector(collector=DemoCollector(at.clock)),
    }
)

SIMULATED = "demo"
REPLACED = "gpu"


def make_collectors(context: CollectorContext, *, demo: bool) -> Sequence[ScheduledCollector]:
    """Return one collector of each kind; with `demo`, simulated GPUs instead of real ones."""
    left_out = REPLACED if demo else SIMULATED
    return tuple(make(context) for name, make in CATALOG.items() if name != left_out)
