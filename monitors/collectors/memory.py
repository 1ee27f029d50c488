"""Main memory and swap."""

from pathlib import Path

from monitors.collector import Collection, Reading
from monitors.host.procfs import read_memory


class MemoryCollector:
    """Reads /proc/meminfo."""

    name = "memory"

    def __init__(self, root: Path) -> None:
        """Read below `root`."""
        self._root = root

    def collect(self) -> Collection:
        """Read once; used is what is not available, so caches do not count."""
        fields = read_memory(self._root)
        total = fields["MemTotal"]
        # Kernels before 3.14 do not estimate what is available.
        available = fields.get("MemAvailable", fields["MemFree"] + fields.get("Cached", 0))
        values = {
            "memory_total_bytes": total,
            "memory_available_bytes": available,
            "memory_used_bytes": total - available,
        }
        if "SwapTotal" in fields:
            values["swap_total_bytes"] = fields["SwapTotal"]
            values["swap_used_bytes"] = fields["SwapTotal"] - fields["SwapFree"]
        return Collection(
            readings=tuple(
                Reading(gauge=gauge, device="", value=value) for gauge, value in values.items()
            )
        )

    def close(self) -> None:
        """Nothing is held."""
