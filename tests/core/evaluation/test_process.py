"""The evaluation process finds the run's best checkpoint and leaves its report."""

import json
from pathlib import Path

import pytest

from core.checkpoints.manifest import seal
from core.checkpoints.weights import RAW_NAME, WeightsToSave, save_weights
from core.clock import FixedClock
from core.data.records import Dataset
from core.database import open_database, sqlite_url
from core.evaluation.evaluate import Subject
from core.evaluation.process import main
from core.paths import StatePaths
from core.process.progress import read_progress
from core.runs.records import RunSpec
from core.runs.store import RunStore


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


def keep(home: StatePaths, subject: Subject, dataset: Dataset, step: int, *, best: bool) -> None:
    """Write a checkpoint of the run."""
    root = home.checkpoints("r1")
    folder = root / f"step_{step:08d}"
    folder.mkdir(parents=True)
    tensors = subject.model.state_dict()
    save_weights(
        folder,
        WeightsToSave(
            config=subject.model.config, raw=tensors, ema=tensors,
            vocabulary=dataset.vocabulary_file.read_bytes(), source="en", target="es",
            preferred=RAW_NAME,
        ),
    )  # fmt: skip
    seal(folder, step=step, created_at=1.0, config_digest="", scores={})
    if best:
        (root / "best").write_text(folder.name)


def test_the_best_checkpoint_is_scored_and_reported(
    run_home: StatePaths,
    subject: Subject,
    dataset: Dataset,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """By the run's name; JSON on stdout and in the job's folder; progress told."""
    keep(run_home, subject, dataset, 3, best=True)
    keep(run_home, subject, dataset, 5, best=False)
    job = tmp_path / "job"
    job.mkdir()
    argv = ["--run", "toy-run", "--split", "valid", "--beam", "1", "--home", str(run_home.home)]
    assert main([*argv, "--json"], {"DATAHALL_JOB_FOLDER": str(job)}) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed == json.loads((job / "result.json").read_text())
    assert (printed["step"], printed["split"], printed["run_id"]) == (3, "valid", "r1")
    assert {"bleu", "chrf", "ter", "loss", "signatures", "sentences"} <= set(printed)
    progress = read_progress(job)
    assert progress is not None
    assert progress.done == progress.total == printed["sentences"]


def test_without_a_best_the_newest_is_scored_for_people(
    run_home: StatePaths, subject: Subject, dataset: Dataset, capsys: pytest.CaptureFixture[str]
) -> None:
    """Human text by default."""
    keep(run_home, subject, dataset, 5, best=False)
    assert main(["--run", "r1", "--beam", "1", "--home", str(run_home.home)], {}) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("test at step 5, ")
    assert "BLEU" in printed
    assert "tok:13a" in printed


def test_a_run_without_a_checkpoint_or_no_run_at_all_is_named(
    run_home: StatePaths, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line on stderr, exit 2."""
    assert main(["--run", "r1", "--home", str(run_home.home)], {}) == 2
    assert "no checkpoint yet" in capsys.readouterr().err
    assert main(["--run", "toy-rum", "--home", str(run_home.home)], {}) == 2
    assert "toy-run" in capsys.readouterr().err


def test_a_damaged_checkpoint_is_told(
    run_home: StatePaths, subject: Subject, dataset: Dataset, capsys: pytest.CaptureFixture[str]
) -> None:
    """Scores of other bytes than were trained would be worse than none."""
    keep(run_home, subject, dataset, 5, best=True)
    path = run_home.checkpoints("r1") / "step_00000005" / RAW_NAME
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    assert main(["--run", "r1", "--home", str(run_home.home)], {}) == 1
    assert "SHA-256" in capsys.readouterr().err
