"""Whoever is killed at whatever moment: nothing runs twice, nothing is left, the state is true."""

import os
import random
import shutil
import signal
import time
from pathlib import Path

import pytest

from core.command import module_argv, start
from core.jobs.folder import Crew
from core.jobs.launcher import JobState
from core.jobs.processes import identify
from core.jobs.rows import update_job
from tests.core.jobs.conftest import (
    PATIENCE_S,
    Yard,
    processes_named,
    processes_of,
    until,
    until_there,
)

PYTHON = module_argv("x")[0]
SUBMITTER = """
import os, signal, sys
from core.jobs import starting
from core.jobs.__main__ import _open
from core.jobs.launcher import JobKind, JobSpec
from core.settings import load_settings
launcher = _open(load_settings(environment=os.environ, flags={"home": sys.argv[1]}))
if sys.argv[3:] == ["die-before-start"]:
    starting.Starter.start_all = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
job = launcher.submit(
    JobSpec(kind=JobKind.TRAINING, title="Train", subject="x", argv=("/bin/sh", "-c", sys.argv[2]))
)
print(job.id, flush=True)
signal.pause()
"""


def start_submitter(yard: Yard, program: str, *more: str):  # noqa: ANN201  (core.command's Process)
    """Start a process that submits a job, prints its id, and stays."""
    argv = (PYTHON, "-P", "-c", SUBMITTER, str(yard.paths.home), program, *more)
    return start(argv, capture=True)


def reap(process) -> None:  # noqa: ANN001  (as above)
    """Take in a killed process and its pipes."""
    process.communicate(timeout=PATIENCE_S)


def test_a_job_goes_on_when_its_submitters_process_group_is_killed(
    yard: Yard, scratch: Path
) -> None:
    """The page, and everything that shares its terminal."""
    program = f"{until_there(scratch / 'go')}; echo done >> {scratch}/ran; exit 3"
    submitter = start_submitter(yard, program)
    job = yard.launcher.job(submitter.stdout.readline().decode().strip())
    os.killpg(submitter.pid, signal.SIGKILL)
    reap(submitter)
    assert yard.launcher.job(job.id).state is JobState.RUNNING
    (scratch / "go").touch()
    over = yard.end(job)
    assert (over.state, over.exit_code) == (JobState.FAILED, 3)
    assert (scratch / "ran").read_text() == "done\n"


def test_a_launcher_killed_before_it_started_anything_loses_no_job(
    yard: Yard, scratch: Path
) -> None:
    """The row says running, yet nothing was ever started: it goes back in line, and runs once."""
    submitter = start_submitter(yard, f"echo done >> {scratch}/ran", "die-before-start")
    reap(submitter)
    (job,) = yard.launcher.jobs()
    over = yard.end(job)
    assert over.state is JobState.SUCCEEDED
    assert (scratch / "ran").read_text() == "done\n"


def test_a_killed_shim_ends_its_job(yard: Yard) -> None:
    """The kernel asks the job to end; it may save, then the row says what happened."""
    job = yard.submit_ready(
        "trap 'sleep 0.5; echo saved; exit 0' TERM; echo ready; while :; do sleep 0.05; done"
    )
    os.kill(yard.crew(job).shim.pid, signal.SIGKILL)
    until(lambda: yard.launcher.job(job.id).state is not JobState.RUNNING, "a change of state")
    over = yard.end(job)
    assert (over.state, over.reason) == (JobState.CRASHED, "lost: the supervisor shim was killed")
    assert yard.launcher.log(job.id).count("saved") == 1
    assert processes_of(job) == []


def test_a_job_whose_shim_was_killed_keeps_its_slot_until_it_is_gone(
    yard: Yard, scratch: Path
) -> None:
    """Two jobs on one GPU would both run out of memory."""
    slow = f"trap '{until_there(scratch / 'go')}; exit 0' TERM; echo ready; "
    job = yard.submit_ready(slow + "while :; do sleep 0.05; done", device="cuda:0")
    os.kill(yard.crew(job).shim.pid, signal.SIGKILL)
    following = yard.submit("exit 0", device="cuda:0")
    assert yard.launcher.job(job.id).state in (JobState.RUNNING, JobState.STOPPING)
    assert following.state is JobState.QUEUED
    (scratch / "go").touch()
    first, second = yard.end(job), yard.end(following)
    assert first.ended_at is not None
    assert second.started_at is not None
    assert first.ended_at <= second.started_at


def test_what_a_killed_shim_leaves_is_killed_after_the_grace_period(yard: Yard) -> None:
    """The job ignores SIGTERM, and so does a daemon of it in another session."""
    job = yard.submit_ready(
        "trap '' TERM; setsid sh -c \"trap '' TERM; exec sleep 71.77\" & echo ready; sleep 71.77",
        grace_s=0.5,
    )
    until(lambda: len(processes_named("71.77")) == 2, "both sleeps")
    os.kill(yard.crew(job).shim.pid, signal.SIGKILL)
    over = yard.end(job)
    assert over.state is JobState.CRASHED
    assert processes_named("71.77") == []


def test_a_shim_killed_with_its_job_is_noticed(yard: Yard) -> None:
    """Out of memory, both at once: nobody is left to write how it ended."""
    job = yard.submit_ready("echo ready; exec sleep 60")
    for process in processes_of(job):
        os.kill(process.pid, signal.SIGKILL)
    over = yard.end(job)
    assert (over.state, over.reason) == (JobState.CRASHED, "lost: the supervisor shim was killed")


