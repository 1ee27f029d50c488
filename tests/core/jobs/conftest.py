"""A launcher of real processes, and functions that observe them."""

import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from core.clock import SystemClock
from core.database import Database
from core.jobs.folder import JobFolder, JobProcesses
from core.jobs.launcher import Job, JobKind, JobSpec
from core.jobs.local import LocalLauncher
from core.jobs.processes import Identity, send, with_variable
from core.locks import take_lock
from core.paths import StatePaths
from core.process.variables import SHIM_VARIABLE
from core.settings import JobSettings

TIMEOUT_S = 60.0  # a machine may be busy; nothing here waits so long without need
SHIM_KILLED = "its supervising process was killed, so how the job ended is unknown"
SETTINGS = JobSettings(cpu_slots=2, gpus=2, log_bytes=20_000)


def until(condition: Callable[[], Any], what: str = "the condition") -> None:
    """Wait until the condition holds; fail when it never does."""
    end = time.monotonic() + TIMEOUT_S
    while not condition():
        assert time.monotonic() < end, f"{what} did not come true"
        time.sleep(0.02)


def processes_of(job: Job) -> Sequence[Identity]:
    """Return every running process of a job, its shim included."""
    return with_variable(SHIM_VARIABLE, job.id)


def processes_named(word: str) -> Sequence[int]:
    """Return the running processes with this word on their command line."""
    return [
        process.pid
        for process in psutil.process_iter(["cmdline", "status"])
        if word in (process.info["cmdline"] or []) and process.info["status"] != "zombie"
    ]


def until_there(path: Path) -> str:
    """Return a shell command that waits for a file: no test depends on how fast a machine is."""
    return f"while ! test -e {path}; do sleep 0.05; done"


@dataclass(slots=True)
class JobTester:
    """A launcher of shell programs, with the folders of its jobs."""

    launcher: LocalLauncher
    paths: StatePaths

    @property
    def environment(self) -> dict[str, str]:
        """The variables that lead another process to the same database."""
        return {"DATAHALL_DATABASE_URL": self.launcher.database.url}

    def spec(self, program: str, **changes: Any) -> JobSpec:  # noqa: ANN401  (any field of the record)
        """Return the spec of a job that runs a shell program."""
        values: dict[str, Any] = {"kind": JobKind.TRAINING, "title": "Train", "subject": "run-1"}
        return JobSpec(argv=("/bin/sh", "-c", program), **(values | changes))

    def submit(self, program: str, **changes: Any) -> Job:  # noqa: ANN401  (as above)
        """Submit a shell program."""
        return self.launcher.submit(self.spec(program, **changes))

    def submit_ready(self, program: str, **changes: Any) -> Job:  # noqa: ANN401  (as above)
        """Submit a shell program that prints `ready`, and return once it has."""
        job = self.submit(program, **changes)
        until(lambda: "ready" in self.launcher.log(job.id), f"`ready` in the log of {program}")
        return self.launcher.job(job.id)

    def end(self, job: Job) -> Job:
        """Return a job once it is over."""
        over = self.launcher.wait(job.id, timeout_s=TIMEOUT_S)
        assert over.state.is_over, over
        return over

    def folder(self, job: Job) -> JobFolder:
        """Return a job's folder."""
        return JobFolder(self.paths.job(job.id))

    def processes(self, job: Job) -> JobProcesses:
        """Return the processes of a job, once the job's own process is running."""
        until(
            lambda: (processes := self.folder(job).read_processes()) and processes.job,
            "the job's process",
        )
        processes = self.folder(job).read_processes()
        assert processes is not None
        return processes


@pytest.fixture
def unsupervised(database: Database, paths: StatePaths) -> Iterator[JobTester]:
    """A launcher without a supervisor: each shim advances the queue when its job has ended."""
    launcher = LocalLauncher(database, paths, SETTINGS, SystemClock())
    yield JobTester(launcher, paths)
    for job in launcher.jobs():
        for process in processes_of(job):
            send(process, signal.SIGKILL)
        until(lambda job=job: not processes_of(job), "the end of every process")


@pytest.fixture
def tester(unsupervised: JobTester) -> Iterator[JobTester]:
    """A launcher as if a supervisor ran; the test calls `tick`."""
    supervisor = take_lock(unsupervised.paths.supervisor_lock)
    assert supervisor is not None
    yield unsupervised
    os.close(supervisor)


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    """A folder that jobs of a test write to."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder
