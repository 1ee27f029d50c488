"""This host under the names of Prometheus' node_exporter, read when they are asked for.

node_exporter gives counters where our gauges are rates, so /proc is read once more per scrape.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from monitors.collector import HostState
from monitors.exposition.openmetrics import Family, Sample
from monitors.gauges import Gauge
from monitors.host.procfs import (
    CPU_MODES,
    read_boot_time,
    read_cpu_times,
    read_disks,
    read_memory,
    read_networks,
    read_pressure,
)

_MEMORY = ("MemTotal", "MemFree", "MemAvailable", "Buffers", "Cached", "SwapTotal", "SwapFree")
_DISK = {
    "read_bytes": "read_bytes",
    "written_bytes": "written_bytes",
    "reads": "reads_completed",
    "writes": "writes_completed",
    "read_seconds": "read_time_seconds",
    "write_seconds": "write_time_seconds",
    "busy_seconds": "io_time_seconds",
}
_NETWORK = {
    "receive_bytes": "receive_bytes",
    "transmit_bytes": "transmit_bytes",
    "receive_packets": "receive_packets",
    "transmit_packets": "transmit_packets",
    "receive_errors": "receive_errs",
    "transmit_errors": "transmit_errs",
    "receive_drops": "receive_drop",
    "transmit_drops": "transmit_drop",
}
_LOADS = {
    Gauge.LOAD_AVERAGE_1M: "node_load1",
    Gauge.LOAD_AVERAGE_5M: "node_load5",
    Gauge.LOAD_AVERAGE_15M: "node_load15",
}
_WAITS = {"some": "waiting", "full": "stalled"}


def node_families(state: HostState, root: Path) -> Iterator[Family]:
    """Yield what is read below `root` and in the tick; what cannot be read is left out."""
    for read in (_cpu, _memory, _pressure, _disks, _networks, _times):
        with suppress(OSError, ValueError, LookupError):
            yield from read(root)
    yield from _from_readings(state)
    yield from _file_systems(state)
    yield from _sensors(state)


def _cpu(root: Path) -> Iterator[Family]:
    """Yield the seconds of each core in each mode."""
    samples = [
        Sample(value=seconds, labels={"cpu": name.removeprefix("cpu"), "mode": mode})
        for name, times in read_cpu_times(root).items()
        if name
        for mode, seconds in zip(CPU_MODES, times.seconds, strict=True)
    ]
    yield _counter("node_cpu_seconds", "Seconds that a core spent in each mode.", samples)


def _memory(root: Path) -> Iterator[Family]:
    """Yield fields of meminfo."""
    fields = read_memory(root)
    for name in _MEMORY:
        if name in fields:
            text = f"Memory information field {name}."
            yield _gauge(f"node_memory_{name}_bytes", text, [Sample(value=fields[name])])


def _pressure(root: Path) -> Iterator[Family]:
    """Yield the seconds that tasks waited."""
    for resource in ("cpu", "memory", "io"):
        for kind, seconds in read_pressure(root, resource).items():
            if (resource, kind) != ("cpu", "full"):
                name = f"node_pressure_{resource}_{_WAITS[kind]}_seconds"
                text = f"Seconds that {kind} tasks waited for {resource}."
                yield _counter(name, text, [Sample(value=seconds)])


def _disks(root: Path) -> Iterator[Family]:
    """Yield the counters of block devices."""
    counters = read_disks(root)
    for field, name in _DISK.items():
        samples = [
            Sample(value=getattr(one, field), labels={"device": device})
            for device, one in counters.items()
            if one.reads or one.writes
        ]
        yield _counter(f"node_disk_{name}", f"Disk counter {name}.", samples)


def _networks(root: Path) -> Iterator[Family]:
    """Yield the counters of interfaces."""
    counters = read_networks(root)
    for field, name in _NETWORK.items():
        samples = [
            Sample(value=getattr(one, field), labels={"device": device})
            for device, one in counters.items()
        ]
        yield _counter(f"node_network_{name}", f"Network counter {name}.", samples)


def _times(root: Path) -> Iterator[Family]:
    """Yield when the host was started."""
    boot = [Sample(value=read_boot_time(root))]
    yield _gauge("node_boot_time_seconds", "Unix time of the last start.", boot)


def _from_readings(state: HostState) -> Iterator[Family]:
    """Yield what is the same number under another name, and who the host is."""
    yield _gauge("node_time_seconds", "Unix time of the newest sample.", [Sample(value=state.at)])
    for gauge, name in _LOADS.items():
        values = _by_device(state, gauge)
        samples = [Sample(value=value) for value in values.values()]
        yield _gauge(name, f"Load average {name.removeprefix('node_load')} min.", samples)
    facts = {fact.name: fact.text for fact in state.facts if not fact.device}
    labels = {
        "nodename": state.host,
        "sysname": "Linux",
        "release": facts.get("kernel", ""),
        "machine": facts.get("architecture", ""),
    }
    text = "Labelled system information as provided by uname."
    yield Family(
        name="node_uname", kind="info", text=text, samples=[Sample(value=1, labels=labels)]
    )


def _file_systems(state: HostState) -> Iterator[Family]:
    """Yield room and inodes of mounts."""
    facts = {(fact.device, fact.name): fact.text for fact in state.facts}
    total, used = (
        _by_device(state, Gauge.DISK_TOTAL_BYTES),
        _by_device(state, Gauge.DISK_USED_BYTES),
    )
    files, taken = (
        _by_device(state, Gauge.DISK_INODES_TOTAL),
        _by_device(state, Gauge.DISK_INODES_USED),
    )
    columns: Mapping[str, Mapping[str, float]] = {
        "size_bytes": total,
        "avail_bytes": _by_device(state, Gauge.DISK_AVAILABLE_BYTES),
        "free_bytes": {point: total[point] - used[point] for point in total},
        "files": files,
        "files_free": {point: files[point] - taken[point] for point in files},
    }
    for name, values in columns.items():
        samples = [
            Sample(
                value=value,
                labels={
                    "device": facts.get((point, "source"), ""),
                    "fstype": facts.get((point, "filesystem"), ""),
                    "mountpoint": point,
                },
            )
            for point, value in values.items()
        ]
        yield _gauge(f"node_filesystem_{name}", f"File system {name}.", samples)


def _sensors(state: HostState) -> Iterator[Family]:
    """Yield temperatures and fans."""
    names = {
        Gauge.TEMPERATURE_CELSIUS: "node_hwmon_temp_celsius",
        Gauge.FAN_SPEED_RPM: "node_hwmon_fan_rpm",
    }
    for gauge, name in names.items():
        samples = [
            Sample(
                value=value, labels=dict(zip(("chip", "sensor"), device.split("/", 1), strict=True))
            )
            for device, value in _by_device(state, gauge).items()
        ]
        yield _gauge(name, f"Hardware monitor, {gauge}.", samples)


def _by_device(state: HostState, gauge: str) -> Mapping[str, float]:
    """Return the values of one gauge."""
    return {one.device: one.value for one in state.readings if one.gauge == gauge}


def _gauge(name: str, text: str, samples: Sequence[Sample]) -> Family:
    """Return a family of gauges."""
    return Family(name=name, kind="gauge", text=text, samples=samples)


def _counter(name: str, text: str, samples: Sequence[Sample]) -> Family:
    """Return a family of counters."""
    return Family(name=name, kind="counter", text=text, samples=samples)
