"""When `datahall up` is killed, jobs continue and the next `up` finds them."""

import os
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TypeVar

import httpx
import psutil
import pytest

from core.actions.workspace import open_workspace
from core.command import Process, module_argv, start
from core.jobs.launcher import JobKind, JobSpec, JobState
from core.operations.services import read_states
from core.settings import Settings
from tests.dashboard.e2e.harness import free_port, printed_document, stop

T = TypeVar("T")
TIMEOUT_S = 60.0
JOB = ("sleep", "600.25")  # a duration that no other process on this machine uses
FIRST = JobSpec(kind=JobKind.VERIFY, title="First", subject="x", argv=("sleep", "2"))


@pytest.fixture
def ports() -> dict[str, int]:
    """Ports of the services, the same for both runs of `up`."""
    return {name: free_port() for name in ("WEB", "SERVING", "SAMPLER")}


@contextmanager
def _up(home: Path, ports: dict[str, int]) -> Iterator[Process]:
    """Run `datahall up`; the end of the block stops it."""
    with _output(home).open("wb") as log:
        process = start(
            module_argv("dashboard", "up", "--no-browser", "--json", "--home", str(home)),
            environment={f"DATAHALL_{name}_PORT": str(port) for name, port in ports.items()},
            log=log,
            die_with_parent=True,
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            stop(process)


def _output(home: Path) -> Path:
    """Return the file that holds the output of `up`."""
    return home.with_name("up.json")


def _wait_for(condition: Callable[[], T]) -> T:
    """Return the value of the condition once it is true."""
    deadline = time.monotonic() + TIMEOUT_S
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(0.1)
    pytest.fail("the condition did not become true in time")


def _pids() -> set[int]:
    """Return the ids of the processes of the long job."""
    return {
        process.pid
        for process in psutil.process_iter(["cmdline"])
        if process.info["cmdline"] == list(JOB)
    }


def _answers(port: int, path: str) -> bool:
    """Whether a service answers."""
    try:
        return httpx.get(f"http://127.0.0.1:{port}{path}", timeout=2.0).is_success
    except httpx.HTTPError:
        return False


def _are_running(pids: Iterable[int]) -> bool:
    """Whether one of the processes runs; a zombie does not."""
    running = {
        process.pid
        for process in psutil.process_iter(["status"])
        if process.info["status"] != psutil.STATUS_ZOMBIE
    }
    return not running.isdisjoint(pids)


@pytest.mark.slow
def test_a_job_survives_a_killed_up_and_is_not_started_twice(
    tmp_path: Path, ports: dict[str, int]
) -> None:
    """The next `up` waits until the ports of the old services are free."""
    settings = Settings(home=tmp_path / "home")
    with _up(settings.home, ports) as up, open_workspace(settings) as workspace:
        printed_document(_output(settings.home), up)
        first = workspace.launcher.submit(FIRST)
        # It runs after another job, so that the supervisor starts it and not this test.
        spec = JobSpec(kind=JobKind.VERIFY, title="Long", subject="x", argv=JOB, after=first.id)
        job_id = workspace.launcher.submit(spec).id
        pids = _wait_for(_pids)
        before = workspace.launcher.job(job_id)
        services = {state.name: state.pid or 0 for state in read_states(settings.paths)}
        # A stopped process cannot exit and keeps its port.
        os.kill(services["dashboard"], signal.SIGSTOP)
        up.kill()
        up.wait()

    with _up(settings.home, ports) as up, open_workspace(settings) as workspace:
        _wait_for(lambda: settings.paths.up_lock.read_text() == str(up.pid))
        os.kill(services["dashboard"], signal.SIGCONT)
        printed_document(_output(settings.home), up)
        for name, path in (("WEB", "/healthz"), ("SERVING", "/health"), ("SAMPLER", "/metrics")):
            _wait_for(partial(_answers, ports[name], path))
        _wait_for(lambda: not _are_running(services.values()))
        assert (before.state, len(pids)) == (JobState.RUNNING, 1)
        assert (workspace.launcher.job(job_id), _pids()) == (before, pids)

        workspace.launcher.cancel(job_id)
        ended = workspace.launcher.wait(job_id, timeout_s=TIMEOUT_S)
        assert (ended.state, _pids()) == (JobState.STOPPED, set())
