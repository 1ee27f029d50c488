"""Network interfaces: bytes, packets, errors and drops per second."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from core.clock import Clock
from monitors.collector import Collection, Reading
from monitors.meter import Change, Meter
from monitors.procfs import NetworkCounters, read_networks

_LOOPBACK = "lo"
_PLUMBING = ("veth", "ifb", "tap", "tunl", "sit", "ip6tnl", "gre", "erspan", "dummy")
_UNITS = {
    "receive_bytes": "network_receive_bytes_per_second",
    "transmit_bytes": "network_transmit_bytes_per_second",
    "receive_packets": "network_receive_packets_per_second",
    "transmit_packets": "network_transmit_packets_per_second",
    "receive_errors": "network_receive_errors_per_second",
    "transmit_errors": "network_transmit_errors_per_second",
    "receive_drops": "network_receive_drops_per_second",
    "transmit_drops": "network_transmit_drops_per_second",
}
_SUMMED = ("receive_bytes", "transmit_bytes")


class NetworkCollector:
    """Reads /proc/net/dev. Device "" is the host: its hardware interfaces together."""

    name = "network"

    def __init__(self, root: Path, clock: Clock) -> None:
        """Read below `root`."""
        self._root = root
        self._meter: Meter[str, NetworkCounters] = Meter(clock)

    def collect(self) -> Collection:
        """Read once; rates need two ticks."""
        counters = {
            name: one
            for name, one in read_networks(self._root).items()
            if not name.startswith(_PLUMBING)
        }
        rates = {change.device: dict(_rates(change)) for change in self._meter.changes(counters)}
        readings = [
            Reading(gauge=_UNITS[field], device=name, value=value)
            for name, fields in rates.items()
            for field, value in fields.items()
        ]
        return Collection(readings=(*readings, *self._sums(rates)))

    def close(self) -> None:
        """Nothing is held."""

    def _sums(self, rates: Mapping[str, Mapping[str, float]]) -> Iterator[Reading]:
        """Yield the host's traffic; bridges and tunnels carry the same bytes once more."""
        outside = [name for name in rates if name != _LOOPBACK]
        folder = self._root / "sys/class/net"
        hardware = [name for name in outside if (folder / name / "device").exists()]
        for field in _SUMMED:
            values = [rates[name][field] for name in hardware or outside if field in rates[name]]
            if values:
                yield Reading(gauge=_UNITS[field], device="", value=sum(values))


def _rates(change: Change[str, NetworkCounters]) -> Iterator[tuple[str, float]]:
    """Yield (field, growth per second) of one interface."""
    for field in _UNITS:
        rate = change.rate(getattr(change.before, field), getattr(change.after, field))
        if rate is not None:
            yield field, rate
