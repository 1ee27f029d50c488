"""Metrics are stored within a second, in order, even if the store was away for a while."""

import json
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from core.clock import FixedClock
from core.jobs.progress import read
from core.runs.memory import MemoryRunStore
from core.runs.records import RunSpec
from core.training.journal import Journal


class FullDisk(MemoryRunStore):
    """A run store whose disk can be full."""

    is_full = False

    def log(self, run_id: str, points: object) -> None:
        """Store points, or fail as SQLite does."""
        if self.is_full:
            raise OperationalError("insert", {}, Exception("database or disk is full"))
        super().log(run_id, points)  # type: ignore[arg-type]  # points as they are


@pytest.fixture
def store(clock: FixedClock) -> FullDisk:
    """A store that knows one run."""
    made = FullDisk(clock)
    made.create(
        "r",
        RunSpec(
            name="r", dataset="d", dataset_digest="0", preset="demo", device="cpu", config={},
            code_version="0",
        ),
    )  # fmt: skip
    made.begin_attempt("r", "job", 0)
    return made


def steps_of(store: MemoryRunStore) -> list[int]:
    """Return the steps that are stored."""
    return [point.step for point in store.series("r", "loss")]


def test_points_are_stored_at_least_once_a_second(store: FullDisk, clock: FixedClock) -> None:
    """Not each at once, as a transaction costs more than a small step."""
    journal = Journal(store, "r", clock, lambda _: None)
    journal.record(1, {"loss": 3.0})
    journal.record(2, {"loss": 2.0})
    assert steps_of(store) == [1]
    clock.advance(1.0)
    journal.record(3, {"loss": 1.0})
    assert steps_of(store) == [1, 2, 3]


def test_a_full_disk_loses_no_point_and_is_told_once(store: FullDisk, clock: FixedClock) -> None:
    """What could not be stored is stored later."""
    said: list[str] = []
    journal = Journal(store, "r", clock, said.append)
    store.is_full = True
    for step in range(1, 4):
        journal.record(step, {"loss": 1.0})
        clock.advance(2.0)
    assert not journal.flush()
    assert len(said) == 1
    store.is_full = False
    assert journal.flush()
    assert steps_of(store) == [1, 2, 3]


def test_progress_tells_rate_and_time_left(
    store: FullDisk, clock: FixedClock, tmp_path: Path
) -> None:
    """Of this attempt alone: a resumed run did not do the first steps now."""
    journal = Journal(store, "r", clock, lambda _: None, tmp_path)
    journal.begin("training", "steps", 100, 200)
    clock.advance(10)
    journal.advance(120)
    found = read(tmp_path)
    assert found is not None
    assert (found.done, found.total, found.unit) == (120, 200, "steps")
    assert found.rate == 2
    assert found.eta_s == 40


def test_progress_is_written_a_few_times_a_second(
    store: FullDisk, clock: FixedClock, tmp_path: Path
) -> None:
    """But the end is always told."""
    journal = Journal(store, "r", clock, lambda _: None, tmp_path)
    journal.begin("training", "steps", 0, 3)
    clock.advance(0.1)
    journal.advance(1)
    assert json.loads((tmp_path / "progress.json").read_text())["done"] == 0
    journal.advance(3)
    assert json.loads((tmp_path / "progress.json").read_text())["done"] == 3


def test_the_log_gets_a_line_every_ten_seconds(store: FullDisk, clock: FixedClock) -> None:
    """And one for the last step."""
    said: list[str] = []
    journal = Journal(store, "r", clock, said.append)
    journal.begin("training", "steps", 0, 100)
    for step in range(1, 101):
        clock.advance(0.5)
        journal.describe(step, {"train_loss": 1.5, "tokens_per_second": 2000.0})
    assert len(said) == 6
    assert said[-1].startswith("step 100/100  loss 1.5000  2,000 tokens/s")
