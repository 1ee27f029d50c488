"""The database: SQLAlchemy Core on SQLite (WAL) by default, on PostgreSQL by URL.

Both behave the same. Readers never block and are never blocked. Write transactions take an
exclusive lock when they begin, so that two writers queue instead of failing at commit, and a
transaction may read a value and write another that depends on it.
"""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from json import JSONDecodeError
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import DatabaseError, OperationalError

from core.errors import CorruptError, SettingsError, UnavailableError
from core.files import mount_point
from core.paths import StatePaths
from core.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql

_BUSY_TIMEOUT_S = 30
_WRITE = "datahall_write"
_WRITE_LOCK = 0x64617461  # PostgreSQL advisory lock that every writer holds
MIGRATIONS = Path(__file__).with_name("migrations")


@dataclass(frozen=True, slots=True)
class Database:
    """An open database; may be shared between threads, but not with a forked process."""

    engine: sa.Engine

    @property
    def is_sqlite(self) -> bool:
        """Whether this is SQLite, the default."""
        return self.engine.dialect.name == "sqlite"

    @property
    def url(self) -> str:
        """The URL, with its password: for the environment of child processes."""
        return self.engine.url.render_as_string(hide_password=False)

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """Open a connection for reading; all its queries read the state at the first query."""
        options = {} if self.is_sqlite else {"isolation_level": "REPEATABLE READ"}
        with translate_errors(self.engine.url), self.engine.connect() as connection:
            yield connection.execution_options(**options)

    @contextmanager
    def write(self, *, durable: bool = False) -> Iterator[sa.Connection]:
        """Open a write transaction: committed at the end, rolled back on an exception.

        Waits up to 30 s for other writers. A `durable` transaction is on disk when it ends; of
        others a power failure may lose the newest ones, each completely.
        """
        with (
            translate_errors(self.engine.url),
            self.engine.connect().execution_options(**{_WRITE: durable}) as connection,
            connection.begin(),
        ):
            if not self.is_sqlite:
                _begin_postgresql(connection, durable=durable)
            yield connection

    def upsert(
        self,
        connection: sa.Connection,
        table: sa.Table,
        rows: Sequence[Mapping[str, object]],
    ) -> None:
        """Insert rows; a row whose primary key exists gets the other columns replaced."""
        if rows:
            statement = _upsert(table, tuple(rows[0]), self.is_sqlite)
            connection.execute(statement, [dict(row) for row in rows])

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def open_database_of(settings: Settings) -> Database:
    """Open the database of the settings, by default the one in the home folder.

    Raises CorruptError when the file of a home that was used before was deleted or emptied: a new
    one would hide the loss.
    """
    if settings.database_url:
        return open_database(settings.database_url)
    path = settings.paths.database
    if is_database_lost(settings.paths):
        raise CorruptError(
            f"the database {path} is missing or empty, and this home folder was used before",
            remedy="Restore the newest copy: datahall backup recover",
        )
    return open_database(sqlite_url(path))


def is_database_lost(paths: StatePaths) -> bool:
    """Whether the SQLite file is missing or empty although an action was recorded in it."""
    is_filled = paths.database.exists() and paths.database.stat().st_size > 0
    return not is_filled and paths.audit_head.exists()


def sqlite_url(path: Path) -> str:
    """Return the URL of a SQLite file."""
    return str(sa.URL.create("sqlite", database=str(path)))


