"""A damaged telemetry file is renamed, reported and replaced; nothing else is."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from core.errors import CorruptError, DatahallError, DiskFullError
from monitors.collector import HostState, Reading
from monitors.store.database import set_aside
from monitors.store.interface import SeriesKey
from monitors.store.sqlite import SqliteTelemetryStore
from tests.clock import FixedClock

START = 1_700_002_800.0  # on the hour
HOUR = 3600.0
LOAD = SeriesKey(gauge="load", device="")


def tick(at: float) -> HostState:
    """Return a tick with two readings."""
    readings = [
        Reading(gauge="load", device="", value=at % 97),
        Reading(gauge="gpu_power_watts", device="gpu0", value=at % 31),
    ]
    return HostState(host="h", at=at, interval_s=2, readings=readings, facts=(), processes=(),
                     collectors=())  # fmt: skip


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The telemetry file."""
    return tmp_path / "telemetry.db"


@pytest.fixture
def log() -> list[str]:
    """The lines that the writer logs."""
    return []


@pytest.fixture
def clock() -> FixedClock:
    """A clock at the beginning of an hour."""
    return FixedClock(at=START)


def open_writer(path: Path, clock: FixedClock, log: list[str]) -> SqliteTelemetryStore:
    """Return the writer of the file."""
    return SqliteTelemetryStore(path, writable=True, clock=clock, log=log.append)


def write_history(path: Path) -> None:
    """Write three hours of ticks: two are sealed."""
    store = SqliteTelemetryStore(path, writable=True)
    for index in range(360):
        store.append(tick(START - 3 * HOUR + 30 * index))
    store.prune(START)
    store.append(tick(START))
    store.close()


def set_aside_files(path: Path) -> list[Path]:
    """Return the renamed files, without their side files."""
    return sorted(path.parent.glob(f"{path.name}.damaged-*Z"))


def overwrite(path: Path, *offsets: int, content: bytes = b"\xa5" * 16) -> None:
    """Overwrite 16 bytes at each offset."""
    with path.open("r+b") as file:
        for offset in offsets:
            file.seek(offset)
            file.write(content)


def sample_two_hours(store: SqliteTelemetryStore, clock: FixedClock) -> HostState:
    """Do what the sampler does for two hours, every ten minutes; return the last tick."""
    for _ in range(13):
        clock.advance(600)
        state = tick(clock.now())
        store.append(state)
        store.prune(clock.now())
        store.close()  # waits for the check
    clock.advance(2)
    state = tick(clock.now())
    store.append(state)
    return state


def assert_readable(path: Path, newest: HostState) -> None:
    """Assert that every query of a reader works."""
    reader = SqliteTelemetryStore(path)
    latest = reader.latest()
    keys = reader.keys()
    for max_points in (10, 10_000):
        reader.series(keys, since=0, until=newest.at, max_points=max_points)
    reader.close()
    assert latest is not None
    assert latest.at == newest.at
    assert LOAD in keys


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda path: overwrite(path, 0), id="magic"),
        pytest.param(lambda path: overwrite(path, 16), id="page size"),
        pytest.param(lambda path: overwrite(path, 48), id="schema format"),
        pytest.param(lambda path: overwrite(path, 60), id="application id"),
        pytest.param(lambda path: overwrite(path, 100), id="schema page"),
        pytest.param(lambda path: overwrite(path, 100, content=bytes(16)), id="empty schema page"),
        pytest.param(
            lambda path: overwrite(path, *range(4096, path.stat().st_size, 4096)), id="all pages"
        ),
        pytest.param(lambda path: path.write_bytes(path.read_bytes()[:100]), id="only a header"),
        pytest.param(lambda path: path.write_bytes(path.read_bytes()[:5000]), id="truncated"),
        pytest.param(lambda path: path.write_bytes(path.read_bytes()[:8192]), id="two pages"),
        pytest.param(lambda path: path.write_text("not a database\n" * 300), id="text file"),
        pytest.param(lambda path: path.write_bytes(b"SQLite format 3\0" * 300), id="only magic"),
    ],
)
def test_a_damaged_file_is_renamed_and_sampling_goes_on_in_a_new_one(
    path: Path, clock: FixedClock, log: list[str], damage: Callable[[Path], None]
) -> None:
    write_history(path)
    damage(path)
    content = path.read_bytes()

    store = open_writer(path, clock, log)
    newest = sample_two_hours(store, clock)
    store.close()

    assert_readable(path, newest)
    (kept,) = set_aside_files(path)
    assert kept.stat().st_size >= len(content)
    assert len(log) == 1
    assert "damaged" in log[0]
    assert kept.name in log[0]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(40))
def test_no_16_damaged_bytes_stop_the_sampler_or_its_readers(
    path: Path, clock: FixedClock, log: list[str], seed: int
) -> None:
    """At any offset. A change of a single stored number cannot be detected."""
    write_history(path)
    chance = Random(seed)  # noqa: S311  (reproducible)
    overwrite(path, chance.randrange(path.stat().st_size - 16), content=chance.randbytes(16))

    store = open_writer(path, clock, log)
    newest = sample_two_hours(store, clock)
    store.close()

    assert_readable(path, newest)
    assert len(log) == len(set_aside_files(path)) <= 1


