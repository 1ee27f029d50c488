"""Network interfaces: bytes and packets per second, errors and drops since the host started."""

from collections.abc import Mapping
from pathlib import Path

from core.clock import Clock
from monitors.collector import Collection, Reading
from monitors.host.meter import Meter
from monitors.host.procfs import NetworkCounters, read_networks

_LOOPBACK = "lo"
_RATES = ("receive_bytes", "transmit_bytes", "receive_packets", "transmit_packets")
_COUNTS = ("receive_errors", "transmit_errors", "receive_drops", "transmit_drops")


class NetworkCollector:
    """Reads /proc/net/dev.

    Only interfaces at the host's border are listed, so that their sum is the host's traffic:
    bridges, tunnels and the ends of containers' cables carry the same bytes once more.
    """

    name = "network"

    def __init__(self, root: Path, clock: Clock) -> None:
        """Read below `root`."""
        self._root = root
        self._meter: Meter[str, NetworkCounters] = Meter(clock)

    def collect(self) -> Collection:
        """Read once; rates need two ticks."""
        counters = self._at_the_border(read_networks(self._root))
        readings = [
            Reading(gauge=f"network_{field}", device=name, value=getattr(one, field))
            for name, one in counters.items()
            for field in _COUNTS
        ]
        for change in self._meter.changes(counters):
            for field in _RATES:
                rate = change.rate(getattr(change.before, field), getattr(change.after, field))
                if rate is not None:
                    gauge = f"network_{field}_per_second"
                    readings.append(Reading(gauge=gauge, device=change.device, value=rate))
        return Collection(readings=tuple(readings))

    def close(self) -> None:
        """Nothing is held."""

    def _at_the_border(
        self, counters: Mapping[str, NetworkCounters]
    ) -> Mapping[str, NetworkCounters]:
        """Return the interfaces that are hardware; a container has none, but its end of a cable."""
        folder = self._root / "sys/class/net"
        hardware = [name for name in counters if (folder / name / "device").exists()]
        chosen = hardware or [name for name in counters if name != _LOOPBACK] or list(counters)
        return {name: counters[name] for name in chosen}
