"""The launcher of this machine: what a job inherits, logs, progress, the queue."""

import os
import stat
from pathlib import Path

import psutil
import pytest
import sqlalchemy as sa

from core.command import module_argv
from core.jobs.launcher import JobKind, JobSpec, JobState
from core.process.progress import ProgressReport, write_progress
from core.tables import job as table
from tests.core.jobs.conftest import JobTester, processes_of, until, until_there

pytestmark = pytest.mark.slow


def test_a_job_gets_its_id_and_folder_as_variables(tester: JobTester) -> None:
    job = tester.submit(
        'echo "$DATAHALL_JOB|$DATAHALL_JOB_FOLDER|$DATAHALL_HOME|$DATAHALL_RUN"; pwd',
        environment={"DATAHALL_RUN": "run-1"},
    )
    tester.end(job)
    folder = tester.paths.job(job.id)
    assert tester.launcher.log(job.id).splitlines() == [
        f"{job.id}|{folder}|{tester.paths.home}|run-1",
        str(folder),
    ]


def test_a_job_opens_the_database_of_its_launcher(tester: JobTester) -> None:
    """Also when a command-line flag named it, which child processes do not inherit."""
    job = tester.submit('echo "$DATAHALL_DATABASE_URL"')
    tester.end(job)
    assert tester.launcher.log(job.id) == f"sqlite:///{tester.paths.database}\n"


@pytest.mark.parametrize(
    ("device", "count", "visible"),
    [("none", 1, "[]"), ("cpu", 1, "[]"), ("cuda:1", 1, "[1]"), ("cuda", 2, "[0,1]")],
)
def test_only_its_own_gpus_are_visible_to_a_job(
    tester: JobTester, device: str, count: int, visible: str
) -> None:
    """No GPU is visible to a job without a GPU."""
    job = tester.submit('echo "[$CUDA_VISIBLE_DEVICES]"', device=device, num_devices=count)
    tester.end(job)
    assert tester.launcher.log(job.id).strip() == visible


def test_the_pid_of_a_job_is_that_of_its_own_process(tester: JobTester) -> None:
    job = tester.submit_ready('echo "ready $$"; exec sleep 60')
    until(lambda: tester.launcher.job(job.id).pid, "the pid in the row")
    assert tester.launcher.log(job.id) == f"ready {tester.launcher.job(job.id).pid}\n"


def test_a_job_inherits_its_lock_and_nothing_else(tester: JobTester) -> None:
    job = tester.submit("ls -l /proc/$$/fd")
    tester.end(job)
    targets = {line.split(" -> ")[-1] for line in tester.launcher.log(job.id).splitlines()[1:]}
    folder = tester.paths.job(job.id)
    assert targets == {"/dev/null", str(folder / "log.txt"), str(folder / "lock")}


def test_a_job_has_its_own_session(tester: JobTester) -> None:
    job = tester.submit_ready("echo ready; exec sleep 60")
    processes = tester.processes(job)
    assert processes.job is not None
    sessions = {os.getsid(processes.job.pid), os.getsid(processes.shim.pid), os.getsid(0)}
    assert len(sessions) == 3


def test_a_shim_uses_less_than_25_mb(tester: JobTester) -> None:
    job = tester.submit_ready("echo ready; exec sleep 60")
    assert psutil.Process(tester.processes(job).shim.pid).memory_info().rss < 25_000_000


def test_a_shim_is_not_a_child_of_the_launcher(tester: JobTester) -> None:
    job = tester.submit_ready("echo ready; exec sleep 60")
    assert psutil.Process(tester.processes(job).shim.pid).ppid() != os.getpid()


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        ("/no/such/program", "could not be started: /no/such/program is not installed"),
        ("/etc/passwd", "could not be started: /etc/passwd cannot be run: Permission denied"),
    ],
)
def test_a_program_that_cannot_be_started_fails_with_the_reason(
    tester: JobTester, program: str, reason: str
) -> None:
    spec = JobSpec(kind=JobKind.BACKUP, title="Back up", subject="all", argv=(program,))
    job = tester.end(tester.launcher.submit(spec))
    assert (job.state, job.reason, job.exit_code) == (JobState.FAILED, reason, None)


def test_a_log_that_cannot_be_written_fails_the_job(tester: JobTester) -> None:
    job = tester.submit("echo never", log=Path("/proc/nowhere/log.txt"))
    over = tester.launcher.job(job.id)
    assert over.state is JobState.FAILED
    assert over.reason.startswith("could not be started: ")


