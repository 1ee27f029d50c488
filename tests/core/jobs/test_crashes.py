"""Killed launchers, shims and jobs: no job runs twice, no process is left, states are true."""

import os
import random
import shutil
import signal
from collections import Counter
from pathlib import Path

import pytest

from core.clock import SystemClock
from core.command import module_argv, start
from core.jobs.folder import JobProcesses
from core.jobs.launcher import Job, JobState
from core.jobs.local import LocalLauncher
from core.jobs.processes import identify, send
from core.jobs.rows import jobs_by_id, update_job
from core.paths import StatePaths
from tests.core.jobs.conftest import (
    SHIM_KILLED,
    TIMEOUT_S,
    JobTester,
    processes_named,
    processes_of,
    until,
    until_there,
)

pytestmark = pytest.mark.slow

PYTHON = module_argv("x")[0]
SUBMITTER = """
import os, signal, sys
from core.jobs.local import LocalLauncher
from core.jobs.__main__ import open_launcher
from core.jobs.launcher import JobKind, JobSpec
from core.settings import load_settings
launcher = open_launcher(load_settings(environment=os.environ, flags={"home": sys.argv[1]}))
if sys.argv[3:] == ["die-before-start"]:
    LocalLauncher._start_all = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
job = launcher.submit(
    JobSpec(kind=JobKind.TRAINING, title="Train", subject="x", argv=("/bin/sh", "-c", sys.argv[2]))
)
print(job.id, flush=True)
signal.pause()
"""


def start_submitter(tester: JobTester, program: str, *more: str):  # noqa: ANN201  (core.command's Process)
    """Start a process that submits a job, prints its id, and stays."""
    argv = (PYTHON, "-P", "-c", SUBMITTER, str(tester.paths.home), program, *more)
    return start(argv, environment=tester.environment, capture=True)


def stored_job(tester: JobTester, job_id: str) -> Job:
    """Return a job as stored in its row."""
    with tester.launcher.database.read() as connection:
        return jobs_by_id(connection, [job_id])[job_id]


def reap(process) -> None:  # noqa: ANN001  (as above)
    """Reap a killed process and close its pipes."""
    process.communicate(timeout=TIMEOUT_S)


def test_a_job_survives_the_process_group_of_its_submitter(
    tester: JobTester, scratch: Path
) -> None:
    program = f"{until_there(scratch / 'go')}; echo done >> {scratch}/ran; exit 3"
    submitter = start_submitter(tester, program)
    job = tester.launcher.job(submitter.stdout.readline().decode().strip())
    os.killpg(submitter.pid, signal.SIGKILL)
    reap(submitter)
    assert tester.launcher.job(job.id).state is JobState.RUNNING
    (scratch / "go").touch()
    over = tester.end(job)
    assert (over.state, over.exit_code) == (JobState.FAILED, 3)
    assert (scratch / "ran").read_text() == "done\n"


def test_a_job_whose_launcher_was_killed_before_the_start_runs_once(
    tester: JobTester, scratch: Path
) -> None:
    """The state in its row is running, but no process was started: it is queued again."""
    submitter = start_submitter(tester, f"echo done >> {scratch}/ran", "die-before-start")
    reap(submitter)
    (job,) = tester.launcher.jobs()
    over = tester.end(job)
    assert over.state is JobState.SUCCEEDED
    assert (scratch / "ran").read_text() == "done\n"


def test_a_job_ends_when_its_shim_is_killed(tester: JobTester) -> None:
    """The kernel sends SIGTERM to the job, which may still save its state."""
    job = tester.submit_ready(
        "trap 'sleep 0.5; echo saved; exit 0' TERM; echo ready; while :; do sleep 0.05; done"
    )
    send(tester.processes(job).shim, signal.SIGKILL)
    until(lambda: tester.launcher.job(job.id).state is not JobState.RUNNING, "a change of state")
    over = tester.end(job)
    assert (over.state, over.reason) == (JobState.CRASHED, SHIM_KILLED)
    assert tester.launcher.log(job.id).count("saved") == 1
    assert processes_of(job) == []


def test_a_job_without_shim_keeps_its_slot_until_it_ends(tester: JobTester, scratch: Path) -> None:
    """Two jobs on one GPU would both run out of memory."""
    slow = f"trap '{until_there(scratch / 'go')}; exit 0' TERM; echo ready; "
    job = tester.submit_ready(slow + "while :; do sleep 0.05; done", device="cuda:0")
    send(tester.processes(job).shim, signal.SIGKILL)
    following = tester.submit("exit 0", device="cuda:0")
    assert tester.launcher.job(job.id).state in (JobState.RUNNING, JobState.STOPPING)
    assert following.state is JobState.QUEUED
    (scratch / "go").touch()
    first, second = tester.end(job), tester.end(following)
    assert first.ended_at is not None
    assert second.started_at is not None
    assert first.ended_at <= second.started_at


