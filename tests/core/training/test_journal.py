"""Metrics are stored within a second, in order, even if the store was away for a while."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path

import pytest

from core import database as database_module
from core.clock import FixedClock
from core.database import Database, open_database, sqlite_url
from core.paths import StatePaths
from core.process.progress import read_progress
from core.runs.records import RunSpec
from core.runs.store import RunStore
from core.training.journal import Journal

MANY = {f"metric{number}": 1.0 for number in range(2000)}  # more than fits into free pages


@pytest.fixture
def store(
    paths: StatePaths, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> Iterator[RunStore]:
    """A store that knows one run and does not wait for its turn."""
    monkeypatch.setattr(database_module, "_BUSY_TIMEOUT_S", 0)
    with closing(open_database(sqlite_url(paths.database))) as database:
        made = RunStore(database, clock)
        made.create(
            "r",
            RunSpec(
                name="r", dataset="d", dataset_digest="0", preset="demo", device="cpu", config={},
                code_version="0",
            ),
        )  # fmt: skip
        made.begin_attempt("r", "job", 0)
        yield made


@contextmanager
def locked(database: Database) -> Iterator[None]:
    """Hold the database as another process does in the middle of writing."""
    path = database.engine.url.database or ""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("begin immediate")
        yield


@contextmanager
def full(database: Database) -> Iterator[None]:
    """Let the database grow by no page."""
    with database.read() as connection:
        largest = connection.exec_driver_sql("pragma max_page_count").scalar_one()
        connection.exec_driver_sql("pragma max_page_count=1")  # SQLite takes the present number
    yield
    with database.read() as connection:
        connection.exec_driver_sql(f"pragma max_page_count={largest}")


def steps_of(store: RunStore) -> list[int]:
    """Return the steps that are stored."""
    return [point.step for point in store.curve("r", "loss").points]


def test_points_are_stored_at_least_once_a_second(store: RunStore, clock: FixedClock) -> None:
    """Not each at once, as a transaction costs more than a small step."""
    journal = Journal(store, "r", clock, lambda _: None)
    journal.record(1, {"loss": 3.0})
    journal.record(2, {"loss": 2.0})
    assert steps_of(store) == [1]
    clock.advance(1.0)
    journal.record(3, {"loss": 1.0})
    assert steps_of(store) == [1, 2, 3]


@pytest.mark.parametrize(("fault", "words"), [(locked, "is locked"), (full, "is full")])
def test_a_store_that_is_away_loses_no_point_and_is_told_once(
    store: RunStore,
    clock: FixedClock,
    fault: Callable[[Database], AbstractContextManager[None]],
    words: str,
) -> None:
    """What could not be stored is stored later."""
    said: list[str] = []
    journal = Journal(store, "r", clock, said.append)
    with fault(store.database):
        for step in range(1, 4):
            journal.record(step, {"loss": 1.0, **MANY})
            clock.advance(2.0)
        assert not journal.flush()
    assert len(said) == 1
    assert words in said[0]
    assert steps_of(store) == []
    assert journal.flush()
    assert steps_of(store) == [1, 2, 3]


def test_progress_tells_rate_and_time_left(
    store: RunStore, clock: FixedClock, tmp_path: Path
) -> None:
    """Of this attempt alone: a resumed run did not do the first steps now."""
    journal = Journal(store, "r", clock, lambda _: None, tmp_path)
    journal.begin("training", "steps", 100, 200)
    clock.advance(10)
    journal.advance(120)
    found = read_progress(tmp_path)
    assert found is not None
    assert (found.done, found.total, found.unit) == (120, 200, "steps")
    assert found.rate == 2
    assert found.eta_s == 40


def test_progress_is_written_a_few_times_a_second(
    store: RunStore, clock: FixedClock, tmp_path: Path
) -> None:
    """But the end is always told."""
    journal = Journal(store, "r", clock, lambda _: None, tmp_path)
    journal.begin("training", "steps", 0, 3)
    clock.advance(0.1)
    journal.advance(1)
    assert json.loads((tmp_path / "progress.json").read_text())["done"] == 0
    journal.advance(3)
    assert json.loads((tmp_path / "progress.json").read_text())["done"] == 3


def test_the_log_gets_a_line_every_ten_seconds(store: RunStore, clock: FixedClock) -> None:
    """And one for the last step."""
    said: list[str] = []
    journal = Journal(store, "r", clock, said.append)
    journal.begin("training", "steps", 0, 100)
    for step in range(1, 101):
        clock.advance(0.5)
        journal.describe(step, {"train_loss": 1.5, "tokens_per_second": 2000.0})
    assert len(said) == 6
    assert said[-1].startswith("step 100/100  loss 1.5000  2,000 tokens/s")
