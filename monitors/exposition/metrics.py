"""The newest tick as OpenMetrics text: our gauges, and the names of node_exporter and DCGM.

Dashboards and alert rules that were written for these two exporters also work with Datahall.

The text is written by `prometheus_client`. Measured with 8 simulated GPUs (300 readings, 59 kB of
text) against our former writer, both running at the same time: a scrape takes 4.4 instead of 1.4 ms
of CPU time. The sampler takes 0.23 instead of 0.21 % of a core without scrapes, 0.37 instead of
0.27 % with one every 5 s, and 31.5 instead of 30.1 MiB of memory.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics.exposition import generate_latest
from prometheus_client.registry import Collector

from monitors.collector import HostState
from monitors.exposition.node_exporter import node_families
from monitors.gauges import DESCRIPTIONS, Gauge

_MEBIBYTE = float(1 << 20)
_MEGA, _MILLI, _KILO, _PERCENT = 1e6, 1e-3, 1e3, 1e-2

DCGM: Mapping[str, tuple[Gauge, float]] = {
    "DCGM_FI_DEV_GPU_UTIL": (Gauge.GPU_UTILIZATION_RATIO, _PERCENT),
    "DCGM_FI_DEV_MEM_COPY_UTIL": (Gauge.GPU_MEMORY_UTILIZATION_RATIO, _PERCENT),
    "DCGM_FI_DEV_FB_USED": (Gauge.GPU_MEMORY_USED_BYTES, _MEBIBYTE),
    "DCGM_FI_DEV_POWER_USAGE": (Gauge.GPU_POWER_WATTS, 1.0),
    "DCGM_FI_DEV_ENFORCED_POWER_LIMIT": (Gauge.GPU_POWER_LIMIT_WATTS, 1.0),
    "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION": (Gauge.GPU_ENERGY_JOULES, _MILLI),
    "DCGM_FI_DEV_GPU_TEMP": (Gauge.GPU_TEMPERATURE_CELSIUS, 1.0),
    "DCGM_FI_DEV_SLOWDOWN_TEMP": (Gauge.GPU_TEMPERATURE_SLOWDOWN_CELSIUS, 1.0),
    "DCGM_FI_DEV_SM_CLOCK": (Gauge.GPU_CLOCK_SM_HERTZ, _MEGA),
    "DCGM_FI_DEV_MEM_CLOCK": (Gauge.GPU_CLOCK_MEMORY_HERTZ, _MEGA),
    "DCGM_FI_DEV_FAN_SPEED": (Gauge.GPU_FAN_RATIO, _PERCENT),
    "DCGM_FI_DEV_ECC_SBE_VOL_TOTAL": (Gauge.GPU_ECC_CORRECTED_ERRORS, 1.0),
    "DCGM_FI_DEV_ECC_DBE_VOL_TOTAL": (Gauge.GPU_ECC_UNCORRECTED_ERRORS, 1.0),
    "DCGM_FI_DEV_PCIE_LINK_GEN": (Gauge.GPU_PCIE_GENERATION, 1.0),
    "DCGM_FI_DEV_PCIE_LINK_WIDTH": (Gauge.GPU_PCIE_WIDTH_LANES, 1.0),
    "DCGM_FI_DEV_PCIE_RX_THROUGHPUT": (Gauge.GPU_PCIE_RECEIVE_BYTES_PER_SECOND, _KILO),
    "DCGM_FI_DEV_PCIE_TX_THROUGHPUT": (Gauge.GPU_PCIE_TRANSMIT_BYTES_PER_SECOND, _KILO),
}
"""Field of DCGM -> our gauge, and the factor from DCGM's unit to our base unit."""

Labels = Mapping[str, str]


class TickCollector(Collector):
    """The metric families of one tick, for prometheus_client."""

    def __init__(self, state: HostState, root: Path) -> None:
        """Store the tick; counters of node_exporter are read from `root`/proc."""
        self._state = state
        self._root = root

    def collect(self) -> Iterable[Metric]:
        """Yield the families that have samples."""
        for families in (_own(self._state), node_families(self._state, self._root),
                         _dcgm(self._state)):  # fmt: skip
            yield from (family for family in families if family.samples)


def render_metrics(state: HostState, root: Path) -> bytes:
    """Return the tick as OpenMetrics text."""
    return bytes(generate_latest(TickCollector(state, root)))  # type: ignore[no-untyped-call]  # the package has no annotation here


def _own(state: HostState) -> Iterator[Metric]:
    """Yield our gauges under their own names."""
    families: dict[str, Metric] = {}
    for one in state.readings:
        if one.gauge not in families:
            text = DESCRIPTIONS.get(one.gauge, one.gauge)
            families[one.gauge] = Metric(one.gauge, text, "gauge")
        labels = {"device": one.device} if one.device else {}
        families[one.gauge].add_sample(one.gauge, labels, one.value)
    yield from families.values()


def _dcgm(state: HostState) -> Iterator[Metric]:
    """Yield the GPUs under DCGM's names, all as gauges: its counters lack the suffix `_total`."""
    values: dict[str, dict[str, float]] = {}
    for one in state.readings:
        values.setdefault(one.gauge, {})[one.device] = one.value
    labels = _gpu_labels(state)
    for name, (gauge, unit) in DCGM.items():
        yield _gpu_family(name, values.get(gauge, {}), unit, labels)
    used = values.get(Gauge.GPU_MEMORY_USED_BYTES, {})
    free = {
        device: total - used[device]
        for device, total in values.get(Gauge.GPU_MEMORY_TOTAL_BYTES, {}).items()
        if device in used
    }
    yield _gpu_family("DCGM_FI_DEV_FB_FREE", free, _MEBIBYTE, labels)
    # The number of the last error, 0 before the first.
    last = dict.fromkeys(values.get(Gauge.GPU_XID_ERRORS, {}), 0.0)
    last |= {fact.device: float(fact.text) for fact in state.facts if fact.name == "xid"}
    yield _gpu_family("DCGM_FI_DEV_XID_ERRORS", last, 1.0, labels)


def _gpu_family(
    name: str, values: Mapping[str, float], unit: float, labels: Mapping[str, Labels]
) -> Metric:
    """Return one field of DCGM for all GPUs."""
    family = Metric(name, f"GPU field {name}.", "gauge")
    for device, value in values.items():
        family.add_sample(name, dict(labels.get(device, {"device": device})), value / unit)
    return family


def _gpu_labels(state: HostState) -> Mapping[str, Labels]:
    """Return the labels that dcgm-exporter gives each GPU; simulated ones have one more."""
    facts: dict[str, dict[str, str]] = {}
    for fact in state.facts:
        if fact.device.startswith("gpu"):
            facts.setdefault(fact.device, {})[fact.name] = fact.text
    return {
        device: {
            "gpu": device.removeprefix("gpu"),
            "UUID": known.get("uuid", ""),
            "pci_bus_id": known.get("pci_bus_id", ""),
            "device": f"nvidia{device.removeprefix('gpu')}",
            "modelName": known.get("name", ""),
            "Hostname": state.host,
            **({"simulated": "true"} if "simulated" in known else {}),
        }
        for device, known in facts.items()
    }
