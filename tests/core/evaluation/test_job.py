"""The evaluation job scores the best checkpoint of a run and writes its report."""

import json
from pathlib import Path
from typing import Any

import pytest

from core.checkpoints.catalog import BEST
from core.checkpoints.contents import RAW_NAME, WeightsToSave, save_weights
from core.checkpoints.manifest import MANIFEST_NAME, write_manifest
from core.data.records import Dataset
from core.database import open_database, sqlite_url
from core.evaluation.evaluate import EvaluatedModel
from core.evaluation.job import evaluate_run
from core.paths import StatePaths
from core.process.failure import read_error
from core.process.job import read_result, run_job
from core.process.progress import read_progress
from core.runs.records import RunSpec
from core.runs.store import RunStore
from core.scores import Scores
from tests.clock import FixedClock


@pytest.fixture
def run_home(home: StatePaths, dataset: Dataset) -> StatePaths:
    """A home with a run that has no checkpoint yet."""
    database = open_database(sqlite_url(home.database))
    RunStore(database, FixedClock()).create(
        "r1",
        RunSpec(
            name="toy-run", dataset="toy", dataset_digest=dataset.digest, preset="demo",
            device="cpu", config={"train": {"vocabulary": 400}}, code_version="0",
        ),
    )  # fmt: skip
    database.close()
    return home


@pytest.fixture
def job_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "job"
    folder.mkdir()
    return folder


def evaluate(home: StatePaths, folder: Path, *arguments: str) -> int:
    """Run the job on the validation split; return its exit status."""
    common = ["--home", str(home.home), "--split", "valid", "--beam", "1"]
    return run_job(evaluate_run, [*common, *arguments], {"DATAHALL_JOB_FOLDER": str(folder)})


def save(
    home: StatePaths, evaluated: EvaluatedModel, dataset: Dataset, step: int, *, best: bool
) -> Path:
    """Write a checkpoint of the run."""
    root = home.checkpoints("r1")
    folder = root / f"step_{step:08d}"
    folder.mkdir(parents=True)
    tensors = evaluated.model.state_dict()
    save_weights(
        folder,
        WeightsToSave(
            config=evaluated.model.config, raw=tensors, ema=tensors,
            vocabulary=dataset.vocabulary_file.read_bytes(), source="en", target="es",
            preferred=RAW_NAME,
        ),
    )  # fmt: skip
    write_manifest(folder, step=step, created_at=1.0, config_digest="", scores=Scores())
    if best:
        (root / BEST).write_text(folder.name)
    return folder


def test_the_best_checkpoint_is_scored(
    run_home: StatePaths,
    evaluated: EvaluatedModel,
    dataset: Dataset,
    job_folder: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    save(run_home, evaluated, dataset, 3, best=True)
    save(run_home, evaluated, dataset, 5, best=False)
    assert evaluate(run_home, job_folder, "--run", "toy-run") == 0
    report: dict[str, Any] = json.loads((job_folder / "result.json").read_text())
    assert (report["step"], report["split"], report["run_id"]) == (3, "valid", "r1")
    assert {"bleu", "chrf", "ter", "loss", "signatures", "sentences"} <= set(report)
    assert (report["damaged_checkpoint"], report["notice"]) == (None, "")
    progress = read_progress(job_folder)
    assert progress is not None
    assert progress.done == progress.total == report["sentences"]
    assert capsys.readouterr().out.splitlines()[-1].startswith("valid at step 3: BLEU ")


def test_without_a_best_checkpoint_the_newest_is_scored(
    run_home: StatePaths, evaluated: EvaluatedModel, dataset: Dataset, job_folder: Path
) -> None:
    save(run_home, evaluated, dataset, 3, best=False)
    save(run_home, evaluated, dataset, 5, best=False)
    assert evaluate(run_home, job_folder, "--run", "r1") == 0
    assert read_result(job_folder)["step"] == 5


@pytest.mark.parametrize(
    ("run", "message"), [("r1", "toy-run has no checkpoint yet"), ("toy-rum", "toy-run")]
)
def test_a_run_without_a_checkpoint_and_a_missing_run_are_named(
    run_home: StatePaths,
    job_folder: Path,
    capsys: pytest.CaptureFixture[str],
    run: str,
    message: str,
) -> None:
    assert evaluate(run_home, job_folder, "--run", run) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("name", [RAW_NAME, MANIFEST_NAME])
def test_a_damaged_best_checkpoint_is_replaced_only_with_permission(
    run_home: StatePaths,
    evaluated: EvaluatedModel,
    dataset: Dataset,
    job_folder: Path,
    name: str,
) -> None:
    save(run_home, evaluated, dataset, 3, best=False)
    path = save(run_home, evaluated, dataset, 5, best=True) / name
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    assert evaluate(run_home, job_folder, "--run", "r1") == 1
    error = read_error(job_folder)
    assert error is not None
    assert error.kind == "damaged-checkpoint"
    assert "step_00000005, is damaged" in error.message
    assert "--allow-fallback" in error.remedy
    assert evaluate(run_home, job_folder, "--run", "r1", "--allow-fallback") == 0
    report = read_result(job_folder)
    assert (report["step"], report["damaged_checkpoint"]) == (3, "step_00000005")
    assert report["notice"] in report["sentence"]
