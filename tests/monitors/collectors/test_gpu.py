"""The gpu collector on the simulated driver, loaded as production loads NVIDIA's."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.clock import Clock, SystemClock
from core.command import SystemRunner, module_argv, start
from core.errors import UnavailableError
from monitors.collector import Collection
from monitors.collectors.gpu import GpuCollector
from tests.monitors.simulation import LIBRARY, Driver

PATIENCE_S = 10.0


class HastyClock(SystemClock):
    """A clock that runs faster, so that what is due in a minute is due soon."""

    def __init__(self, speed: float) -> None:
        """Run `speed` times as fast."""
        self._speed = speed

    def monotonic(self) -> float:
        """Return hurried seconds."""
        return super().monotonic() * self._speed


def collector(
    clock: Clock | None = None, *, deadline_s: float = PATIENCE_S, process_interval_s: float = 0
) -> GpuCollector:
    """Return a collector on this host's processes."""
    return GpuCollector(
        Path("/"),
        clock or SystemClock(),
        deadline_s=deadline_s,
        process_interval_s=process_interval_s,
    )


@pytest.fixture
def gpus(driver: Driver) -> Iterator[GpuCollector]:
    """A collector on the simulated driver that reads everything at every tick."""
    assert driver.library.name == LIBRARY
    made = collector(HastyClock(1e6), deadline_s=PATIENCE_S * 1e6)
    yield made
    made.close()


def values(collection: Collection, device: str) -> dict[str, float]:
    """Return the gauges of one GPU."""
    return {one.gauge: one.value for one in collection.readings if one.device == device}


def facts(collection: Collection, device: str) -> dict[str, str]:
    """Return the facts of one GPU."""
    return {one.name: one.text for one in collection.facts if one.device == device}


def test_every_value_is_in_its_base_unit(driver: Driver, gpus: GpuCollector) -> None:
    """NVML speaks percent, milliwatts, megahertz; gauges do not."""
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


def test_values_follow_the_hardware(driver: Driver, gpus: GpuCollector) -> None:
    """What was read rarely is read again when it is due."""
    driver.play("* gpus 1", "0 utilization 10", "0 ecc_corrected 0")
    before = values(gpus.collect(), "gpu0")
    driver.play("* gpus 1", "0 utilization 90", "0 ecc_corrected 5")
    after = values(gpus.collect(), "gpu0")

    assert (before["gpu_utilization_ratio"], after["gpu_utilization_ratio"]) == (0.1, 0.9)
    assert (before["gpu_ecc_corrected_errors"], after["gpu_ecc_corrected_errors"]) == (0, 5)


def test_what_is_read_rarely_is_repeated_meanwhile(driver: Driver) -> None:
    """A limit that vanished between two readings would look like a lost sensor."""
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
def test_what_a_gpu_does_not_support_is_absent(
    driver: Driver, gpus: GpuCollector, function: str, gauges: set[str]
) -> None:
    """Not zero: an SXM module has no fan, a MIG parent no utilization, a GB10 no memory size."""
    driver.play("* gpus 2", "* fan 30", f"1 unsupported {function}")

    collection = gpus.collect()

    assert set(values(collection, "gpu0")) - set(values(collection, "gpu1")) == gauges
    assert facts(collection, "gpu1")["state"] == "ok"


def test_the_first_version_of_a_call_is_used_where_the_newer_is_missing(
    driver: Driver, gpus: GpuCollector
) -> None:
    """Old drivers lack nvmlDeviceGetTemperatureV and nvmlDeviceGetMemoryInfo_v2."""
    driver.play("* gpus 1", "0 unsupported TemperatureV", "0 temperature 66")

    assert values(gpus.collect(), "gpu0")["gpu_temperature_celsius"] == 66


def test_a_gpu_that_falls_off_the_bus_stays_visible_as_lost(
    driver: Driver, gpus: GpuCollector
) -> None:
    """With its name and without values; the others go on; it is found again when it is back."""
    healthy = gpus.collect()
    driver.play("* gpus 2", "1 lost 1")
    during = gpus.collect()
    driver.play("* gpus 2")
    after = gpus.collect()

    assert values(during, "gpu1") == {"gpu_lost": 1.0, "gpu_stale": 0.0}
    assert facts(during, "gpu1") == {**facts(healthy, "gpu1"), "state": "lost"}
    assert values(during, "gpu0")["gpu_lost"] == 0.0
    assert values(during, "gpu0")["gpu_utilization_ratio"] == 0.5
    assert facts(after, "gpu1")["state"] == "ok"


def test_a_gpu_that_is_lost_from_the_start_has_a_card(driver: Driver, gpus: GpuCollector) -> None:
    """The driver knows that it should be there."""
    driver.play("* gpus 2", "1 lost 1")

    collection = gpus.collect()

    assert values(collection, "gpu1") == {"gpu_lost": 1.0, "gpu_stale": 0.0}
    assert facts(collection, "gpu1") == {"state": "lost"}


