"""The status row: one tile per kind of device, the worst first in each."""

from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.viewmodels.looks import BAD, SIMULATED, WARN, Look
from dashboard.viewmodels.readings import Readings, ratio, read
from dashboard.viewmodels.runs import RunRow
from dashboard.viewmodels.units import ABSENT, counted, rate, share, size
from monitors.collector import HostState

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
    return now.devices("gpu_memory_total_bytes", "gpu_utilization_ratio", "gpu_lost")


def has_gpus(state: HostState) -> bool:
    """Whether any GPU is known here, real or simulated."""
    return bool(gpus(read(state)))


def _gpu_tiles(now: Readings) -> Sequence[Tile]:
    """Return the tiles of all GPUs together."""
    names = gpus(now)
    if not names:
        return []
    busy = now.all("gpu_utilization_ratio")
    looks = [SIMULATED] if any(now.is_simulated(name) for name in names) else []
    lost = [name for name in names if now.get("gpu_lost", name)]
    used, whole = now.total("gpu_memory_used_bytes"), now.total("gpu_memory_total_bytes")
    hottest = max(now.all("gpu_temperature_celsius").values(), default=None)
    watts, limit = now.total("gpu_power_watts"), now.total("gpu_power_limit_watts")
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
            now.get("gpu_memory_used_bytes", name), now.get("gpu_memory_total_bytes", name)
        )) is not None
    }  # fmt: skip
    if len(shares) <= 1:
        return []
    name = max(shares, key=shares.__getitem__)
    return [f"fullest {name}: {share(shares[name])}"]


def _cpu_tile(now: Readings) -> Tile:
    """Return the tile of the processors."""
    cores = now.devices("cpu_busy_ratio")
    load = now.get("load_average_1m")
    waiting = now.get("pressure_cpu_some_ratio")
    return Tile(
        name="CPU",
        value=share(now.get("cpu_busy_ratio")),
        lines=[
            f"load {ABSENT if load is None else f'{load:.1f}'}, {counted(len(cores), 'core')}",
            *(() if waiting is None else (f"pressure {share(waiting)}",)),
        ],
    )


def _memory_tile(now: Readings) -> Tile:
    """Return the tile of main memory."""
    used, whole = now.get("memory_used_bytes"), now.get("memory_total_bytes")
    swap, swap_whole = now.get("swap_used_bytes"), now.get("swap_total_bytes")
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
        for mount, whole in now.all("disk_total_bytes").items()
        if (part := ratio(now.get("disk_used_bytes", mount), whole)) is not None
    }
    mount = max(shares, key=shares.__getitem__, default="")
    part = shares.get(mount)
    reads = now.total("disk_read_bytes_per_second")
    writes = now.total("disk_write_bytes_per_second")
    return Tile(
        name="Storage",
        value=share(part),
        lines=[
            f"{mount}: {size(now.get('disk_available_bytes', mount))} free" if mount else ABSENT,
            f"read {rate(reads)}",
            f"write {rate(writes)}",
        ],
        looks=_fullness(part),
    )


def _network_tile(now: Readings) -> Tile:
    """Return the tile of all interfaces together."""
    received = now.total("network_receive_bytes_per_second")
    sent = now.total("network_transmit_bytes_per_second")
    errors = sum(
        value
        for gauge in ("network_receive_errors", "network_transmit_errors")
        for value in now.all(gauge).values()
    )
    interfaces = now.devices("network_receive_bytes_per_second")
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
