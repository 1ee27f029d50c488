"""The job that scores a model version reads the files of the version, not the run's checkpoints."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from core.data.datasets import DatasetStore
from core.data.demo.corpus import TOPICS, topic_pairs
from core.database import open_database, sqlite_url
from core.inference.evaluate_version import evaluate_version
from core.inference.version_folder import VersionFolder
from core.paths import StatePaths
from core.process.failure import read_error
from core.process.job import read_result, run_job
from core.registry.registry import ModelRegistry
from tests.clock import FixedClock
from tests.core.registry.records import model_version


@pytest.fixture
def paths(tmp_path: Path, version: VersionFolder) -> StatePaths:
    """A home with a dataset and a registered version, whose run has no checkpoint any more."""
    paths = StatePaths(tmp_path / "home")
    paths.prepare()
    dataset = DatasetStore(paths.datasets).add(
        "toy", "en", "es", topic_pairs(TOPICS[0])[:300], origin="test", clock=FixedClock()
    )
    shutil.copytree(version.path, paths.model("en-es", 1))
    database = open_database(sqlite_url(paths.database))
    registered = replace(model_version(), dataset="toy", dataset_digest=dataset.digest, step=7)
    ModelRegistry(database, FixedClock()).register(registered)
    database.close()
    return paths


def evaluate(paths: StatePaths, folder: Path) -> int:
    """Run the job on the validation split; return its exit status."""
    folder.mkdir()
    arguments = ["--home", str(paths.home), "--name", "en-es", "--version", "1"]
    return run_job(
        evaluate_version,
        [*arguments, "--split", "valid", "--beam", "1"],
        {"DATAHALL_JOB_FOLDER": str(folder)},
    )


def test_a_version_is_scored_without_its_run(paths: StatePaths, tmp_path: Path) -> None:
    assert evaluate(paths, tmp_path / "job") == 0
    report = read_result(tmp_path / "job")
    assert (report["model"], report["run_id"], report["step"]) == ("en-es:1", "r-1", 7)
    assert {"bleu", "chrf", "ter", "loss", "signatures", "sentences"} <= report.keys()


def test_a_damaged_version_is_refused(paths: StatePaths, tmp_path: Path) -> None:
    weights = VersionFolder(paths.model("en-es", 1)).weights
    weights.write_bytes(weights.read_bytes()[:-1] + b"x")
    assert evaluate(paths, tmp_path / "job") == 1
    error = read_error(tmp_path / "job")
    assert error is not None
    assert "weights.safetensors was changed after the promotion" in error.message
