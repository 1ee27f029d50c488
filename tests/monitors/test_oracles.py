"""Our numbers equal those of nvitop and gpustat on the same driver library."""

import getpass
import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from core.command import module_argv, run_command, start
from tests.monitors.simulation import Driver

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
MIB = 1024**2

SCRIPTS = {
    "busy": (
        "* gpus 3",
        "0 utilization 57",
        "0 memory_used 5368709120",
        "0 power 412345",
        "0 temperature 71",
        "0 fan 45",
        "1 utilization 0",
        "1 memory_used 0",
        "1 power 61234",
        "1 sm_clock 345",
        "1 ecc_uncorrected 3",
        "2 utilization 100",
        "2 memory_used 85899345920",
        "2 power_limit 500000",
        "2 temperature 88",
    ),
    "bare": ("* gpus 2", "* unsupported UtilizationRates", "1 unsupported PowerUsage"),
}


@pytest.fixture(params=SCRIPTS)
def simulated_gpus(request: pytest.FixtureRequest, scripted_driver: Driver) -> Driver:
    """A driver that gives every program the same answers."""
    scripted_driver.play(*SCRIPTS[request.param])
    return scripted_driver


def ask(driver: Driver, *argv: str) -> Any:  # noqa: ANN401  (JSON)
    """Run a program on the simulated driver and return the JSON that it prints."""
    environment = {**driver.environment, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore"}
    done = run_command(argv, environment=environment, timeout_s=60)
    assert done.exit_code == 0, done.stderr
    return json.loads(done.stdout)


def ours(driver: Driver, home: Path) -> tuple[Mapping[str, Mapping[str, Any]], list[Any]]:
    """Return our numbers: gauges and facts by GPU, and the processes on GPUs."""
    document = ask(driver, *module_argv("monitors", "--once", "--json", "--home", str(home)))
    cards: dict[str, dict[str, Any]] = {}
    for one in document["readings"]:
        if one["gauge"].startswith("gpu_"):
            cards.setdefault(one["device"], {})[one["gauge"]] = one["value"]
    for one in document["facts"]:
        if one["device"] in cards:
            cards[one["device"]][one["name"]] = one["text"]
    return cards, [one for one in document["processes"] if "gpu" in one]


def scaled(card: Mapping[str, Any], gauge: str, unit: float) -> float | None:
    """Return one of our values in another unit, or None when it is absent."""
    return round(card[gauge] / unit, 6) if gauge in card else None


def test_nvitop_reads_the_same_numbers(simulated_gpus: Driver, tmp_path: Path) -> None:
    """Through its Python API, in another process."""
    cards, _ = ours(simulated_gpus, tmp_path)

    theirs = ask(simulated_gpus, sys.executable, "-m", "tests.monitors.ask_nvitop")

    assert len(theirs) == len(cards)
    for index, their in enumerate(theirs):
        card = cards[f"gpu{index}"]
        assert {name: value for name, value in their.items() if name != "processes"} == {
            "name": card["name"],
            "uuid": card["uuid"],
            "bus_id": card["pci_bus_id"],
            "utilization": scaled(card, "gpu_utilization_ratio", 0.01),
            "memory_utilization": scaled(card, "gpu_memory_utilization_ratio", 0.01),
            "memory_used": scaled(card, "gpu_memory_used_bytes", 1),
            "memory_total": scaled(card, "gpu_memory_total_bytes", 1),
            "temperature": scaled(card, "gpu_temperature_celsius", 1),
            "fan": scaled(card, "gpu_fan_ratio", 0.01),
            "power": scaled(card, "gpu_power_watts", 0.001),
            "power_limit": scaled(card, "gpu_power_limit_watts", 0.001),
            "sm_clock": scaled(card, "gpu_clock_sm_hertz", 1e6),
            "memory_clock": scaled(card, "gpu_clock_memory_hertz", 1e6),
            "ecc_uncorrected": scaled(card, "gpu_ecc_uncorrected_errors", 1),
        }


def test_gpustat_reads_the_same_numbers(simulated_gpus: Driver, tmp_path: Path) -> None:
    """Through its command line; it rounds to whole watts and MiB."""
    cards, _ = ours(simulated_gpus, tmp_path)

    theirs = ask(simulated_gpus, sys.executable, "-m", "gpustat", "--json")["gpus"]

    assert len(theirs) == len(cards)
    for index, their in enumerate(theirs):
        card = cards[f"gpu{index}"]
        watts = scaled(card, "gpu_power_watts", 1)
        assert {name: their[name] for name in ("name", "uuid", "index")} == {
            "name": card["name"],
            "uuid": card["uuid"],
            "index": index,
        }
        assert their["utilization.gpu"] == scaled(card, "gpu_utilization_ratio", 0.01)
        assert their["memory.used"] == card["gpu_memory_used_bytes"] // MIB
        assert their["memory.total"] == card["gpu_memory_total_bytes"] // MIB
        assert their["temperature.gpu"] == card["gpu_temperature_celsius"]
        assert their["fan.speed"] == scaled(card, "gpu_fan_ratio", 0.01)
        assert their["power.draw"] == (None if watts is None else int(watts))
        assert their["enforced.power.limit"] == card["gpu_power_limit_watts"]


def test_all_three_report_the_same_process(scripted_driver: Driver, tmp_path: Path) -> None:
    child = start(["sleep", "120"])
    scripted_driver.play("* gpus 1", f"0 pid {child.pid}", "0 process_memory 6442450944")
    try:
        _, (our,) = ours(scripted_driver, tmp_path)
        (nvitop,) = ask(scripted_driver, sys.executable, "-m", "tests.monitors.ask_nvitop")
        gpustat = ask(scripted_driver, sys.executable, "-m", "gpustat", "--json")["gpus"][0]
    finally:
        child.kill()
        child.wait()

    reported = (our["gpu_memory_bytes"], our["user"], our["command"])
    assert reported == (6442450944, getpass.getuser(), "sleep 120")
    assert nvitop["processes"] == {str(our["pid"]): list(reported)}
    (their,) = gpustat["processes"]
    assert (their["pid"], their["gpu_memory_usage"] * MIB) == (our["pid"], reported[0])
    assert their["username"] == reported[1]


def test_the_simulated_driver_follows_its_script_over_time(
    scripted_driver: Driver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The number at the end of a line is the second since the start from which it applies."""
    scripted_driver.play("* gpus 1", "0 utilization 10", "0 utilization 90 50")
    for started_ago_s, expected in ((0, 0.1), (100, 0.9)):
        monkeypatch.setenv("SIMULATED_NVML_START", str(time.time() - started_ago_s))
        cards, _ = ours(scripted_driver, tmp_path / str(started_ago_s))
        assert cards["gpu0"]["gpu_utilization_ratio"] == expected
