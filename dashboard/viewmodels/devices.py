"""Every device of the host as rows, and what runs on them."""

from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.viewmodels.looks import BAD, OFF, OK, SIMULATED, WARN, Look
from dashboard.viewmodels.overview import Tile, gpus
from dashboard.viewmodels.readings import Readings, ratio
from dashboard.viewmodels.rows import Fact, Table
from dashboard.viewmodels.units import ABSENT, count, number, quantity, rate, share, size
from monitors.collector import CollectorReport, ProcessReading

MOST_PROCESSES = 60

_LOST = Look(
    word="lost",
    icon=":material/error:",
    colour=BAD,
    help="The driver lost this GPU: it does not answer until the host restarts",
)
_STALE = Look(
    word="not answering",
    icon=":material/history:",
    colour=WARN,
    help="Its last readings are shown; the driver is slow to answer",
)

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


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessRow:
    """One process; `run` is the id of the Datahall run that it works for."""

    pid: str
    user: str
    command: str
    cpu: str
    memory: str
    gpu: str
    gpu_memory: str
    run: str | None


def gpu_cards(now: Readings) -> Sequence[GpuCard]:
    """Return a card per GPU."""
    return [_gpu_card(now, name) for name in gpus(now)]


def process_rows(processes: Sequence[ProcessReading]) -> Sequence[ProcessRow]:
    """Return the processes: GPU users first, then by CPU and memory."""
    ordered = sorted(
        processes,
        key=lambda it: (-(it.gpu_memory_bytes or 0), -it.cpu_ratio, -it.memory_bytes, it.pid),
    )
    return [
        ProcessRow(
            pid=str(it.pid),
            user=it.user,
            command=it.command,
            cpu=share(it.cpu_ratio),
            memory=size(it.memory_bytes),
            gpu=it.gpu or "",
            gpu_memory=size(it.gpu_memory_bytes) if it.gpu else "",
            run=it.run,
        )
        for it in ordered[:MOST_PROCESSES]
    ]


def process_table(rows: Sequence[ProcessRow], runs: dict[str, str]) -> Table:
    """Return the processes as a table; `runs` names runs by id."""
    return Table(
        header=("Command", "CPU", "Memory", "GPU", "GPU memory", "User", "Run", "Process"),
        rows=[
            (
                it.command, it.cpu, it.memory, it.gpu, it.gpu_memory, it.user,
                runs.get(it.run, it.run) if it.run else "", it.pid,
            )
            for it in rows
        ],
    )  # fmt: skip


def core_shares(now: Readings) -> Sequence[tuple[str, float]]:
    """Return how busy each core is."""
    return [
        (core, now.get("cpu_busy_ratio", core) or 0.0) for core in now.devices("cpu_busy_ratio")
    ]


def cpu_facts(now: Readings) -> Sequence[Fact]:
    """Return what the host is."""
    wanted = {
        "Processor": now.fact("cpu_model"),
        "System": now.fact("system"),
        "Kernel": now.fact("kernel"),
        "Architecture": now.fact("architecture"),
        "Frequency": quantity(now.get("cpu_frequency_hertz"), "Hz"),
        "Load": _loads(now),
    }
    return [Fact(name=name, value=value) for name, value in wanted.items() if value not in ABSENT]


def mount_table(now: Readings) -> Table:
    """Return the file systems: fullest first."""
    mounts = now.all("disk_total_bytes")
    shares = {it: ratio(now.get("disk_used_bytes", it), mounts[it]) or 0.0 for it in mounts}
    return Table(
        header=("Mount", "Used", "Free", "Size", "Inodes used", "Kind", "Device"),
        rows=[
            (
                it, share(shares[it]), size(now.get("disk_available_bytes", it)),
                size(mounts[it]), share(_inodes(now, it)),
                now.fact("filesystem", it), now.fact("source", it),
            )
            for it in sorted(mounts, key=lambda it: -shares[it])
        ],
    )  # fmt: skip


