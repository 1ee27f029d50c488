"""Metrics are stored within a second, in order, also after the database was not writable."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager

import pytest

from core import database as database_module
from core.database import Database, open_database, sqlite_url
from core.paths import StatePaths
from core.runs.records import RunSpec
from core.runs.store import RunStore
from core.training.metric_log import MetricLog
from tests.clock import FixedClock

MANY = {f"metric{number}": 1.0 for number in range(2000)}  # more than fits into free pages


@pytest.fixture
def store(
    paths: StatePaths, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> Iterator[RunStore]:
    """A store with one run that does not wait for a locked database."""
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
    """Lock the database as another process does while it writes."""
    path = database.engine.url.database or ""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("begin immediate")
        yield


@contextmanager
def full(database: Database) -> Iterator[None]:
    """Let the database not grow."""
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
    log = MetricLog(store, "r", clock, lambda _: None)
    log.record(1, {"loss": 3.0})
    log.record(2, {"loss": 2.0})
    assert steps_of(store) == [1]
    clock.advance(1.0)
    log.record(3, {"loss": 1.0})
    assert steps_of(store) == [1, 2, 3]


@pytest.mark.parametrize(("fault", "words"), [(locked, "is locked"), (full, "has no space left")])
def test_an_unwritable_database_loses_no_point_and_is_reported_once(
    store: RunStore,
    clock: FixedClock,
    fault: Callable[[Database], AbstractContextManager[None]],
    words: str,
) -> None:
    lines: list[str] = []
    log = MetricLog(store, "r", clock, lines.append)
    with fault(store.database):
        for step in range(1, 4):
            log.record(step, {"loss": 1.0, **MANY})
            clock.advance(2.0)
        assert not log.flush()
    assert len(lines) == 1
    assert words in lines[0]
    assert steps_of(store) == []
    assert log.flush()
    assert steps_of(store) == [1, 2, 3]


def test_the_log_gets_a_line_every_ten_seconds_and_for_the_last_step(
    store: RunStore, clock: FixedClock
) -> None:
    lines: list[str] = []
    log = MetricLog(store, "r", clock, lines.append)
    for step in range(1, 101):
        clock.advance(0.5)
        log.describe(step, 100, {"train_loss": 1.5, "tokens_per_second": 2000.0}, 2.0)
    assert len(lines) == 6
    assert lines[0] == "step 1/100  loss 1.5000  2,000 tokens/s  50 s left"
    assert lines[-1].startswith("step 100/100  loss 1.5000  2,000 tokens/s")