def test_processes_of_a_killed_shim_are_killed_after_the_grace_period(tester: JobTester) -> None:
    """The job and a daemon of it in another session ignore SIGTERM."""
    job = tester.submit_ready(
        "trap '' TERM; setsid sh -c \"trap '' TERM; exec sleep 71.77\" & echo ready; sleep 71.77",
        grace_s=0.5,
    )
    until(lambda: len(processes_named("71.77")) == 2, "both sleeps")
    send(tester.processes(job).shim, signal.SIGKILL)
    over = tester.end(job)
    assert over.state is JobState.CRASHED
    assert processes_named("71.77") == []


def test_a_job_killed_with_its_shim_is_crashed(tester: JobTester) -> None:
    """For example by the out-of-memory killer."""
    job = tester.submit_ready("echo ready; exec sleep 60")
    for process in processes_of(job):
        send(process, signal.SIGKILL)
    over = tester.end(job)
    assert (over.state, over.reason) == (JobState.CRASHED, SHIM_KILLED)


def test_a_restart_of_the_machine_is_the_reason(tester: JobTester) -> None:
    job = tester.submit_ready("echo ready; exec sleep 60")
    processes = tester.processes(job)
    for process in processes_of(job):
        send(process, signal.SIGKILL)
    until(lambda: not processes_of(job), "the end of every process")
    tester.folder(job).write_processes(
        JobProcesses(boot_id="an earlier boot", shim=processes.shim, job=processes.job)
    )
    over = tester.launcher.job(job.id)
    assert (over.state, over.reason) == (
        JobState.CRASHED,
        "the machine was restarted while the job ran",
    )
    assert over.ended_at is not None


def test_a_job_that_ended_before_the_machine_was_restarted_keeps_its_ending(
    tester: JobTester,
) -> None:
    """The files in its folder decide, not the row."""
    job = tester.submit("exit 3")
    until(lambda: tester.folder(job).read_ending() is not None, "the end")
    processes = tester.processes(job)
    tester.folder(job).write_processes(
        JobProcesses(boot_id="an earlier boot", shim=processes.shim, job=processes.job)
    )
    assert tester.launcher.job(job.id).exit_code == 3


def test_a_job_whose_start_was_lost_in_a_power_cut_is_not_started_again(
    tester: JobTester, scratch: Path
) -> None:
    job = tester.submit_ready(f"echo once >> {scratch}/ran; echo ready; exec sleep 60")
    for process in processes_of(job):
        send(process, signal.SIGKILL)
    until(lambda: not processes_of(job), "the end of every process")
    with tester.launcher.database.write() as connection:
        update_job(
            connection,
            job.id,
            {"state": "queued", "assigned": [], "started_at": None, "pid": None, "boot_id": ""},
        )
    assert tester.end(job).state is JobState.CRASHED
    assert (scratch / "ran").read_text() == "once\n"


def test_a_job_with_a_damaged_ending_is_crashed(tester: JobTester) -> None:
    job = tester.submit("exit 0")
    until(lambda: tester.folder(job).read_ending() is not None, "the end")
    until(lambda: not processes_of(job), "the end of every process")
    (tester.paths.job(job.id) / "exit.json").write_bytes(b"\x00\xff{")
    assert tester.launcher.job(job.id).state is JobState.CRASHED


def test_a_job_with_a_damaged_process_record_is_not_started_again(
    tester: JobTester, scratch: Path
) -> None:
    job = tester.submit_ready(f"echo once >> {scratch}/ran; echo ready; exec sleep 60")
    tester.processes(job)
    (tester.paths.job(job.id) / "process.json").write_bytes(b"{")
    assert tester.launcher.job(job.id).state is JobState.RUNNING
    for process in processes_of(job):
        send(process, signal.SIGKILL)
    assert tester.end(job).state is JobState.CRASHED
    assert (scratch / "ran").read_text() == "once\n"


def test_an_ending_is_written_once_the_disk_has_space(tester: JobTester, scratch: Path) -> None:
    """Until then the shim keeps the slot."""
    job = tester.submit_ready(f"echo ready; {until_there(scratch / 'go')}; exit 3")
    obstacle = tester.paths.job(job.id) / "exit.json"
    obstacle.mkdir()
    processes = tester.processes(job)
    assert processes.job is not None
    (scratch / "go").touch()
    until(lambda: identify(processes.job.pid) is None, "the end of the job itself")
    assert tester.launcher.job(job.id).state is JobState.RUNNING
    obstacle.rmdir()
    assert tester.end(job).exit_code == 3


