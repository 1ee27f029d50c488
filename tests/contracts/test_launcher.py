"""What every Launcher promises."""

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import sqlalchemy as sa

from core.clock import FixedClock, SystemClock
from core.database import Database, open_database
from core.errors import InputError, NotFoundError
from core.jobs.devices import Slots
from core.jobs.folder import take_lock
from core.jobs.launcher import Job, JobKind, JobSpec, JobState, Launcher
from core.jobs.local import LocalLauncher
from core.jobs.memory import MemoryLauncher, Script
from core.paths import StatePaths
from core.settings import JobSettings
from core.tables import metadata

POSTGRESQL = os.environ.get("DATAHALL_TEST_POSTGRESQL", "")
ADAPTERS = ("memory", "local", *(("local-postgresql",) if POSTGRESQL else ()))
PATIENCE_S = 20.0
FOREVER = 600.0


@dataclass(slots=True)
class Bench:
    """A launcher and how to ask it for jobs that do as they are told."""

    launcher: Launcher
    scripts: dict[tuple[str, ...], Script] | None

    def spec(self, script: Script | None = None, **changes: Any) -> JobSpec:  # noqa: ANN401  (any field of the record)
        """Return the spec of a job that does what the script says, under this launcher."""
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
        over = self.launcher.wait(job.id, timeout_s=PATIENCE_S)
        assert over.state.is_over, over
        return over

    def begin(self, job: Job) -> Job:
        """Return a job once its program ran far enough to have printed its last line."""
        until = time.monotonic() + PATIENCE_S
        while "ready" not in self.launcher.log(job.id) and time.monotonic() < until:
            time.sleep(0.02)
        return self.launcher.job(job.id)


def program(script: Script) -> tuple[str, ...]:
    """Return a shell program that does what a script says."""
    lines = "".join(f"echo '{line}'; " for line in script.lines)
    trap = "" if script.is_obedient else "trap '' TERM; "
    pause = f"sleep {script.seconds}; " if script.seconds else ""
    ending = (
        f"exit {script.returncode}" if script.returncode >= 0 else f"kill {script.returncode} $$"
    )
    return ("/bin/sh", "-c", trap + lines + pause + ending)


@pytest.fixture(params=ADAPTERS)
def bench(request: pytest.FixtureRequest, database: Database, paths: StatePaths) -> Iterator[Bench]:
    """Each adapter in turn, with two CPU slots and two GPUs."""
    if request.param == "memory":
        memory = MemoryLauncher(FixedClock(), slots=Slots(cpu=2, gpus=2))
        yield Bench(memory, memory.scripts)
        return
    # As if a supervisor ran: then shims leave the queue to it, which saves a process per job.
    supervisor = take_lock(paths.supervisor_lock)
    assert supervisor is not None
    used = database if request.param == "local" else open_database(POSTGRESQL)
    if used is not database:
        with used.write() as connection:
            for table in reversed(metadata.sorted_tables):
                connection.execute(sa.delete(table))
    launcher = LocalLauncher(used, paths, JobSettings(cpu_slots=2, gpus=2), SystemClock())
    yield Bench(launcher, None)
    for job in launcher.jobs():
        if not job.state.is_over:
            launcher.cancel(job.id)
            launcher.wait(job.id, timeout_s=PATIENCE_S)
    os.close(supervisor)
    if used is not database:
        used.close()


LONG = Script(seconds=FOREVER, lines=("ready",))


def test_a_job_that_ends_well_succeeded(bench: Bench) -> None:
    """Exit code 0, and every time is known."""
    job = bench.end(bench.submit())
    assert (job.state, job.exit_code, job.signal) == (JobState.SUCCEEDED, 0, None)
    assert job.started_at is not None
    assert job.ended_at is not None
    assert job.created_at <= job.started_at <= job.ended_at


def test_an_exit_code_is_told_in_words(bench: Bench) -> None:
    """The page shows the reason as it is."""
    job = bench.end(bench.submit(Script(returncode=3)))
    assert (job.state, job.exit_code, job.reason) == (JobState.FAILED, 3, "exit code 3")


def test_a_signal_that_nobody_asked_for_is_a_crash(bench: Bench) -> None:
    """The kernel's out-of-memory killer, or a colleague."""
    job = bench.end(bench.submit(Script(returncode=-9)))
    assert (job.state, job.signal, job.exit_code) == (JobState.CRASHED, 9, None)
    assert job.reason == "killed by SIGKILL"


