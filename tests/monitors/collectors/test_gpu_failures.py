"""GPUs that are lost, missing, slow or hang; drivers that do not start."""

import time
from pathlib import Path

import pytest

from core.command import module_argv, run_command
from core.errors import UnavailableError
from monitors.collectors.gpu import GpuCollector
from tests.monitors.collectors.gpus import collector, facts, values
from tests.monitors.simulation import LIBRARY, Driver

pytestmark = pytest.mark.slow


def test_a_gpu_that_falls_off_the_bus_stays_visible_as_lost(
    driver: Driver, gpus: GpuCollector
) -> None:
    """With its name, without values; other GPUs are read; it is found again when it is back."""
    healthy = gpus.collect()
    driver.play("* gpus 2", "1 lost 1")
    during = gpus.collect()
    driver.play("* gpus 2")
    after = gpus.collect()

    assert values(during, "gpu1") == {"gpu_lost": 1.0, "gpu_stale": 0.0}
    reported = {"state": "lost", "reason": "GPU is lost"}
    assert facts(during, "gpu1") == {**facts(healthy, "gpu1"), **reported}
    assert values(during, "gpu0")["gpu_lost"] == 0.0
    assert values(during, "gpu0")["gpu_utilization_ratio"] == 0.5
    assert facts(after, "gpu1")["state"] == "ok"


def test_a_gpu_that_is_lost_from_the_start_is_listed(driver: Driver, gpus: GpuCollector) -> None:
    driver.play("* gpus 2", "1 lost 1")

    collection = gpus.collect()

    assert values(collection, "gpu1") == {"gpu_lost": 1.0, "gpu_stale": 0.0}
    assert facts(collection, "gpu1") == {"state": "lost", "reason": "GPU is lost"}


def test_a_gpu_that_is_missing_after_a_restart_of_the_driver_is_lost(
    driver: Driver, gpus: GpuCollector
) -> None:
    before = gpus.collect()
    gpus.close()
    driver.play("* gpus 1")

    after = gpus.collect()

    assert values(after, "gpu1") == {"gpu_lost": 1}
    reported = {"state": "lost", "reason": "the driver does not list it any more"}
    assert facts(after, "gpu1") == {**facts(before, "gpu1"), **reported}


@pytest.mark.parametrize(
    ("code", "words"), [(9, "Driver Not Loaded.*modprobe"), (18, "mismatch.*reboot")]
)
def test_a_driver_that_does_not_start_is_unavailable_and_tried_again(
    driver: Driver, gpus: GpuCollector, code: int, words: str
) -> None:
    """An updated driver needs a reboot."""
    driver.play(f"* init_error {code}")
    with pytest.raises(UnavailableError, match=words):
        gpus.collect()
    driver.play("* gpus 1")

    assert facts(gpus.collect(), "gpu0")["state"] == "ok"


def test_a_driver_without_a_gpu_is_unavailable(driver: Driver, gpus: GpuCollector) -> None:
    driver.play("* gpus 0")

    with pytest.raises(UnavailableError, match="no GPU"):
        gpus.collect()


def test_a_host_without_the_library_is_unavailable(tmp_path: Path) -> None:
    """In another process, because a loaded library cannot be unloaded."""
    (tmp_path / LIBRARY).write_text("no library at all")

    done = run_command(
        module_argv("monitors", "--once", "--home", str(tmp_path)),
        environment={"LD_LIBRARY_PATH": str(tmp_path), "OMP_NUM_THREADS": "1"},
    )

    assert done.exit_code == 0
    assert "gpu: no NVIDIA driver on this host" in done.stdout


def test_a_slow_gpu_is_stale_and_does_not_delay_the_others(driver: Driver) -> None:
    driver.play("* gpus 4")
    watched = collector(deadline_s=1, process_interval_s=60)
    watched.collect()
    driver.play("* gpus 4", "2 slow_ms 800")
    rounds = [watched.collect() for _ in range(5)]
    driver.play("* gpus 4")
    watched.close()

    fresh = [
        sum("gpu_utilization_ratio" in values(one, f"gpu{index}") for one in rounds)
        for index in range(4)
    ]
    assert [fresh[index] for index in (0, 1, 3)] == [5, 5, 5]
    assert fresh[2] < 5
    late = [one for one in rounds if "gpu_utilization_ratio" not in values(one, "gpu2")]
    assert all(values(one, "gpu2") == {"gpu_stale": 1.0, "gpu_lost": 0.0} for one in late)
    assert facts(late[0], "gpu2")["state"] == "stale"
    assert facts(late[0], "gpu2")["reason"].startswith("no answer for ")
    assert facts(late[0], "gpu2")["name"] == "NVIDIA H100 80GB HBM3"


def test_a_gpu_that_hangs_delays_one_round_only(driver: Driver) -> None:
    driver.play("* gpus 2")
    watched = collector(deadline_s=1)
    watched.collect()
    driver.play("* gpus 2", "1 slow_ms 3000")
    durations = []
    for _ in range(5):
        started = time.monotonic()
        watched.collect()
        durations.append(time.monotonic() - started)
    driver.play("* gpus 2")
    watched.close()

    assert max(durations[1:]) < 1 <= durations[0] < 3, durations
