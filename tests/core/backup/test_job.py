"""The job process with real restic: what it prints, leaves, and how it stops."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from core.backup.job import Reporter
from core.backup.vault import Stage
from core.clock import FixedClock
from core.paths import StatePaths


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of the job."""
    path = tmp_path / "job"
    path.mkdir()
    return path


def begin(paths: StatePaths, folder: Path, *arguments: str) -> subprocess.Popen[str]:
    """Start a job as the launcher does."""
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "core.backup", *arguments, "--home", str(paths.home)],
        env={**os.environ, "DATAHALL_JOB_FOLDER": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(paths: StatePaths, folder: Path, *arguments: str) -> tuple[int, str, str]:
    """Run a job to its end; return exit status and both outputs."""
    with begin(paths, folder, *arguments) as process:
        out, err = process.communicate(timeout=120)
    return process.returncode, out, err


def result(folder: Path) -> dict[str, object]:
    """Return what the job left."""
    document: dict[str, object] = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    return document


def test_the_life_of_a_dataset_in_jobs(
    with_repository: StatePaths, dataset: Path, folder: Path, tmp_path: Path
) -> None:
    """Backed up, checked, lost, restored elsewhere, drilled: one line each, and every byte."""
    paths = with_repository
    code, out, err = run(paths, folder, "run", "--dataset", "demo/abc123")
    assert (code, err) == (0, "")
    taken = str(result(folder)["snapshot"])
    assert out.startswith(f"Snapshot {taken[:8]}: ")
    assert out.count("\n") == 1
    assert result(folder)["datasets"] == ["abc123"]
    progress = json.loads((folder / "progress.json").read_text(encoding="utf-8"))
    assert set(progress) == {"done", "total", "unit", "message", "rate", "eta_s", "at"}

    content = (dataset / "pairs.tsv.gz").read_bytes()
    assert run(paths, folder, "verify", "--read-data")[0] == 0
    assert result(folder)["verified"] == [taken]
    (dataset / "pairs.tsv.gz").unlink()
    target = tmp_path / "out"
    code, out, _ = run(paths, folder, "restore", taken[:8], "--to", str(target),
                       "--only", "datasets/demo/abc123")  # fmt: skip
    assert (code, result(folder)["matched"], result(folder)["files"]) == (0, 3, 3)
    assert "3 of 3 files match" in out
    assert (target / "datasets" / "demo" / "abc123" / "pairs.tsv.gz").read_bytes() == content
    code, out, _ = run(paths, folder, "drill")
    assert (code, result(folder)["matched"]) == (0, 3)
    assert "restores: 3 of 3 files match" in out


@pytest.mark.slow
def test_damage_ends_a_check_with_a_clear_line(
    with_repository: StatePaths, dataset: Path, folder: Path
) -> None:
    """Exit status 1, the reason on stderr, the problems in the result."""
    (dataset / "pairs.tsv.gz").write_bytes(os.urandom(400_000))
    paths = with_repository
    assert run(paths, folder, "run", "--what", "data")[0] == 0
    packs = [path for path in (paths.repository / "data").rglob("*") if path.is_file()]
    pack = max(packs, key=lambda path: path.stat().st_size)
    content = bytearray(pack.read_bytes())
    content[1000] ^= 4
    pack.chmod(0o600)
    pack.write_bytes(content)
    code, out, err = run(paths, folder, "verify", "--read-data")
    assert (code, out) == (1, "")
    assert "not sound" in err
    assert "Traceback" not in err
    assert result(folder)["problems"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("run", "--dataset", "demo/ghost"), "no dataset"),
        (("restore", "ffffffff", "--to", "/nowhere"), "no snapshot"),
        (("drill",), "no snapshot"),
        (("run", "--what", "data"), "nothing of 'data'"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    with_repository: StatePaths, folder: Path, arguments: tuple[str, ...], words: str
) -> None:
    """Exit status 2, no traceback, no result."""
    code, out, err = run(with_repository, folder, *arguments)
    assert (code, out) == (2, "")
    assert words in err
    assert err.count("\n") == 1
    assert not (folder / "result.json").exists()


@pytest.mark.slow
def test_sigterm_ends_restic_too_and_leaves_a_usable_repository(
    with_repository: StatePaths, dataset: Path, folder: Path
) -> None:
    """Exit status 130; nothing half-done counts, and the next backup goes through."""
    paths = with_repository
    (dataset / "pairs.tsv.gz").write_bytes(os.urandom(64 << 20))
    with begin(paths, folder, "run", "--what", "data") as process:
        while not [path for path in (paths.repository / "data").rglob("*") if path.is_file()]:
            assert process.poll() is None
            time.sleep(0.02)
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "stopped" in err
    assert "Traceback" not in err
    assert not paths.staging.exists()
    (dataset / "pairs.tsv.gz").write_bytes(b"small again")
    assert run(paths, folder, "run", "--what", "data")[0] == 0
    assert not list((paths.repository / "locks").iterdir())


@pytest.mark.slow
def test_restic_ends_with_a_job_that_was_killed(
    with_repository: StatePaths, dataset: Path, folder: Path
) -> None:
    """Nobody is left to write into the repository; the next backup goes through."""
    paths = with_repository
    (dataset / "pairs.tsv.gz").write_bytes(os.urandom(64 << 20))
    with begin(paths, folder, "run", "--what", "data") as process:
        while not [path for path in (paths.repository / "data").rglob("*") if path.is_file()]:
            assert process.poll() is None
            time.sleep(0.02)
        process.kill()
        process.communicate(timeout=60)
    deadline = time.monotonic() + 60
    while _restics_on(paths) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert _restics_on(paths) == []
    (dataset / "pairs.tsv.gz").write_bytes(b"small again")
    assert run(paths, folder, "run", "--what", "data")[0] == 0


def _restics_on(paths: StatePaths) -> list[str]:
    """Return the processes that were given this repository."""
    mark = f"RESTIC_REPOSITORY={paths.repository}".encode()
    found = []
    for environment in Path("/proc").glob("[0-9]*/environ"):
        try:
            if mark in environment.read_bytes().split(b"\0"):
                found.append(environment.parent.name)
        except OSError:
            continue
    return found


def test_progress_is_written_twice_a_second_and_at_each_new_message(folder: Path) -> None:
    """With a rate and the seconds left, measured where restic does not tell them."""
    clock = FixedClock()
    job = Reporter(folder, clock)

    def written() -> dict[str, object]:
        document: dict[str, object] = json.loads((folder / "progress.json").read_text())
        return document

    job.tell(Stage(message="backing up", done=0, total=100))
    clock.advance(0.1)
    job.tell(Stage(message="backing up", done=10, total=100))
    assert written()["done"] == 0
    clock.advance(0.9)
    job.tell(Stage(message="backing up", done=50, total=100))
    assert written() == {
        "done": 50, "total": 100, "unit": "bytes", "message": "backing up",
        "rate": 50.0, "eta_s": 1.0, "at": clock.now(),
    }  # fmt: skip
    job.tell(Stage(message="comparing"))
    assert (written()["message"], written()["total"]) == ("comparing", None)


def test_progress_that_cannot_be_written_does_not_end_the_backup(folder: Path) -> None:
    """It is told while restic runs, to a disk that may be full."""
    (folder / "file").touch()
    Reporter(folder / "file", FixedClock()).tell(Stage(message="backing up"))
    assert [path.name for path in folder.iterdir()] == ["file"]


def test_without_a_job_folder_nothing_is_written(folder: Path) -> None:
    """Started by hand."""
    job = Reporter(None, FixedClock())
    job.tell(Stage(message="backing up"))
    job.finish({"sentence": "done"})
    assert list(folder.iterdir()) == []
