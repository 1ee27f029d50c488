"""The text of /metrics, read by the strict parser of prometheus_client."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from core.settings import SamplerSettings
from monitors.collector import DeviceFact, HostState, Reading
from monitors.collectors.demo import DemoCollector
from monitors.exposition.metrics import render_metrics
from monitors.gauges import Gauge
from monitors.sampling.sampler import sample_once
from tests.clock import FixedClock

Samples = dict[str, dict[frozenset[tuple[str, str]], float]]


def parse(text: bytes) -> Samples:
    """Return every sample: name -> labels -> value."""
    samples: Samples = {}
    for family in text_string_to_metric_families(text.decode()):
        for one in family.samples:
            samples.setdefault(one.name, {})[frozenset(one.labels.items())] = one.value
    return samples


def state(*readings: Reading, facts: tuple[DeviceFact, ...] = ()) -> HostState:
    """Return a tick."""
    return HostState(
        host="hall-7", at=1e9, interval_s=2, readings=readings, facts=facts, processes=(),
        collectors=(),
    )  # fmt: skip


@pytest.fixture(scope="module")
def scraped() -> Samples:
    """A scrape of this host with simulated GPUs."""
    newest = sample_once(SamplerSettings(), host="hall-7", demo=True)
    return parse(render_metrics(newest, Path("/")))


@pytest.mark.parametrize(
    "name",
    [
        "cpu_busy_ratio",
        "gpu_utilization_ratio",
        "collector_success",
        "node_cpu_seconds_total",
        "node_memory_MemAvailable_bytes",
        "node_memory_SwapFree_bytes",
        "node_load1",
        "node_filesystem_avail_bytes",
        "node_filesystem_files_free",
        "node_disk_read_bytes_total",
        "node_disk_io_time_seconds_total",
        "node_network_receive_bytes_total",
        "node_network_transmit_errs_total",
        "node_boot_time_seconds",
        "node_uname_info",
        "DCGM_FI_DEV_GPU_UTIL",
        "DCGM_FI_DEV_FB_USED",
        "DCGM_FI_DEV_FB_FREE",
        "DCGM_FI_DEV_POWER_USAGE",
        "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION",
        "DCGM_FI_DEV_XID_ERRORS",
    ],
)
def test_metrics_of_node_exporter_and_dcgm_are_exported(scraped: Samples, name: str) -> None:
    assert scraped[name]


def test_simulated_gpus_have_a_label(scraped: Samples) -> None:
    assert all(("simulated", "true") in labels for labels in scraped["DCGM_FI_DEV_GPU_UTIL"])


def test_dcgm_fields_have_the_units_of_dcgm() -> None:
    """Percent, MiB, MHz and millijoules instead of ratios, bytes, hertz and joules."""
    values = {
        "gpu_utilization_ratio": 0.57,
        "gpu_memory_used_bytes": 3 * 1024**2,
        "gpu_memory_total_bytes": 10 * 1024**2,
        "gpu_clock_sm_hertz": 1.98e9,
        "gpu_energy_joules": 5.5,
    }
    readings = [Reading(gauge=name, device="gpu3", value=v) for name, v in values.items()]
    facts = (DeviceFact(device="gpu3", name="uuid", text="GPU-1"),)

    samples = parse(render_metrics(state(*readings, facts=facts), Path("/nowhere")))

    fields = {name: list(by.values()) for name, by in samples.items() if name.startswith("DCGM")}
    assert fields == {
        "DCGM_FI_DEV_GPU_UTIL": [pytest.approx(57.0)],
        "DCGM_FI_DEV_FB_USED": [3.0],
        "DCGM_FI_DEV_FB_FREE": [7.0],
        "DCGM_FI_DEV_SM_CLOCK": [1980.0],
        "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION": [5500.0],
    }
    (labels,) = samples["DCGM_FI_DEV_GPU_UTIL"]
    assert {("gpu", "3"), ("UUID", "GPU-1"), ("Hostname", "hall-7")} <= labels


def test_files_that_cannot_be_read_are_left_out() -> None:
    samples = parse(
        render_metrics(state(Reading(gauge="load", device="", value=1.0)), Path("/nowhere"))
    )

    assert set(samples) == {"load", "node_time_seconds", "node_uname_info"}


@pytest.mark.parametrize(
    "device",
    ['/mnt/"quoted"', "/mnt/back\\slash", "/mnt/new\nline", "/mnt/\\n", 'a\\"b', "/mnt/ü €"],
)
def test_labels_are_escaped(device: str) -> None:
    """In our names, and in those of node_exporter."""
    readings = [
        Reading(gauge=gauge, device=device, value=7.0)
        for gauge in (Gauge.DISK_TOTAL_BYTES, Gauge.DISK_USED_BYTES)
    ]

    samples = parse(render_metrics(state(*readings), Path("/nowhere")))

    assert samples["disk_total_bytes"] == {frozenset({("device", device)}): 7.0}
    (labels,) = samples["node_filesystem_size_bytes"]
    assert ("mountpoint", device) in labels


@given(device=st.text(st.characters(codec="utf-8"), min_size=1), value=st.floats(allow_nan=False))
@settings(max_examples=60)
def test_no_device_name_breaks_the_format(device: str, value: float) -> None:
    # The strict parser splits lines at more characters than line feeds.
    if len(f"{device}.".splitlines()) > 1 and "\n" not in device:
        return

    reading = Reading(gauge=Gauge.FAN_SPEED_RPM, device=f"chip/{device}", value=value)
    samples = parse(render_metrics(state(reading), Path("/nowhere")))

    assert samples["fan_speed_rpm"] == {frozenset({("device", f"chip/{device}")}): value}


def test_simulated_gpus_depend_on_the_clock_alone(clock: FixedClock) -> None:
    """Every process has the same values at the same time, and energy only grows."""
    first, again = DemoCollector(clock).collect(), DemoCollector(clock).collect()
    clock.advance(3600)
    later = DemoCollector(clock).collect()

    def energies(collection: object) -> list[float]:
        readings = getattr(collection, "readings", ())
        return [one.value for one in readings if one.gauge == "gpu_energy_joules"]

    assert first == again
    assert all(a < b for a, b in zip(energies(first), energies(later), strict=True))
