"""Main memory and swap."""

from pathlib import Path

from monitors.collector import Collection, Reading
from monitors.gauges import Gauge
from monitors.host.procfs import read_memory


class MemoryCollector:
    """Reads /proc/meminfo."""

    name = "memory"

    def __init__(self, root: Path) -> None:
        """Read below `root`."""
        self._root = root

    def collect(self) -> Collection:
        """Return the current readings; used memory is total minus available (without caches)."""
        fields = read_memory(self._root)
        total = fields["MemTotal"]
        # Kernels before 3.14 have no MemAvailable.
        available = fields.get("MemAvailable", fields["MemFree"] + fields.get("Cached", 0))
        if available > total:  # some containers limit MemTotal, but not MemAvailable
            available = min(fields["MemFree"], total)
        values = {
            Gauge.MEMORY_TOTAL_BYTES: total,
            Gauge.MEMORY_AVAILABLE_BYTES: available,
            Gauge.MEMORY_USED_BYTES: total - available,
        }
        if "SwapTotal" in fields:
            values[Gauge.SWAP_TOTAL_BYTES] = fields["SwapTotal"]
            values[Gauge.SWAP_USED_BYTES] = max(fields["SwapTotal"] - fields["SwapFree"], 0)
        return Collection(
            readings=tuple(
                Reading(gauge=gauge, device="", value=value) for gauge, value in values.items()
            )
        )

    def close(self) -> None:
        """Do nothing: no resource is held."""