def test_another_log_file_is_appended_to(tester: JobTester, scratch: Path) -> None:
    log = scratch / "runs" / "1" / "log.txt"
    for word in ("first", "second"):
        tester.end(tester.submit(f"echo {word}", log=log))
    assert log.read_text() == "first\nsecond\n"


def test_a_long_log_is_rotated(tester: JobTester) -> None:
    job = tester.submit(
        "for i in $(seq 3); do seq -f 'line %.0f xxxxxxxxxxxxxxxxxxxxxxx' $((i * 1000)) "
        "$((i * 1000 + 900)); sleep 0.8; done; echo the end"
    )
    tester.end(job)
    log = tester.paths.job(job.id) / "log.txt"
    assert log.with_name("log.txt.1").exists()
    assert log.stat().st_size < 100_000
    assert tester.launcher.log(job.id, tail=1) == "the end\n"
    assert len(tester.launcher.log(job.id, tail=500).splitlines()) == 500


def test_invalid_utf8_in_the_log_is_replaced(tester: JobTester) -> None:
    job = tester.end(tester.submit(r"printf '\351 \000 \360\237\214\231\nlast'"))
    assert tester.launcher.log(job.id) == "� \x00 🌙\nlast"


def test_progress_is_what_the_job_last_reported(tester: JobTester) -> None:
    job = tester.submit_ready("echo ready; exec sleep 60")
    assert tester.launcher.progress(job.id) is None
    progress = ProgressReport(done=3.0, total=None, unit="bytes", message="reading 'a\nb'", at=5.0)
    write_progress(tester.paths.job(job.id), progress)
    assert tester.launcher.progress(job.id) == progress


def test_the_order_of_a_shim_is_private(tester: JobTester) -> None:
    job = tester.end(tester.submit("exit 0", environment={"RESTIC_PASSWORD": "secret"}))
    folder = tester.paths.job(job.id)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "order.json").stat().st_mode) == 0o600


def test_the_next_job_starts_without_a_supervisor(unsupervised: JobTester, scratch: Path) -> None:
    backup = unsupervised.submit("sleep 0.3", kind=JobKind.BACKUP)
    unsupervised.submit(f"touch {scratch}/trained", after=backup.id)
    until((scratch / "trained").exists, "the training, without a tick of the test")


def test_rows_are_updated_without_a_supervisor(unsupervised: JobTester) -> None:
    job = unsupervised.submit("exit 3")

    def state() -> str:
        query = sa.select(table.c.state).where(table.c.id == job.id)
        with unsupervised.launcher.database.read() as connection:
            return str(connection.execute(query).scalar_one())

    until(lambda: state() == "failed", "the row of the failed job")


def test_a_job_may_queue_another_that_outlives_it(tester: JobTester, scratch: Path) -> None:
    """The second job is a descendant of the first, but not a leftover."""
    inner = (
        "import os, sys; from pathlib import Path; from core.settings import load_settings; "
        "from core.jobs.__main__ import open_launcher; "
        "from core.jobs.launcher import JobKind, JobSpec; "
        "launcher = open_launcher(load_settings(environment=os.environ)); "
        "print(launcher.submit(JobSpec(kind=JobKind.EVALUATION, title='Evaluate', subject='x', "
        "argv=('/bin/sh', '-c', sys.argv[1]))).id)"
    )
    program = f"{until_there(scratch / 'go')}; echo $DATAHALL_RUN > {scratch}/done"
    argv = (module_argv("x")[0], "-P", "-c", inner, program)
    spec = JobSpec(
        kind=JobKind.TRAINING,
        title="Train",
        subject="x",
        argv=argv,
        environment={"DATAHALL_RUN": "run-1"},
    )
    first = tester.end(tester.launcher.submit(spec))
    assert first.state is JobState.SUCCEEDED, tester.launcher.log(first.id)
    second = tester.launcher.job(tester.launcher.log(first.id).strip())
    assert second.state is JobState.RUNNING
    (scratch / "go").touch()
    assert tester.end(second).state is JobState.SUCCEEDED
    assert (scratch / "done").read_text() == "\n", "a run's name must not leak into another job"
    until(lambda: not processes_of(first), "the end of the first job's processes")
