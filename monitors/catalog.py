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
from monitors.collectors.memory import MemoryCollector


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What collectors are made of."""

    settings: SamplerSettings
    clock: Clock

    @property
    def root(self) -> Path:
        """Where /proc and /sys are."""
        return Path(self.settings.system_root)


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
        "demo": lambda at: Scheduled(collector=DemoCollector(at.clock)),
    }
)

SIMULATED = "demo"
REPLACED = "gpu"


def make_collectors(context: Context, *, demo: bool) -> Sequence[Scheduled]:
    """Return a collector of each kind; with `demo`, simulated GPUs in place of real ones."""
    left_out = REPLACED if demo else SIMULATED
    return tuple(make(context) for name, make in CATALOG.items() if name != left_out)
