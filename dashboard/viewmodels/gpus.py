"""GPUs as cards: numbers with their limits, and only that trouble which there is."""

from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.viewmodels.looks import BAD, SIMULATED, WARN, Look
from dashboard.viewmodels.overview import Tile, gpus
from dashboard.viewmodels.readings import Readings
from dashboard.viewmodels.rows import Fact
from dashboard.viewmodels.units import ABSENT, count, quantity, share, size

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

_THROTTLE = "gpu_throttle_"
# Reasons that are no trouble: an idle GPU lowers its clocks.
_HARMLESS = ("idle", "application_clocks", "sync_boost", "display_clocks")
_REASONS = {
    "sw_power_cap": "power cap",
    "sw_thermal": "thermal (driver)",
    "hw_thermal": "thermal (hardware)",
    "hw_slowdown": "hardware slowdown",
    "hw_power_brake": "power brake",
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
    if now.get("gpu_lost", name):
        looks.insert(0, _LOST)
    elif now.get("gpu_stale", name):
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
    whole = now.get("gpu_memory_total_bytes", name)
    watts, limit = now.get("gpu_power_watts", name), now.get("gpu_power_limit_watts", name)
    celsius = now.get("gpu_temperature_celsius", name)
    slowdown = now.get("gpu_temperature_slowdown_celsius", name)
    numbers = (
        ("Utilisation", share(now.get("gpu_utilization_ratio", name)), ""),
        ("Memory", size(now.get("gpu_memory_used_bytes", name)), f"of {size(whole)}"),
        ("Temperature", _with_unit(celsius, "°C"), f"slows at {_with_unit(slowdown, '°C')}"),
        ("Power", _with_unit(watts, "W"), f"of {_with_unit(limit, 'W')}"),
        ("Fan", share(now.get("gpu_fan_ratio", name)), ""),
        ("SM clock", quantity(now.get("gpu_clock_sm_hertz", name), "Hz"), ""),
    )
    return [
        Tile(name=title, value=value, lines=[detail] if detail and ABSENT not in detail else [])
        for title, value, detail in numbers
        if value != ABSENT
    ]


def _gpu_facts(now: Readings, name: str) -> Sequence[Fact]:
    """Return what a GPU is."""
    generation = now.get("gpu_pcie_generation", name)
    lanes = now.get("gpu_pcie_width_lanes", name)
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
    told += [
        f"slowed down: {_REASONS.get(reason, reason.replace('_', ' '))}"
        for gauge in sorted(now.values)
        if gauge.startswith(_THROTTLE) and now.get(gauge, name)
        if (reason := gauge.removeprefix(_THROTTLE)) not in _HARMLESS
    ]
    counters = (
        ("gpu_ecc_uncorrected_errors", "uncorrected memory errors"),
        ("gpu_ecc_corrected_errors", "corrected memory errors"),
        ("gpu_xid_errors", "driver errors (Xid)"),
    )
    told += [
        f"{count(value)} {words}" for gauge, words in counters if (value := now.get(gauge, name))
    ]
    return told


def _with_unit(value: float | None, unit: str) -> str:
    """Return a whole number with its unit."""
    return ABSENT if value is None else f"{value:,.0f} {unit}"
