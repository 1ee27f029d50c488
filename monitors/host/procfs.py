"""Parsers of files in /proc, with numbers in base units; the root may be a fake tree."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

CLOCK_TICKS = os.sysconf("SC_CLK_TCK")
SECTOR_BYTES = 512
CPU_MODES = ("user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal")
_IDLE_MODES = (3, 4)
_MILLISECOND = 1e-3
_MICROSECOND = 1e-6
_OCTAL_DIGITS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class CpuTimes:
    """Seconds since boot that a CPU spent in each of CPU_MODES."""

    seconds: Sequence[float]

    @property
    def total(self) -> float:
        """All seconds."""
        return sum(self.seconds)

    @property
    def busy(self) -> float:
        """The seconds that were neither idle nor iowait."""
        return self.total - sum(self.seconds[mode] for mode in _IDLE_MODES)


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskCounters:
    """The counters of a block device since boot."""

    reads: int
    read_bytes: int
    read_seconds: float
    writes: int
    written_bytes: int
    write_seconds: float
    busy_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkCounters:
    """The counters of a network interface since it was created."""

    receive_bytes: int
    receive_packets: int
    receive_errors: int
    receive_drops: int
    transmit_bytes: int
    transmit_packets: int
    transmit_errors: int
    transmit_drops: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Mount:
    """A mounted file system."""

    source: str
    point: str
    kind: str


def read_text(root: Path, name: str) -> str:
    """Return the text of a file below the root; invalid UTF-8 becomes U+FFFD."""
    return (root / name).read_text(encoding="utf-8", errors="replace")


def read_cpu_times(root: Path) -> Mapping[str, CpuTimes]:
    """Return the times of each CPU, and their sum under ""."""
    times = {}
    for line in read_text(root, "proc/stat").splitlines():
        if not line.startswith("cpu"):
            break
        name, *fields = line.split()
        seconds = [int(field) / CLOCK_TICKS for field in fields[: len(CPU_MODES)]]
        seconds += [0.0] * (len(CPU_MODES) - len(seconds))
        times["" if name == "cpu" else name] = CpuTimes(seconds=seconds)
    return times


def read_boot_time(root: Path) -> float:
    """Return the time at which the host was started, in Unix seconds."""
    for line in read_text(root, "proc/stat").splitlines():
        if line.startswith("btime "):
            return float(line.split()[1])
    message = "no btime in proc/stat"
    raise OSError(message)


def read_uptime(root: Path) -> float:
    """Return the seconds since the host was started."""
    return float(read_text(root, "proc/uptime").split()[0])


def read_load(root: Path) -> tuple[float, ...]:
    """Return the load averages of 1, 5 and 15 minutes."""
    return tuple(float(field) for field in read_text(root, "proc/loadavg").split()[:3])


def read_pressure(root: Path, resource: str) -> Mapping[str, float]:
    """Return the seconds that `some` or `full` (all) tasks waited for the resource since boot."""
    waited = {}
    for line in read_text(root, f"proc/pressure/{resource}").splitlines():
        kind, *fields = line.split()
        values = dict(field.split("=", 1) for field in fields)
        waited[kind] = int(values["total"]) * _MICROSECOND
    return waited


def read_memory(root: Path) -> Mapping[str, int]:
    """Return the fields of /proc/meminfo in bytes."""
    fields = {}
    for line in read_text(root, "proc/meminfo").splitlines():
        name, _, rest = line.partition(":")
        number, *unit = rest.split()
        fields[name] = int(number) * (1024 if unit == ["kB"] else 1)
    return fields


def read_disks(root: Path) -> Mapping[str, DiskCounters]:
    """Return the counters of each block device, partitions included."""
    counters = {}
    for line in read_text(root, "proc/diskstats").splitlines():
        fields = line.split()
        numbers = [int(field) for field in fields[3:14]]
        counters[fields[2]] = DiskCounters(
            reads=numbers[0],
            read_bytes=numbers[2] * SECTOR_BYTES,
            read_seconds=numbers[3] * _MILLISECOND,
            writes=numbers[4],
            written_bytes=numbers[6] * SECTOR_BYTES,
            write_seconds=numbers[7] * _MILLISECOND,
            busy_seconds=numbers[9] * _MILLISECOND,
        )
    return counters


def read_networks(root: Path) -> Mapping[str, NetworkCounters]:
    """Return the counters of each network interface."""
    counters = {}
    for line in read_text(root, "proc/net/dev").splitlines()[2:]:
        name, _, rest = line.rpartition(":")
        numbers = [int(field) for field in rest.split()]
        counters[name.strip()] = NetworkCounters(
            receive_bytes=numbers[0],
            receive_packets=numbers[1],
            receive_errors=numbers[2],
            receive_drops=numbers[3],
            transmit_bytes=numbers[8],
            transmit_packets=numbers[9],
            transmit_errors=numbers[10],
            transmit_drops=numbers[11],
        )
    if not counters:  # even a container has the interface lo
        raise OSError("no interface in proc/net/dev")
    return counters


def read_mounts(root: Path) -> Iterator[Mount]:
    """Yield the mounted file systems, in the order of mounting."""
    for line in read_text(root, "proc/self/mounts").splitlines():
        source, point, kind = (_unescape(field) for field in line.split(" ")[:3])
        yield Mount(source=source, point=point, kind=kind)


def _unescape(field: str) -> str:
    r"""Return a field of a mount table without its octal escapes (`\040` is a space)."""
    head, *rest = field.split("\\")
    parts = [head]
    for part in rest:
        digits = part[:_OCTAL_DIGITS]
        is_escape = len(digits) == _OCTAL_DIGITS and all("0" <= digit <= "7" for digit in digits)
        parts.append(chr(int(digits, 8)) + part[_OCTAL_DIGITS:] if is_escape else "\\" + part)
    return "".join(parts)
