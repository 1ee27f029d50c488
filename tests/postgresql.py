"""A private PostgreSQL server for the tests, and a fresh database for each of them.

The programs come from the Debian package `postgresql`. The server listens on a Unix socket in a
temporary folder and syncs nothing to disk. PostgreSQL refuses to run as root, so root starts it as
another account. Databases are emptied and used again, because creating one takes 0.3 s.
"""

import contextlib
import os
import pwd
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest

from core.command import Process, run_command, start, wait
from core.database import Database, open_database
from core.tables import metadata

_SERVER_OPTIONS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "shared_buffers": "32MB",
}
_CLUSTER_OPTIONS = ("-U", "datahall", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
_START_S = 60.0
_ACCOUNTS = ("postgres", "nobody")


def find_programs() -> Path | None:
    """Return the folder of PostgreSQL's programs; None where it is not installed."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    found = folders[-1] if folders else shutil.which("initdb")
    return Path(found).parent if found else None


def require_programs() -> Path:
    """Return the folder of PostgreSQL's programs.

    Where it is missing the test is skipped, but fails in CI, which installs it.
    """
    programs = find_programs()
    if programs is None:
        message = "PostgreSQL is not installed (Debian package postgresql)"
        if os.environ.get("CI") or os.environ.get("DATAHALL_TEST_ALL"):
            pytest.fail(message)
        pytest.skip(message)
    return programs


@dataclass(slots=True)
class PostgresqlServer:
    """A running server."""

    folder: Path
    process: Process
    _num_databases: int = 0
    _free: list[str] = field(default_factory=list)

    def url(self, name: str) -> str:
        """Return the URL of a database."""
        return f"postgresql+psycopg://datahall@/{name}?host={self.folder}"

    @contextlib.contextmanager
    def open_new_database(self) -> Iterator[Database]:
        """Open a migrated, empty database; it is emptied at the end and used again."""
        name = self._free.pop() if self._free else self._create_database()
        database = open_database(self.url(name))
        try:
            yield database
        finally:
            database.close()
        self._empty(name)
        self._free.append(name)

    def _create_database(self) -> str:
        """Return the name of a new database."""
        self._num_databases += 1
        name = f"test_{self._num_databases}"
        self._run(f"create database {name}")
        return name

    def _empty(self, name: str) -> None:
        """End the connections that killed processes left, and delete all rows."""
        self._run(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and pid != pg_backend_pid()",
            name,
        )
        tables = ", ".join(table.name for table in metadata.tables.values())
        self._run(f"truncate {tables} restart identity cascade", name)

    def stop(self) -> None:
        """Stop the server without saving anything."""
        self.process.send_signal(signal.SIGQUIT)
        wait(self.process, _START_S)

    def await_start(self) -> None:
        """Wait until the server accepts connections."""
        until = time.monotonic() + _START_S
        while True:
            try:
                return self._run("select 1")
            except psycopg.OperationalError:
                assert time.monotonic() < until, (self.folder / "log").read_text()
                time.sleep(0.05)

    def _run(self, statement: str, name: str = "postgres") -> None:
        """Run one statement outside of a transaction."""
        address = f"host={self.folder} user=datahall dbname={name}"
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(statement.encode())


@contextlib.contextmanager
def running_server(programs: Path) -> Iterator[PostgresqlServer]:
    """Start a server with an empty cluster; it is stopped and removed at the end."""
    folder = Path(tempfile.mkdtemp(prefix="datahall-postgresql-"))  # short: it holds a socket
    try:
        prefix = _as_other_account(folder)
        created = run_command(
            [*prefix, str(programs / "initdb"), *_CLUSTER_OPTIONS, "-D", str(folder / "data")]
        )
        assert created.exit_code == 0, created.stderr
        options = [
            part for name, value in _SERVER_OPTIONS.items() for part in ("-c", f"{name}={value}")
        ]
        argv = [str(programs / "postgres"), "-D", str(folder / "data"), "-k", str(folder)]
        with (folder / "log").open("wb") as log:
            process = start([*prefix, *argv, *options], log=log, die_with_parent=not prefix)
        server = PostgresqlServer(folder, process)
        server.await_start()
        yield server
        server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _as_other_account(folder: Path) -> Sequence[str]:
    """Give the folder to an account without rights if we are root; return how to act for it."""
    if os.getuid() != 0:
        return ()
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    account = next(names[name] for name in _ACCOUNTS if name in names)
    os.chown(folder, account.pw_uid, account.pw_gid)
    ids = (f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups")
    return ("setpriv", *ids, "--pdeathsig=SIGQUIT")
