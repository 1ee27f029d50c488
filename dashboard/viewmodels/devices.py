"""The Devices page: GPU cards, and a table per kind of hardware."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dashboard.viewmodels.elements import (
    SIMULATED,
    Badge,
    LabelledValue,
    Severity,
    Table,
    Tile,
    neutral_badge,
    severity_badge,
    success_badge,
)
from dashboard.viewmodels.formatting import (
    ABSENT,
    format_bytes,
    format_count,
    format_percent,
    format_quantity,
    format_rate,
)
from dashboard.viewmodels.readings import Readings, ratio
from monitors.collector import CollectorReport, ProcessReading
from monitors.gauges import Gauge

MAX_PROCESSES = 60

_LOST = severity_badge(
    Severity.CRITICAL,
    "lost",
    "The driver lost this GPU. Datahall queries it again every 30 s. Often a reboot is needed.",
)
_NOT_RESPONDING = severity_badge(
    Severity.WARNING,
    "not responding",
    "The driver does not answer for this GPU in time; its readings are absent until it does.",
)

# An idle GPU lowers its clocks, too; only these reasons are problems.
_THROTTLE_REASONS: Mapping[Gauge, str] = {
    Gauge.GPU_THROTTLE_HW_POWER_BRAKE: "power brake",
    Gauge.GPU_THROTTLE_HW_SLOWDOWN: "hardware slowdown",
    Gauge.GPU_THROTTLE_HW_THERMAL: "temperature (hardware)",
    Gauge.GPU_THROTTLE_SW_POWER_CAP: "power limit",
    Gauge.GPU_THROTTLE_SW_THERMAL: "temperature (driver)",
}
_ERROR_COUNTERS = (
    (Gauge.GPU_ECC_UNCORRECTED_ERRORS, "uncorrected ECC errors"),
    (Gauge.GPU_ECC_CORRECTED_ERRORS, "corrected ECC errors"),
    (Gauge.GPU_XID_ERRORS, "driver errors (Xid)"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuCard:
    """One GPU with its readings and its problems."""

    name: str
    model: str
    badges: Sequence[Badge]
    numbers: Sequence[Tile]
    problems: Sequence[str]
    details: Sequence[LabelledValue]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessRow:
    """One process; `run` is the id of the Datahall run that it belongs to."""

    pid: str
    user: str
    command: str
    cpu: str
    memory: str
    gpu: str
    gpu_memory: str
    run: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectorRow:
    """One collector in the newest sample."""

    name: str
    badge: Badge
    duration: str
    error: str


def gpu_cards(now: Readings) -> Sequence[GpuCard]:
    """Return a card per GPU."""
    return [_gpu_card(now, name) for name in now.gpus()]


def process_rows(processes: Sequence[ProcessReading]) -> Sequence[ProcessRow]:
    """Return the processes: GPU users first, then by CPU and memory."""
    ordered = sorted(
        processes,
        key=lambda process: (
            -(process.gpu_memory_bytes or 0),
            -process.cpu_ratio,
            -process.memory_bytes,
            process.pid,
        ),
    )
    return [
        ProcessRow(
            pid=str(item.pid),
            user=item.user,
            command=item.command,
            cpu=format_percent(item.cpu_ratio),
            memory=format_bytes(item.memory_bytes),
            gpu=item.gpu or "",
            gpu_memory=format_bytes(item.gpu_memory_bytes) if item.gpu else "",
            run=item.run,
        )
        for item in ordered[:MAX_PROCESSES]
    ]


def process_table(rows: Sequence[ProcessRow], run_names: Mapping[str, str]) -> Table:
    """Return the processes as a table; `run_names` are the names of runs by id."""
    return Table(
        header=("Command", "CPU", "Memory", "GPU", "GPU memory", "User", "Run", "PID"),
        rows=[
            (
                row.command, row.cpu, row.memory, row.gpu, row.gpu_memory, row.user,
                run_names.get(row.run, row.run) if row.run else "", row.pid,
            )
            for row in rows
        ],
    )  # fmt: skip


def core_ratios(now: Readings) -> Sequence[tuple[str, float]]:
    """Return the utilisation of each core."""
    return [
        (core, now.get(Gauge.CPU_BUSY_RATIO, core) or 0.0)
        for core in now.devices(Gauge.CPU_BUSY_RATIO)
    ]


def host_details(now: Readings) -> Sequence[LabelledValue]:
    """Return details of the processor and the operating system, without unknown values."""
    values = {
        "Processor": now.fact("cpu_model"),
        "System": now.fact("system"),
        "Kernel": now.fact("kernel"),
        "Architecture": now.fact("architecture"),
        "Frequency": format_quantity(now.get(Gauge.CPU_FREQUENCY_HERTZ), "Hz"),
        "Load average (1, 5, 15 min)": _loads(now),
    }
    return [
        LabelledValue(label=label, value=value)
        for label, value in values.items()
        if value not in ("", ABSENT)
    ]


def mount_table(now: Readings) -> Table:
    """Return the file systems: fullest first."""
    mounts = now.all(Gauge.DISK_TOTAL_BYTES)
    shares = {item: ratio(now.get(Gauge.DISK_USED_BYTES, item), mounts[item]) for item in mounts}
    return Table(
        header=("Mount", "Used", "Free", "Size", "Inodes used", "Type", "Device"),
        rows=[
            (
                item, format_percent(shares[item]),
                format_bytes(now.get(Gauge.DISK_AVAILABLE_BYTES, item)),
                format_bytes(mounts[item]), format_percent(_inodes(now, item)),
                now.fact("filesystem", item), now.fact("source", item),
            )
            for item in sorted(mounts, key=lambda mount: -(shares[mount] or 0.0))
        ],
    )  # fmt: skip


def disk_table(now: Readings) -> Table:
    """Return the block devices with throughput, utilisation and latency."""
    return Table(
        header=("Disk", "Read", "Write", "Utilisation", "Read latency", "Write latency"),
        rows=[
            (
                device, format_rate(now.get(Gauge.DISK_READ_BYTES_PER_SECOND, device)),
                format_rate(now.get(Gauge.DISK_WRITE_BYTES_PER_SECOND, device)),
                format_percent(now.get(Gauge.DISK_BUSY_RATIO, device)),
                _latency(now.get(Gauge.DISK_READ_LATENCY_SECONDS, device)),
                _latency(now.get(Gauge.DISK_WRITE_LATENCY_SECONDS, device)),
            )
            for device in now.devices(
                Gauge.DISK_READ_BYTES_PER_SECOND, Gauge.DISK_WRITE_BYTES_PER_SECOND
            )
        ],
    )  # fmt: skip


def network_table(now: Readings) -> Table:
    """Return the network interfaces; errors and drops are totals since boot."""
    counters = (
        Gauge.NETWORK_RECEIVE_ERRORS,
        Gauge.NETWORK_TRANSMIT_ERRORS,
        Gauge.NETWORK_RECEIVE_DROPS,
        Gauge.NETWORK_TRANSMIT_DROPS,
    )
    return Table(
        header=(
            "Interface", "Receive", "Transmit", "Receive errors", "Transmit errors",
            "Receive drops", "Transmit drops",
        ),
        rows=[
            (
                device, format_rate(now.get(Gauge.NETWORK_RECEIVE_BYTES_PER_SECOND, device)),
                format_rate(now.get(Gauge.NETWORK_TRANSMIT_BYTES_PER_SECOND, device)),
                *(format_count(now.get(counter, device)) for counter in counters),
            )
            for device in now.devices(Gauge.NETWORK_RECEIVE_BYTES_PER_SECOND, *counters)
        ],
    )  # fmt: skip


def sensor_table(now: Readings) -> Table:
    """Return temperatures and fans; empty where the host has no sensors."""
    temperatures = [
        (it, f"{value:.0f} °C", _degrees(now, Gauge.TEMPERATURE_CRITICAL_CELSIUS, it))
        for it, value in sorted(now.all(Gauge.TEMPERATURE_CELSIUS).items())
    ]
    fans = [
        (it, f"{value:,.0f} rpm", "") for it, value in sorted(now.all(Gauge.FAN_SPEED_RPM).items())
    ]
    return Table(header=("Sensor", "Value", "Critical"), rows=[*temperatures, *fans])


def collector_rows(reports: Sequence[CollectorReport]) -> Sequence[CollectorRow]:
    """Return the result of each collector in the newest sample."""
    return [
        CollectorRow(
            name=report.name,
            badge=_collector_badge(report),
            duration=f"{report.seconds * 1000:.1f} ms",
            error=report.error,
        )
        for report in reports
    ]


def _degrees(now: Readings, gauge: str, device: str) -> str:
    """Return a temperature limit; empty when there is none."""
    value = now.get(gauge, device)
    return "" if value is None else f"{value:.0f} °C"


def _loads(now: Readings) -> str:
    """Return the three load averages."""
    spans = (Gauge.LOAD_AVERAGE_1M, Gauge.LOAD_AVERAGE_5M, Gauge.LOAD_AVERAGE_15M)
    found = [now.get(span) for span in spans]
    return " ".join(f"{load:.2f}" for load in found if load is not None)


def _inodes(now: Readings, mount: str) -> float | None:
    """Return the share of inodes in use."""
    return ratio(now.get(Gauge.DISK_INODES_USED, mount), now.get(Gauge.DISK_INODES_TOTAL, mount))


def _latency(seconds: float | None) -> str:
    """Return a latency in milliseconds."""
    return ABSENT if seconds is None else f"{seconds * 1000:.2f} ms"


def _collector_badge(report: CollectorReport) -> Badge:
    """Return the badge of a collector; absent hardware is not a failure."""
    if report.success:
        return success_badge("OK")
    if not report.available:
        return neutral_badge("not available")
    return severity_badge(Severity.WARNING, "failed")


def _gpu_card(now: Readings, name: str) -> GpuCard:
    """Return the card of one GPU."""
    badges = [SIMULATED] if now.is_simulated(name) else []
    if now.get(Gauge.GPU_LOST, name):
        badges.insert(0, _LOST)
    elif now.get(Gauge.GPU_STALE, name):
        badges.insert(0, _NOT_RESPONDING)
    return GpuCard(
        name=name,
        model=now.fact("name", name) or "GPU",
        badges=badges,
        numbers=_gpu_numbers(now, name),
        problems=_gpu_problems(now, name),
        details=_gpu_details(now, name),
    )


def _gpu_numbers(now: Readings, name: str) -> Sequence[Tile]:
    """Return the numbers of one GPU, each with its limit; those that were not read are left out."""
    total = now.get(Gauge.GPU_MEMORY_TOTAL_BYTES, name)
    watts, limit = now.get(Gauge.GPU_POWER_WATTS, name), now.get(Gauge.GPU_POWER_LIMIT_WATTS, name)
    celsius = now.get(Gauge.GPU_TEMPERATURE_CELSIUS, name)
    slowdown = now.get(Gauge.GPU_TEMPERATURE_SLOWDOWN_CELSIUS, name)
    numbers = (
        ("Utilisation", format_percent(now.get(Gauge.GPU_UTILIZATION_RATIO, name)), ""),
        (
            "Memory",
            format_bytes(now.get(Gauge.GPU_MEMORY_USED_BYTES, name)),
            f"of {format_bytes(total)}",
        ),
        ("Temperature", _with_unit(celsius, "°C"), f"throttles at {_with_unit(slowdown, '°C')}"),
        ("Power", _with_unit(watts, "W"), f"of {_with_unit(limit, 'W')}"),
        ("Fan", format_percent(now.get(Gauge.GPU_FAN_RATIO, name)), ""),
        ("SM clock", format_quantity(now.get(Gauge.GPU_CLOCK_SM_HERTZ, name), "Hz"), ""),
    )
    return [
        Tile(label=label, value=value, lines=[detail] if detail and ABSENT not in detail else [])
        for label, value, detail in numbers
        if value != ABSENT
    ]


def _gpu_details(now: Readings, name: str) -> Sequence[LabelledValue]:
    """Return model, driver and bus of a GPU."""
    generation = now.get(Gauge.GPU_PCIE_GENERATION, name)
    lanes = now.get(Gauge.GPU_PCIE_WIDTH_LANES, name)
    values = {
        "Model": now.fact("name", name),
        "Driver": now.fact("driver_version", name),
        "UUID": now.fact("uuid", name),
        "PCI address": now.fact("pci_bus_id", name),
        "Link": f"PCIe {generation:.0f} x{lanes:.0f}" if generation and lanes else "",
        "State": now.fact("state", name),
    }
    return [LabelledValue(label=label, value=value) for label, value in values.items() if value]


def _gpu_problems(now: Readings, name: str) -> Sequence[str]:
    """Return the reasons of throttled clocks, and the error counters that are not 0."""
    state_reason = now.fact("reason", name)
    throttled = [
        f"Throttled: {reason}"
        for gauge, reason in _THROTTLE_REASONS.items()
        if now.get(gauge, name)
    ]
    errors = [
        f"{format_count(value)} {words}"
        for gauge, words in _ERROR_COUNTERS
        if (value := now.get(gauge, name))
    ]
    return [*([state_reason] if state_reason else []), *throttled, *errors]


def _with_unit(value: float | None, unit: str) -> str:
    """Format a whole number with its unit."""
    return ABSENT if value is None else f"{value:,.0f} {unit}"
