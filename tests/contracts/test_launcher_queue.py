"""Contract of every Launcher: several jobs, slots and order."""

from typing import Any

import pytest

from core.errors import InputError, NotFoundError
from core.jobs.launcher import JobKind, JobState
from tests.contracts.conftest import LONG, Bench
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
def test_a_job_that_could_never_start_is_refused(bench: Bench, changes: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        bench.submit(None, **changes)
    assert bench.launcher.jobs() == []


def test_cpu_jobs_wait_for_a_slot(bench: Bench) -> None:
    first, second, third, fourth = (bench.submit(LONG, device="cpu") for _ in range(4))
    assert [bench.launcher.job(job.id).state for job in (first, second, third)] == [
        JobState.RUNNING,
        JobState.RUNNING,
        JobState.QUEUED,
    ]
    assert bench.launcher.job(third.id).reason == "waiting for a free CPU slot"
    assert "an earlier job" in bench.launcher.job(fourth.id).reason
    bench.begin(first)
    bench.launcher.cancel(first.id)
    bench.end(first)
    assert bench.launcher.job(third.id).state is JobState.RUNNING
    assert bench.launcher.job(fourth.id).state is JobState.QUEUED
    assert bench.launcher.job(third.id).assigned == bench.launcher.job(first.id).assigned


def test_jobs_that_need_no_device_do_not_wait(bench: Bench) -> None:
    for _ in range(3):
        bench.submit(LONG, device="cpu")
    assert bench.submit(LONG).state is JobState.RUNNING


def test_gpus_are_assigned_by_index(bench: Bench) -> None:
    first = bench.submit(LONG, device="cuda:1")
    second = bench.submit(LONG, device="cuda")
    assert (first.assigned, second.assigned) == ((1,), (0,))
    third = bench.submit(LONG, device="cuda")
    assert (third.state, third.assigned) == (JobState.QUEUED, ())


def test_a_job_for_several_gpus_is_not_overtaken(bench: Bench) -> None:
    """Otherwise small jobs would starve it."""
    first = bench.submit(LONG, device="cuda")
    both = bench.submit(LONG, device="cuda", num_devices=2)
    small = bench.submit(LONG, device="cuda")
    assert (both.state, small.state) == (JobState.QUEUED, JobState.QUEUED)
    assert both.reason == "waiting for 2 free GPUs (1 free now)"
    bench.begin(first)
    bench.launcher.cancel(first.id)
    bench.end(first)
    assert bench.launcher.job(both.id).assigned == (0, 1)
    assert bench.launcher.job(small.id).state is JobState.QUEUED


def test_a_queued_job_leaves_the_queue_at_once(bench: Bench) -> None:
    for _ in range(2):
        bench.submit(LONG, device="cpu")
    queued = bench.submit(LONG, device="cpu")
    stopped = bench.launcher.cancel(queued.id)
    assert (stopped.state, stopped.started_at) == (JobState.STOPPED, None)
    assert stopped.reason == "stopped before it started"


def test_a_job_starts_once_the_one_before_it_succeeded(bench: Bench) -> None:
    backup = bench.submit(
        Script(seconds=1.5), kind=JobKind.BACKUP, title="Back up demo", subject="dataset:1"
    )
    training = bench.submit(after=backup.id)
    assert (training.state, training.reason) == (JobState.QUEUED, "waiting for: Back up demo")
    done = bench.end(training)
    assert done.state is JobState.SUCCEEDED
    backed_up = bench.launcher.job(backup.id)
    assert backed_up.ended_at is not None
    assert done.started_at is not None
    assert backed_up.ended_at <= done.started_at


def test_a_job_whose_predecessor_failed_is_not_started(bench: Bench) -> None:
    backup = bench.submit(Script(returncode=3), kind=JobKind.BACKUP)
    training = bench.submit(after=backup.id)
    evaluation = bench.submit(kind=JobKind.EVALUATION, after=training.id)
    failed = bench.end(training)
    assert (failed.state, failed.started_at) == (JobState.FAILED, None)
    assert failed.reason == (
        "backup failed: the program ended with exit code 3; see the log; training was not started"
    )
    assert bench.end(evaluation).reason == (
        "training failed: backup failed: the program ended with exit code 3; see the log; "
        "training was not started; "
        "evaluation was not started"
    )


def test_a_job_whose_predecessor_was_stopped_is_not_started(bench: Bench) -> None:
    backup = bench.begin(bench.submit(LONG, kind=JobKind.BACKUP))
    training = bench.submit(after=backup.id)
    bench.launcher.cancel(backup.id)
    assert bench.end(training).reason == (
        "backup stopped: stopped on request; training was not started"
    )


def test_a_job_cannot_wait_for_an_unknown_job(bench: Bench) -> None:
    with pytest.raises(NotFoundError):
        bench.submit(after="nothing")
    assert bench.launcher.jobs() == []


def test_a_job_that_waits_for_another_does_not_block_the_queue(bench: Bench) -> None:
    backup = bench.submit(LONG, kind=JobKind.BACKUP)
    for _ in range(2):
        bench.submit(device="cpu", after=backup.id)
    assert bench.submit(LONG, device="cpu").state is JobState.RUNNING


def test_the_jobs_of_a_chain_run_one_after_the_other(bench: Bench) -> None:
    first, second = bench.launcher.submit_chain([bench.spec(LONG), bench.spec(LONG)])
    assert (first.state, second.state) == (JobState.RUNNING, JobState.QUEUED)
    assert (first.spec.after, second.spec.after) == (None, first.id)


def test_a_chain_is_stored_whole_or_not_at_all(bench: Bench) -> None:
    with pytest.raises(NotFoundError):
        bench.launcher.submit_chain([bench.spec(LONG, after="none"), bench.spec(LONG)])
    with pytest.raises(InputError):
        bench.launcher.submit_chain([bench.spec(LONG), bench.spec(LONG, grace_s=-1.0)])
    assert bench.launcher.jobs() == []