def test_a_job_is_found_by_id_and_among_the_jobs_of_its_subject(bench: Bench) -> None:
    """Newest first, filtered by what is asked for."""
    first = bench.submit(subject="run-1")
    second = bench.submit(subject="run-1", kind=JobKind.EVALUATION)
    bench.submit(subject="dataset:1")
    found = bench.launcher.jobs(subject="run-1")
    assert [job.id for job in found] == [second.id, first.id]
    assert [job.id for job in bench.launcher.jobs(kind=JobKind.EVALUATION)] == [second.id]
    assert len(bench.launcher.jobs(limit=2)) == 2
    assert bench.launcher.job(first.id).spec.subject == "run-1"


@pytest.mark.parametrize("word", ["", "nothing", "../../etc", "'; drop table job; --"])
def test_a_job_that_is_not_there_is_not_found(bench: Bench, word: str) -> None:
    """Ids come from addresses and command lines."""
    for ask in (
        bench.launcher.job,
        bench.launcher.cancel,
        bench.launcher.log,
        bench.launcher.progress,
    ):
        with pytest.raises(NotFoundError):
            ask(word)


def test_a_spec_comes_back_as_it_was_given(bench: Bench) -> None:
    """Awkward text included."""
    spec = bench.spec(title='Tren "nocturno"\n🌙 \'', environment={"A": "b=c d\n"}, grace_s=7.5)
    kept = bench.launcher.submit(spec).spec
    assert (kept.title, kept.environment, kept.grace_s) == (spec.title, spec.environment, 7.5)
    assert (kept.argv, kept.kind, kept.device, kept.after) == (spec.argv, spec.kind, "none", None)


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
def test_what_could_never_run_is_refused_at_once(bench: Bench, changes: dict[str, Any]) -> None:
    """Instead of waiting in the queue for ever."""
    with pytest.raises(InputError):
        bench.submit(None, **changes)
    assert bench.launcher.jobs() == []


def test_a_job_without_a_program_is_refused(bench: Bench) -> None:
    """An empty command line."""
    with pytest.raises(InputError):
        bench.launcher.submit(JobSpec(kind=JobKind.BACKUP, title="Back up", subject="all", argv=()))


def test_cpu_jobs_wait_for_a_slot_and_say_so(bench: Bench) -> None:
    """Two slots, three jobs, first come first served."""
    first, second, third, fourth = (bench.submit(LONG, device="cpu") for _ in range(4))
    assert [bench.launcher.job(job.id).state for job in (first, second, third)] == [
        JobState.RUNNING,
        JobState.RUNNING,
        JobState.QUEUED,
    ]
    assert bench.launcher.job(third.id).reason == "waits for a free CPU slot"
    assert "behind an earlier job" in bench.launcher.job(fourth.id).reason
    bench.begin(first)
    bench.launcher.cancel(first.id)
    bench.end(first)
    assert bench.launcher.job(third.id).state is JobState.RUNNING
    assert bench.launcher.job(fourth.id).state is JobState.QUEUED
    assert bench.launcher.job(third.id).assigned == bench.launcher.job(first.id).assigned


def test_jobs_that_need_no_device_do_not_wait(bench: Bench) -> None:
    """A backup goes on beside training."""
    for _ in range(3):
        bench.submit(LONG, device="cpu")
    assert bench.submit(LONG).state is JobState.RUNNING


def test_gpus_are_given_by_number(bench: Bench) -> None:
    """One each, and a given one where that is asked for."""
    first = bench.submit(LONG, device="cuda:1")
    second = bench.submit(LONG, device="cuda")
    assert (first.assigned, second.assigned) == ((1,), (0,))
    third = bench.submit(LONG, device="cuda")
    assert (third.state, third.assigned) == (JobState.QUEUED, ())


def test_a_job_that_asks_for_much_is_not_overtaken(bench: Bench) -> None:
    """Strictly first come, first served: otherwise small jobs would starve it."""
    first = bench.submit(LONG, device="cuda")
    both = bench.submit(LONG, device="cuda", num_devices=2)
    small = bench.submit(LONG, device="cuda")
    assert (both.state, small.state) == (JobState.QUEUED, JobState.QUEUED)
    assert both.reason == "waits for 2 free GPUs (1 free now)"
    bench.begin(first)
    bench.launcher.cancel(first.id)
    bench.end(first)
    assert bench.launcher.job(both.id).assigned == (0, 1)
    assert bench.launcher.job(small.id).state is JobState.QUEUED


def test_stopping_is_asked_for_and_then_done(bench: Bench) -> None:
    """SIGTERM, and the reason says that it was a wish."""
    job = bench.begin(bench.submit(LONG))
    asked = bench.launcher.cancel(job.id)
    assert asked.state in (JobState.STOPPING, JobState.STOPPED)
    over = bench.end(job)
    assert (over.state, over.reason) == (JobState.STOPPED, "stopped as asked")


