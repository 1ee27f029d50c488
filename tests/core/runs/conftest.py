"""A run store on a migrated database, and makers of what it stores."""

import pytest

from core.database import Database
from core.runs.records import MetricPoint, RunSpec, TranslationSample
from core.runs.store import RunStore
from tests.clock import FixedClock


@pytest.fixture
def run_store(database: Database, clock: FixedClock) -> RunStore:
    return RunStore(database, clock)


def make_spec(name: str = "demo-1", **changes: object) -> RunSpec:
    """Return a spec with every kind of value in it."""
    values: dict[str, object] = {
        "name": name,
        "dataset": "demo",
        "dataset_digest": "d" * 64,
        "preset": "demo",
        "device": "cpu",
        "config": {"train": {"width": 128, "learning_rate": 3e-3, "note": "¿quotes' \"?\n"}},
        "code_version": "0.1.0",
    }
    return RunSpec(**(values | changes))  # type: ignore[arg-type]  # one dict of mixed values


def curve(metric: str, values: list[float], start: int = 0) -> list[MetricPoint]:
    """Return points at steps start, start + 1, ..."""
    return [
        MetricPoint(metric=metric, step=start + index, value=value, wall_time=1e9 + index / 3)
        for index, value in enumerate(values)
    ]


def sample(step: int, position: int, split: str = "valid", text: str = "Hola") -> TranslationSample:
    """Return one translated segment."""
    return TranslationSample(
        split=split, step=step, position=position, source="Hi", hypothesis=text, reference="Hola"
    )
