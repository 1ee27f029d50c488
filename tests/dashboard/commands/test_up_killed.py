"""`datahall up` is killed; the job that its supervisor started goes on, and is found again."""

import os
import signal
import time
from collections.abc import Callable, Iterator
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
PATIENCE_S = 60.0
JOB = ("sleep", "600.25")  # like no other process of this machine
FIRST = JobSpec(kind=JobKind.VERIFY, title="First", subject="x", argv=("sleep", "2"))


@pytest.fixture
def ports() -> dict[str, int]:
    """Ports of the services, the same for both lives of `up`."""
    return {name: free_port() for name in ("WEB", "SERVING", "SAMPLER")}


@contextmanager
def _up(home: Path, ports: dict[str, int]) -> Iterator[Process]:
    """Run `datahall up`; stopped at the end."""
    with _told(home).open("wb") as log:
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


def _told(home: Path) -> Path:
    """Return the file that holds what `up` printed."""
    return home.with_name("up.json")


def _until(look: Callable[[], T | None]) -> T:
    """Return what there is to see, once there is."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        if found := look():
            return found
        time.sleep(0.1)
    pytest.fail("it never came")


def _pids() -> set[int]:
    """Return the processes that do the job."""
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


@pytest.mark.slow
def test_a_job_outlives_up_and_is_found_again(tmp_path: Path, ports: dict[str, int]) -> None:
    """The same process goes on; the next `up` waits for the ports and starts nothing twice."""
    settings = Settings(home=tmp_path / "home")
    with _up(settings.home, ports) as up, open_workspace(settings) as workspace:
        printed_document(_told(settings.home), up)
        first = workspace.launcher.submit(FIRST)
        # Behind another job, so that not this test but the supervisor starts it.
        spec = JobSpec(kind=JobKind.VERIFY, title="Long", subject="x", argv=JOB, after=first.id)
        job_id = workspace.launcher.submit(spec).id
        pids = _until(_pids)
        before = workspace.launcher.job(job_id)
        services = {state.name: state.pid or 0 for state in read_states(settings.paths)}
        # Until it may go on it cannot end, and keeps its port.
        os.kill(services["dashboard"], signal.SIGSTOP)
        up.kill()
        up.wait()

    with _up(settings.home, ports) as up, open_workspace(settings) as workspace:
        _until(lambda: settings.paths.up_lock.read_text() == str(up.pid))
        os.kill(services["dashboard"], signal.SIGCONT)
        printed_document(_told(settings.home), up)
        for name, path in (("WEB", "/healthz"), ("SERVING", "/health"), ("SAMPLER", "/metrics")):
            _until(partial(_answers, ports[name], path))
        assert not any(psutil.pid_exists(pid) for pid in services.values())
        assert (before.state, len(pids)) == (JobState.RUNNING, 1)
        assert (workspace.launcher.job(job_id), _pids()) == (before, pids)

        workspace.launcher.cancel(job_id)
        ended = workspace.launcher.wait(job_id, timeout_s=PATIENCE_S)
        assert (ended.state, _pids()) == (JobState.STOPPED, set())
