"""The database: SQLAlchemy Core on SQLite (WAL) by default, on PostgreSQL by URL.

Readers never block and are never blocked. A write transaction takes its lock at once
(BEGIN IMMEDIATE), so that two writers queue instead of failing half-way.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import DatabaseError, OperationalError

from core.errors import CorruptError, SettingsError, UnavailableError
from core.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql

_BUSY_TIMEOUT_S = 30
_WRITE = "datahall_write"
MIGRATIONS = Path(__file__).with_name("migrations")


@dataclass(frozen=True, slots=True)
class Database:
    """An open database; safe to share between threads, never between processes by fork."""

    engine: sa.Engine

    @property
    def is_sqlite(self) -> bool:
        """Whether this is the embedded default."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """Give a connection that sees one consistent state and writes nothing."""
        with _told(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self, *, durable: bool = False) -> Iterator[sa.Connection]:
        """Give a write transaction: committed at the end, rolled back on an exception.

        Writers queue (up to 30 s). `durable` returns only once the bytes are on disk
        (synchronous=FULL); otherwise a power cut may lose the newest transactions, whole.
        """
        options = {_WRITE: "FULL" if durable else "NORMAL"}
        with (
            _told(),
            self.engine.connect().execution_options(**options) as connection,
            connection.begin(),
        ):
            yield connection

    def lock(self, connection: sa.Connection, name: str) -> None:
        """Hold an exclusive lock of that name until the transaction ends.

        SQLite: a write transaction is already exclusive. PostgreSQL: an advisory lock.
        """
        if not self.is_sqlite:
            number = sa.func.hashtext(name)
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(number)))

    def upsert(
        self,
        connection: sa.Connection,
        table: sa.Table,
        rows: Sequence[Mapping[str, Any]],
    ) -> None:
        """Insert rows; where the primary key is there already, replace the other columns."""
        if rows:
            statement = _upsert(table, tuple(rows[0]), self.is_sqlite)
            connection.execute(statement, [dict(row) for row in rows])

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()


def open_database_of(settings: Settings) -> Database:
    """Open the database that the settings name, or the home folder's; see `open_database`."""
    return open_database(settings.database_url or sqlite_url(settings.paths.database))


def sqlite_url(path: Path) -> str:
    """Return the URL of a SQLite file."""
    return str(sa.URL.create("sqlite", database=str(path)))


def open_database(url: str) -> Database:
    """Open the database and bring its schema up to date.

    Safe to call from several processes at once: migrations run under a lock. Raises SettingsError
    for a wrong URL, UnavailableError, and CorruptError for a file that is no database.
    """
    try:
        engine = sa.create_engine(url, connect_args=_connect_arguments(url))
    except (sa.exc.ArgumentError, ModuleNotFoundError) as error:
        message = f"database URL cannot be used: {error}"
        raise SettingsError(
            message, remedy="Example: postgresql+psycopg://user@host/name"
        ) from error
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "connect", _prepare_sqlite)
        sa.event.listen(engine, "begin", _begin_sqlite)
    database = Database(engine)
    try:
        _migrate(database)
    except BaseException:
        database.close()
        raise
    return database


@contextmanager
def _told() -> Iterator[None]:
    """Tell the database's own failures in our words; broken promises (IntegrityError) pass."""
    try:
        yield
    except OperationalError as error:
        raise UnavailableError(
            f"the database does not answer: {_first_line(error)}",
            remedy="Check that it is there and that the disk is not full",
        ) from error
    except DatabaseError as error:
        if "not a database" in str(error.orig) or "malformed" in str(error.orig):
            raise CorruptError(
                f"the database file is damaged: {_first_line(error)}",
                remedy="Restore the newest intact copy: datahall backup recover",
            ) from error
        raise


@cache  # a training process writes points through the same statement for hours
def _upsert(table: sa.Table, columns: tuple[str, ...], is_sqlite: bool) -> sa.Insert:  # noqa: FBT001  (part of the cache's key)
    """Return the statement that inserts rows of these columns or replaces them."""
    keys = [column.name for column in table.primary_key]
    statement = _insert(table, is_sqlite)
    others = {name: statement.excluded[name] for name in columns if name not in keys}
    if not others:
        return statement.on_conflict_do_nothing(index_elements=keys)
    return statement.on_conflict_do_update(index_elements=keys, set_=others)


def _insert(table: sa.Table, is_sqlite: bool) -> "sqlite.Insert | postgresql.Insert":  # noqa: FBT001
    """Return an insert with the dialect's `on conflict` clauses."""
    if is_sqlite:
        return sqlite.insert(table)
    from sqlalchemy.dialects.postgresql import insert  # noqa: PLC0415  (slow import)

    return insert(table)


def _first_line(error: DatabaseError) -> str:
    """Return what the driver said, without its advice and without the statement."""
    return str(error.orig).partition("\n")[0]


def _connect_arguments(url: str) -> dict[str, object]:
    """Return driver arguments: SQLite waits for its turn and is shared between threads."""
    if sa.make_url(url).get_backend_name() != "sqlite":
        return {}
    return {"timeout": _BUSY_TIMEOUT_S, "check_same_thread": False}


def _prepare_sqlite(connection: Any, _record: object) -> None:  # noqa: ANN401  (DBAPI)
    """Set up one SQLite connection; transactions are begun by `_begin_sqlite` alone."""
    connection.isolation_level = None
    connection.execute(f"pragma busy_timeout={_BUSY_TIMEOUT_S * 1000}")
    connection.execute("pragma journal_mode=wal")
    connection.execute("pragma foreign_keys=on")
    connection.execute("pragma synchronous=normal")


def _begin_sqlite(connection: sa.Connection) -> None:
    """Begin: IMMEDIATE for writers, DEFERRED for readers; `synchronous` as the writer asked."""
    write = connection.get_execution_options().get(_WRITE)
    if write is None:
        connection.exec_driver_sql("begin deferred")
    else:
        connection.exec_driver_sql(f"pragma synchronous={write}")
        connection.exec_driver_sql("begin immediate")


def _migrate(database: Database) -> None:
    """Run the migrations that are missing; one process at a time."""
    if _is_current(database):
        return
    # Loaded only here: opening a database that is up to date is on every command's path.
    from alembic import command as alembic_command  # noqa: PLC0415  (slow import)
    from alembic.config import Config as AlembicConfig  # noqa: PLC0415  (slow import)
    from alembic.util import CommandError as AlembicError  # noqa: PLC0415  (slow import)

    with database.write(durable=True) as connection:
        database.lock(connection, "migrations")
        config = AlembicConfig()
        config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
        config.attributes["connection"] = connection
        try:
            alembic_command.upgrade(config, "head")
        except AlembicError as error:
            raise UnavailableError(
                f"the database was written by another version of Datahall ({error})",
                remedy="Install that version or a newer one",
            ) from error


def _is_current(database: Database) -> bool:
    """Whether the schema is the newest: one read, without loading the migrations."""
    newest = max(path.stem.split("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))
    with database.read() as connection:
        if not sa.inspect(connection).has_table("alembic_version"):
            return False
        query = sa.text("select version_num from alembic_version")
        return bool(connection.execute(query).scalar() == newest)
