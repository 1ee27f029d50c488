"""Network interfaces: bytes and packets per second, counts of errors and drops."""

from collections.abc import Mapping
from pathlib import Path

from core.clock import Clock
from monitors.collector import Collection, Reading
from monitors.gauges import Gauge
from monitors.host.procfs import NetworkCounters, read_networks
from monitors.polling import RateMeter

_LOOPBACK = "lo"
_RATES = {
    Gauge.NETWORK_RECEIVE_BYTES_PER_SECOND: "receive_bytes",
    Gauge.NETWORK_TRANSMIT_BYTES_PER_SECOND: "transmit_bytes",
    Gauge.NETWORK_RECEIVE_PACKETS_PER_SECOND: "receive_packets",
    Gauge.NETWORK_TRANSMIT_PACKETS_PER_SECOND: "transmit_packets",
}
_COUNTS = {
    Gauge.NETWORK_RECEIVE_ERRORS: "receive_errors",
    Gauge.NETWORK_TRANSMIT_ERRORS: "transmit_errors",
    Gauge.NETWORK_RECEIVE_DROPS: "receive_drops",
    Gauge.NETWORK_TRANSMIT_DROPS: "transmit_drops",
}


class NetworkCollector:
    """Reads /proc/net/dev.

    Bridges, tunnels and virtual interfaces of containers count the same bytes again. Therefore only
    interfaces with hardware are listed: their sum is the traffic of the host.
    """

    name = "network"

    def __init__(self, root: Path, clock: Clock) -> None:
        """Read below `root`."""
        self._root = root
        self._meter: RateMeter[str, NetworkCounters] = RateMeter(clock)

    def collect(self) -> Collection:
        """Return the current readings; rates need two calls."""
        counters = self._external(read_networks(self._root))
        readings = [
            Reading(gauge=gauge, device=name, value=getattr(one, field))
            for name, one in counters.items()
            for gauge, field in _COUNTS.items()
        ]
        for change in self._meter.changes(counters):
            for gauge, field in _RATES.items():
                rate = change.rate(getattr(change.before, field), getattr(change.after, field))
                if rate is not None:
                    readings.append(Reading(gauge=gauge, device=change.key, value=rate))
        return Collection(readings=tuple(readings))

    def close(self) -> None:
        """Do nothing: no resource is held."""

    def _external(self, counters: Mapping[str, NetworkCounters]) -> Mapping[str, NetworkCounters]:
        """Return the interfaces with hardware; without any (in a container), all but loopback."""
        folder = self._root / "sys/class/net"
        hardware = [name for name in counters if (folder / name / "device").exists()]
        chosen = hardware or [name for name in counters if name != _LOOPBACK] or list(counters)
        return {name: counters[name] for name in chosen}
