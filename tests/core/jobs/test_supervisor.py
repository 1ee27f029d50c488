"""The job supervisor as a process."""

import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.command import Process, module_argv, run_command, start
from core.jobs.launcher import JobState
from core.jobs.rows import update_job
from core.locks import is_locked
from core.tables import job as table
from tests.core.jobs.conftest import TIMEOUT_S, JobTester, until, until_there

pytestmark = pytest.mark.slow


@contextmanager
def supervisor(home: Path) -> Iterator[Process]:
    """Run a supervisor until it has taken its lock."""
    process = start(module_argv("core.jobs", "--home", str(home)), capture=True)
    try:
        until(lambda: is_locked(home / "supervisor.lock"), "the supervisor's lock")
        assert process.stdout is not None
        process.stdout.readline()
        yield process
    finally:
        process.kill()
        process.communicate(timeout=TIMEOUT_S)


def state_of(tester: JobTester, job_id: str) -> str:
    """Return the state in the job's row, without a tick."""
    query = sa.select(table.c.state).where(table.c.id == job_id)
    with tester.launcher.database.read() as connection:
        return str(connection.execute(query).scalar_one())


def run(*arguments: str):  # noqa: ANN201  (a CommandResult)
    """Run `python -P -m core.jobs` to its end."""
    return run_command(module_argv("core.jobs", *arguments), timeout_s=60)


def test_the_supervisor_advances_the_queue(unsupervised: JobTester) -> None:
    with supervisor(unsupervised.paths.home):
        job = unsupervised.submit("exit 3")
        until(lambda: state_of(unsupervised, job.id) == "failed", "the row of the failed job")


def test_the_supervisor_removes_folders_of_old_jobs(unsupervised: JobTester) -> None:
    job = unsupervised.end(unsupervised.submit("echo done"))
    with unsupervised.launcher.database.write() as connection:
        update_job(connection, job.id, {"ended_at": 1e9})
    with supervisor(unsupervised.paths.home):
        until(lambda: not unsupervised.paths.job(job.id).exists(), "the end of the folder")
    assert state_of(unsupervised, job.id) == "succeeded"


def test_a_second_supervisor_is_refused(unsupervised: JobTester) -> None:
    with supervisor(unsupervised.paths.home):
        second = run("--home", str(unsupervised.paths.home))
    assert second.exit_code == 2
    assert second.stderr.startswith(
        f"error: a job supervisor already runs on {unsupervised.paths.home}. "
    )
    assert len(second.stderr.splitlines()) == 1


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_jobs_continue_when_the_supervisor_ends(
    unsupervised: JobTester, scratch: Path, number: signal.Signals, code: int
) -> None:
    with supervisor(unsupervised.paths.home) as process:
        job = unsupervised.submit_ready(f"echo ready; {until_there(scratch / 'go')}")
        process.send_signal(number)
        assert process.wait(timeout=TIMEOUT_S) == code
        assert unsupervised.launcher.job(job.id).state is JobState.RUNNING
    (scratch / "go").touch()
    assert unsupervised.end(job).state is JobState.SUCCEEDED


def test_a_supervisor_can_start_after_one_was_killed(unsupervised: JobTester) -> None:
    with supervisor(unsupervised.paths.home):
        job = unsupervised.submit_ready("echo ready; sleep 1; exit 3")
    with supervisor(unsupervised.paths.home):
        until(lambda: state_of(unsupervised, job.id) == "failed", "the row of the failed job")


def test_the_tick_command_advances_the_queue_once(tester: JobTester, scratch: Path) -> None:
    first = tester.submit("exit 0")
    tester.submit(f"touch {scratch}/second", after=first.id)
    until(lambda: tester.folder(first).read_ending() is not None, "the end of the first")
    assert run("tick", "--home", str(tester.paths.home)).exit_code == 0
    until((scratch / "second").exists, "the second job")


@pytest.mark.parametrize("arguments", [("--home", "/proc/nowhere"), ("unknown",), ("--hom",)])
def test_wrong_usage_is_refused(arguments: Sequence[str]) -> None:
    refused = run(*arguments)
    assert refused.exit_code == 2
    assert "Traceback" not in refused.stderr
    assert refused.stderr


def test_help_has_an_example() -> None:
    shown = run("--help")
    assert shown.exit_code == 0
    assert "example: python -P -m core.jobs --home" in shown.stdout
