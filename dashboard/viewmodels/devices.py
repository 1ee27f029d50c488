"""Every device of the host as rows, and what runs on them."""

from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.viewmodels.looks import BAD, OFF, OK, Look
from dashboard.viewmodels.readings import Readings, ratio
from dashboard.viewmodels.rows import Fact, Table
from dashboard.viewmodels.units import ABSENT, count, quantity, rate, share, size
from monitors.collector import CollectorReport, ProcessReading
from monitors.gauges import Gauge

MOST_PROCESSES = 60


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
        (core, now.get(Gauge.CPU_BUSY_RATIO, core) or 0.0)
        for core in now.devices(Gauge.CPU_BUSY_RATIO)
    ]


def cpu_facts(now: Readings) -> Sequence[Fact]:
    """Return what the host is."""
    wanted = {
        "Processor": now.fact("cpu_model"),
        "System": now.fact("system"),
        "Kernel": now.fact("kernel"),
        "Architecture": now.fact("architecture"),
        "Frequency": quantity(now.get(Gauge.CPU_FREQUENCY_HERTZ), "Hz"),
        "Load": _loads(now),
    }
    return [Fact(name=name, value=value) for name, value in wanted.items() if value not in ABSENT]


def mount_table(now: Readings) -> Table:
    """Return the file systems: fullest first."""
    mounts = now.all(Gauge.DISK_TOTAL_BYTES)
    shares = {it: ratio(now.get(Gauge.DISK_USED_BYTES, it), mounts[it]) or 0.0 for it in mounts}
    return Table(
        header=("Mount", "Used", "Free", "Size", "Inodes used", "Kind", "Device"),
        rows=[
            (
                it, share(shares[it]), size(now.get(Gauge.DISK_AVAILABLE_BYTES, it)),
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
                it, rate(now.get(Gauge.DISK_READ_BYTES_PER_SECOND, it)),
                rate(now.get(Gauge.DISK_WRITE_BYTES_PER_SECOND, it)),
                share(now.get(Gauge.DISK_BUSY_RATIO, it)),
                _latency(now.get(Gauge.DISK_READ_LATENCY_SECONDS, it)),
                _latency(now.get(Gauge.DISK_WRITE_LATENCY_SECONDS, it)),
            )
            for it in now.devices(
                Gauge.DISK_READ_BYTES_PER_SECOND, Gauge.DISK_WRITE_BYTES_PER_SECOND
            )
        ],
    )  # fmt: skip


def network_table(now: Readings) -> Table:
    """Return the network interfaces; errors and drops are counted since they came up."""
    counters = (
        Gauge.NETWORK_RECEIVE_ERRORS,
        Gauge.NETWORK_TRANSMIT_ERRORS,
        Gauge.NETWORK_RECEIVE_DROPS,
        Gauge.NETWORK_TRANSMIT_DROPS,
    )
    return Table(
        header=("Interface", "In", "Out", "Errors in", "Errors out", "Drops in", "Drops out"),
        rows=[
            (
                it, rate(now.get(Gauge.NETWORK_RECEIVE_BYTES_PER_SECOND, it)),
                rate(now.get(Gauge.NETWORK_TRANSMIT_BYTES_PER_SECOND, it)),
                *(count(now.get(counter, it)) for counter in counters),
            )
            for it in now.devices(Gauge.NETWORK_RECEIVE_BYTES_PER_SECOND, *counters)
        ],
    )  # fmt: skip


def sensor_table(now: Readings) -> Table:
    """Return temperatures and fans; empty where the host has no sensors."""
    warm = [
        (it, f"{value:.0f} °C", _degrees(now, Gauge.TEMPERATURE_CRITICAL_CELSIUS, it))
        for it, value in sorted(now.all(Gauge.TEMPERATURE_CELSIUS).items())
    ]
    fans = [
        (it, f"{value:,.0f} rpm", "") for it, value in sorted(now.all(Gauge.FAN_SPEED_RPM).items())
    ]
    return Table(header=("Sensor", "Now", "Critical"), rows=[*warm, *fans])


def collector_rows(reports: Sequence[CollectorReport]) -> Sequence[tuple[str, Look, str, str]]:
    """Return (name, look, milliseconds, what is wrong) of each collector."""
    return [
        (report.name, _collector_look(report), f"{report.seconds * 1000:.1f} ms", report.error)
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


def _collector_look(report: CollectorReport) -> Look:
    """Return how a collector fared."""
    if report.success:
        return Look(word="works", icon=":material/check_circle:", colour=OK)
    if not report.available:
        return Look(word="not here", icon=":material/do_not_disturb_on:", colour=OFF)
    return Look(word="failed", icon=":material/error:", colour=BAD)
