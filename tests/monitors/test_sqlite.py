"""What the file adds to the contract: other processes, crashes, damage, size."""

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
PATIENCE_S = 30.0


def tick(at: float, value: float) -> HostState:
    """Return a tick with one reading."""
    readings = (Reading(gauge="load", device="", value=value),)
    return HostState(
        host="h", at=at, interval_s=2, readings=readings, facts=(), processes=(), collectors=()
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the telemetry is."""
    return tmp_path / "telemetry.db"


@pytest.fixture
def writer(path: Path) -> Iterator[SqliteTelemetryStore]:
    """The store's one writer."""
    store = SqliteTelemetryStore(path, writable=True)
    yield store
    store.close()


@pytest.fixture
def reader(path: Path) -> Iterator[SqliteTelemetryStore]:
    """A reader, which may be there before the file."""
    store = SqliteTelemetryStore(path)
    yield store
    store.close()


def wait_until(reader: SqliteTelemetryStore, at: float) -> float:
    """Wait for a tick of that time or later; return the time of the newest."""
    deadline = time.monotonic() + PATIENCE_S
    seen = 0.0
    while seen < at and time.monotonic() < deadline:
        try:
            latest = reader.latest()
        except UnavailableError:
            latest = None
        seen = latest.at if latest else 0.0
    return seen


def test_a_reader_that_comes_before_the_file_is_told_what_to_do(
    reader: SqliteTelemetryStore, path: Path
) -> None:
    """And it works as soon as there is something to read."""
    with pytest.raises(UnavailableError, match=r"no telemetry yet.*Start the sampler"):
        reader.latest()
    assert not path.exists()
    writer = SqliteTelemetryStore(path, writable=True)
    writer.append(tick(START, 1.0))

    latest = reader.latest()
    writer.close()

    assert latest == tick(START, 1.0)


def test_a_reader_sees_each_tick_at_once_and_is_not_blocked_by_a_writer_at_work(
    writer: SqliteTelemetryStore, reader: SqliteTelemetryStore, path: Path
) -> None:
    """Readers work on the last whole state, also in the middle of a write."""
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
    """It was taken for a stranger's once: its mark was read before its tables, in two steps."""
    done = threading.Event()
    seen: list[Exception] = []
    created = [path]

    def look() -> None:
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

    thread = threading.Thread(target=look)
    thread.start()
    for number in range(40):
        created.append(path.with_name(f"{number}.db"))
        SqliteTelemetryStore(created[-1], writable=True).close()
    done.set()
    thread.join()

    assert [error for error in seen if isinstance(error, CorruptError)] == []


def test_what_a_dead_sampler_left_can_be_read(path: Path, reader: SqliteTelemetryStore) -> None:
    """Killed in the middle of its work, it loses nothing that readers had seen."""
    child = start(
        (*module_argv("tests.monitors.append_ticks"), str(path)),
        environment={"OMP_NUM_THREADS": "1"},
        folder=Path(__file__).parents[2],
    )
    try:
        seen = wait_until(reader, START + 20)
    finally:
        child.send_signal(signal.SIGKILL)
        child.wait()

    fresh = SqliteTelemetryStore(path)
    latest = fresh.latest()
    points = fresh.series([LOAD], since=0, until=seen, max_points=10_000)[0]
    fresh.close()
    again = SqliteTelemetryStore(path, writable=True)
    assert latest is not None
    again.append(tick(latest.at + 2, 5.0))
    again.close()

    assert seen >= START + 20
    assert latest.at >= seen
    assert len(points) == (seen - START) / 2 + 1


def test_a_reader_follows_a_file_that_was_begun_anew(
    path: Path, reader: SqliteTelemetryStore
) -> None:
    """The operator set the old one aside while the dashboard was open."""
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


@pytest.mark.parametrize("content", [b"not a database at all " * 100, b"SQLite format 3\0" * 300])
def test_a_damaged_file_is_named_with_what_to_do(path: Path, content: bytes) -> None:
    """It is never deleted, and never quietly replaced."""
    path.write_bytes(content)

    for writable in (False, True):
        with pytest.raises(CorruptError, match=r"telemetry\.db.*Set it aside"):
            SqliteTelemetryStore(path, writable=writable).latest()
    assert path.read_bytes() == content


def test_a_stranger_among_the_files_is_not_written_to(path: Path) -> None:
    """Another program's database of the same name stays as it is."""
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE theirs (x)")
    other.commit()
    other.close()

    with pytest.raises(CorruptError, match="no telemetry of this version"):
        SqliteTelemetryStore(path, writable=True)


def test_damage_inside_is_an_error_and_not_a_chart(
    path: Path, writer: SqliteTelemetryStore, reader: SqliteTelemetryStore
) -> None:
    """Bits that rot on a disk."""
    for index in range(5):
        writer.append(tick(START + 2 * index, 1.0))
    writer.append(tick(START + 7200, 1.0))
    writer.prune(START + 7200)
    other = sqlite3.connect(path)
    other.execute("UPDATE chunk SET body = x'00112233'")
    other.commit()
    other.close()

    with pytest.raises(CorruptError, match="not telemetry"):
        reader.series([LOAD], since=0, until=START + 10, max_points=100)
    assert reader.latest() == tick(START + 7200, 1.0)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """Not a stack trace."""
    with pytest.raises(DatahallError, match="cannot be opened"):
        SqliteTelemetryStore(tmp_path / "missing" / "telemetry.db", writable=True)


def test_a_full_disk_costs_the_tick_and_not_the_store(
    writer: SqliteTelemetryStore, reader: SqliteTelemetryStore
) -> None:
    """When there is room again, sampling goes on in the same file."""
    writer.append(tick(START, 1.0))
    limited = writer._connect()  # noqa: SLF001  (SQLite's own limit stands in for a full disk)
    pages = limited.execute("PRAGMA page_count").fetchone()[0]
    limited.execute(f"PRAGMA max_page_count = {pages}")

    def fill() -> None:
        for index in range(1, 3000):
            writer.append(tick(START + index, float(index)))

    with pytest.raises(DatahallError, match="full"):
        fill()
    writer.append(tick(START + 9000, 2.0))

    assert reader.latest() == tick(START + 9000, 2.0)


def test_a_day_takes_little_room(path: Path) -> None:
    """Twenty gauges that wander, for three hours: below three bytes a sample once sealed."""
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
