"""GPUs as cards: numbers with their limits, and only that trouble which there is."""

from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.viewmodels.looks import BAD, SIMULATED, WARN, Look
from dashboard.viewmodels.overview import Tile, gpus
from dashboard.viewmodels.readings import Readings
from dashboard.viewmodels.rows import Fact
from dashboard.viewmodels.units import ABSENT, count, quantity, share, size
from monitors.gauges import Gauge

_LOST = Look(
    word="lost",
    icon=":material/error:",
    colour=BAD,
    help="The driver lost this GPU; it is asked again every half minute. Often only a reboot helps",
)
_STALE = Look(
    word="not answering",
    icon=":material/history:",
    colour=WARN,
    help="The driver is slow to answer for this GPU; its readings are absent until it does",
)

# The reasons that mean trouble; an idle GPU lowers its clocks, too.
_THROTTLES = {
    Gauge.GPU_THROTTLE_HW_POWER_BRAKE: "power brake",
    Gauge.GPU_THROTTLE_HW_SLOWDOWN: "hardware slowdown",
    Gauge.GPU_THROTTLE_HW_THERMAL: "thermal (hardware)",
    Gauge.GPU_THROTTLE_SW_POWER_CAP: "power cap",
    Gauge.GPU_THROTTLE_SW_THERMAL: "thermal (driver)",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuCard:
    """One GPU: its numbers, and only that trouble which there is."""

    name: str
    model: str
    looks: Sequence[Look]
    numbers: Sequence[Tile]
    trouble: Sequence[str]
    facts: Sequence[Fact]


def gpu_cards(now: Readings) -> Sequence[GpuCard]:
    """Return a card per GPU."""
    return [_gpu_card(now, name) for name in gpus(now)]


def _gpu_card(now: Readings, name: str) -> GpuCard:
    """Return the card of one GPU."""
    looks = [SIMULATED] if now.is_simulated(name) else []
    if now.get(Gauge.GPU_LOST, name):
        looks.insert(0, _LOST)
    elif now.get(Gauge.GPU_STALE, name):
        looks.insert(0, _STALE)
    return GpuCard(
        name=name,
        model=now.fact("name", name) or "GPU",
        looks=looks,
        numbers=_gpu_numbers(now, name),
        trouble=_trouble(now, name),
        facts=_gpu_facts(now, name),
    )


def _gpu_numbers(now: Readings, name: str) -> Sequence[Tile]:
    """Return the numbers of one GPU, each with its limit; what it does not tell is left out."""
    whole = now.get(Gauge.GPU_MEMORY_TOTAL_BYTES, name)
    watts, limit = now.get(Gauge.GPU_POWER_WATTS, name), now.get(Gauge.GPU_POWER_LIMIT_WATTS, name)
    celsius = now.get(Gauge.GPU_TEMPERATURE_CELSIUS, name)
    slowdown = now.get(Gauge.GPU_TEMPERATURE_SLOWDOWN_CELSIUS, name)
    numbers = (
        ("Utilisation", share(now.get(Gauge.GPU_UTILIZATION_RATIO, name)), ""),
        ("Memory", size(now.get(Gauge.GPU_MEMORY_USED_BYTES, name)), f"of {size(whole)}"),
        ("Temperature", _with_unit(celsius, "°C"), f"slows at {_with_unit(slowdown, '°C')}"),
        ("Power", _with_unit(watts, "W"), f"of {_with_unit(limit, 'W')}"),
        ("Fan", share(now.get(Gauge.GPU_FAN_RATIO, name)), ""),
        ("SM clock", quantity(now.get(Gauge.GPU_CLOCK_SM_HERTZ, name), "Hz"), ""),
    )
    return [
        Tile(name=title, value=value, lines=[detail] if detail and ABSENT not in detail else [])
        for title, value, detail in numbers
        if value != ABSENT
    ]


def _gpu_facts(now: Readings, name: str) -> Sequence[Fact]:
    """Return what a GPU is."""
    generation = now.get(Gauge.GPU_PCIE_GENERATION, name)
    lanes = now.get(Gauge.GPU_PCIE_WIDTH_LANES, name)
    facts = {
        "Model": now.fact("name", name),
        "Driver": now.fact("driver_version", name),
        "UUID": now.fact("uuid", name),
        "PCI": now.fact("pci_bus_id", name),
        "Link": f"PCIe {generation:.0f} x{lanes:.0f}" if generation and lanes else "",
        "State": now.fact("state", name),
    }
    return [Fact(name=key, value=text) for key, text in facts.items() if text]


def _trouble(now: Readings, name: str) -> Sequence[str]:
    """Return why a GPU is slowed down and which errors it counted; nothing that is zero."""
    reason = now.fact("reason", name)
    told = [reason] if reason else []
    told += [f"slowed down: {words}" for gauge, words in _THROTTLES.items() if now.get(gauge, name)]
    counters = (
        (Gauge.GPU_ECC_UNCORRECTED_ERRORS, "uncorrected memory errors"),
        (Gauge.GPU_ECC_CORRECTED_ERRORS, "corrected memory errors"),
        (Gauge.GPU_XID_ERRORS, "driver errors (Xid)"),
    )
    told += [
        f"{count(value)} {words}" for gauge, words in counters if (value := now.get(gauge, name))
    ]
    return told


def _with_unit(value: float | None, unit: str) -> str:
    """Return a whole number with its unit."""
    return ABSENT if value is None else f"{value:,.0f} {unit}"