def test_damage_of_a_file_in_use_is_found_by_a_write(
    path: Path, clock: FixedClock, log: list[str]
) -> None:
    write_history(path)
    store = open_writer(path, clock, log)
    store.append(tick(START + 2))
    store.close()
    overwrite(path, *range(4096, path.stat().st_size, 4096))

    store.append(tick(START + 4))
    latest = store.latest()
    store.close()

    assert latest is not None
    assert latest.at == START + 4
    assert len(set_aside_files(path)) == len(log) == 1


def test_the_hourly_check_finds_damage_that_no_write_meets(
    path: Path, clock: FixedClock, log: list[str]
) -> None:
    """Only a reader of old history would meet it."""
    write_history(path)
    with closing(sqlite3.connect(path)) as other:
        (page,) = other.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'hour'").fetchone()
    overwrite(path, 4096 * (page - 1))

    store = open_writer(path, clock, log)
    store.append(tick(START + 2))
    assert log == []
    store.prune(START + 2)
    store.close()
    store.append(tick(START + 4))
    store.close()

    assert len(set_aside_files(path)) == len(log) == 1


def test_a_reader_reports_damage_and_changes_nothing(path: Path) -> None:
    write_history(path)
    overwrite(path, 0)
    content = path.read_bytes()
    reader = SqliteTelemetryStore(path)

    with pytest.raises(CorruptError, match=r"telemetry\.db is damaged.*sampler renames"):
        reader.latest()
    reader.close()

    assert path.read_bytes() == content
    assert set_aside_files(path) == []


def test_side_files_are_renamed_too(path: Path) -> None:
    """SQLite would apply an old write-ahead log to the new file."""
    names = ("telemetry.db", "telemetry.db-wal", "telemetry.db-shm")
    for name in names:
        path.with_name(name).write_text(name)

    kept = set_aside(path, START)

    assert [kept.with_name(name.replace(path.name, kept.name)).read_text() for name in names] == [
        *names
    ]
    assert not any(path.with_name(name).exists() for name in names)


def test_two_damaged_files_of_the_same_second_are_both_kept(
    path: Path, clock: FixedClock, log: list[str]
) -> None:
    for text in ("first", "second"):
        path.write_text(text)
        open_writer(path, clock, log).close()
        path.unlink()

    kept = sorted(path.parent.glob("telemetry.db.damaged-*"))
    assert [one.read_text() for one in kept] == ["first", "second"]


def test_a_writer_replaces_one_file_an_hour_at_most(
    path: Path, clock: FixedClock, log: list[str]
) -> None:
    """A failing disk must not fill itself with damaged files."""
    path.write_text("first")
    store = open_writer(path, clock, log)
    store.close()
    path.write_text("second")

    with pytest.raises(CorruptError):
        store.append(tick(START))
    assert path.read_text() == "second"
    clock.advance(HOUR)
    store.append(tick(START + HOUR))
    store.close()

    assert len(log) == 2


def test_an_empty_file_is_new_and_not_damaged(
    path: Path, clock: FixedClock, log: list[str]
) -> None:
    path.touch()

    store = open_writer(path, clock, log)
    store.append(tick(START))
    store.close()

    assert log == []
    assert set_aside_files(path) == []


def test_a_database_of_another_program_is_renamed_unchanged(
    path: Path, clock: FixedClock, log: list[str]
) -> None:
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE theirs (x)")
        other.commit()
    content = path.read_bytes()

    open_writer(path, clock, log).close()

    (kept,) = set_aside_files(path)
    assert kept.read_bytes() == content


def test_a_file_of_a_newer_version_is_refused_and_stays(
    path: Path, clock: FixedClock, log: list[str]
) -> None:
    write_history(path)
    with closing(sqlite3.connect(path)) as other:
        other.execute("PRAGMA user_version = 2")

    with pytest.raises(DatahallError, match="newer version"):
        open_writer(path, clock, log)

    assert set_aside_files(path) == log == []


def test_a_full_disk_is_not_damage(path: Path, clock: FixedClock, log: list[str]) -> None:
    """The tick is lost; when there is space again, sampling continues in the same file."""
    store = open_writer(path, clock, log)
    store.append(tick(START))
    limited = store._connect()  # noqa: SLF001  (SQLite's own limit instead of a full disk)
    pages = limited.execute("PRAGMA page_count").fetchone()[0]
    limited.execute(f"PRAGMA max_page_count = {pages}")

    def fill() -> None:
        for index in range(1, 3000):
            store.append(tick(START + index))

    with pytest.raises(DiskFullError, match="full"):
        fill()
    store.append(tick(START + 9000))
    latest = store.latest()
    store.close()

    assert latest is not None
    assert latest.at == START + 9000
    assert set_aside_files(path) == log == []


def test_an_unreadable_hour_of_one_series_is_left_out(path: Path) -> None:
    """The checksum of its block differs; the result reports it, and contains all other samples."""
    write_history(path)
    with closing(sqlite3.connect(path)) as other:
        other.execute("UPDATE chunk SET body = x'00112233' WHERE id = (SELECT min(id) FROM chunk)")
        other.commit()
    reader = SqliteTelemetryStore(path)

    found = reader.series(reader.keys(), since=0, until=START, max_points=1000)
    reader.close()

    assert found.num_damaged == 1
    assert sorted(map(len, found.points)) == [241, 361]
