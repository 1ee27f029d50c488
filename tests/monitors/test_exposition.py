"""What Prometheus would scrape, read by its own strict parser."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from core.clock import FixedClock
from core.settings import SamplerSettings
from monitors.collector import Fact, HostState, Reading
from monitors.collectors.demo import DemoCollector
from monitors.exposition.metrics import expose
from monitors.sampling.sampler import sample_once

Samples = dict[str, dict[frozenset[tuple[str, str]], float]]


def parse(text: str) -> Samples:
    """Return every sample: name -> labels -> value."""
    samples: Samples = {}
    for family in text_string_to_metric_families(text):
        for one in family.samples:
            samples.setdefault(one.name, {})[frozenset(one.labels.items())] = one.value
    return samples


def state(*readings: Reading, facts: tuple[Fact, ...] = ()) -> HostState:
    """Return a tick."""
    return HostState(
        host="hall-7", at=1e9, interval_s=2, readings=readings, facts=facts, processes=(),
        collectors=(),
    )  # fmt: skip


@pytest.fixture(scope="module")
def scraped() -> Samples:
    """A scrape of this host with simulated GPUs."""
    newest = sample_once(SamplerSettings(), host="hall-7", demo=True)
    return parse(expose(newest, Path("/")))


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
def test_dashboards_of_node_exporter_and_dcgm_find_what_they_ask_for(
    scraped: Samples, name: str
) -> None:
    """The strict parser has accepted the whole text by now."""
    assert scraped[name]


def test_simulated_gpus_say_so_to_prometheus_too(scraped: Samples) -> None:
    """Nobody may take a demo for a hall."""
    assert all(("simulated", "true") in labels for labels in scraped["DCGM_FI_DEV_GPU_UTIL"])


def test_dcgm_has_its_own_units() -> None:
    """Percent, MiB, MHz and millijoules where ours are ratios, bytes, hertz and joules."""
    values = {
        "gpu_utilization_ratio": 0.57,
        "gpu_memory_used_bytes": 3 * 1024**2,
        "gpu_memory_total_bytes": 10 * 1024**2,
        "gpu_clock_sm_hertz": 1.98e9,
        "gpu_energy_joules": 5.5,
    }
    readings = [Reading(gauge=name, device="gpu3", value=v) for name, v in values.items()]
    facts = (Fact(device="gpu3", name="uuid", text="GPU-1"),)

    samples = parse(expose(state(*readings, facts=facts), Path("/nowhere")))

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


def test_what_cannot_be_read_is_left_out() -> None:
    """A host without /proc/pressure, or a tree without anything, still has a page."""
    samples = parse(expose(state(Reading(gauge="load", device="", value=1.0)), Path("/nowhere")))

    assert set(samples) == {"load", "node_time_seconds", "node_uname_info"}


@given(
    device=st.text(st.characters(codec="utf-8"), min_size=1),
    value=st.floats(allow_nan=False),
    make=st.sampled_from([str.upper, str.lower]),
)
@settings(max_examples=60)
def test_no_device_name_breaks_the_format(
    device: str, value: float, make: Callable[[str], str]
) -> None:
    """Mount points hold quotes, backslashes and newlines."""
    readings = [
        Reading(gauge=gauge, device=make(device), value=value)
        for gauge in ("disk_total_bytes", "disk_used_bytes")
    ]
    # Prometheus' parser splits lines at more than newlines.
    if len(f"{device}.".splitlines()) > 1 and "\n" not in device:
        return

    samples = parse(expose(state(*readings), Path("/nowhere")))

    assert samples["disk_total_bytes"] == {frozenset({("device", make(device))}): value}


def test_the_demo_is_a_function_of_the_clock_alone(clock: FixedClock) -> None:
    """The same moment looks the same in every process, and energy only grows."""
    first, again = DemoCollector(clock).collect(), DemoCollector(clock).collect()
    clock.advance(3600)
    later = DemoCollector(clock).collect()

    def energies(collection: object) -> list[float]:
        readings = getattr(collection, "readings", ())
        return [one.value for one in readings if one.gauge == "gpu_energy_joules"]

    assert first == again
    assert all(a < b for a, b in zip(energies(first), energies(later), strict=True))