def open_database(url: str) -> Database:
    """Open a database and migrate its schema to the newest version.

    Several processes may call this at the same time. Raises SettingsError for a wrong URL,
    UnavailableError, and CorruptError for a file that is not a database.
    """
    try:
        engine = sa.create_engine(url, connect_args=_connect_arguments(url))
    except (sa.exc.ArgumentError, ModuleNotFoundError) as error:
        message = f"database URL cannot be used: {error}"
        raise SettingsError(
            message, remedy="Use a URL such as postgresql+psycopg://user@host/name"
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
def translate_errors(url: sa.URL) -> Iterator[None]:
    """Translate SQLAlchemy errors of the database at `url`; IntegrityError propagates."""
    try:
        yield
    except OperationalError as error:
        if getattr(error.orig, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
            disk = mount_point(Path(url.database or ""))
            raise UnavailableError(
                f"the disk at {disk} has no space left, the database {url.database} cannot be "
                "written",
                remedy="Free some space",
            ) from error
        raise UnavailableError(
            f"the database cannot be used: {_first_line(error)}",
            remedy="Check that the database is reachable and that its disk is not full",
        ) from error
    except DatabaseError as error:
        if "not a database" in str(error.orig) or "malformed" in str(error.orig):
            raise CorruptError(
                f"the database file is damaged: {_first_line(error)}",
                remedy="Restore the newest intact copy: datahall backup recover",
            ) from error
        raise
    except JSONDecodeError as error:
        raise CorruptError(
            f"the database holds a value that is not valid JSON: {error}",
            remedy="Restore the newest copy: datahall backup recover --force",
        ) from error


@cache  # a training process writes points through the same statement for hours
def _upsert(table: sa.Table, columns: tuple[str, ...], is_sqlite: bool) -> sa.Insert:  # noqa: FBT001  (part of the cache's key)
    """Return the statement that inserts rows with these columns or replaces them."""
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
    """Return the first line of the driver's message: without its advice and the statement."""
    return str(error.orig).partition("\n")[0]


def _connect_arguments(url: str) -> dict[str, object]:
    """Return the arguments of the driver."""
    if sa.make_url(url).get_backend_name() != "sqlite":
        return {}
    return {"timeout": _BUSY_TIMEOUT_S, "check_same_thread": False}


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    """Configure a new SQLite connection; `_begin_sqlite` begins its transactions."""
    connection.isolation_level = None
    connection.execute(f"pragma busy_timeout={_BUSY_TIMEOUT_S * 1000}")
    connection.execute("pragma journal_mode=wal")
    connection.execute("pragma foreign_keys=on")
    connection.execute("pragma synchronous=normal")


def _begin_sqlite(connection: sa.Connection) -> None:
    """Begin a transaction: a writer takes the lock at once."""
    durable = connection.get_execution_options().get(_WRITE)
    if durable is None:
        connection.exec_driver_sql("begin deferred")
    else:
        connection.exec_driver_sql(f"pragma synchronous={'full' if durable else 'normal'}")
        connection.exec_driver_sql("begin immediate")


def _begin_postgresql(connection: sa.Connection, *, durable: bool) -> None:
    """Begin a transaction with the guarantees of SQLite; a writer takes the advisory lock."""
    connection.execute(
        sa.select(
            sa.func.set_config("lock_timeout", f"{_BUSY_TIMEOUT_S}s", True),  # noqa: FBT003  (SQL)
            sa.func.set_config("synchronous_commit", "on" if durable else "off", True),  # noqa: FBT003
            sa.func.pg_advisory_xact_lock(_WRITE_LOCK),
        )
    )


def _migrate(database: Database) -> None:
    """Run the missing migrations, one process at a time."""
    if _is_current(database):
        return
    # Loaded only here: opening a database that is up to date is on every command's path.
    from alembic import command as alembic_command  # noqa: PLC0415  (slow import)
    from alembic.config import Config as AlembicConfig  # noqa: PLC0415  (slow import)
    from alembic.util import CommandError as AlembicError  # noqa: PLC0415  (slow import)

    with database.write(durable=True) as connection:
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
    """Whether the schema is the newest; does not import Alembic."""
    newest = max(path.stem.split("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))
    with database.read() as connection:
        if not sa.inspect(connection).has_table("alembic_version"):
            return False
        query = sa.text("select version_num from alembic_version")
        return bool(connection.execute(query).scalar() == newest)
