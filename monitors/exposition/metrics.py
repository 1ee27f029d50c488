"""The newest tick as /metrics shows it: our gauges, then the names of node_exporter and DCGM.

So dashboards and rules that were written for those two find this host, too.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

from monitors.collector import HostState
from monitors.exposition.node_exporter import node_families
from monitors.exposition.openmetrics import Family, Sample, render
from monitors.gauges import DESCRIPTIONS, Gauge

_MEBIBYTE = float(1 << 20)
_MEGA, _MILLI, _KILO, _PERCENT = 1e6, 1e-3, 1e3, 1e-2

DCGM: Mapping[str, tuple[str, float]] = {
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
"""DCGM's field -> our gauge, and how much of its base unit one of DCGM's units is."""


def expose(state: HostState, root: Path) -> str:
    """Return the tick as OpenMetrics text."""
    return render([*_own(state), *node_families(state, root), *_dcgm(state)])


def _own(state: HostState) -> Iterator[Family]:
    """Yield our gauges by their own names."""
    samples: dict[str, list[Sample]] = {}
    for one in state.readings:
        labels = {"device": one.device} if one.device else {}
        samples.setdefault(one.gauge, []).append(Sample(value=one.value, labels=labels))
    for gauge, given in samples.items():
        yield Family(name=gauge, kind="gauge", text=DESCRIPTIONS.get(gauge, gauge), samples=given)


def _dcgm(state: HostState) -> Iterator[Family]:
    """Yield the GPUs by DCGM's names, all as gauges: DCGM's counters lack OpenMetrics' suffix."""
    values: dict[str, dict[str, float]] = {}
    for one in state.readings:
        if one.gauge.startswith("gpu_"):
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
    # DCGM gives the number of the last error, 0 before the first.
    last = dict.fromkeys(values.get(Gauge.GPU_XID_ERRORS, {}), 0.0)
    last |= {fact.device: float(fact.text) for fact in state.facts if fact.name == "xid"}
    yield _gpu_family("DCGM_FI_DEV_XID_ERRORS", last, 1.0, labels)


def _gpu_family(
    name: str,
    values: Mapping[str, float],
    unit: float,
    labels: Mapping[str, Mapping[str, str]],
) -> Family:
    """Return one of DCGM's fields for all GPUs."""
    samples = [
        Sample(value=value / unit, labels=labels.get(device, {"device": device}))
        for device, value in values.items()
    ]
    return Family(name=name, kind="gauge", text=f"GPU field {name}.", samples=samples)


def _gpu_labels(state: HostState) -> Mapping[str, Mapping[str, str]]:
    """Return the labels that dcgm-exporter gives each GPU, and `simulated` where it is so."""
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
