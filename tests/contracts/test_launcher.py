"""Contract of every Launcher: one job."""

import signal

import pytest

from core.command import describe_exit
from core.errors import InputError, NotFoundError
from core.jobs.launcher import JobKind, JobSpec, JobState
from tests.contracts.conftest import FOREVER, LONG, Bench
from tests.core.jobs.memory import Script


def test_a_job_with_exit_code_0_succeeded(bench: Bench) -> None:
    job = bench.end(bench.submit())
    assert (job.state, job.exit_code, job.signal) == (JobState.SUCCEEDED, 0, None)
    assert job.started_at is not None
    assert job.ended_at is not None
    assert job.created_at <= job.started_at <= job.ended_at


def test_a_failed_job_names_its_exit_code(bench: Bench) -> None:
    job = bench.end(bench.submit(Script(returncode=3)))
    assert (job.state, job.exit_code) == (JobState.FAILED, 3)
    assert job.reason == "the program ended with exit code 3; see the log"


def test_the_error_that_a_job_reported_is_its_reason(bench: Bench) -> None:
    told = InputError("a vocabulary of 3 is too small", remedy="Choose 100 or more")
    job = bench.end(bench.submit(Script(returncode=2, error=told)))
    assert (job.state, job.reason) == (JobState.FAILED, str(told))
    found = bench.launcher.error(job.id)
    assert type(found) is InputError
    assert (found.message, found.remedy) == (told.message, told.remedy)


def test_a_job_that_reported_no_error_has_none(bench: Bench) -> None:
    for script in (Script(), Script(returncode=3)):
        assert bench.launcher.error(bench.end(bench.submit(script)).id) is None


def test_a_signal_without_a_stop_request_is_a_crash(bench: Bench) -> None:
    job = bench.end(bench.submit(Script(returncode=-9)))
    assert (job.state, job.signal, job.exit_code) == (JobState.CRASHED, 9, None)
    assert job.reason == describe_exit(-signal.SIGKILL)


def test_a_job_is_found_by_id_and_among_the_jobs_of_its_subject(bench: Bench) -> None:
    first = bench.submit(subject="run-1")
    second = bench.submit(subject="run-1", kind=JobKind.EVALUATION)
    bench.submit(subject="dataset:1")
    found = bench.launcher.jobs(subject="run-1")
    assert [job.id for job in found] == [second.id, first.id]
    assert [job.id for job in bench.launcher.jobs(kind=JobKind.EVALUATION)] == [second.id]
    assert len(bench.launcher.jobs(limit=2)) == 2
    assert bench.launcher.job(first.id).spec.subject == "run-1"


def test_each_subject_has_one_newest_job_of_a_kind(bench: Bench) -> None:
    bench.submit(subject="run-1", kind=JobKind.TRAINING)
    resumed = bench.submit(subject="run-1", kind=JobKind.TRAINING)
    other = bench.submit(subject="run-2", kind=JobKind.TRAINING)
    bench.submit(subject="run-2", kind=JobKind.EVALUATION)
    found = bench.launcher.newest_by_subject(JobKind.TRAINING)
    assert {subject: job.id for subject, job in found.items()} == {
        "run-1": resumed.id,
        "run-2": other.id,
    }
    assert bench.launcher.newest_by_subject(JobKind.PROMOTE) == {}


@pytest.mark.parametrize("word", ["", "nothing", "../../etc", "'; drop table job; --"])
def test_an_unknown_job_is_not_found(bench: Bench, word: str) -> None:
    for ask in (
        bench.launcher.job,
        bench.launcher.cancel,
        bench.launcher.log,
        bench.launcher.progress,
        bench.launcher.error,
    ):
        with pytest.raises(NotFoundError):
            ask(word)


def test_a_specification_is_stored_unchanged(bench: Bench) -> None:
    spec = bench.spec(title='Tren "nocturno"\n🌙 \'', environment={"A": "b=c d\n"}, grace_s=7.5)
    kept = bench.launcher.submit(spec).spec
    assert (kept.title, kept.environment, kept.grace_s) == (spec.title, spec.environment, 7.5)
    assert (kept.argv, kept.kind, kept.device, kept.after) == (spec.argv, spec.kind, "none", None)


def test_a_job_without_a_program_is_refused(bench: Bench) -> None:
    with pytest.raises(InputError):
        bench.launcher.submit(JobSpec(kind=JobKind.BACKUP, title="Back up", subject="all", argv=()))


def test_a_cancelled_job_is_stopped(bench: Bench) -> None:
    job = bench.begin(bench.submit(LONG))
    asked = bench.launcher.cancel(job.id)
    assert asked.state in (JobState.STOPPING, JobState.STOPPED)
    over = bench.end(job)
    assert (over.state, over.reason) == (JobState.STOPPED, "stopped on request")


def test_a_job_that_ignores_sigterm_is_killed_after_its_grace_period(bench: Bench) -> None:
    stubborn = Script(seconds=FOREVER, lines=("ready",), is_obedient=False)
    job = bench.begin(bench.submit(stubborn, grace_s=0.5))
    bench.launcher.cancel(job.id)
    over = bench.end(job)
    assert over.state is JobState.STOPPED
    assert over.reason == "killed: it had not ended 0.5 s after the stop request"


def test_cancelling_an_ended_job_changes_nothing(bench: Bench) -> None:
    over = bench.end(bench.submit(Script(returncode=3)))
    assert bench.launcher.cancel(over.id) == over


def test_the_log_contains_the_output(bench: Bench) -> None:
    job = bench.end(bench.submit(Script(lines=("one", "¿dos?", "three"))))
    assert bench.launcher.log(job.id) == "one\n¿dos?\nthree\n"
    assert bench.launcher.log(job.id, tail=2) == "¿dos?\nthree\n"
    assert bench.launcher.log(job.id, tail=0) == ""


def test_the_log_of_a_queued_job_is_empty(bench: Bench) -> None:
    backup = bench.submit(LONG)
    waiting = bench.submit(after=backup.id)
    assert bench.launcher.log(waiting.id) == ""
    assert bench.launcher.progress(waiting.id) is None


def test_waiting_ends_after_the_timeout(bench: Bench) -> None:
    job = bench.submit(LONG)
    assert bench.launcher.wait(job.id, timeout_s=0.3).state is JobState.RUNNING
