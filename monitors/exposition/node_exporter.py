"""This host under the names of Prometheus' node_exporter.

node_exporter exports counters, but our gauges are rates. Therefore /proc is read at each scrape.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from prometheus_client.metrics_core import Metric

from monitors.collector import HostState
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
_SENSORS = {
    Gauge.TEMPERATURE_CELSIUS: "node_hwmon_temp_celsius",
    Gauge.FAN_SPEED_RPM: "node_hwmon_fan_rpm",
}
_WAITS = {"some": "waiting", "full": "stalled"}

LabelledValue = tuple[Mapping[str, str], float]


def node_families(state: HostState, root: Path) -> Iterator[Metric]:
    """Yield families from `root`/proc and from the tick; what cannot be read is left out."""
    for read in (_cpu, _memory, _pressure, _disks, _networks, _boot_time):
        with suppress(OSError, ValueError, LookupError):
            yield from read(root)
    yield from _time_and_load(state)
    yield _host_info(state)
    yield from _file_systems(state)
    yield from _sensors(state)


def _cpu(root: Path) -> Iterator[Metric]:
    """Yield the seconds that each core spent in each mode."""
    values = [
        ({"cpu": name.removeprefix("cpu"), "mode": mode}, seconds)
        for name, times in read_cpu_times(root).items()
        if name
        for mode, seconds in zip(CPU_MODES, times.seconds, strict=True)
    ]
    yield _counter("node_cpu_seconds", "Seconds that a core spent in each mode.", values)


def _memory(root: Path) -> Iterator[Metric]:
    """Yield fields of /proc/meminfo."""
    fields = read_memory(root)
    for name in _MEMORY:
        if name in fields:
            text = f"Memory information field {name}."
            yield _gauge(f"node_memory_{name}_bytes", text, [({}, fields[name])])


def _pressure(root: Path) -> Iterator[Metric]:
    """Yield the seconds that tasks waited for a resource."""
    for resource in ("cpu", "memory", "io"):
        for kind, seconds in read_pressure(root, resource).items():
            if (resource, kind) != ("cpu", "full"):
                name = f"node_pressure_{resource}_{_WAITS[kind]}_seconds"
                text = f"Seconds that {kind} tasks waited for {resource}."
                yield _counter(name, text, [({}, seconds)])


def _disks(root: Path) -> Iterator[Metric]:
    """Yield the counters of block devices."""
    counters = read_disks(root)
    for field, name in _DISK.items():
        values: list[LabelledValue] = [
            ({"device": device}, getattr(one, field))
            for device, one in counters.items()
            if one.reads or one.writes
        ]
        yield _counter(f"node_disk_{name}", f"Disk counter {name}.", values)


def _networks(root: Path) -> Iterator[Metric]:
    """Yield the counters of network interfaces."""
    counters = read_networks(root)
    for field, name in _NETWORK.items():
        values: list[LabelledValue] = [
            ({"device": device}, getattr(one, field)) for device, one in counters.items()
        ]
        yield _counter(f"node_network_{name}", f"Network counter {name}.", values)


def _boot_time(root: Path) -> Iterator[Metric]:
    """Yield the time at which the host was started."""
    values: list[LabelledValue] = [({}, read_boot_time(root))]
    yield _gauge("node_boot_time_seconds", "Unix time of the last start.", values)


def _time_and_load(state: HostState) -> Iterator[Metric]:
    """Yield the time of the tick and the load averages."""
    yield _gauge("node_time_seconds", "Unix time of the newest sample.", [({}, state.at)])
    for gauge, name in _LOADS.items():
        values: list[LabelledValue] = [({}, value) for value in _by_device(state, gauge).values()]
        yield _gauge(name, f"Load average {name.removeprefix('node_load')} min.", values)


def _host_info(state: HostState) -> Metric:
    """Return the identity of the host, as uname prints it."""
    facts = {fact.name: fact.text for fact in state.facts if not fact.device}
    labels = {
        "nodename": state.host,
        "sysname": "Linux",
        "release": facts.get("kernel", ""),
        "machine": facts.get("architecture", ""),
    }
    text = "Labelled system information as provided by uname."
    return _family("node_uname", text, "info", "_info", [(labels, 1)])


def _file_systems(state: HostState) -> Iterator[Metric]:
    """Yield the space and inodes of mounted file systems."""
    facts = {(fact.device, fact.name): fact.text for fact in state.facts}
    total = _by_device(state, Gauge.DISK_TOTAL_BYTES)
    used = _by_device(state, Gauge.DISK_USED_BYTES)
    files = _by_device(state, Gauge.DISK_INODES_TOTAL)
    files_used = _by_device(state, Gauge.DISK_INODES_USED)
    columns: Mapping[str, Mapping[str, float]] = {
        "size_bytes": total,
        "avail_bytes": _by_device(state, Gauge.DISK_AVAILABLE_BYTES),
        "free_bytes": {point: total[point] - used[point] for point in total},
        "files": files,
        "files_free": {point: files[point] - files_used[point] for point in files},
    }
    labels = {
        point: {
            "device": facts.get((point, "source"), ""),
            "fstype": facts.get((point, "filesystem"), ""),
            "mountpoint": point,
        }
        for column in columns.values()
        for point in column
    }
    for name, column in columns.items():
        values = [(labels[point], value) for point, value in column.items()]
        yield _gauge(f"node_filesystem_{name}", f"File system {name}.", values)


def _sensors(state: HostState) -> Iterator[Metric]:
    """Yield temperatures and fan speeds."""
    for gauge, name in _SENSORS.items():
        values = [
            (dict(zip(("chip", "sensor"), device.split("/", 1), strict=True)), value)
            for device, value in _by_device(state, gauge).items()
        ]
        yield _gauge(name, f"Hardware monitor, {gauge}.", values)


def _by_device(state: HostState, gauge: Gauge) -> Mapping[str, float]:
    """Return the values of one gauge."""
    return {one.device: one.value for one in state.readings if one.gauge == gauge}


def _gauge(name: str, text: str, values: Iterable[LabelledValue]) -> Metric:
    """Return a family of gauges."""
    return _family(name, text, "gauge", "", values)


def _counter(name: str, text: str, values: Iterable[LabelledValue]) -> Metric:
    """Return a family of counters; their samples have the suffix `_total`."""
    return _family(name, text, "counter", "_total", values)


def _family(
    name: str, text: str, kind: str, suffix: str, values: Iterable[LabelledValue]
) -> Metric:
    """Return a metric family with its samples."""
    family = Metric(name, text, kind)
    for labels, value in values:
        family.add_sample(name + suffix, dict(labels), value)
    return family
