"""Stopping a job: SIGTERM, then SIGKILL; no process is left."""

import signal
import time
from pathlib import Path

import pytest

from core.jobs.folder import JobProcesses
from core.jobs.launcher import JobState
from core.jobs.processes import Identity, boot_id, identify, send
from tests.core.jobs.conftest import SHIM_KILLED, JobTester, processes_named, processes_of, until

pytestmark = pytest.mark.slow


def test_a_stopped_job_has_time_to_save(tester: JobTester) -> None:
    """SIGTERM, checkpoint, exit code 0: stopped, not succeeded."""
    job = tester.submit_ready(
        "trap 'sleep 0.3; echo saved; exit 0' TERM; echo ready; while :; do sleep 0.05; done"
    )
    tester.launcher.cancel(job.id)
    over = tester.end(job)
    assert (over.state, over.exit_code, over.reason) == (JobState.STOPPED, 0, "stopped on request")
    assert "saved" in tester.launcher.log(job.id)


def test_a_stop_request_takes_effect_at_once(tester: JobTester) -> None:
    job = tester.submit_ready("echo ready; exec sleep 600", grace_s=50.0)
    started_at = time.monotonic()
    tester.launcher.cancel(job.id)
    tester.end(job)
    assert time.monotonic() - started_at < 20.0


def test_all_processes_are_killed_after_the_grace_period(tester: JobTester) -> None:
    job = tester.submit_ready(
        "trap '' TERM; setsid sh -c \"trap '' TERM; exec sleep 61.77\" & echo ready; sleep 61.77",
        grace_s=0.5,
    )
    until(lambda: len(processes_named("61.77")) == 2, "both sleeps")
    tester.launcher.cancel(job.id)
    over = tester.end(job)
    assert (over.state, over.signal) == (JobState.STOPPED, signal.SIGKILL)
    assert over.reason == "killed: it had not ended 0.5 s after the stop request"
    assert processes_named("61.77") == []


def test_processes_left_by_a_stopped_job_are_terminated(tester: JobTester) -> None:
    """The shell ends on SIGTERM; its child receives none from it."""
    job = tester.submit_ready("setsid sleep 62.77 & echo ready; wait")
    until(lambda: processes_named("62.77"), "the sleep")
    tester.launcher.cancel(job.id)
    tester.end(job)
    assert processes_named("62.77") == []


def test_daemons_of_a_job_are_terminated_with_it(tester: JobTester) -> None:
    job = tester.submit("(setsid sleep 63.77 &); (setsid nohup sleep 63.77 &); sleep 0.2; exit 1")
    over = tester.end(job)
    assert (over.state, over.exit_code) == (JobState.FAILED, 1)
    assert processes_named("63.77") == []


def test_daemons_that_ignore_sigterm_are_killed(tester: JobTester) -> None:
    job = tester.submit("(setsid sh -c \"trap '' TERM; sleep 64.77; :\" &); sleep 0.2; exit 0")
    over = tester.end(job)
    assert over.state is JobState.SUCCEEDED
    assert processes_named("64.77") == []
    assert processes_of(job) == []


def test_several_stop_requests_send_one_sigterm(tester: JobTester) -> None:
    job = tester.submit_ready(
        "trap 'echo term' TERM; echo ready; for i in $(seq 20); do sleep 0.05; done; exit 0"
    )
    for _ in range(3):
        tester.launcher.cancel(job.id)
        time.sleep(0.1)
    tester.end(job)
    assert tester.launcher.log(job.id).count("term") == 1


def test_a_job_that_ended_by_itself_was_not_stopped(tester: JobTester) -> None:
    job = tester.submit("exit 0")
    until(lambda: tester.folder(job).read_ending() is not None, "the end")
    tester.launcher.cancel(job.id)
    assert tester.end(job).state is JobState.SUCCEEDED


def test_a_job_can_be_stopped_the_moment_it_was_started(tester: JobTester, scratch: Path) -> None:
    """Before its shim runs: either it never starts, or it is stopped."""
    job = tester.submit(f"echo $$ >> {scratch}/ran; exec sleep 60")
    tester.launcher.cancel(job.id)
    over = tester.end(job)
    assert over.state is JobState.STOPPED
    assert over.reason in ("stopped before it started", "stopped on request")
    until(lambda: not processes_of(job), "the end of every process")


def test_a_shim_that_receives_sigterm_stops_its_job(tester: JobTester) -> None:
    job = tester.submit_ready("trap 'exit 0' TERM; echo ready; while :; do sleep 0.05; done")
    send(tester.processes(job).shim, signal.SIGTERM)
    over = tester.end(job)
    assert over.state is JobState.STOPPED
    assert over.reason == "stopped by a signal from outside, such as a shutdown of the machine"


def test_a_reused_pid_is_never_signalled(tester: JobTester) -> None:
    """The pid belongs to another process now, which started at another time."""
    stranger = tester.submit_ready("echo ready; exec sleep 60")
    pid = tester.processes(stranger).job
    assert pid is not None
    job = tester.submit_ready("echo ready; exec sleep 60", grace_s=0.0)
    old = tester.processes(job)
    assert old.job is not None
    for process in (old.shim, old.job):
        send(process, signal.SIGKILL)
    until(lambda: not processes_of(job), "the end of the job")
    reused = Identity(pid=pid.pid, create_time=pid.create_time - 1.0)
    tester.folder(job).write_processes(JobProcesses(boot_id=boot_id(), shim=reused, job=reused))
    tester.launcher.cancel(job.id)
    over = tester.end(job)
    assert (over.state, over.reason) == (JobState.CRASHED, SHIM_KILLED)
    assert identify(pid.pid) == pid
    assert tester.launcher.job(stranger.id).state is JobState.RUNNING
