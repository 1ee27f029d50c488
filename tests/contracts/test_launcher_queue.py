"""Contract of every Launcher: several jobs, slots and order."""

from typing import Any

import pytest

from core.errors import InputError, NotFoundError
from core.jobs.launcher import JobKind, JobState
from tests.contracts.conftest import LONG, LauncherTester
from tests.core.jobs.memory import Script


@pytest.mark.parametrize(
    "changes",
    [
        {"device": "gpu"},
        {"device": "cuda:x"},
        {"device": "cuda:2"},
        {"device": "cuda", "num_devices": 3},
        {"device": "cuda:1", "num_devices": 2},
        {"device": "cuda", "num_devices": 0},
        {"grace_s": -1.0},
        {"grace_s": float("nan")},
        {"environment": {"A=B": "c"}},
        {"environment": {"A": "\x00"}},
        {"title": "half \ud83d pair"},
    ],
)
def test_a_job_that_could_never_start_is_refused(
    tester: LauncherTester, changes: dict[str, Any]
) -> None:
    with pytest.raises(InputError):
        tester.submit(None, **changes)
    assert tester.launcher.jobs() == []


def test_cpu_jobs_wait_for_a_slot(tester: LauncherTester) -> None:
    first, second, third, fourth = (tester.submit(LONG, device="cpu") for _ in range(4))
    assert [tester.launcher.job(job.id).state for job in (first, second, third)] == [
        JobState.RUNNING,
        JobState.RUNNING,
        JobState.QUEUED,
    ]
    assert tester.launcher.job(third.id).reason == "waiting for a free CPU slot"
    assert "an earlier job" in tester.launcher.job(fourth.id).reason
    tester.begin(first)
    tester.launcher.cancel(first.id)
    tester.end(first)
    assert tester.launcher.job(third.id).state is JobState.RUNNING
    assert tester.launcher.job(fourth.id).state is JobState.QUEUED
    assert tester.launcher.job(third.id).assigned == tester.launcher.job(first.id).assigned


def test_jobs_that_need_no_device_do_not_wait(tester: LauncherTester) -> None:
    for _ in range(3):
        tester.submit(LONG, device="cpu")
    assert tester.submit(LONG).state is JobState.RUNNING


def test_gpus_are_assigned_by_index(tester: LauncherTester) -> None:
    first = tester.submit(LONG, device="cuda:1")
    second = tester.submit(LONG, device="cuda")
    assert (first.assigned, second.assigned) == ((1,), (0,))
    third = tester.submit(LONG, device="cuda")
    assert (third.state, third.assigned) == (JobState.QUEUED, ())


def test_a_job_for_several_gpus_starts_before_later_jobs(tester: LauncherTester) -> None:
    """Otherwise small jobs would starve it."""
    first = tester.submit(LONG, device="cuda")
    both = tester.submit(LONG, device="cuda", num_devices=2)
    small = tester.submit(LONG, device="cuda")
    assert (both.state, small.state) == (JobState.QUEUED, JobState.QUEUED)
    assert both.reason == "waiting for 2 free GPUs (1 free now)"
    tester.begin(first)
    tester.launcher.cancel(first.id)
    tester.end(first)
    assert tester.launcher.job(both.id).assigned == (0, 1)
    assert tester.launcher.job(small.id).state is JobState.QUEUED


def test_a_cancelled_queued_job_is_stopped_immediately(tester: LauncherTester) -> None:
    for _ in range(2):
        tester.submit(LONG, device="cpu")
    queued = tester.submit(LONG, device="cpu")
    stopped = tester.launcher.cancel(queued.id)
    assert (stopped.state, stopped.started_at) == (JobState.STOPPED, None)
    assert stopped.reason == "stopped before it started"


def test_a_job_starts_once_the_one_before_it_succeeded(tester: LauncherTester) -> None:
    backup = tester.submit(
        Script(seconds=1.5), kind=JobKind.BACKUP, title="Back up demo", subject="dataset:1"
    )
    training = tester.submit(after=backup.id)
    assert (training.state, training.reason) == (JobState.QUEUED, "waiting for: Back up demo")
    done = tester.end(training)
    assert done.state is JobState.SUCCEEDED
    backed_up = tester.launcher.job(backup.id)
    assert backed_up.ended_at is not None
    assert done.started_at is not None
    assert backed_up.ended_at <= done.started_at


def test_a_job_whose_predecessor_failed_is_not_started(tester: LauncherTester) -> None:
    backup = tester.submit(Script(returncode=3), kind=JobKind.BACKUP)
    training = tester.submit(after=backup.id)
    evaluation = tester.submit(kind=JobKind.EVALUATION, after=training.id)
    failed = tester.end(training)
    assert (failed.state, failed.started_at) == (JobState.FAILED, None)
    assert failed.reason == (
        "backup failed: the program ended with exit code 3; see the log; training was not started"
    )
    assert tester.end(evaluation).reason == (
        "training failed: backup failed: the program ended with exit code 3; see the log; "
        "training was not started; "
        "evaluation was not started"
    )


def test_a_job_whose_predecessor_was_stopped_is_not_started(tester: LauncherTester) -> None:
    backup = tester.begin(tester.submit(LONG, kind=JobKind.BACKUP))
    training = tester.submit(after=backup.id)
    tester.launcher.cancel(backup.id)
    assert tester.end(training).reason == (
        "backup stopped: stopped on request; training was not started"
    )


def test_a_job_cannot_wait_for_an_unknown_job(tester: LauncherTester) -> None:
    with pytest.raises(NotFoundError):
        tester.submit(after="nothing")
    assert tester.launcher.jobs() == []


def test_a_job_that_waits_for_another_does_not_block_the_queue(tester: LauncherTester) -> None:
    backup = tester.submit(LONG, kind=JobKind.BACKUP)
    for _ in range(2):
        tester.submit(device="cpu", after=backup.id)
    assert tester.submit(LONG, device="cpu").state is JobState.RUNNING


def test_the_jobs_of_a_chain_run_one_after_the_other(tester: LauncherTester) -> None:
    first, second = tester.launcher.submit_chain([tester.spec(LONG), tester.spec(LONG)])
    assert (first.state, second.state) == (JobState.RUNNING, JobState.QUEUED)
    assert (first.spec.after, second.spec.after) == (None, first.id)


def test_a_chain_is_stored_whole_or_not_at_all(tester: LauncherTester) -> None:
    with pytest.raises(NotFoundError):
        tester.launcher.submit_chain([tester.spec(LONG, after="none"), tester.spec(LONG)])
    with pytest.raises(InputError):
        tester.launcher.submit_chain([tester.spec(LONG), tester.spec(LONG, grace_s=-1.0)])
    assert tester.launcher.jobs() == []
