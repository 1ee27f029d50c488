"""A dataset of a few pairs, and an untrained model with its vocabulary."""

from pathlib import Path

import pytest
import torch

from core.data.datasets import DatasetStore
from core.data.demo.corpus import TOPICS, topic_pairs
from core.data.prepare import prepare
from core.data.records import Dataset
from core.data.tokenizer import Tokenizer
from core.evaluation.evaluate import EvaluatedModel
from core.model.config import ModelConfig
from core.model.transformer import Transformer
from core.paths import StatePaths
from tests.clock import FixedClock


@pytest.fixture(scope="session")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """A prepared dataset."""
    paths = StatePaths(tmp_path_factory.mktemp("evaluation"))
    pairs = topic_pairs(TOPICS[0])[:300]
    imported = DatasetStore(paths.datasets).add(
        "toy", "en", "es", pairs, origin="test", clock=FixedClock()
    )
    return prepare(imported, vocabulary_size=400, clock=FixedClock())


@pytest.fixture(scope="session")
def evaluated(dataset: Dataset) -> EvaluatedModel:
    """A model that was never trained."""
    torch.manual_seed(0)
    tokenizer = Tokenizer.load(dataset.vocabulary_file)
    shape = ModelConfig(
        vocabulary=tokenizer.size, width=16, heads=2, hidden=16, encoder_layers=1,
        decoder_layers=1, dropout=0.0, max_length=20,
    )  # fmt: skip
    return EvaluatedModel(model=Transformer(shape).eval(), tokenizer=tokenizer, run_id="r", step=9)


@pytest.fixture
def home(dataset: Dataset, tmp_path: Path) -> StatePaths:
    """A home that holds the dataset."""
    paths = StatePaths(tmp_path / "home")
    paths.prepare()
    paths.datasets.symlink_to(dataset.folder.parent.parent)
    return paths
