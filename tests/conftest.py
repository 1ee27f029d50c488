"""What every test may ask for: a home folder of its own, a fixed clock, a migrated database."""

import os
import shutil
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from core.audit import Actor, Ledger, Role
from core.clock import FixedClock
from core.database import Database, open_database, sqlite_url
from core.paths import StatePaths
from core.settings import Settings
from tests.postgresql import PostgresqlServer, require_programs, running_server

TESTS = Path(__file__).parent
# Suites whose tests of the fixture `database` run on SQLite and on PostgreSQL.
ON_BOTH = (
    "core/test_audit.py",
    "core/test_database.py",
    "core/test_migrations.py",
    "core/feedback",
    "core/registry",
    "core/runs",
    "core/jobs/test_cleanup.py",
    "core/jobs/test_crashes.py",
    "core/jobs/test_race.py",
)

# Before torch is loaded: two workers share the cores, and threads that spin take each other's time.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
# A shell starts background work with SIGINT ignored, and programs that tests start inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)
# An example may take long because the machine is busy: that says nothing about the code.
hypothesis.settings.register_profile(
    "busy", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("busy")


@pytest.fixture(autouse=True)
def _floats_as_they_are() -> Iterator[None]:
    """Training flushes tiny floats to zero in its whole process; no test may see another's."""
    _keep_tiny_floats()
    yield
    _keep_tiny_floats()


def _keep_tiny_floats() -> None:
    """Undo it where torch was loaded."""
    if "torch" in sys.modules:
        sys.modules["torch"].set_flush_denormal(False)


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database that was migrated once; homes start from a copy of it."""
    path = tmp_path_factory.mktemp("migrated") / "datahall.db"
    open_database(sqlite_url(path)).close()
    return path


@pytest.fixture
def settings(tmp_path: Path, migrated: Path) -> Settings:
    """Settings whose home is the test's own folder."""
    home = tmp_path / "home"
    StatePaths(home).prepare()
    shutil.copyfile(migrated, StatePaths(home).database)
    return Settings(home=home)


@pytest.fixture
def paths(settings: Settings) -> StatePaths:
    """The files below the test's home."""
    return settings.paths


@pytest.fixture
def clock() -> FixedClock:
    """A clock that the test moves."""
    return FixedClock()


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgresqlServer]:
    """A PostgreSQL server, started by the first test that needs it."""
    with running_server(require_programs()) as server:
        yield server


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run the suites of rooms that own tables on both databases."""
    path = metafunc.definition.path.relative_to(TESTS)
    if "database" in metafunc.fixturenames and any(path.is_relative_to(it) for it in ON_BOTH):
        metafunc.parametrize("database", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def sqlite_database(paths: StatePaths) -> Iterator[Database]:
    """A migrated SQLite database in the test's home."""
    opened = open_database(sqlite_url(paths.database))
    yield opened
    opened.close()


@pytest.fixture
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """A migrated database: SQLite, in suites named in `ON_BOTH` also PostgreSQL."""
    if getattr(request, "param", "sqlite") == "sqlite":
        yield request.getfixturevalue("sqlite_database")
        return
    server: PostgresqlServer = request.getfixturevalue("postgresql")
    with server.open_new_database() as opened:
        yield opened


@pytest.fixture
def ledger(database: Database, clock: FixedClock, paths: StatePaths) -> Ledger:
    """The audit ledger on that database."""
    return Ledger(database, clock, paths)


@pytest.fixture
def admin() -> Actor:
    """An actor who may do everything."""
    return Actor(name="ada", role=Role.ADMIN, origin="cli")
