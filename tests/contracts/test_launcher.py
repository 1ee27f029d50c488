"""Contract of every Launcher: one job."""

import signal

import pytest

from core.command import describe_exit
from core.errors import InputError, NotFoundError
from core.jobs.launcher import JobKind, JobSpec, JobState
from tests.contracts.conftest import FOREVER, LONG, LauncherTester
from tests.core.jobs.memory import Script


def test_a_job_with_exit_code_0_succeeded(tester: LauncherTester) -> None:
    job = tester.end(tester.submit())
    assert (job.state, job.exit_code, job.signal) == (JobState.SUCCEEDED, 0, None)
    assert job.started_at is not None
    assert job.ended_at is not None
    assert job.created_at <= job.started_at <= job.ended_at


def test_a_failed_job_names_its_exit_code(tester: LauncherTester) -> None:
    job = tester.end(tester.submit(Script(returncode=3)))
    assert (job.state, job.exit_code) == (JobState.FAILED, 3)
    assert job.reason == "the program ended with exit code 3; see the log"


def test_the_error_that_a_job_reported_is_its_reason(tester: LauncherTester) -> None:
    reported = InputError("a vocabulary of 3 is too small", remedy="Choose 100 or more")
    job = tester.end(tester.submit(Script(returncode=2, error=reported)))
    assert (job.state, job.reason) == (JobState.FAILED, str(reported))
    found = tester.launcher.error(job.id)
    assert type(found) is InputError
    assert (found.message, found.remedy) == (reported.message, reported.remedy)


def test_a_job_that_reported_no_error_has_none(tester: LauncherTester) -> None:
    for script in (Script(), Script(returncode=3)):
        assert tester.launcher.error(tester.end(tester.submit(script)).id) is None


def test_a_signal_without_a_stop_request_is_a_crash(tester: LauncherTester) -> None:
    job = tester.end(tester.submit(Script(returncode=-9)))
    assert (job.state, job.signal, job.exit_code) == (JobState.CRASHED, 9, None)
    assert job.reason == describe_exit(-signal.SIGKILL)


def test_a_job_is_found_by_id_and_among_the_jobs_of_its_subject(tester: LauncherTester) -> None:
    first = tester.submit(subject="run-1")
    second = tester.submit(subject="run-1", kind=JobKind.EVALUATION)
    tester.submit(subject="dataset:1")
    found = tester.launcher.jobs(subject="run-1")
    assert [job.id for job in found] == [second.id, first.id]
    assert [job.id for job in tester.launcher.jobs(kind=JobKind.EVALUATION)] == [second.id]
    assert len(tester.launcher.jobs(limit=2)) == 2
    assert tester.launcher.job(first.id).spec.subject == "run-1"


def test_each_subject_has_one_newest_job_of_a_kind(tester: LauncherTester) -> None:
    tester.submit(subject="run-1", kind=JobKind.TRAINING)
    resumed = tester.submit(subject="run-1", kind=JobKind.TRAINING)
    other = tester.submit(subject="run-2", kind=JobKind.TRAINING)
    tester.submit(subject="run-2", kind=JobKind.EVALUATION)
    found = tester.launcher.newest_by_subject(JobKind.TRAINING)
    assert {subject: job.id for subject, job in found.items()} == {
        "run-1": resumed.id,
        "run-2": other.id,
    }
    assert tester.launcher.newest_by_subject(JobKind.PROMOTE) == {}


@pytest.mark.parametrize("word", ["", "nothing", "../../etc", "'; drop table job; --"])
def test_an_unknown_job_is_not_found(tester: LauncherTester, word: str) -> None:
    for ask in (
        tester.launcher.job,
        tester.launcher.cancel,
        tester.launcher.log,
        tester.launcher.progress,
        tester.launcher.error,
    ):
        with pytest.raises(NotFoundError):
            ask(word)


def test_a_specification_is_stored_unchanged(tester: LauncherTester) -> None:
    spec = tester.spec(title='Tren "nocturno"\n🌙 \'', environment={"A": "b=c d\n"}, grace_s=7.5)
    kept = tester.launcher.submit(spec).spec
    assert (kept.title, kept.environment, kept.grace_s) == (spec.title, spec.environment, 7.5)
    assert (kept.argv, kept.kind, kept.device, kept.after) == (spec.argv, spec.kind, "none", None)


def test_a_job_without_a_program_is_refused(tester: LauncherTester) -> None:
    with pytest.raises(InputError):
        tester.launcher.submit(
            JobSpec(kind=JobKind.BACKUP, title="Back up", subject="all", argv=())
        )


def test_a_cancelled_job_is_stopped(tester: LauncherTester) -> None:
    job = tester.begin(tester.submit(LONG))
    asked = tester.launcher.cancel(job.id)
    assert asked.state in (JobState.STOPPING, JobState.STOPPED)
    over = tester.end(job)
    assert (over.state, over.reason) == (JobState.STOPPED, "stopped on request")


def test_a_job_that_ignores_sigterm_is_killed_after_its_grace_period(
    tester: LauncherTester,
) -> None:
    stubborn = Script(seconds=FOREVER, lines=("ready",), is_obedient=False)
    job = tester.begin(tester.submit(stubborn, grace_s=0.5))
    tester.launcher.cancel(job.id)
    over = tester.end(job)
    assert over.state is JobState.STOPPED
    assert over.reason == "killed: it had not ended 0.5 s after the stop request"


def test_cancelling_an_ended_job_changes_nothing(tester: LauncherTester) -> None:
    over = tester.end(tester.submit(Script(returncode=3)))
    assert tester.launcher.cancel(over.id) == over


def test_the_log_contains_the_output(tester: LauncherTester) -> None:
    job = tester.end(tester.submit(Script(lines=("one", "¿dos?", "three"))))
    assert tester.launcher.log(job.id) == "one\n¿dos?\nthree\n"
    assert tester.launcher.log(job.id, tail=2) == "¿dos?\nthree\n"
    assert tester.launcher.log(job.id, tail=0) == ""


def test_the_log_of_a_queued_job_is_empty(tester: LauncherTester) -> None:
    backup = tester.submit(LONG)
    waiting = tester.submit(after=backup.id)
    assert tester.launcher.log(waiting.id) == ""
    assert tester.launcher.progress(waiting.id) is None


def test_waiting_ends_after_the_timeout(tester: LauncherTester) -> None:
    job = tester.submit(LONG)
    assert tester.launcher.wait(job.id, timeout_s=0.3).state is JobState.RUNNING
