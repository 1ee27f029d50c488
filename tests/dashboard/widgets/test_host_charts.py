"""The panels of the live charts of a host."""

from dashboard.viewmodels.readings import Readings
from dashboard.widgets.host_charts import (
    MAX_LINES,
    cpu_panels,
    device_panels,
    gpu_panels,
    memory_panels,
    one_gpu_panels,
    overview_panels,
)
from dashboard.widgets.live_charts import Unit
from monitors.store.interface import SeriesKey

HOST = Readings(
    values={
        "cpu_busy_ratio": {"": 0.1, "cpu0": 0.1},
        "memory_used_bytes": {"": 1.0},
        "memory_total_bytes": {"": 2.0},
        "disk_read_bytes_per_second": {"": 1.0, "sda": 1.0},
        "disk_write_bytes_per_second": {"": 1.0, "sda": 1.0},
        "network_receive_bytes_per_second": {f"eth{place}": float(place) for place in range(9)},
        "network_transmit_bytes_per_second": {f"eth{place}": 0.0 for place in range(9)},
    }
)
GPUS = Readings(
    values={
        "gpu_utilization_ratio": {f"gpu{place}": 0.5 for place in range(12)},
        "gpu_memory_total_bytes": {"gpu0": 80e9},
        "gpu_memory_used_bytes": {"gpu0": 1e9},
        "gpu_power_watts": {"gpu0": 100.0},
        "gpu_power_limit_watts": {"gpu0": 700.0},
    }
)


def test_a_host_without_gpus_has_four_panels() -> None:
    titles = [panel.title for panel in overview_panels(HOST)]
    assert titles == ["CPU", "Memory", "Disk", "Network"]


def test_a_gauge_without_samples_has_no_line() -> None:
    cpu, memory, *_ = overview_panels(HOST)
    assert [line.label for line in cpu.series] == ["utilisation"]
    assert [limit.value for limit in memory.limits] == [2.0]


def test_the_busiest_interfaces_are_drawn() -> None:
    network = overview_panels(HOST)[-1]
    labels = [line.label for line in network.series]
    assert len(labels) == MAX_LINES
    assert labels[:2] == ["eth5 receive", "eth5 transmit"]


def test_a_single_disk_needs_no_name() -> None:
    assert [line.label for line in overview_panels(HOST)[2].series] == ["read", "write"]


def test_gpus_are_lines_up_to_eight() -> None:
    panels = gpu_panels(GPUS, [f"gpu{place}" for place in range(12)])
    assert [panel.title for panel in panels] == ["GPU utilisation", "GPU memory", "GPU power"]
    assert len(panels[0].series) == MAX_LINES
    assert len(panels[1].series) == 1


def test_the_panels_of_one_gpu_have_limits() -> None:
    panels = {panel.title: panel for panel in one_gpu_panels(GPUS, "gpu0")}
    assert list(panels) == ["Utilisation", "Memory", "Power"]
    assert [limit.label for limit in panels["Power"].limits] == ["limit"]


def test_an_idle_disk_keeps_its_latency_panel() -> None:
    key = SeriesKey(gauge="disk_read_latency_seconds", device="sda")
    now = Readings(values=HOST.values, known=frozenset([key]))
    wanted = (
        ("Read", Unit.BYTES_PER_SECOND, "disk_read_bytes_per_second"),
        ("Latency", Unit.SECONDS, "disk_read_latency_seconds"),
    )
    assert [panel.title for panel in device_panels(now, wanted)] == ["Read", "Latency"]
    assert [panel.title for panel in device_panels(HOST, wanted)] == ["Read"]


def test_panels_without_samples_are_left_out() -> None:
    assert [panel.title for panel in cpu_panels(HOST)] == ["Utilisation", "Utilisation per core"]
    assert [panel.title for panel in memory_panels(HOST)] == ["Memory"]
