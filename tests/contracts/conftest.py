"""Launchers of every kind, for their contract suite."""

import json
import os
import shlex
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import pytest

from core.clock import SystemClock
from core.database import Database
from core.jobs.devices import Slots
from core.jobs.launcher import Job, JobKind, JobSpec, Launcher
from core.jobs.local import LocalLauncher
from core.locks import take_lock
from core.paths import StatePaths
from core.settings import JobSettings
from tests.clock import FixedClock
from tests.core.jobs.memory import MemoryLauncher, Script
from tests.postgresql import PostgresqlServer

TIMEOUT_S = 60.0
FOREVER = 600.0
LONG = Script(seconds=FOREVER, lines=("ready",))


@dataclass(slots=True)
class LauncherTester:
    """A launcher of one kind, and functions that submit jobs with a script."""

    launcher: Launcher
    scripts: dict[tuple[str, ...], Script] | None

    def spec(self, script: Script | None = None, **changes: Any) -> JobSpec:  # noqa: ANN401  (any field of the record)
        """Return the specification of a job that follows the script, for this launcher."""
        wanted = script or Script()
        argv = program(wanted)
        if self.scripts is not None:
            self.scripts[argv] = wanted
        values: dict[str, Any] = {"kind": JobKind.TRAINING, "title": "Train", "subject": "run-1"}
        return JobSpec(argv=argv, **(values | changes))

    def submit(self, script: Script | None = None, **changes: Any) -> Job:  # noqa: ANN401  (as above)
        """Submit such a job."""
        return self.launcher.submit(self.spec(script, **changes))

    def end(self, job: Job) -> Job:
        """Return a job once it is over."""
        over = self.launcher.wait(job.id, timeout_s=TIMEOUT_S)
        assert over.state.is_over, over
        return over

    def begin(self, job: Job) -> Job:
        """Return a job once its program ran far enough to have printed its last line."""
        until = time.monotonic() + TIMEOUT_S
        while "ready" not in self.launcher.log(job.id) and time.monotonic() < until:
            time.sleep(0.02)
        return self.launcher.job(job.id)


def program(script: Script) -> tuple[str, ...]:
    """Return a shell program that follows a script."""
    lines = "".join(f"echo '{line}'; " for line in script.lines)
    trap = "" if script.is_obedient else "trap '' TERM; "
    pause = f"sleep {script.seconds}; " if script.seconds else ""
    ending = (
        f"exit {script.returncode}" if script.returncode >= 0 else f"kill {script.returncode} $$"
    )
    return ("/bin/sh", "-c", trap + lines + pause + _write_error(script) + ending)


def _write_error(script: Script) -> str:
    """Return the part of the program that writes `error.json`."""
    if script.error is None:
        return ""
    document = {name: getattr(script.error, name) for name in ("kind", "message", "remedy")}
    return f"printf %s {shlex.quote(json.dumps(document))} > $DATAHALL_JOB_FOLDER/error.json; "


# The launcher of this machine on each database; its jobs are processes.
LOCAL_LAUNCHERS = ("local", "local-postgresql")


@pytest.fixture(
    params=["memory", *(pytest.param(item, marks=pytest.mark.slow) for item in LOCAL_LAUNCHERS)]
)
def tester(request: pytest.FixtureRequest, paths: StatePaths) -> Iterator[LauncherTester]:
    """Each adapter in turn, with two CPU slots and two GPUs."""
    if request.param == "memory":
        memory = MemoryLauncher(FixedClock(), slots=Slots(cpu=2, gpus=2))
        yield LauncherTester(memory, memory.scripts)
        return
    # As if a supervisor ran: then shims leave the queue to it, which saves a process per job.
    supervisor = take_lock(paths.supervisor_lock)
    assert supervisor is not None
    with _open_database(request) as database:
        launcher = LocalLauncher(database, paths, JobSettings(cpu_slots=2, gpus=2), SystemClock())
        yield LauncherTester(launcher, None)
        for job in launcher.jobs():
            if not job.state.is_over:
                launcher.cancel(job.id)
                launcher.wait(job.id, timeout_s=TIMEOUT_S)
    os.close(supervisor)


def _open_database(request: pytest.FixtureRequest) -> AbstractContextManager[Database]:
    """Return the database of the launcher that is tested."""
    if request.param == "local":
        return nullcontext(request.getfixturevalue("sqlite_database"))
    server: PostgresqlServer = request.getfixturevalue("postgresql")
    return server.open_new_database()