def test_a_restart_of_the_machine_is_named(yard: Yard) -> None:
    """Nothing of an earlier boot can still be running."""
    job = yard.submit_ready("echo ready; exec sleep 60")
    crew = yard.crew(job)
    for process in processes_of(job):
        os.kill(process.pid, signal.SIGKILL)
    until(lambda: not processes_of(job), "the end of every process")
    yard.folder(job).write_crew(Crew(boot_id="an earlier boot", shim=crew.shim, job=crew.job))
    over = yard.launcher.job(job.id)
    assert (over.state, over.reason) == (JobState.CRASHED, "lost: the machine was restarted")
    assert over.ended_at is not None


def test_a_job_that_ended_before_the_machine_was_restarted_keeps_its_ending(yard: Yard) -> None:
    """Its files say so, whatever the row says."""
    job = yard.submit("exit 3")
    until(lambda: yard.folder(job).read_ending() is not None, "the end")
    crew = yard.crew(job)
    yard.folder(job).write_crew(Crew(boot_id="an earlier boot", shim=crew.shim, job=crew.job))
    assert yard.launcher.job(job.id).reason == "exit code 3"


def test_a_power_cut_that_costs_the_row_its_start_does_not_start_the_job_again(
    yard: Yard, scratch: Path
) -> None:
    """The files were forced to disk before anything ran."""
    job = yard.submit_ready(f"echo once >> {scratch}/ran; echo ready; exec sleep 60")
    for process in processes_of(job):
        os.kill(process.pid, signal.SIGKILL)
    until(lambda: not processes_of(job), "the end of every process")
    with yard.launcher.database.write() as connection:
        update_job(
            connection,
            job.id,
            {"state": "queued", "assigned": [], "started_at": None, "pid": None, "boot_id": ""},
        )
    assert yard.end(job).state is JobState.CRASHED
    assert (scratch / "ran").read_text() == "once\n"


def test_a_damaged_ending_is_no_ending(yard: Yard) -> None:
    """It is lost, and the queue goes on."""
    job = yard.submit("exit 0")
    until(lambda: yard.folder(job).read_ending() is not None, "the end")
    until(lambda: not processes_of(job), "the end of every process")
    (yard.paths.job(job.id) / "exit.json").write_bytes(b"\x00\xff{")
    assert yard.launcher.job(job.id).state is JobState.CRASHED


def test_a_damaged_note_of_who_runs_a_job_does_not_start_it_again(
    yard: Yard, scratch: Path
) -> None:
    """It goes on while its lock is held, and is lost with it."""
    job = yard.submit_ready(f"echo once >> {scratch}/ran; echo ready; exec sleep 60")
    yard.crew(job)
    (yard.paths.job(job.id) / "process.json").write_bytes(b"{")
    assert yard.launcher.job(job.id).state is JobState.RUNNING
    for process in processes_of(job):
        os.kill(process.pid, signal.SIGKILL)
    assert yard.end(job).state is JobState.CRASHED
    assert (scratch / "ran").read_text() == "once\n"


def test_an_ending_that_finds_no_room_on_the_disk_is_written_later(
    yard: Yard, scratch: Path
) -> None:
    """The shim waits with its slot until somebody made room."""
    job = yard.submit_ready(f"echo ready; {until_there(scratch / 'go')}; exit 3")
    obstacle = yard.paths.job(job.id) / "exit.json"
    obstacle.mkdir()
    crew = yard.crew(job)
    assert crew.job is not None
    (scratch / "go").touch()
    until(lambda: identify(crew.job.pid) is None, "the end of the job itself")
    assert yard.launcher.job(job.id).state is JobState.RUNNING
    obstacle.rmdir()
    assert yard.end(job).reason == "exit code 3"


def test_a_job_whose_folder_was_removed_is_ended_and_not_started_again(
    yard: Yard, scratch: Path
) -> None:
    """Somebody made room with `rm -r`."""
    job = yard.submit_ready(f"echo once >> {scratch}/ran; echo ready; exec sleep 60", grace_s=1.0)
    yard.crew(job)
    shutil.rmtree(yard.paths.job(job.id))
    over = yard.end(job)
    assert over.state in (JobState.STOPPED, JobState.CRASHED)
    assert (scratch / "ran").read_text() == "once\n"
    until(lambda: not processes_of(job), "the end of every process")


def test_a_queued_job_whose_folder_was_removed_still_runs(yard: Yard, scratch: Path) -> None:
    """It has not started, so nothing is lost."""
    first = yard.submit(until_there(scratch / "go"))
    queued = yard.submit("echo hello", after=first.id)
    shutil.rmtree(yard.paths.job(queued.id))
    (scratch / "go").touch()
    assert yard.end(queued).state is JobState.SUCCEEDED


@pytest.mark.parametrize("seed", range(2))
def test_nothing_runs_twice_whoever_is_killed_when(yard: Yard, scratch: Path, seed: int) -> None:
    """Launchers and shims are killed at random moments while others tick."""
    dice = random.Random(seed)  # noqa: S311  (no secret: a failure is to be repeated)
    submitters = [
        start_submitter(yard, f"echo $DATAHALL_JOB >> {scratch}/ran; sleep 0.2") for _ in range(3)
    ]
    end = time.monotonic() + 2.5
    while time.monotonic() < end:
        time.sleep(dice.uniform(0.0, 0.15))
        for job in yard.launcher.jobs():
            for process in processes_of(job):
                if dice.random() < 0.15:
                    os.kill(process.pid, signal.SIGKILL)
        if submitters and dice.random() < 0.2:
            victim = submitters.pop()
            victim.kill()
            reap(victim)
    for submitter in submitters:
        submitter.kill()
        reap(submitter)
    for job in yard.launcher.jobs():
        yard.end(job)
    ran = (scratch / "ran").read_text().split() if (scratch / "ran").exists() else []
    assert len(ran) == len(set(ran))
