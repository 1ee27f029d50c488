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


@pytest.fixture
def database(paths: StatePaths) -> Iterator[Database]:
    """A migrated SQLite database in the test's home."""
    opened = open_database(sqlite_url(paths.database))
    yield opened
    opened.close()


@pytest.fixture
def ledger(database: Database, clock: FixedClock, paths: StatePaths) -> Ledger:
    """The audit ledger on that database."""
    return Ledger(database, clock, paths)


@pytest.fixture
def admin() -> Actor:
    """An actor who may do everything."""
    return Actor(name="ada", role=Role.ADMIN, origin="cli")
