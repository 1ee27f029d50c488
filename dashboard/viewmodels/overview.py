"""The status row of the Overview: one tile per kind of device, and one for the runs."""

from collections.abc import Sequence
from dataclasses import replace

from core.jobs.launcher import JobState
from dashboard.viewmodels.elements import SIMULATED, Badge, Severity, Tile, severity_badge
from dashboard.viewmodels.formatting import (
    ABSENT,
    format_bytes,
    format_percent,
    format_rate,
    pluralize,
)
from dashboard.viewmodels.readings import Readings, ratio, read
from dashboard.viewmodels.runs import RunRow
from monitors.collector import HostState
from monitors.gauges import Gauge

FULL_RATIO, NEARLY_FULL_RATIO = 0.95, 0.85
LOW_MEMORY_RATIO = 0.92

_NEARLY_FULL = severity_badge(Severity.WARNING, "nearly full")
_FULL = severity_badge(Severity.CRITICAL, "full")
_LOW_MEMORY = severity_badge(Severity.WARNING, "low memory")
_GPU_LOST = severity_badge(Severity.CRITICAL, "GPU lost")


def host_tiles(state: HostState, *, is_stale: bool) -> Sequence[Tile]:
    """Return the tiles of this host; without GPU readings there is no GPU tile."""
    now = read(state)
    tiles = [
        *_gpu_tiles(now),
        _cpu_tile(now),
        _memory_tile(now),
        _storage_tile(now),
        _network_tile(now),
    ]
    return [replace(tile, is_stale=is_stale) for tile in tiles]


def runs_tile(rows: Sequence[RunRow]) -> Tile:
    """Return the tile of training runs: how many are active, how many failed."""
    active = sum(not row.is_over for row in rows)
    failed = sum(row.state in (JobState.FAILED, JobState.CRASHED) for row in rows)
    running = next((row for row in rows if row.state is JobState.RUNNING), None)
    total = f"{len(rows)} total" + (f", {failed} failed" if failed else "")
    left = (
        []
        if running is None or running.left == ABSENT
        else [f"{running.name}: {running.left} left"]
    )
    return Tile(label="Runs", value=f"{active} active", lines=[total, *left])


def no_gpu_notice(state: HostState) -> str:
    """Return the reason for missing GPU readings; empty if there are readings."""
    if read(state).gpus():
        return ""
    errors = [report.error for report in state.collectors if report.name == "gpu" and report.error]
    reason = errors[0] if errors else "No NVIDIA driver found"
    return (
        f"No GPU readings: {reason}. CPU, memory, storage and network are monitored. "
        'To see simulated GPUs, run "datahall up --demo".'
    )


def _gpu_tiles(now: Readings) -> Sequence[Tile]:
    """Return the tiles of all GPUs together."""
    names = now.gpus()
    if not names:
        return []
    utilization = now.all(Gauge.GPU_UTILIZATION_RATIO).values()
    simulated = [SIMULATED] if any(now.is_simulated(name) for name in names) else []
    lost = [_GPU_LOST] if any(now.get(Gauge.GPU_LOST, name) for name in names) else []
    used, total = now.total(Gauge.GPU_MEMORY_USED_BYTES), now.total(Gauge.GPU_MEMORY_TOTAL_BYTES)
    hottest = max(now.all(Gauge.GPU_TEMPERATURE_CELSIUS).values(), default=None)
    watts, limit = now.total(Gauge.GPU_POWER_WATTS), now.total(Gauge.GPU_POWER_LIMIT_WATTS)
    of_limit = f" of {limit:,.0f}" if limit else ""
    return [
        Tile(
            label=now.fact("name", names[0]) or "GPU" if len(names) == 1 else f"{len(names)} GPUs",
            value=format_percent(sum(utilization) / len(utilization) if utilization else None),
            lines=[
                f"{'max ' if len(names) > 1 else ''}{_whole(hottest)} °C",
                f"{_whole(watts)}{of_limit} W",
            ],
            badges=[*lost, *simulated],
        ),
        Tile(
            label="GPU memory",
            value=format_percent(ratio(used, total)),
            lines=[f"{format_bytes(used)} of {format_bytes(total)}", *_fullest_gpu(now, names)],
            badges=simulated,
        ),
    ]


