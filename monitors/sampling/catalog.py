"""The only list of collectors: name -> how to make one, and how often to ask it."""

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
class Context:
    """What collectors are made of."""

    settings: SamplerSettings
    clock: Clock

    @property
    def root(self) -> Path:
        """Where /proc and /sys are."""
        return Path(self.settings.system_root)

    @property
    def device_deadline_s(self) -> float:
        """How long a collector waits for one of its devices; shorter than it is waited for."""
        return _DEVICE_SHARE * self.settings.interval_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheduled:
    """A collector and the seconds between two questions; 0 asks at every tick."""

    collector: Collector
    every_s: float = 0.0


Factory = Callable[[Context], Scheduled]

CATALOG: Mapping[str, Factory] = MappingProxyType(
    {
        "cpu": lambda at: Scheduled(collector=CpuCollector(at.root, at.clock)),
        "memory": lambda at: Scheduled(collector=MemoryCollector(at.root)),
        "disk": lambda at: Scheduled(
            collector=DiskCollector(at.root, at.clock, deadline_s=at.device_deadline_s)
        ),
        "network": lambda at: Scheduled(collector=NetworkCollector(at.root, at.clock)),
        "sensors": lambda at: Scheduled(collector=SensorsCollector(at.root)),
        "process": lambda at: Scheduled(
            collector=ProcessCollector(at.root, at.clock), every_s=at.settings.process_interval_s
        ),
        "gpu": lambda at: Scheduled(
            collector=GpuCollector(
                at.root,
                at.clock,
                deadline_s=at.device_deadline_s,
                process_interval_s=at.settings.process_interval_s,
            )
        ),
        "demo": lambda at: Scheduled(collector=DemoCollector(at.clock)),
    }
)

SIMULATED = "demo"
REPLACED = "gpu"


def make_collectors(context: Context, *, demo: bool) -> Sequence[Scheduled]:
    """Return a collector of each kind; with `demo`, simulated GPUs in place of real ones."""
    left_out = REPLACED if demo else SIMULATED
    return tuple(make(context) for name, make in CATALOG.items() if name != left_out)
