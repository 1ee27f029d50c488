"""The cpu collector on fake trees."""

from monitors.collector import Collection
from monitors.collectors.cpu import CpuCollector
from tests.clock import FixedClock
from tests.monitors.simulation import Tree

HOST = {
    "proc/loadavg": "1.5 0.5 0.25 1/100 5\n",
    "proc/uptime": "100.0 1.0\n",
    "proc/stat": "cpu  0 0 0 0\ncpu0 0 0 0 0\ncpu1 0 0 0 0\n",
}


def values(collection: Collection, gauge: str) -> dict[str, float]:
    """Return a gauge by device."""
    return {one.device: one.value for one in collection.readings if one.gauge == gauge}


def test_the_first_call_has_no_busy_ratio(tree: Tree, clock: FixedClock) -> None:
    """The mean since boot is not the current load."""
    collector = CpuCollector(tree(HOST), clock)
    first = collector.collect()
    tree({"proc/stat": "cpu  50 0 0 150\ncpu0 50 0 0 50\ncpu1 0 0 0 100\n"})
    clock.advance(1)

    second = collector.collect()

    assert values(first, "cpu_busy_ratio") == {}
    assert values(second, "cpu_busy_ratio") == {"": 0.25, "cpu0": 0.5, "cpu1": 0.0}
    assert values(second, "load_average_5m") == {"": 0.5}
    assert values(second, "host_uptime_seconds") == {"": 100.0}


def test_a_core_that_was_switched_off_is_absent(tree: Tree, clock: FixedClock) -> None:
    collector = CpuCollector(tree(HOST), clock)
    collector.collect()
    tree({"proc/stat": "cpu  10 0 0 90\ncpu0 10 0 0 90\n"})

    assert set(values(collector.collect(), "cpu_busy_ratio")) == {"", "cpu0"}


def test_a_ratio_stays_in_range_when_the_idle_counter_goes_back(
    tree: Tree, clock: FixedClock
) -> None:
    collector = CpuCollector(tree({**HOST, "proc/stat": "cpu  10 0 0 100\n"}), clock)
    collector.collect()
    tree({"proc/stat": "cpu  30 0 0 99\n"})

    assert values(collector.collect(), "cpu_busy_ratio") == {"": 1.0}


def test_pressure_is_the_share_of_the_interval_with_waiting_tasks(
    tree: Tree, clock: FixedClock
) -> None:
    collector = CpuCollector(tree({**HOST, "proc/pressure/io": _pressure(1_000_000)}), clock)
    collector.collect()
    tree({"proc/pressure/io": _pressure(1_500_000)})
    clock.advance(2)

    second = collector.collect()

    assert values(second, "pressure_io_full_ratio") == {"": 0.25}
    assert values(second, "pressure_cpu_some_ratio") == {}


def test_frequencies_are_read_from_cpufreq_or_from_cpuinfo(tree: Tree, clock: FixedClock) -> None:
    """Virtual machines have no cpufreq."""
    cpuinfo = "processor\t: 0\nmodel name\t: Q9000\ncpu MHz\t\t: 2000.5\n"
    root = tree({**HOST, "proc/cpuinfo": cpuinfo})

    virtual = CpuCollector(root, clock).collect()
    tree({"sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq": "3000000\n"})
    real = CpuCollector(root, clock).collect()

    assert values(virtual, "cpu_frequency_hertz") == {"": 2.0005e9, "cpu0": 2.0005e9}
    assert values(real, "cpu_frequency_hertz") == {"": 3e9, "cpu0": 3e9}
    assert {(fact.name, fact.text) for fact in real.facts} >= {("cpu_model", "Q9000")}


def _pressure(microseconds: int) -> str:
    """Return a pressure file."""
    line = f"avg10=0.00 avg60=0.00 avg300=0.00 total={microseconds}"
    return f"some {line}\nfull {line}\n"
