"""The hall: every store and engine of one home folder, opened together."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from core.audit import Ledger
from core.backup.catalog import open_vault
from core.backup.vault import Vault
from core.clock import Clock, SystemClock
from core.data.datasets import DatasetStore
from core.database import Database, open_database_of
from core.feedback.sql import SqlFeedbackStore
from core.feedback.store import FeedbackStore
from core.jobs.catalog import choose_launcher
from core.jobs.launcher import Launcher
from core.paths import StatePaths
from core.registry.registry import ModelRegistry
from core.registry.sql import SqlModelRegistry
from core.runs.sql import SqlRunStore
from core.runs.store import RunStore
from core.settings import Settings

LAUNCHER = "local"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hall:
    """What actions work on; safe to share between threads."""

    settings: Settings
    paths: StatePaths
    clock: Clock
    database: Database
    ledger: Ledger
    datasets: DatasetStore
    runs: RunStore
    launcher: Launcher
    vault: Vault
    registry: ModelRegistry
    feedback: FeedbackStore

    def close(self) -> None:
        """Close the database."""
        self.database.close()


def open_hall(settings: Settings, clock: Clock | None = None) -> Hall:
    """Open everything below the home folder, creating it where needed; raises SettingsError."""
    settings.paths.prepare()
    ticking = clock or SystemClock()
    database = open_database_of(settings)
    return Hall(
        settings=settings,
        paths=settings.paths,
        clock=ticking,
        database=database,
        ledger=Ledger(database, ticking),
        datasets=DatasetStore(settings.paths.datasets),
        runs=SqlRunStore(database, ticking),
        launcher=choose_launcher(LAUNCHER)(database, settings.paths, settings.jobs, ticking),
        vault=open_vault(settings, database, ticking),
        registry=SqlModelRegistry(database, ticking),
        feedback=SqlFeedbackStore(database),
    )


@contextmanager
def opened_hall(settings: Settings) -> Iterator[Hall]:
    """Give an open hall and close it at the end."""
    hall = open_hall(settings)
    try:
        yield hall
    finally:
        hall.close()
