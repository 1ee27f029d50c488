"""Every device of the host as rows, and what runs on them."""

from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.viewmodels.looks import BAD, OFF, OK, Look
from dashboard.viewmodels.readings import Readings, ratio
from dashboard.viewmodels.rows import Fact, Table
from dashboard.viewmodels.units import ABSENT, count, quantity, rate, share, size
from monitors.collector import CollectorReport, ProcessReading

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
    """Return the network interfaces; errors and drops are counted since they came up."""
    counters = (
        "network_receive_errors",
        "network_transmit_errors",
        "network_receive_drops",
        "network_transmit_drops",
    )
    return Table(
        header=("Interface", "In", "Out", "Errors in", "Errors out", "Drops in", "Drops out"),
        rows=[
            (
                it, rate(now.get("network_receive_bytes_per_second", it)),
                rate(now.get("network_transmit_bytes_per_second", it)),
                *(count(now.get(counter, it)) for counter in counters),
            )
            for it in now.devices("network_receive_bytes_per_second", *counters)
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


def _degrees(now: Readings, gauge: str, device: str) -> str:
    """Return a temperature limit; empty when there is none."""
    value = now.get(gauge, device)
    return "" if value is None else f"{value:.0f} °C"


def _loads(now: Readings) -> str:
    """Return the three load averages."""
    spans = ("load_average_1m", "load_average_5m", "load_average_15m")
    found = [now.get(span) for span in spans]
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
