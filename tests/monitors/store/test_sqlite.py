"""The telemetry file: other processes, crashes, size. Damage has its own tests."""

import signal
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.command import module_argv, start
from core.errors import CorruptError, DatahallError, UnavailableError
from core.settings import SamplerSettings
from monitors.collector import HostState, Reading
from monitors.store.interface import SeriesKey
from monitors.store.sqlite import SqliteTelemetryStore

START = 1_700_002_800.0
LOAD = SeriesKey(gauge="load", device="")
TIMEOUT_S = 30.0


def tick(at: float, value: float) -> HostState:
    """Return a tick with one reading."""
    readings = (Reading(gauge="load", device="", value=value),)
    return HostState(
        host="h", at=at, interval_s=2, readings=readings, facts=(), processes=(), collectors=()
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The telemetry file."""
    return tmp_path / "telemetry.db"


@pytest.fixture
def writer(path: Path) -> Iterator[SqliteTelemetryStore]:
    """The writer of the file."""
    store = SqliteTelemetryStore(path, writable=True)
    yield store
    store.close()


@pytest.fixture
def reader(path: Path) -> Iterator[SqliteTelemetryStore]:
    """A reader, created before the file."""
    store = SqliteTelemetryStore(path)
    yield store
    store.close()


def wait_until(reader: SqliteTelemetryStore, at: float) -> float:
    """Wait for a tick of that time or later; return the time of the newest tick."""
    deadline = time.monotonic() + TIMEOUT_S
    seen = 0.0
    while seen < at and time.monotonic() < deadline:
        try:
            latest = reader.latest()
        except UnavailableError:
            latest = None
        seen = latest.at if latest else 0.0
    return seen


def test_a_reader_without_a_file_reports_it_and_works_once_the_file_exists(
    reader: SqliteTelemetryStore, path: Path
) -> None:
    with pytest.raises(UnavailableError, match=r"no telemetry yet.*Start the sampler"):
        reader.latest()
    assert not path.exists()
    writer = SqliteTelemetryStore(path, writable=True)
    writer.append(tick(START, 1.0))

    latest = reader.latest()
    writer.close()

    assert latest == tick(START, 1.0)


def test_a_reader_sees_each_committed_tick_and_is_not_blocked_by_a_write(
    writer: SqliteTelemetryStore, reader: SqliteTelemetryStore, path: Path
) -> None:
    writer.append(tick(START, 1.0))
    other = sqlite3.connect(path)
    other.execute("BEGIN IMMEDIATE")
    other.execute("DELETE FROM tick")

    during = reader.latest()
    other.rollback()
    other.close()
    writer.append(tick(START + 2, 2.0))

    assert during == tick(START, 1.0)
    assert reader.latest() == tick(START + 2, 2.0)


def test_a_reader_never_sees_a_file_that_is_half_created(path: Path) -> None:
    """Application id and tables are read in one transaction."""
    done = threading.Event()
    seen: list[Exception] = []
    created = [path]

    def read() -> None:
        while not done.is_set():
            store = SqliteTelemetryStore(created[-1])
            try:
                store.keys()
            except UnavailableError:
                pass
            except DatahallError as error:
                seen.append(error)
            finally:
                store.close()

    thread = threading.Thread(target=read)
    thread.start()
    for number in range(40):
        created.append(path.with_name(f"{number}.db"))
        SqliteTelemetryStore(created[-1], writable=True).close()
    done.set()
    thread.join()

    assert [error for error in seen if isinstance(error, CorruptError)] == []


def test_a_killed_writer_loses_no_tick_that_readers_had_seen(
    path: Path, reader: SqliteTelemetryStore
) -> None:
    child = start(
        (*module_argv("tests.monitors.store.append_ticks"), str(path)),
        environment={"OMP_NUM_THREADS": "1"},
        folder=Path(__file__).parents[3],
    )
    try:
        seen = wait_until(reader, START + 20)
    finally:
        child.send_signal(signal.SIGKILL)
        child.wait()

    fresh = SqliteTelemetryStore(path)
    latest = fresh.latest()
    points = fresh.series([LOAD], since=0, until=seen, max_points=10_000).points[0]
    fresh.close()
    again = SqliteTelemetryStore(path, writable=True)
    assert latest is not None
    again.append(tick(latest.at + 2, 5.0))
    again.close()

    assert seen >= START + 20
    assert latest.at >= seen
    assert len(points) == (seen - START) / 2 + 1


def test_a_reader_opens_the_new_file_when_the_old_one_was_renamed(
    path: Path, reader: SqliteTelemetryStore
) -> None:
    first = SqliteTelemetryStore(path, writable=True)
    first.append(tick(START, 1.0))
    first.close()
    assert reader.latest() == tick(START, 1.0)
    path.rename(path.with_suffix(".old"))
    second = SqliteTelemetryStore(path, writable=True)
    second.append(tick(START + 9, 2.0))

    latest = reader.latest()
    second.close()

    assert latest == tick(START + 9, 2.0)


def test_a_missing_folder_is_reported(tmp_path: Path) -> None:
    with pytest.raises(DatahallError, match="cannot be opened"):
        SqliteTelemetryStore(tmp_path / "missing" / "telemetry.db", writable=True)


def test_a_sealed_sample_takes_less_than_three_bytes(path: Path) -> None:
    """Twenty changing gauges over three hours."""
    store = SqliteTelemetryStore(path, SamplerSettings(), writable=True)
    num_ticks, num_gauges = 5400, 20
    for index in range(num_ticks):
        readings = tuple(
            Reading(gauge=f"g{g}", device="", value=round((index * (g + 3)) % 101 / 101, 2))
            for g in range(num_gauges)
        )
        state = tick(START + 2 * index, 0.0)
        store.append(
            HostState(
                host="h", at=state.at, interval_s=2, readings=readings, facts=(), processes=(),
                collectors=(),
            )
        )  # fmt: skip
    store.prune(START + 2 * num_ticks + 3600)
    store.close()
    inside = sqlite3.connect(path)
    (size,) = inside.execute(
        "SELECT sum(length(body)) + (SELECT sum(length(times)) FROM block) FROM chunk"
    ).fetchone()
    inside.close()

    assert size / (num_ticks * num_gauges) < 3
