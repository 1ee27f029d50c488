"""The status row: one tile per kind of device, the worst first in each."""

from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.viewmodels.looks import BAD, SIMULATED, WARN, Look
from dashboard.viewmodels.readings import Readings, ratio, read
from dashboard.viewmodels.runs import RunRow
from dashboard.viewmodels.units import ABSENT, counted, rate, share, size
from monitors.collector import HostState
from monitors.gauges import Gauge

FULL_RATIO, NEARLY_FULL_RATIO = 0.95, 0.85
LOW_MEMORY_RATIO = 0.92
NO_GPU = (
    "No NVIDIA driver found: CPU, memory, storage and network are watched all the same. "
    '"datahall up --demo" shows simulated GPUs.'
)

_FULL = Look(word="nearly full", icon=":material/warning:", colour=WARN)
_VERY_FULL = Look(word="full", icon=":material/error:", colour=BAD)
_SHORT = Look(word="short of memory", icon=":material/warning:", colour=WARN)
_LOST = Look(word="GPU lost", icon=":material/error:", colour=BAD)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """One number with what explains it. `is_stale` tells that it is of the past."""

    name: str
    value: str
    lines: Sequence[str]
    looks: Sequence[Look] = ()
    is_stale: bool = False


def tiles(state: HostState, *, is_stale: bool) -> Sequence[Tile]:
    """Return the tiles of this host; without GPU readings there is no GPU tile."""
    now = read(state)
    made = [
        *_gpu_tiles(now),
        _cpu_tile(now),
        _memory_tile(now),
        _storage_tile(now),
        _network_tile(now),
    ]
    return [
        Tile(
            name=tile.name, value=tile.value, lines=tile.lines, looks=tile.looks, is_stale=is_stale
        )
        for tile in made
    ]


def runs_tile(rows: Sequence[RunRow]) -> Tile:
    """Return the tile of training runs: how many are at work, how many failed."""
    active = sum(not row.is_over for row in rows)
    bad = sum(row.look.word in ("failed", "crashed") for row in rows)
    busy = next((row for row in rows if row.look.word == "running"), None)
    return Tile(
        name="Runs",
        value=f"{active} active",
        lines=[
            f"{counted(len(rows), 'run')} in all" + (f", {bad} failed" if bad else ""),
            *((f"{busy.name}: {busy.left} left",) if busy else ()),
        ],
    )


def gpus(now: Readings) -> Sequence[str]:
    """Return the GPUs, by number."""
    return now.devices(Gauge.GPU_MEMORY_TOTAL_BYTES, Gauge.GPU_UTILIZATION_RATIO, Gauge.GPU_LOST)


def has_gpus(state: HostState) -> bool:
    """Whether any GPU is known here, real or simulated."""
    return bool(gpus(read(state)))


def _gpu_tiles(now: Readings) -> Sequence[Tile]:
    """Return the tiles of all GPUs together."""
    names = gpus(now)
    if not names:
        return []
    busy = now.all(Gauge.GPU_UTILIZATION_RATIO)
    looks = [SIMULATED] if any(now.is_simulated(name) for name in names) else []
    lost = [name for name in names if now.get(Gauge.GPU_LOST, name)]
    used, whole = now.total(Gauge.GPU_MEMORY_USED_BYTES), now.total(Gauge.GPU_MEMORY_TOTAL_BYTES)
    hottest = max(now.all(Gauge.GPU_TEMPERATURE_CELSIUS).values(), default=None)
    watts, limit = now.total(Gauge.GPU_POWER_WATTS), now.total(Gauge.GPU_POWER_LIMIT_WATTS)
    power = f"{_whole(watts)} W"
    of_limit = f" of {limit:,.0f}" if limit else ""
    return [
        Tile(
            name=now.fact("name", names[0]) or "GPU" if len(names) == 1 else f"{len(names)} GPUs",
            value=share(sum(busy.values()) / len(busy) if busy else None),
            lines=[
                f"{'hottest ' if len(names) > 1 else ''}{_whole(hottest)} °C",
                f"{power}{of_limit}",
            ],
            looks=[*([_LOST] if lost else []), *looks],
        ),
        Tile(
            name="GPU memory",
            value=share(ratio(used, whole)),
            lines=[f"{size(used)} of {size(whole)}", *_fullest_gpu(now, names)],
            looks=looks,
        ),
    ]