def _whole(value: float | None) -> str:
    """Format a whole number."""
    return ABSENT if value is None else f"{value:,.0f}"


def _fullest_gpu(now: Readings, names: Sequence[str]) -> Sequence[str]:
    """Return a line about the GPU with the least free memory, where there are several."""
    shares = {
        name: part
        for name in names
        if (part := ratio(
            now.get(Gauge.GPU_MEMORY_USED_BYTES, name), now.get(Gauge.GPU_MEMORY_TOTAL_BYTES, name)
        )) is not None
    }  # fmt: skip
    if len(shares) <= 1:
        return []
    name = max(shares, key=shares.__getitem__)
    return [f"max {format_percent(shares[name])} ({name})"]


def _cpu_tile(now: Readings) -> Tile:
    """Return the tile of the CPU."""
    cores = now.devices(Gauge.CPU_BUSY_RATIO)
    load = now.get(Gauge.LOAD_AVERAGE_1M)
    pressure = now.get(Gauge.PRESSURE_CPU_SOME_RATIO)
    return Tile(
        label="CPU",
        value=format_percent(now.get(Gauge.CPU_BUSY_RATIO)),
        lines=[
            f"load {ABSENT if load is None else f'{load:.1f}'}, {pluralize(len(cores), 'core')}",
            *(() if pressure is None else (f"pressure {format_percent(pressure)}",)),
        ],
    )


def _memory_tile(now: Readings) -> Tile:
    """Return the tile of main memory."""
    used, total = now.get(Gauge.MEMORY_USED_BYTES), now.get(Gauge.MEMORY_TOTAL_BYTES)
    swap, swap_total = now.get(Gauge.SWAP_USED_BYTES), now.get(Gauge.SWAP_TOTAL_BYTES)
    part = ratio(used, total)
    return Tile(
        label="Memory",
        value=format_percent(part),
        lines=[
            f"{format_bytes(used)} of {format_bytes(total)}",
            f"swap {format_bytes(swap)} of {format_bytes(swap_total)}" if swap_total else "no swap",
        ],
        badges=[_LOW_MEMORY] if part is not None and part > LOW_MEMORY_RATIO else [],
    )


def _storage_tile(now: Readings) -> Tile:
    """Return the tile of the fullest file system."""
    shares = {
        mount: part
        for mount, total in now.all(Gauge.DISK_TOTAL_BYTES).items()
        if (part := ratio(now.get(Gauge.DISK_USED_BYTES, mount), total)) is not None
    }
    mount = max(shares, key=shares.__getitem__, default="")
    part = shares.get(mount)
    free = format_bytes(now.get(Gauge.DISK_AVAILABLE_BYTES, mount))
    return Tile(
        label="Storage",
        value=format_percent(part),
        lines=[
            f"{mount}: {free} free" if mount else ABSENT,
            f"read {format_rate(now.total(Gauge.DISK_READ_BYTES_PER_SECOND))}",
            f"write {format_rate(now.total(Gauge.DISK_WRITE_BYTES_PER_SECOND))}",
        ],
        badges=_fullness_badges(part),
    )


def _network_tile(now: Readings) -> Tile:
    """Return the tile of all network interfaces together."""
    errors = sum(
        value
        for gauge in (Gauge.NETWORK_RECEIVE_ERRORS, Gauge.NETWORK_TRANSMIT_ERRORS)
        for value in now.all(gauge).values()
    )
    interfaces = now.devices(Gauge.NETWORK_RECEIVE_BYTES_PER_SECOND)
    return Tile(
        label="Network",
        value=format_rate(now.total(Gauge.NETWORK_RECEIVE_BYTES_PER_SECOND)),
        lines=[
            "received",
            f"sent {format_rate(now.total(Gauge.NETWORK_TRANSMIT_BYTES_PER_SECOND))}",
            pluralize(len(interfaces), "interface"),
            *((f"{pluralize(int(errors), 'error')} since boot",) if errors else ()),
        ],
    )


def _fullness_badges(part: float | None) -> Sequence[Badge]:
    """Return the badge of a file system that is nearly full."""
    if part is None or part < NEARLY_FULL_RATIO:
        return []
    return [_FULL if part >= FULL_RATIO else _NEARLY_FULL]
