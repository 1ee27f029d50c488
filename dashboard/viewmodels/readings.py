"""The newest readings as a lookup table by gauge and device; what was not read is None."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from monitors.collector import HostState
from monitors.gauges import Gauge
from monitors.store.interface import SeriesKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Readings:
    """One sample of the host.

    `known` are the series with stored samples: an idle disk has no latency reading now, but it has
    a latency chart.
    """

    values: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    facts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    known: frozenset[SeriesKey] = frozenset()

    def get(self, gauge: str, device: str = "") -> float | None:
        """Return one value, or None when it was not read."""
        return self.values.get(gauge, {}).get(device)

    def all(self, gauge: str) -> Mapping[str, float]:
        """Return the values of every device that has the gauge."""
        return self.values.get(gauge, {})

    def total(self, gauge: str) -> float | None:
        """Return the host's own value, else the sum over devices; None when none has the gauge."""
        found = self.all(gauge)
        return found.get("", sum(found.values())) if found else None

    def fact(self, name: str, device: str = "") -> str:
        """Return one text about a device; empty when it is unknown."""
        return self.facts.get(device, {}).get(name, "")

    def is_simulated(self, device: str) -> bool:
        """Whether the demo mode generates this device."""
        return "simulated" in self.facts.get(device, {})

    def devices(self, *gauges: str) -> Sequence[str]:
        """Return the devices that have one of the gauges, `gpu2` before `gpu10`; not the host."""
        found = {device for gauge in gauges for device in self.all(gauge) if device}
        return sorted(found, key=_natural_key)

    def gpus(self) -> Sequence[str]:
        """Return the GPUs, by number, including lost ones."""
        return self.devices(
            Gauge.GPU_MEMORY_TOTAL_BYTES, Gauge.GPU_UTILIZATION_RATIO, Gauge.GPU_LOST
        )

    def has_samples(self, gauge: str, device: str) -> bool:
        """Whether a series has anything to draw."""
        return device in self.all(gauge) or SeriesKey(gauge=gauge, device=device) in self.known


def read(state: HostState, known: Iterable[SeriesKey] = ()) -> Readings:
    """Return a sample as a lookup table."""
    values: dict[str, dict[str, float]] = {}
    for reading in state.readings:
        values.setdefault(reading.gauge, {})[reading.device] = reading.value
    facts: dict[str, dict[str, str]] = {}
    for fact in state.facts:
        facts.setdefault(fact.device, {})[fact.name] = fact.text
    return Readings(values=values, facts=facts, known=frozenset(known))


def ratio(part: float | None, total: float | None) -> float | None:
    """Return `part / total`, or None when either is unknown or the total is 0."""
    return None if part is None or not total else part / total


def _natural_key(name: str) -> tuple[str, int, str]:
    """Return a key that sorts numbered names by number."""
    stem = name.rstrip("0123456789")
    return stem, int(name[len(stem) :] or -1), name