def _whole(value: float | None) -> str:
    """Return a whole number."""
    return ABSENT if value is None else f"{value:,.0f}"


def _fullest_gpu(now: Readings, names: Sequence[str]) -> Sequence[str]:
    """Say which GPU has the least memory left, where there are several."""
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
    return [f"fullest {name}: {share(shares[name])}"]


def _cpu_tile(now: Readings) -> Tile:
    """Return the tile of the processors."""
    cores = now.devices(Gauge.CPU_BUSY_RATIO)
    load = now.get(Gauge.LOAD_AVERAGE_1M)
    waiting = now.get(Gauge.PRESSURE_CPU_SOME_RATIO)
    return Tile(
        name="CPU",
        value=share(now.get(Gauge.CPU_BUSY_RATIO)),
        lines=[
            f"load {ABSENT if load is None else f'{load:.1f}'}, {counted(len(cores), 'core')}",
            *(() if waiting is None else (f"pressure {share(waiting)}",)),
        ],
    )


def _memory_tile(now: Readings) -> Tile:
    """Return the tile of main memory."""
    used, whole = now.get(Gauge.MEMORY_USED_BYTES), now.get(Gauge.MEMORY_TOTAL_BYTES)
    swap, swap_whole = now.get(Gauge.SWAP_USED_BYTES), now.get(Gauge.SWAP_TOTAL_BYTES)
    part = ratio(used, whole)
    return Tile(
        name="Memory",
        value=share(part),
        lines=[
            f"{size(used)} of {size(whole)}",
            f"swap {size(swap)} of {size(swap_whole)}" if swap_whole else "no swap",
        ],
        looks=[_SHORT] if part is not None and part > LOW_MEMORY_RATIO else [],
    )


def _storage_tile(now: Readings) -> Tile:
    """Return the tile of the fullest file system."""
    shares = {
        mount: part
        for mount, whole in now.all(Gauge.DISK_TOTAL_BYTES).items()
        if (part := ratio(now.get(Gauge.DISK_USED_BYTES, mount), whole)) is not None
    }
    mount = max(shares, key=shares.__getitem__, default="")
    part = shares.get(mount)
    reads = now.total(Gauge.DISK_READ_BYTES_PER_SECOND)
    writes = now.total(Gauge.DISK_WRITE_BYTES_PER_SECOND)
    return Tile(
        name="Storage",
        value=share(part),
        lines=[
            f"{mount}: {size(now.get(Gauge.DISK_AVAILABLE_BYTES, mount))} free"
            if mount
            else ABSENT,
            f"read {rate(reads)}",
            f"write {rate(writes)}",
        ],
        looks=_fullness(part),
    )


def _network_tile(now: Readings) -> Tile:
    """Return the tile of all interfaces together."""
    received = now.total(Gauge.NETWORK_RECEIVE_BYTES_PER_SECOND)
    sent = now.total(Gauge.NETWORK_TRANSMIT_BYTES_PER_SECOND)
    errors = sum(
        value
        for gauge in (Gauge.NETWORK_RECEIVE_ERRORS, Gauge.NETWORK_TRANSMIT_ERRORS)
        for value in now.all(gauge).values()
    )
    interfaces = now.devices(Gauge.NETWORK_RECEIVE_BYTES_PER_SECOND)
    return Tile(
        name="Network",
        value=rate(received),
        lines=[
            "received",
            f"sent {rate(sent)}",
            counted(len(interfaces), "interface"),
            *((f"{counted(int(errors), 'error')} since boot",) if errors else ()),
        ],
    )


def _fullness(part: float | None) -> Sequence[Look]:
    """Return the badge of a file system's fullness."""
    if part is None or part < NEARLY_FULL_RATIO:
        return []
    return [_VERY_FULL if part >= FULL_RATIO else _FULL]
