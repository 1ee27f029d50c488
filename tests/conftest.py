"""Fixtures of all tests: a home folder, a clock that the test advances, a migrated database."""

import os
import shutil
import signal
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import hypothesis
import pytest

from core.audit import Actor, Ledger, Role
from core.database import Database, open_database, sqlite_url
from core.paths import StatePaths
from core.settings import Settings
from tests.clock import FixedClock
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

# Before torch is imported: test workers share the cores, and spinning threads slow each other down.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
# A shell ignores SIGINT in background jobs, and the programs that tests start would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)
# On a busy machine a slow example is not a failure.
hypothesis.settings.register_profile(
    "busy", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("busy")


@pytest.fixture(autouse=True)
def _floats_as_they_are() -> Iterator[None]:
    """Undo between tests that training flushes denormal floats to zero in the whole process."""
    _keep_tiny_floats()
    yield
    _keep_tiny_floats()


def _keep_tiny_floats() -> None:
    """Do not flush denormal floats, if torch was imported."""
    if "torch" in sys.modules:
        sys.modules["torch"].set_flush_denormal(False)


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite database, which is copied into the home of each test."""
    path = tmp_path_factory.mktemp("migrated") / "datahall.db"
    open_database(sqlite_url(path)).close()
    return path


@pytest.fixture
def settings(tmp_path: Path, migrated: Path) -> Settings:
    """Settings with a home folder for this test."""
    home = tmp_path / "home"
    StatePaths(home).prepare()
    shutil.copyfile(migrated, StatePaths(home).database)
    return Settings(home=home)


@pytest.fixture
def paths(settings: Settings) -> StatePaths:
    """The paths of the home folder."""
    return settings.paths


@pytest.fixture
def clock() -> FixedClock:
    """A clock that the test advances."""
    return FixedClock()


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgresqlServer]:
    """A PostgreSQL server, started by the first test that needs it."""
    with running_server(require_programs()) as server:
        yield server


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run the suites of rooms that own tables on both databases."""
    path = metafunc.definition.path.relative_to(TESTS)
    if "database" in metafunc.fixturenames and any(path.is_relative_to(item) for item in ON_BOTH):
        on_server = pytest.param("postgresql", marks=pytest.mark.slow)
        metafunc.parametrize("database", ["sqlite", on_server], indirect=True)


def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    """Mark the tests that start PostgreSQL as slow."""
    for item in items:
        if isinstance(item, pytest.Function) and "postgresql" in item.fixturenames:
            item.add_marker(pytest.mark.slow)


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
    """The audit log of the database."""
    return Ledger(database, clock, paths)


@pytest.fixture
def admin() -> Actor:
    """An administrator."""
    return Actor(name="ada", role=Role.ADMIN, origin="cli")