def test_a_job_that_ignores_the_wish_is_killed_after_its_grace_period(bench: Bench) -> None:
    """And the reason names the period."""
    stubborn = Script(seconds=FOREVER, lines=("ready",), is_obedient=False)
    job = bench.begin(bench.submit(stubborn, grace_s=0.5))
    bench.launcher.cancel(job.id)
    over = bench.end(job)
    assert over.state is JobState.STOPPED
    assert over.reason == "killed after the grace period of 0.5 s"


def test_a_queued_job_leaves_the_queue_at_once(bench: Bench) -> None:
    """It never started, so it has no start."""
    for _ in range(2):
        bench.submit(LONG, device="cpu")
    queued = bench.submit(LONG, device="cpu")
    stopped = bench.launcher.cancel(queued.id)
    assert (stopped.state, stopped.started_at) == (JobState.STOPPED, None)
    assert stopped.reason == "stopped before it started"


def test_a_job_that_is_over_stays_as_it_is(bench: Bench) -> None:
    """Pressing Stop on an old page changes no history."""
    over = bench.end(bench.submit(Script(returncode=3)))
    assert bench.launcher.cancel(over.id) == over


def test_a_job_starts_once_the_one_before_it_succeeded(bench: Bench) -> None:
    """Backup first, training after."""
    backup = bench.submit(
        Script(seconds=0.5), kind=JobKind.BACKUP, title="Back up demo", subject="dataset:1"
    )
    training = bench.submit(after=backup.id)
    assert (training.state, training.reason) == (JobState.QUEUED, "waits for: Back up demo")
    done = bench.end(training)
    assert done.state is JobState.SUCCEEDED
    backed_up = bench.launcher.job(backup.id)
    assert backed_up.ended_at is not None
    assert done.started_at is not None
    assert backed_up.ended_at <= done.started_at


def test_a_job_whose_predecessor_failed_is_not_started(bench: Bench) -> None:
    """And it says why, down the whole chain."""
    backup = bench.submit(Script(returncode=3), kind=JobKind.BACKUP)
    training = bench.submit(after=backup.id)
    evaluation = bench.submit(kind=JobKind.EVALUATION, after=training.id)
    failed = bench.end(training)
    assert (failed.state, failed.started_at) == (JobState.FAILED, None)
    assert failed.reason == "backup failed: exit code 3; training was not started"
    assert bench.end(evaluation).reason == (
        "training failed: backup failed: exit code 3; training was not started; "
        "evaluation was not started"
    )


def test_a_job_whose_predecessor_was_stopped_is_not_started(bench: Bench) -> None:
    """Whoever stops the backup stops what waits for it."""
    backup = bench.begin(bench.submit(LONG, kind=JobKind.BACKUP))
    training = bench.submit(after=backup.id)
    bench.launcher.cancel(backup.id)
    assert bench.end(training).reason == (
        "backup stopped: stopped as asked; training was not started"
    )


def test_a_job_cannot_follow_one_that_is_not_there(bench: Bench) -> None:
    """A typing error would wait for ever."""
    with pytest.raises(NotFoundError):
        bench.submit(after="nothing")
    assert bench.launcher.jobs() == []


def test_waiting_for_another_job_does_not_hold_up_the_line(bench: Bench) -> None:
    """Only those that could start now stand in it."""
    backup = bench.submit(LONG, kind=JobKind.BACKUP)
    for _ in range(2):
        bench.submit(device="cpu", after=backup.id)
    assert bench.submit(LONG, device="cpu").state is JobState.RUNNING


def test_the_log_is_what_was_printed(bench: Bench) -> None:
    """Its last lines, as many as asked for."""
    job = bench.end(bench.submit(Script(lines=("one", "¿dos?", "three"))))
    assert bench.launcher.log(job.id) == "one\n¿dos?\nthree\n"
    assert bench.launcher.log(job.id, tail=2) == "¿dos?\nthree\n"
    assert bench.launcher.log(job.id, tail=0) == ""


def test_a_job_that_never_started_has_printed_nothing(bench: Bench) -> None:
    """No log is an empty log."""
    backup = bench.submit(LONG)
    waiting = bench.submit(after=backup.id)
    assert bench.launcher.log(waiting.id) == ""
    assert bench.launcher.progress(waiting.id) is None


def test_waiting_ends_when_the_time_is_up(bench: Bench) -> None:
    """With the job as it stands."""
    job = bench.submit(LONG)
    assert bench.launcher.wait(job.id, timeout_s=0.3).state is JobState.RUNNING