def disk_table(now: Readings) -> Table:
    """Return the block devices: what they read and write, how long a request takes."""
    return Table(
        header=("Disk", "Read", "Write", "Busy", "Read latency", "Write latency"),
        rows=[
            (
                it, rate(now.get("disk_read_bytes_per_second", it)),
                rate(now.get("disk_write_bytes_per_second", it)),
                share(now.get("disk_busy_ratio", it)),
                _latency(now.get("disk_read_latency_seconds", it)),
                _latency(now.get("disk_write_latency_seconds", it)),
            )
            for it in now.devices("disk_read_bytes_per_second", "disk_write_bytes_per_second")
        ],
    )  # fmt: skip


def network_table(now: Readings) -> Table:
    """Return the network interfaces."""
    return Table(
        header=("Interface", "In", "Out", "Errors in", "out /s", "Drops in", "out /s "),
        rows=[
            (
                it, rate(now.get("network_receive_bytes_per_second", it)),
                rate(now.get("network_transmit_bytes_per_second", it)),
                *(
                    number(now.get(f"network_{way}_{kind}_per_second", it), 2)
                    for kind in ("errors", "drops")
                    for way in ("receive", "transmit")
                ),
            )
            for it in now.devices("network_receive_bytes_per_second")
        ],
    )  # fmt: skip


def sensor_table(now: Readings) -> Table:
    """Return temperatures and fans; empty where the host has no sensors."""
    warm = [
        (it, f"{value:.0f} °C", _degrees(now, "temperature_critical_celsius", it))
        for it, value in sorted(now.all("temperature_celsius").items())
    ]
    fans = [(it, f"{value:,.0f} rpm", "") for it, value in sorted(now.all("fan_speed_rpm").items())]
    return Table(header=("Sensor", "Now", "Critical"), rows=[*warm, *fans])


def collector_rows(reports: Sequence[CollectorReport]) -> Sequence[tuple[str, Look, str, str]]:
    """Return (name, look, milliseconds, what is wrong) of each collector."""
    return [
        (report.name, _collector_look(report), f"{report.seconds * 1000:.1f} ms", report.error)
        for report in reports
    ]


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
    told = [
        f"slowed down: {_REASONS.get(reason, reason.replace('_', ' '))}"
        for gauge in sorted(now.values)
        if gauge.startswith(_THROTTLE) and now.get(gauge, name)
        if (reason := gauge.removeprefix(_THROTTLE)) not in _HARMLESS
    ]
    counters = (
        ("gpu_ecc_uncorrected_errors", "uncorrected memory errors"),
        ("gpu_ecc_corrected_errors", "corrected memory errors"),
        ("gpu_xid_errors", "driver errors (Xid)"),
        ("gpu_retired_pages", "retired memory pages"),
    )
    told += [
        f"{count(value)} {words}" for gauge, words in counters if (value := now.get(gauge, name))
    ]
    return told


_THROTTLE = "gpu_throttle_"


def _with_unit(value: float | None, unit: str) -> str:
    """Return a whole number with its unit."""
    return ABSENT if value is None else f"{value:,.0f} {unit}"


def _degrees(now: Readings, gauge: str, device: str) -> str:
    """Return a temperature limit; empty when there is none."""
    value = now.get(gauge, device)
    return "" if value is None else f"{value:.0f} °C"


def _loads(now: Readings) -> str:
    """Return the three load averages."""
    found = [now.get(f"load_average_{span}") for span in ("1m", "5m", "15m")]
    return " ".join(f"{load:.2f}" for load in found if load is not None)


def _inodes(now: Readings, mount: str) -> float | None:
    """Return the share of inodes in use."""
    return ratio(now.get("disk_inodes_used", mount), now.get("disk_inodes_total", mount))


def _latency(seconds: float | None) -> str:
    """Return a latency in milliseconds."""
    return ABSENT if seconds is None else f"{seconds * 1000:.2f} ms"


def _collector_look(report: CollectorReport) -> Look:
    """Return how a collector fared."""
    if report.success:
        return Look(word="works", icon=":material/check_circle:", colour=OK)
    if not report.available:
        return Look(word="not here", icon=":material/do_not_disturb_on:", colour=OFF)
    return Look(word="failed", icon=":material/error:", colour=BAD)
