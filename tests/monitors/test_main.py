"""The sampler as a process."""

import json
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from core.command import CommandResult, Process, SystemRunner, module_argv, start
from core.errors import UnavailableError
from core.paths import StatePaths
from monitors.store.sqlite import SqliteTelemetryStore
from tests.monitors.simulation import Driver

PATIENCE_S = 30.0
LIGHT = {"OMP_NUM_THREADS": "1"}


@pytest.fixture
def port() -> int:
    """A port that is free."""
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


def begin(paths: StatePaths, port: int) -> Process:
    """Start a sampler."""
    argv = module_argv("monitors", "--home", str(paths.home), "--demo", "--interval", "0.2")
    return start(argv, environment={**LIGHT, "DATAHALL_SAMPLER_PORT": str(port)})


def wait_for_samples(paths: StatePaths) -> None:
    """Wait until rates are there."""
    deadline = time.monotonic() + PATIENCE_S
    while not has_rates(paths):
        assert time.monotonic() < deadline, "no samples came"
        time.sleep(0.05)


def has_rates(paths: StatePaths) -> bool:
    """Whether two ticks were stored."""
    store = SqliteTelemetryStore(paths.telemetry)
    try:
        return any(key.gauge == "cpu_busy_ratio" for key in store.keys())  # noqa: SIM118  (a method)
    except UnavailableError:
        return False
    finally:
        store.close()


def test_it_samples_and_serves_until_it_is_told_to_end(
    sampler: Process, paths: StatePaths, port: int
) -> None:
    """SIGTERM is how `datahall up` ends its services."""
    text = httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False).text

    sampler.send_signal(signal.SIGTERM)
    code = sampler.wait(PATIENCE_S)

    assert code == 0
    assert 'gpu_utilization_ratio{device="gpu7"}' in text
    store = SqliteTelemetryStore(paths.telemetry)
    latest = store.latest()
    store.close()
    assert latest is not None
    assert latest.interval_s == 0.2


def test_ctrl_c_ends_it_with_130(sampler: Process) -> None:
    """As every command."""
    sampler.send_signal(signal.SIGINT)

    assert sampler.wait(PATIENCE_S) == 130


def test_it_is_small(sampler: Process) -> None:
    """A sampler lives on every host, for ever: 60 MiB at most."""
    status = Path(f"/proc/{sampler.pid}/status").read_text(encoding="ascii")
    (line,) = [line for line in status.splitlines() if line.startswith("VmRSS")]

    assert int(line.split()[1]) / 1024 < 60


def test_a_second_sampler_on_the_same_home_is_refused(sampler: Process, paths: StatePaths) -> None:
    """Two would write over each other; the sentence names the first."""
    done = run("--home", str(paths.home))

    assert done.exit_code == 2
    assert f"process {sampler.pid}) already runs on {paths.home}" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_taken_port_is_one_clear_sentence(paths: StatePaths) -> None:
    """And telemetry of the first is left alone."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = taken.getsockname()[1]
        done = run("--home", str(paths.home), port=number)

    assert done.exit_code == 2
    assert f"cannot listen on 127.0.0.1:{number}" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("interval", ["0", "-1", "nan", "1e9"])
def test_an_interval_that_cannot_be_kept_is_refused(paths: StatePaths, interval: str) -> None:
    """Before anything is touched; with --json as a document."""
    done = run("--home", str(paths.home), "--interval", interval, "--json")

    assert done.exit_code == 2
    assert json.loads(done.stdout)["error"]["kind"] == "settings"
    assert not paths.telemetry.exists()


def test_a_lock_that_a_killed_sampler_left_does_not_hold(
    sampler: Process, paths: StatePaths, port: int
) -> None:
    """Kill -9 and start again."""
    sampler.kill()
    sampler.wait()

    again = begin(paths, port)
    time.sleep(1)
    is_alive = again.poll() is None
    again.kill()
    again.wait()

    assert is_alive


def test_once_prints_one_reading_and_leaves_nothing(paths: StatePaths) -> None:
    """The shape that checks rely on."""
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


def test_once_without_json_is_for_people(paths: StatePaths) -> None:
    """One line per reading."""
    done = run("--home", str(paths.home), "--once")

    assert done.exit_code == 0
    assert "memory_available_bytes" in done.stdout


def test_real_and_simulated_gpus_are_never_mixed(
    paths: StatePaths, scripted_driver: Driver
) -> None:
    """`--demo` on a host with GPUs shows the made-up ones only."""
    done = SystemRunner().run(
        module_argv("monitors", "--home", str(paths.home), "--once", "--json", "--demo"),
        environment=scripted_driver.environment,
    )

    facts = json.loads(done.stdout)["facts"]
    names = [one["text"] for one in facts if one["name"] == "name"]
    assert len(names) == 8
    assert all(name.startswith("Simulated") for name in names)


def run(*arguments: str, port: int = 0) -> CommandResult:
    """Run the sampler to its end."""
    environment = {**LIGHT, "DATAHALL_SAMPLER_PORT": str(port)}
    return SystemRunner().run(
        module_argv("monitors", *arguments), environment=environment, timeout_s=PATIENCE_S
    )
