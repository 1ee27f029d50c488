"""The newest readings, ready to be asked: by gauge and device. What was not read is None."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from monitors.collector import HostState
from monitors.store.interface import SeriesKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Readings:
    """One tick as a table of gauges.

    `known` are the series that have samples: a disk without requests has no latency just now, but
    a curve of it.
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
        """Return one text about a device; empty when it is not known."""
        return self.facts.get(device, {}).get(name, "")

    def is_simulated(self, device: str) -> bool:
        """Whether a device is made up."""
        return "simulated" in self.facts.get(device, {})

    def devices(self, *gauges: str) -> Sequence[str]:
        """Return the devices that have one of the gauges, `gpu2` before `gpu10`; not the host."""
        found = {device for gauge in gauges for device in self.all(gauge) if device}
        return sorted(found, key=_natural)

    def has_curve(self, gauge: str, device: str) -> bool:
        """Whether there is something to draw of a series."""
        return device in self.all(gauge) or SeriesKey(gauge=gauge, device=device) in self.known


def read(state: HostState, known: Iterable[SeriesKey] = ()) -> Readings:
    """Return a tick as a table."""
    values: dict[str, dict[str, float]] = {}
    for reading in state.readings:
        values.setdefault(reading.gauge, {})[reading.device] = reading.value
    facts: dict[str, dict[str, str]] = {}
    for fact in state.facts:
        facts.setdefault(fact.device, {})[fact.name] = fact.text
    return Readings(values=values, facts=facts, known=frozenset(known))


def ratio(part: float | None, whole: float | None) -> float | None:
    """Return a share, or None when it cannot be told."""
    return None if part is None or not whole else part / whole


def _natural(name: str) -> tuple[str, int, str]:
    """Return a key that sorts numbered names by number."""
    stem = name.rstrip("0123456789")
    return stem, int(name[len(stem) :] or -1), name
