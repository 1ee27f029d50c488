"""The database: transactions, locks, and how errors are reported."""

import threading
import time
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from core.database import Database, open_database, open_database_of, sqlite_url
from core.errors import UnavailableError
from core.settings import Settings
from core.tables import attempt, protection, snapshot
from tests.postgresql import PostgresqlServer

SNAPSHOT = {
    "id": "s1",
    "created_at": 1.5,
    "repository": "here",
    "paths": ["a"],
    "tags": [],
    "files": 1,
    "bytes": 5_000_000_000,
    "added_bytes": 1,
    "manifest_digest": "d",
    "verified_at": None,
    "restored_at": None,
}


def count(database: Database, table: sa.Table) -> int:
    """Return the number of rows."""
    with database.read() as connection:
        return int(connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())


def test_a_write_is_committed_at_the_end(database: Database) -> None:
    with database.write() as connection:
        connection.execute(sa.insert(snapshot).values(**SNAPSHOT))
    assert count(database, snapshot) == 1


def test_a_failed_write_is_rolled_back(database: Database) -> None:
    def write_half() -> None:
        with database.write() as connection:
            connection.execute(sa.insert(snapshot).values(**SNAPSHOT))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_half()
    assert count(database, snapshot) == 0


def test_a_reader_sees_one_state(database: Database) -> None:
    with database.read() as reader:
        query = sa.select(sa.func.count()).select_from(snapshot)
        assert reader.execute(query).scalar() == 0
        with database.write() as writer:
            writer.execute(sa.insert(snapshot).values(**SNAPSHOT))
        assert reader.execute(query).scalar() == 0
    assert count(database, snapshot) == 1


def test_a_reader_does_not_block_a_writer(database: Database) -> None:
    """An interrupted page may leave its statement open."""
    with database.read() as reader:
        reader.execute(sa.select(snapshot))
        started_at = time.monotonic()
        with database.write() as writer:
            writer.execute(sa.insert(snapshot).values(**SNAPSHOT))
        assert time.monotonic() - started_at < 5


def test_writers_wait_for_each_other(database: Database) -> None:
    """Each reads a value and writes the next one: no update is lost."""
    with database.write() as connection:
        connection.execute(sa.insert(snapshot).values(**SNAPSHOT | {"files": 0}))

    def add_ten() -> None:
        for _ in range(10):
            with database.write() as connection:
                files = connection.execute(sa.select(snapshot.c.files)).scalar_one()
                time.sleep(0.001)
                connection.execute(sa.update(snapshot).values(files=files + 1))

    threads = [threading.Thread(target=add_ten) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.read() as connection:
        assert connection.execute(sa.select(snapshot.c.files)).scalar() == 40


@pytest.mark.parametrize(("durable", "level"), [(False, 1), (True, 2)])
def test_durable_writes_wait_for_the_disk(
    sqlite_database: Database, *, durable: bool, level: int
) -> None:
    """`synchronous` is FULL for the audit log, and NORMAL again afterwards."""
    with sqlite_database.write(durable=True):
        pass
    with sqlite_database.write(durable=durable) as connection:
        assert connection.exec_driver_sql("pragma synchronous").scalar() == level


@pytest.mark.parametrize(("durable", "setting"), [(False, "off"), (True, "on")])
def test_durable_writes_wait_for_the_disk_of_postgresql(
    postgresql: PostgresqlServer, *, durable: bool, setting: str
) -> None:
    with postgresql.open_new_database() as database, database.write(durable=durable) as connection:
        assert connection.exec_driver_sql("show synchronous_commit").scalar() == setting


def test_the_file_is_in_wal_mode(sqlite_database: Database) -> None:
    with sqlite_database.read() as connection:
        assert connection.exec_driver_sql("pragma journal_mode").scalar() == "wal"


def test_a_row_that_refers_to_a_missing_row_is_refused(database: Database) -> None:
    with pytest.raises(IntegrityError), database.write() as connection:
        connection.execute(sa.insert(protection).values(dataset_digest="d", snapshot_id="none"))


def test_upsert_adds_and_replaces(database: Database) -> None:
    with database.write() as connection:
        database.upsert(connection, snapshot, [SNAPSHOT, SNAPSHOT | {"id": "s2"}])
        database.upsert(connection, snapshot, [SNAPSHOT | {"files": 9}])
    with database.read() as connection:
        query = sa.select(snapshot.c.id, snapshot.c.files).order_by(snapshot.c.id)
        assert [tuple(row) for row in connection.execute(query)] == [("s1", 9), ("s2", 1)]


def test_upsert_of_a_row_without_other_columns_keeps_it(database: Database) -> None:
    with database.write() as connection:
        database.upsert(connection, snapshot, [SNAPSHOT])
        row = {"dataset_digest": "d", "snapshot_id": "s1"}
        for _ in range(2):
            database.upsert(connection, protection, [row])
    assert count(database, protection) == 1


def test_upsert_of_nothing_does_nothing(database: Database) -> None:
    with database.write() as connection:
        database.upsert(connection, attempt, [])
    assert count(database, attempt) == 0


def test_a_full_disk_is_reported(sqlite_database: Database) -> None:
    with sqlite_database.write() as connection:
        connection.execute(sa.insert(snapshot).values(**SNAPSHOT))
        pages = connection.exec_driver_sql("pragma page_count").scalar()
        connection.exec_driver_sql(f"pragma max_page_count = {pages}")
    with pytest.raises(UnavailableError, match="full"), sqlite_database.write() as connection:
        connection.execute(
            sa.insert(snapshot).values(**SNAPSHOT | {"id": "s2", "tags": ["x" * 1_000_000]})
        )
    assert count(sqlite_database, snapshot) == 1


def test_the_database_of_the_settings_is_opened(tmp_path: Path) -> None:
    open_database_of(Settings(home=tmp_path)).close()
    elsewhere = sqlite_url(tmp_path / "elsewhere.db")
    open_database_of(Settings(home=tmp_path / "none", database_url=elsewhere)).close()
    assert sorted(found.name for found in tmp_path.glob("*.db")) == ["datahall.db", "elsewhere.db"]


def test_a_url_with_special_characters_names_the_same_file(tmp_path: Path) -> None:
    path = tmp_path / "a b?c.db"
    database = open_database(sqlite_url(path))
    shown = database.engine.url.render_as_string(hide_password=False)
    database.close()
    again = open_database(shown)
    again.close()
    assert [found.name for found in tmp_path.glob("*.db")] == ["a b?c.db"]
