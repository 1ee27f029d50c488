"""The process of a backup job with real restic: its output, its result, how it stops."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from core.paths import StatePaths

pytestmark = pytest.mark.slow  # real restic


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
    """Return the result of the job."""
    document: dict[str, object] = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    return document


def test_a_dataset_is_backed_up_verified_lost_restored_and_drilled(
    with_repository: StatePaths, dataset: Path, folder: Path, tmp_path: Path
) -> None:
    paths = with_repository
    code, out, err = run(paths, folder, "run", "--dataset", "demo/abc123")
    assert (code, err) == (0, "")
    taken = str(result(folder)["snapshot"])
    assert out.splitlines()[-1].startswith(f"Snapshot {taken[:8]}: ")
    assert result(folder)["datasets"] == ["abc123"]
    progress = json.loads((folder / "progress.json").read_text(encoding="utf-8"))
    assert set(progress) == {"done", "total", "unit", "message", "rate", "eta_s", "at"}

    content = (dataset / "pairs.tsv.gz").read_bytes()
    code, out, _ = run(paths, folder, "verify", "--read-data")
    assert (code, out.splitlines()[-1]) == (0, "The repository is intact; 1 snapshot verified")
    assert result(folder)["verified"] == [taken]
    (dataset / "pairs.tsv.gz").unlink()
    target = tmp_path / "out"
    code, out, _ = run(paths, folder, "restore", "--snapshot", taken[:8], "--to", str(target),
                       "--only", "datasets/demo/abc123")  # fmt: skip
    assert (code, result(folder)["matched"], result(folder)["files"]) == (0, 3, 3)
    assert "3 of 3 files are equal" in out
    assert (target / "datasets" / "demo" / "abc123" / "pairs.tsv.gz").read_bytes() == content
    code, out, _ = run(paths, folder, "drill")
    assert (code, result(folder)["matched"]) == (0, 3)
    assert "can be restored: 3 of 3 files are equal" in out


def test_the_result_names_damaged_telemetry_and_its_remedy(
    with_repository: StatePaths, dataset: Path, folder: Path
) -> None:
    assert dataset.exists()
    with_repository.telemetry.write_bytes(b"not a database" * 100)
    code, out, _ = run(with_repository, folder, "run")
    assert (code, result(folder)["left_out"]) == (0, ["telemetry.db"])
    assert "damaged, so left out: 'telemetry.db'. Start the sampler" in out.splitlines()[-1]


def test_damage_is_reported_in_one_line(
    with_repository: StatePaths, dataset: Path, folder: Path, damage: Callable[[], None]
) -> None:
    (dataset / "pairs.tsv.gz").write_bytes(os.urandom(400_000))
    paths = with_repository
    assert run(paths, folder, "run", "--what", "data")[0] == 0
    damage()
    code, out, err = run(paths, folder, "verify", "--read-data")
    assert code == 1
    assert "repository contains errors" in out
    assert "not intact" in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("run", "--dataset", "demo/ghost"), "no dataset"),
        (("restore", "--snapshot", "ffffffff", "--to", "/nowhere"), "no snapshot"),
        (("drill",), "no snapshot"),
        (("run", "--what", "data"), "nothing to back up yet"),
    ],
)
def test_bad_input_is_reported_in_one_line(
    with_repository: StatePaths, folder: Path, arguments: tuple[str, ...], words: str
) -> None:
    code, _, err = run(with_repository, folder, *arguments)
    assert code == 2
    assert words in err
    assert err.count("\n") == 1
    assert not (folder / "result.json").exists()


def test_sigterm_also_terminates_restic_and_leaves_a_usable_repository(
    with_repository: StatePaths, dataset: Path, folder: Path
) -> None:
    paths = with_repository
    (dataset / "pairs.tsv.gz").write_bytes(os.urandom(64 << 20))
    with begin(paths, folder, "run", "--what", "data") as process:
        while not [path for path in (paths.repository / "data").rglob("*") if path.is_file()]:
            assert process.poll() is None
            time.sleep(0.02)
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGTERM
    assert "stopped" in err
    assert "Traceback" not in err
    assert not paths.staging.exists()
    (dataset / "pairs.tsv.gz").write_bytes(b"small again")
    assert run(paths, folder, "run", "--what", "data")[0] == 0
    assert not list((paths.repository / "locks").iterdir())


def test_restic_ends_with_a_job_that_was_killed(
    with_repository: StatePaths, dataset: Path, folder: Path
) -> None:
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
