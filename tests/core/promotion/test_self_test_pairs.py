"""The pairs of the self-test are text that the run was not trained on."""

import shutil

import pytest

from core.data.datasets import DatasetStore
from core.data.demo.corpus import demo_pairs
from core.data.prepare import prepare
from core.data.records import Dataset
from core.database import Database
from core.errors import NotFoundError
from core.paths import StatePaths
from core.promotion.promote import NUM_SELF_TEST_PAIRS, self_test_pairs
from core.runs.records import Run, RunSpec, TranslationSample
from core.runs.store import RunStore
from tests.clock import FixedClock

pytestmark = pytest.mark.slow


@pytest.fixture
def runs(database: Database, clock: FixedClock) -> RunStore:
    """A store of runs."""
    return RunStore(database, clock)


@pytest.fixture
def datasets(paths: StatePaths) -> DatasetStore:
    """The datasets of the test's home."""
    return DatasetStore(paths.datasets)


@pytest.fixture
def dataset(datasets: DatasetStore, clock: FixedClock) -> Dataset:
    """A part of the demo corpus, imported and prepared."""
    pairs = demo_pairs()[::20]
    kept = datasets.add("demo", "en", "es", pairs, origin="demo", clock=clock)
    return prepare(kept, vocabulary_size=400, clock=clock)


def make_run(runs: RunStore, digest: str) -> Run:
    """Return a run on a dataset version."""
    spec = RunSpec(
        name="night run", dataset="demo", dataset_digest=digest, preset="demo", device="cpu",
        config={}, code_version="0",
    )  # fmt: skip
    return runs.create("r-1", spec)


def test_pairs_come_from_the_validation_split(
    datasets: DatasetStore, dataset: Dataset, runs: RunStore
) -> None:
    pairs = self_test_pairs(datasets, runs, make_run(runs, dataset.digest))
    valid = list(datasets.split_pairs(dataset, "valid"))
    assert 10 < len(pairs) <= NUM_SELF_TEST_PAIRS
    assert all(pair in valid for pair in pairs)


def test_without_the_dataset_the_samples_of_the_run_are_used(
    datasets: DatasetStore, dataset: Dataset, runs: RunStore
) -> None:
    run = make_run(runs, dataset.digest)
    shutil.rmtree(dataset.folder)
    with pytest.raises(NotFoundError, match=r"dataset demo .* is missing"):
        self_test_pairs(datasets, runs, run)
    sample = TranslationSample(
        split="valid", step=9, position=0, source="Hi.", hypothesis="", reference="Hola."
    )
    runs.log_samples(run.id, [sample])
    assert [pair.target for pair in self_test_pairs(datasets, runs, run)] == ["Hola."]