def test_a_gpu_that_is_missing_after_the_driver_started_anew_is_lost(
    driver: Driver, gpus: GpuCollector
) -> None:
    """Eight GPUs yesterday and seven today is an alarm, not a smaller host."""
    before = gpus.collect()
    gpus.close()
    driver.play("* gpus 1")

    after = gpus.collect()

    assert values(after, "gpu1") == {"gpu_lost": 1}
    assert facts(after, "gpu1") == {**facts(before, "gpu1"), "state": "lost"}


def test_an_xid_is_counted_once_and_told(driver: Driver, gpus: GpuCollector) -> None:
    """On the GPU that had it."""
    driver.play("* gpus 2")
    gpus.collect()
    driver.play("* gpus 2", "1 xid 79")
    collections = [gpus.collect() for _ in range(2)]
    driver.play("* gpus 2", "1 xid 48")
    last = gpus.collect()

    assert [values(one, "gpu1")["gpu_xid_errors"] for one in (*collections, last)] == [1, 1, 2]
    assert facts(last, "gpu1")["xid"] == "48"
    assert values(last, "gpu0")["gpu_xid_errors"] == 0


@pytest.mark.parametrize(
    ("code", "words"), [(9, "Driver Not Loaded.*modprobe"), (18, "mismatch.*reboot")]
)
def test_a_driver_that_does_not_start_is_unavailable_and_asked_again(
    driver: Driver, gpus: GpuCollector, code: int, words: str
) -> None:
    """An updated driver needs a reboot; meanwhile the rest of the host is watched."""
    driver.play(f"* init_error {code}")
    with pytest.raises(UnavailableError, match=words):
        gpus.collect()
    driver.play("* gpus 1")

    assert facts(gpus.collect(), "gpu0")["state"] == "ok"


def test_a_driver_without_a_gpu_is_unavailable(driver: Driver, gpus: GpuCollector) -> None:
    """Not an idle host."""
    driver.play("* gpus 0")

    with pytest.raises(UnavailableError, match="no GPU"):
        gpus.collect()


def test_a_host_without_the_library_is_unavailable(tmp_path: Path) -> None:
    """Most hosts have none; asked in a process of its own, for a loaded library stays."""
    (tmp_path / LIBRARY).write_text("no library at all")

    done = SystemRunner().run(
        module_argv("monitors", "--once", "--home", str(tmp_path)),
        environment={"LD_LIBRARY_PATH": str(tmp_path), "OMP_NUM_THREADS": "1"},
    )

    assert done.exit_code == 0
    assert "gpu: there is no NVIDIA driver on this host" in done.stdout


def test_a_process_is_told_with_user_command_and_run(driver: Driver, gpus: GpuCollector) -> None:
    """Who holds the GPU, and for which run."""
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


def test_a_process_that_cannot_be_seen_is_left_out(driver: Driver, gpus: GpuCollector) -> None:
    """In a container the driver tells process ids of the host."""
    driver.play("* gpus 1", "0 pid 4194300")

    assert gpus.collect().processes == ()


def test_a_slow_gpu_is_stale_and_costs_the_others_nothing(driver: Driver) -> None:
    """Nvitop-exporter waits for it: fifteen updates become four. Ours stay at the full rate."""
    driver.play("* gpus 4")
    watched = collector(deadline_s=0.25, process_interval_s=60)
    watched.collect()
    driver.play("* gpus 4", "2 slow_ms 200")
    rounds = [watched.collect() for _ in range(12)]
    driver.play("* gpus 4")
    watched.close()

    fresh = [
        sum("gpu_utilization_ratio" in values(one, f"gpu{index}") for one in rounds)
        for index in range(4)
    ]
    assert [fresh[index] for index in (0, 1, 3)] == [12, 12, 12]
    assert fresh[2] < 12
    late = [one for one in rounds if "gpu_utilization_ratio" not in values(one, "gpu2")]
    assert all(values(one, "gpu2") == {"gpu_stale": 1.0, "gpu_lost": 0.0} for one in late)
    assert facts(late[0], "gpu2")["state"] == "stale"
    assert facts(late[0], "gpu2")["name"] == "NVIDIA H100 80GB HBM3"


def test_a_gpu_that_hangs_delays_one_round_only(driver: Driver) -> None:
    """Its thread hangs in the driver; nobody waits for it a second time."""
    driver.play("* gpus 2")
    watched = collector(deadline_s=0.3)
    watched.collect()
    driver.play("* gpus 2", "1 slow_ms 1500")
    durations = []
    for _ in range(5):
        started = time.monotonic()
        watched.collect()
        durations.append(time.monotonic() - started)
    driver.play("* gpus 2")
    watched.close()

    assert durations[0] < 1
    assert max(durations[1:]) < 0.25, durations
