"""Stores, corpora and toy text for the tests of core.data."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from core.data.datasets import DatasetStore
from core.data.prepare import prepare
from core.data.records import Dataset, Pair
from core.paths import StatePaths
from tests.clock import FixedClock

TOY = Path(__file__).parents[2] / "data"


@pytest.fixture
def toy() -> Path:
    """Folder of the toy corpora."""
    return TOY


@pytest.fixture
def store(paths: StatePaths) -> DatasetStore:
    """An empty store in the test's home."""
    return DatasetStore(paths.datasets)


@pytest.fixture
def household() -> Sequence[Pair]:
    """A hundred and twenty distinct pairs of our own."""
    things = ["key", "lamp", "chair", "coat", "plate", "knife", "shelf", "stove", "clock", "towel"]
    cosas = ["llave", "lámpara", "silla", "capa", "taza", "navaja", "repisa", "cocina", "hora",
             "toalla"]  # fmt: skip
    places = ["hall", "attic", "shed", "cellar", "garden", "study"]
    lugares = ["entrada", "buhardilla", "caseta", "bodega", "huerta", "oficina"]
    return [
        Pair(source=f"{start} {thing} {verb} the {place}.", target=f"{frase} {cosa} {en} {lugar}.")
        for start, frase, verb, en in (
            ("The", "La", "is in", "está en la"), ("My", "Mi", "fell in", "se cayó en la"),
        )
        for thing, cosa in zip(things, cosas, strict=True)
        for place, lugar in zip(places, lugares, strict=True)
    ]  # fmt: skip


@pytest.fixture
def kept(store: DatasetStore, household: Sequence[Pair], clock: FixedClock) -> Dataset:
    """The household pairs as a version."""
    return store.add("house", "en", "es", household, origin="tests", clock=clock)


@pytest.fixture
def prepared(kept: Dataset, clock: FixedClock) -> Dataset:
    """The household version, prepared with a small vocabulary."""
    return prepare(kept, vocabulary_size=400, clock=clock)
