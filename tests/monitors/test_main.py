"""The process of the sampler."""

import json
import signal
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import httpx
import pytest

from core.command import CommandResult, Process, module_argv, run_command, start
from core.errors import CorruptError, UnavailableError
from core.paths import StatePaths
from monitors.gauges import Gauge
from monitors.store.sqlite import SqliteTelemetryStore
from tests.monitors.simulation import Driver

pytestmark = pytest.mark.slow

TIMEOUT_S = 30.0
LIGHT = {"OMP_NUM_THREADS": "1"}


@pytest.fixture
def port() -> int:
    """A free port."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@pytest.fixture
def sampler(paths: StatePaths, port: int) -> Iterator[Process]:
    """A running sampler with simulated GPUs that has taken its first samples."""
    child = begin(paths, port)
    try:
        wait_for_samples(paths)
        yield child
    finally:
        child.kill()
        child.wait()


def begin(paths: StatePaths, port: int, log: IO[bytes] | None = None) -> Process:
    """Start a sampler."""
    argv = module_argv("monitors", "--home", str(paths.home), "--demo", "--interval", "0.2")
    return start(argv, environment={**LIGHT, "DATAHALL_SAMPLER_PORT": str(port)}, log=log)


def wait_for_samples(paths: StatePaths) -> None:
    """Wait until there are rates."""
    deadline = time.monotonic() + TIMEOUT_S
    while not has_rates(paths):
        assert time.monotonic() < deadline, "no samples came"
        time.sleep(0.05)


def has_rates(paths: StatePaths) -> bool:
    """Whether two ticks were stored."""
    store = SqliteTelemetryStore(paths.telemetry)
    try:
        return any(key.gauge == Gauge.CPU_BUSY_RATIO for key in store.keys())  # noqa: SIM118  (a method)
    except (UnavailableError, CorruptError):
        return False
    finally:
        store.close()


def test_it_samples_and_serves_until_sigterm(
    sampler: Process, paths: StatePaths, port: int
) -> None:
    """`datahall up` terminates its services by SIGTERM."""
    text = httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False).text

    sampler.send_signal(signal.SIGTERM)
    code = sampler.wait(TIMEOUT_S)

    assert code == 0
    assert 'gpu_utilization_ratio{device="gpu7"}' in text
    store = SqliteTelemetryStore(paths.telemetry)
    latest = store.latest()
    store.close()
    assert latest is not None
    assert latest.interval_s == 0.2


def test_ctrl_c_ends_it_with_130(sampler: Process) -> None:
    sampler.send_signal(signal.SIGINT)

    assert sampler.wait(TIMEOUT_S) == 130


def test_it_uses_at_most_60_mib_of_memory(sampler: Process) -> None:
    status = Path(f"/proc/{sampler.pid}/status").read_text(encoding="ascii")
    (line,) = [line for line in status.splitlines() if line.startswith("VmRSS")]

    assert int(line.split()[1]) / 1024 < 60


def test_the_process_loads_no_heavy_packages() -> None:
    """They would cost more memory and start-up time than the sampler itself."""
    heavy = {"sqlalchemy", "numpy", "pandas", "streamlit", "torch", "httpx"}
    code = "import sys, monitors.__main__; print(*sys.modules)"

    done = run_command([sys.executable, "-P", "-c", code], environment=LIGHT)

    assert done.exit_code == 0, done.stderr
    assert heavy.isdisjoint(done.stdout.split())


def test_a_second_sampler_on_the_same_home_is_refused(sampler: Process, paths: StatePaths) -> None:
    done = run("--home", str(paths.home))

    assert done.exit_code == 2
    assert f"process {sampler.pid}) is already running on {paths.home}" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_port_in_use_is_reported_in_one_line(paths: StatePaths) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = taken.getsockname()[1]
        done = run("--home", str(paths.home), port=number)

    assert done.exit_code == 2
    assert f"cannot listen on 127.0.0.1 port {number}" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("interval", ["0", "-1", "nan", "1e9"])
def test_an_invalid_interval_is_refused(paths: StatePaths, interval: str) -> None:
    """Before any file is written; with --json as a document."""
    done = run("--home", str(paths.home), "--interval", interval, "--json")

    assert done.exit_code == 2
    assert json.loads(done.stdout)["error"]["kind"] == "settings"
    assert not paths.telemetry.exists()


def test_a_damaged_telemetry_file_does_not_stop_the_sampler(paths: StatePaths, port: int) -> None:
    """It is renamed with a line in the log, and a new one begins."""
    paths.telemetry.write_text("not a database\n" * 300)
    log = paths.home / "sampler.log"
    with log.open("wb") as output:
        child = begin(paths, port, output)
        try:
            wait_for_samples(paths)
        finally:
            child.terminate()
            code = child.wait(TIMEOUT_S)

    (kept,) = paths.home.glob("telemetry.db.damaged-*")
    assert code == 0
    assert kept.read_text().startswith("not a database")
    assert f"renamed it to {kept.name}" in log.read_text()


def test_a_lock_that_a_killed_sampler_left_does_not_hold(
    sampler: Process, paths: StatePaths, port: int
) -> None:
    sampler.kill()
    sampler.wait()

    again = begin(paths, port)
    time.sleep(1)
    is_alive = again.poll() is None
    again.kill()
    again.wait()

    assert is_alive


def test_once_prints_one_reading_and_writes_no_file(paths: StatePaths) -> None:
    done = run("--home", str(paths.home), "--once", "--json", "--demo")

    document = json.loads(done.stdout)
    assert done.exit_code == 0
    assert document["host"] == socket.gethostname()
    assert abs(document["time"] - time.time()) < 60
    readings = {(one["gauge"], one["device"]): one["value"] for one in document["readings"]}
    assert readings["memory_available_bytes", ""] > 0
    assert 0 <= readings["cpu_busy_ratio", ""] <= 1
    assert 0 <= readings["gpu_utilization_ratio", "gpu0"] <= 1
    assert all(set(one) >= {"name", "success", "seconds"} for one in document["collectors"])
    assert not paths.telemetry.exists()


def test_once_without_json_prints_one_line_per_reading(paths: StatePaths) -> None:
    done = run("--home", str(paths.home), "--once")

    assert done.exit_code == 0
    assert "memory_available_bytes" in done.stdout


def test_real_and_simulated_gpus_are_never_mixed(
    paths: StatePaths, scripted_driver: Driver
) -> None:
    """`--demo` on a host with GPUs shows simulated ones only."""
    done = run_command(
        module_argv("monitors", "--home", str(paths.home), "--once", "--json", "--demo"),
        environment=scripted_driver.environment,
    )

    facts = json.loads(done.stdout)["facts"]
    names = [one["text"] for one in facts if one["name"] == "name"]
    assert len(names) == 8
    assert all(name.startswith("Simulated") for name in names)


def run(*arguments: str, port: int = 0) -> CommandResult:
    """Run the sampler until it exits."""
    environment = {**LIGHT, "DATAHALL_SAMPLER_PORT": str(port)}
    return run_command(
        module_argv("monitors", *arguments), environment=environment, timeout_s=TIMEOUT_S
    )
