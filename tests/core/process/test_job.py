"""A function with typed arguments as the process of a job."""

import errno
import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Literal

import pytest

from core.command import start, wait
from core.errors import ConflictError, DiskFullError
from core.files import mount_point
from core.process.failure import read_error
from core.process.job import (
    JobContext,
    JobResult,
    OnStop,
    explain_os_error,
    job_argv,
    read_result,
    run_job,
)
from core.process.progress import read_progress
from core.process.variables import JOB_FOLDER_VARIABLE, JOB_VARIABLE

PROGRAM = """
import sys, time
from core.process.job import JobContext, JobResult, OnStop, run_job

def work(job: JobContext) -> JobResult:
    print("started", flush=True)
    try:
        while not job.stop.is_set():
            time.sleep(0.01)
    finally:
        print("cleaned up", flush=True)
    return JobResult(sentence="stopped in order")

sys.exit(run_job(work, on_stop=OnStop[sys.argv.pop(1)]))
"""


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    folder = tmp_path / "job"
    folder.mkdir()
    return {
        "DATAHALL_HOME": str(tmp_path / "home"),
        JOB_VARIABLE: "j1",
        JOB_FOLDER_VARIABLE: str(folder),
    }


@pytest.fixture
def folder(environment: dict[str, str]) -> Path:
    return Path(environment[JOB_FOLDER_VARIABLE])


def _translate(
    job: JobContext,
    *,
    text: Path,
    beam: int = 5,
    split: Literal["test", "valid"] = "test",
    digest: str | None = None,
    is_quick: bool = False,
) -> JobResult:
    """Translate a text."""
    job.progress.begin("translating", total=10, unit="sentences")
    job.progress.update(10)
    values = {"text": str(text), "beam": beam, "split": split, "digest": digest, "quick": is_quick}
    return JobResult(sentence=f"translated {text}", values={**values, "job": job.job_id})


def test_arguments_are_parsed_into_the_types_of_the_parameters(
    environment: dict[str, str], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    argv = job_argv("core.x", Path("/h"), text=Path("-a b"), beam=1, is_quick=True, digest=None)
    assert argv[argv.index("core.x") + 1 :] == (
        "--home", "/h", "--text=-a b", "--beam=1", "--is-quick",
    )  # fmt: skip
    arguments = ["--text=-a b", "--beam=1", "--is-quick", "--split", "valid"]
    assert run_job(_translate, arguments, environment) == 0
    assert capsys.readouterr().out == "translating\ntranslated -a b\n"
    assert read_result(folder) == {
        "sentence": "translated -a b",
        "text": "-a b", "beam": 1, "split": "valid", "digest": None, "quick": True, "job": "j1",
    }  # fmt: skip
    progress = read_progress(folder)
    assert progress is not None
    assert (progress.done, progress.total, progress.unit) == (10, 10, "sentences")


@pytest.mark.parametrize(
    "arguments", [[], ["--text", "a", "--beam", "x"], ["--text", "a", "--split", "all"]]
)
def test_wrong_arguments_exit_with_2(environment: dict[str, str], arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run_job(_translate, arguments, environment)
    assert ended.value.code == 2


def test_several_functions_are_subcommands(environment: dict[str, str]) -> None:
    argv = job_argv("core.x", Path("/h"), "translate", text="a")
    assert argv[-4:] == ("translate", "--home", "/h", "--text=a")
    assert run_job({"translate": _translate}, ["translate", "--text", "a"], environment) == 0


def test_an_error_is_left_in_the_folder_and_gives_its_exit_status(
    environment: dict[str, str], folder: Path
) -> None:
    def fail(_job: JobContext) -> JobResult:
        raise ConflictError("the name is taken", remedy="Choose another")

    assert run_job(fail, [], environment) == 2
    found = read_error(folder)
    assert isinstance(found, ConflictError)
    assert found.remedy == "Choose another"
    assert read_result(folder) == {}


def test_a_full_disk_is_named(environment: dict[str, str], folder: Path, tmp_path: Path) -> None:
    def fill(_job: JobContext) -> JobResult:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(tmp_path / "new" / "state.pt"))

    assert run_job(fill, [], environment) == 1
    found = read_error(folder)
    assert isinstance(found, DiskFullError)
    assert str(mount_point(tmp_path)) in found.message
    assert "state.pt" in found.message


def test_another_failed_system_call_names_the_file() -> None:
    error = explain_os_error(PermissionError(errno.EACCES, "Permission denied", "/a/pairs.tsv"))
    assert str(error) == "Permission denied (/a/pairs.tsv)"


def test_a_mistake_in_the_code_is_reported_with_its_class(
    environment: dict[str, str], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def stumble(_job: JobContext) -> JobResult:
        raise ZeroDivisionError("division by zero")

    assert run_job(stumble, [], environment) == 1
    found = read_error(folder)
    assert found is not None
    assert found.message == "unexpected error: ZeroDivisionError: division by zero"
    assert "Traceback" in capsys.readouterr().err


def test_the_database_is_closed_when_the_job_ends(environment: dict[str, str]) -> None:
    seen: list[JobContext] = []

    def look(job: JobContext) -> JobResult:
        with job.database.read():
            seen.append(job)
        return JobResult(sentence="read")

    assert run_job(look, [], environment) == 0
    assert seen[0].database.engine.pool.checkedin() == 0


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("on_stop", list(OnStop))
def test_a_signal_stops_the_job(tmp_path: Path, on_stop: OnStop, number: signal.Signals) -> None:
    """INTERRUPT runs the `finally` blocks and exits with 128 + N; REQUEST ends with 0."""
    script, log = tmp_path / "job.py", tmp_path / "log"
    script.write_text(PROGRAM)
    argv = [sys.executable, str(script), on_stop.name, "--home", str(tmp_path / "home")]
    with log.open("wb") as stream:
        process = start(argv, log=stream)
    deadline = time.monotonic() + 60
    while "started" not in log.read_text() and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(number)
    code = wait(process, 60)
    assert code == (0 if on_stop is OnStop.REQUEST else 128 + number)
    assert "cleaned up" in log.read_text()
    assert "Traceback" not in log.read_text()


def test_a_damaged_result_is_empty(tmp_path: Path) -> None:
    assert read_result(tmp_path) == {}
    (tmp_path / "result.json").write_text("[1]")
    assert read_result(tmp_path) == {}
    (tmp_path / "result.json").write_text(json.dumps({"sentence": "done"}))
    assert read_result(tmp_path) == {"sentence": "done"}
