"""The gpu collector on the simulated driver."""

import os
import time
from pathlib import Path

import pytest

from core.command import start
from monitors.collectors.gpu import GpuCollector
from tests.monitors.collectors.gpus import collector, facts, values
from tests.monitors.simulation import Driver


def test_every_value_is_in_its_base_unit(driver: Driver, gpus: GpuCollector) -> None:
    """NVML returns percent, milliwatts and megahertz."""
    driver.play(
        "* gpus 1",
        "0 utilization 57",
        "0 memory_utilization 31",
        "0 memory_used 5000000000",
        "0 memory_total 85899345920",
        "0 power 412345",
        "0 power_limit 650000",
        "0 energy 123456789",
        "0 temperature 71",
        "0 slowdown_temperature 87",
        "0 sm_clock 1755",
        "0 memory_clock 2619",
        "0 fan 45",
        "0 throttle 36",
        "0 ecc_corrected 12",
        "0 ecc_uncorrected 1",
        "0 pcie_generation 4",
        "0 pcie_width 8",
    )

    collection = gpus.collect()

    found = values(collection, "gpu0")
    throttles = {name for name in found if name.startswith("gpu_throttle_") and found[name]}
    rest = {name: value for name, value in found.items() if not name.startswith("gpu_throttle_")}
    assert throttles == {"gpu_throttle_sw_power_cap", "gpu_throttle_sw_thermal"}
    assert rest == {
        "gpu_utilization_ratio": 0.57,
        "gpu_memory_utilization_ratio": 0.31,
        "gpu_memory_used_bytes": 5_000_000_000,
        "gpu_memory_total_bytes": 85_899_345_920,
        "gpu_power_watts": 412.345,
        "gpu_power_limit_watts": 650.0,
        "gpu_energy_joules": 123_456.789,
        "gpu_temperature_celsius": 71,
        "gpu_temperature_slowdown_celsius": 87,
        "gpu_clock_sm_hertz": 1.755e9,
        "gpu_clock_memory_hertz": 2.619e9,
        "gpu_fan_ratio": 0.45,
        "gpu_ecc_corrected_errors": 12,
        "gpu_ecc_uncorrected_errors": 1,
        "gpu_pcie_generation": 4,
        "gpu_pcie_width_lanes": 8,
        "gpu_pcie_receive_bytes_per_second": 2e6,
        "gpu_pcie_transmit_bytes_per_second": 1e6,
        "gpu_xid_errors": 0,
        "gpu_stale": 0,
        "gpu_lost": 0,
    }
    assert facts(collection, "gpu0") == {
        "name": "NVIDIA H100 80GB HBM3",
        "uuid": "GPU-51500000-0000-4000-8000-000000000000",
        "pci_bus_id": "00000000:10:00.0",
        "driver_version": "580.95.05",
        "state": "ok",
    }


def test_values_are_read_again_when_they_are_due(driver: Driver, gpus: GpuCollector) -> None:
    driver.play("* gpus 1", "0 utilization 10", "0 ecc_corrected 0")
    before = values(gpus.collect(), "gpu0")
    driver.play("* gpus 1", "0 utilization 90", "0 ecc_corrected 5")
    after = values(gpus.collect(), "gpu0")

    assert (before["gpu_utilization_ratio"], after["gpu_utilization_ratio"]) == (0.1, 0.9)
    assert (before["gpu_ecc_corrected_errors"], after["gpu_ecc_corrected_errors"]) == (0, 5)


def test_values_that_are_not_due_are_repeated(driver: Driver) -> None:
    driver.play("* gpus 1", "0 power_limit 700000", "0 power 100000")
    calm = collector()
    first = values(calm.collect(), "gpu0")
    driver.play("* gpus 1", "0 power_limit 500000", "0 power 200000")
    second = values(calm.collect(), "gpu0")
    calm.close()

    assert (first["gpu_power_watts"], second["gpu_power_watts"]) == (100.0, 200.0)
    assert first["gpu_power_limit_watts"] == second["gpu_power_limit_watts"] == 700.0


@pytest.mark.parametrize(
    ("function", "gauges"),
    [
        ("FanSpeed", {"gpu_fan_ratio"}),
        ("UtilizationRates", {"gpu_utilization_ratio", "gpu_memory_utilization_ratio"}),
        ("MemoryInfo", {"gpu_memory_used_bytes", "gpu_memory_total_bytes"}),
        ("PowerUsage", {"gpu_power_watts"}),
        ("EccErrors", {"gpu_ecc_corrected_errors", "gpu_ecc_uncorrected_errors"}),
        ("RegisterEvents", set()),
    ],
)
def test_values_that_a_gpu_does_not_support_are_absent(
    driver: Driver, gpus: GpuCollector, function: str, gauges: set[str]
) -> None:
    """An SXM module has no fan, a MIG parent no utilisation, a GB10 no memory size."""
    driver.play("* gpus 2", "* fan 30", f"1 unsupported {function}")

    collection = gpus.collect()

    assert set(values(collection, "gpu0")) - set(values(collection, "gpu1")) == gauges
    assert facts(collection, "gpu1")["state"] == "ok"


def test_a_name_that_is_not_utf8_is_shown_as_far_as_it_can_be_decoded(
    driver: Driver, gpus: GpuCollector
) -> None:
    """The numbers of the GPU are not affected."""
    driver.play("* gpus 1", "0 invalid_name 1", "0 utilization 57")

    collection = gpus.collect()

    assert facts(collection, "gpu0")["name"] == "H100 \ufffd"
    assert values(collection, "gpu0")["gpu_utilization_ratio"] == 0.57


def test_the_older_version_of_a_call_is_used_when_the_newer_is_missing(
    driver: Driver, gpus: GpuCollector
) -> None:
    """Old drivers lack nvmlDeviceGetTemperatureV and nvmlDeviceGetMemoryInfo_v2."""
    driver.play("* gpus 1", "0 unsupported TemperatureV", "0 temperature 66")

    assert values(gpus.collect(), "gpu0")["gpu_temperature_celsius"] == 66


def test_an_xid_is_counted_once_and_is_a_fact(driver: Driver, gpus: GpuCollector) -> None:
    driver.play("* gpus 2")
    gpus.collect()
    driver.play("* gpus 2", "1 xid 79")
    collections = [gpus.collect() for _ in range(2)]
    driver.play("* gpus 2", "1 xid 48")
    last = gpus.collect()

    assert [values(one, "gpu1")["gpu_xid_errors"] for one in (*collections, last)] == [1, 1, 2]
    assert facts(last, "gpu1")["xid"] == "48"
    assert values(last, "gpu0")["gpu_xid_errors"] == 0


def test_a_process_has_user_command_and_run(driver: Driver, gpus: GpuCollector) -> None:
    child = start(["sleep", "60"], environment={"DATAHALL_RUN": "r-12"})
    driver.play("* gpus 2", f"1 pid {child.pid}", "1 process_memory 6000000000")

    collection = gpus.collect()
    child.kill()
    child.wait()

    assert collection.processes is not None
    (one,) = collection.processes
    assert (one.gpu, one.gpu_memory_bytes, one.pid) == ("gpu1", 6_000_000_000, child.pid)
    assert (one.command, one.run) == ("sleep 60", "r-12")
    assert one.user == Path(f"/proc/{os.getpid()}").owner()
    assert abs(one.create_time - time.time()) < 60


def test_a_process_without_an_entry_in_proc_is_left_out(driver: Driver, gpus: GpuCollector) -> None:
    """In a container the driver reports process ids of the host."""
    driver.play("* gpus 1", "0 pid 4194300")

    assert gpus.collect().processes == ()
