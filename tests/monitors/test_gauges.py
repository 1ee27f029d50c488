"""The enum of gauges, the table in the README and the emitted gauges agree."""

from pathlib import Path

import pytest

import monitors
from core.clock import SystemClock
from core.settings import SamplerSettings
from monitors.collector import Reading
from monitors.collectors.demo import DemoCollector
from monitors.collectors.gpu import GpuCollector
from monitors.collectors.sensors import SensorsCollector
from monitors.gauges import DeviceKind, Gauge, gauge_table
from monitors.sampling.catalog import CATALOG, CollectorContext
from monitors.sampling.sampler import sample_once
from tests.clock import FixedClock
from tests.monitors.simulation import Driver, Tree

README = Path(monitors.__file__).parent / "README.md"
UNITS = (
    "_ratio", "_bytes", "_bytes_per_second", "_packets_per_second", "_seconds", "_celsius",
    "_hertz", "_watts", "_joules", "_rpm", "_lanes", "_errors", "_drops", "_generation",
)  # fmt: skip
COUNTS = {
    "process_count", "process_threads", "disk_inodes_total", "disk_inodes_used",
    "collector_success", "collector_available", "gpu_stale", "gpu_lost",
}  # fmt: skip


def gauges_of(readings: tuple[Reading, ...]) -> set[str]:
    """Return the names."""
    return {one.gauge for one in readings}


def test_the_readme_shows_the_table() -> None:
    assert gauge_table() in README.read_text(encoding="utf-8")


def test_the_readme_lists_every_collector() -> None:
    text = README.read_text(encoding="utf-8")

    assert [name for name in CATALOG if f"| `{name}` |" not in text] == []


@pytest.mark.parametrize("gauge", Gauge)
def test_the_name_of_a_gauge_ends_with_its_unit(gauge: Gauge) -> None:
    """0/1 gauges and plain counts have no unit; they are listed here."""
    known = gauge.startswith(("gpu_throttle_", "load_average_")) or gauge in COUNTS
    assert known or gauge.endswith(UNITS)


def test_collectors_emit_all_gauges_of_the_enum_and_no_others(
    driver: Driver, tree: Tree, clock: FixedClock
) -> None:
    """On this host, on a fake tree for sensors, and on the simulated driver."""
    driver.play("* gpus 1", "0 fan 30")
    gpu = GpuCollector(Path("/"), SystemClock(), deadline_s=10, process_interval_s=0)
    chip = "sys/class/hwmon/hwmon0"
    names = ("temp1_input", "temp1_max", "temp1_crit", "fan1_input")
    sensors = SensorsCollector(tree({f"{chip}/{name}": "1000\n" for name in names}))

    emitted = gauges_of(tuple(sample_once(SamplerSettings(), host="h", demo=True).readings))
    emitted |= gauges_of(gpu.collect().readings) | gauges_of(sensors.collect().readings)
    gpu.close()

    absent_here = {"disk_read_latency_seconds", "disk_write_latency_seconds"}  # an idle disk
    assert emitted - set(Gauge) == set()
    assert set(Gauge) - emitted - absent_here == set()
    assert gauges_of(DemoCollector(clock).collect().readings) == gauges_of_gpu()


def gauges_of_gpu() -> set[str]:
    """Return the gauges of GPUs."""
    return {gauge for gauge in Gauge if gauge.device_kind is DeviceKind.GPU}


def test_the_names_in_the_catalog_are_those_of_the_collectors(clock: FixedClock) -> None:
    context = CollectorContext(settings=SamplerSettings(), clock=clock)

    assert {name: make(context).collector.name for name, make in CATALOG.items()} == {
        name: name for name in CATALOG
    }