def test_a_job_whose_folder_was_removed_is_ended_and_not_started_again(
    tester: JobTester, scratch: Path
) -> None:
    job = tester.submit_ready(f"echo once >> {scratch}/ran; echo ready; exec sleep 60", grace_s=1.0)
    tester.processes(job)
    shutil.rmtree(tester.paths.job(job.id))
    over = tester.end(job)
    assert over.state in (JobState.STOPPED, JobState.CRASHED)
    assert (scratch / "ran").read_text() == "once\n"
    until(lambda: not processes_of(job), "the end of every process")


def test_a_queued_job_whose_folder_was_removed_still_runs(tester: JobTester, scratch: Path) -> None:
    first = tester.submit(until_there(scratch / "go"))
    queued = tester.submit("echo hello", after=first.id)
    shutil.rmtree(tester.paths.job(queued.id))
    (scratch / "go").touch()
    assert tester.end(queued).state is JobState.SUCCEEDED


@pytest.mark.parametrize("seed", range(2))
def test_no_job_runs_twice_while_launchers_and_shims_are_killed(
    tester: JobTester, scratch: Path, seed: int
) -> None:
    """Afterwards the queue works, and the recorded endings are true."""
    dice = random.Random(seed)  # noqa: S311  (no secret: a failure is to be repeated)
    # `exec`: with the sleep in a process of its own, a job that loses it ends by itself and fails.
    program = f"echo $DATAHALL_JOB >> {scratch}/ran; exec sleep 0.3"
    killed = tester.submit_ready(f"echo $DATAHALL_JOB >> {scratch}/ran; echo ready; exec sleep 60")
    submitters = [start_submitter(tester, program) for _ in range(3)]
    for _ in range(9):
        tester.submit(program)
    for _ in range(6):
        until(lambda: any(map(processes_of, tester.launcher.jobs())), "a process of a job")
        victims = [item for job in tester.launcher.jobs() for item in processes_of(job)]
        for victim in dice.sample(victims, k=min(2, len(victims))):
            send(victim, signal.SIGKILL)
        tester.launcher.tick()
        tester.submit(program)
    send(tester.processes(killed).shim, signal.SIGKILL)
    for submitter in submitters:
        submitter.kill()
        reap(submitter)
    last = tester.end(tester.submit(program))
    ended = [tester.end(job) for job in tester.launcher.jobs()]
    runs = Counter((scratch / "ran").read_text().split())
    assert last.state is JobState.SUCCEEDED
    assert {job.state for job in ended} == {JobState.SUCCEEDED, JobState.CRASHED}
    assert tester.launcher.job(killed.id).state is JobState.CRASHED
    assert set(runs.values()) == {1}
    assert {job.id for job in ended if job.state is JobState.SUCCEEDED} <= runs.keys()
    assert not any(processes_of(job) for job in ended)


def test_a_query_changes_nothing(tester: JobTester) -> None:
    """It reports what the processes show; the next tick stores it."""
    job = tester.submit_ready("echo ready; exec sleep 60")
    tester.processes(job)
    tester.launcher.tick()
    for process in processes_of(job):
        send(process, signal.SIGKILL)
    until(lambda: not processes_of(job), "the end of every process")
    stored = stored_job(tester, job.id)
    (listed,) = tester.launcher.jobs()
    assert listed.state is tester.launcher.job(job.id).state is JobState.CRASHED
    assert stored_job(tester, job.id) == stored
    assert stored.state is JobState.RUNNING
    tester.launcher.tick()
    assert stored_job(tester, job.id).state is JobState.CRASHED


def test_a_copy_of_a_home_does_not_run_the_jobs_of_the_original(
    tester: JobTester, scratch: Path, tmp_path: Path
) -> None:
    tester.submit(until_there(scratch / "go"), device="cuda:0")
    queued = tester.submit(f"echo ran >> {scratch}/ran", device="cuda:0")
    copied = StatePaths(tmp_path / "copy")
    shutil.copytree(tester.paths.home, copied.home)
    copy = LocalLauncher(tester.launcher.database, copied, tester.launcher.settings, SystemClock())
    (scratch / "go").touch()
    for _ in range(3):
        copy.tick()
    assert stored_job(tester, queued.id).state is JobState.QUEUED
    assert tester.end(queued).state is JobState.SUCCEEDED
    assert (scratch / "ran").read_text() == "ran\n"
