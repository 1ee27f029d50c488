"""The workspace: every store and engine of one home folder, opened together."""

from dataclasses import dataclass
from types import TracebackType
from typing import Self

from core.audit import Ledger
from core.backup.vault import Vault, open_vault
from core.clock import Clock, SystemClock
from core.data.datasets import DatasetStore
from core.database import Database, open_database_of
from core.feedback.store import FeedbackStore
from core.jobs.launcher import Launcher
from core.jobs.local import LocalLauncher
from core.paths import StatePaths
from core.registry.registry import ModelRegistry
from core.runs.store import RunStore
from core.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """The arguments of every action; thread-safe. The end of a `with` block closes it."""

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

    def __enter__(self) -> Self:
        """Return the workspace itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the workspace."""
        self.close()


def open_workspace(settings: Settings, clock: Clock | None = None) -> Workspace:
    """Open the stores of the home folder, creating it if needed; raises SettingsError."""
    settings.paths.prepare()
    clock = clock or SystemClock()
    database = open_database_of(settings)
    return Workspace(
        settings=settings,
        paths=settings.paths,
        clock=clock,
        database=database,
        ledger=Ledger(database, clock, settings.paths),
        datasets=DatasetStore(settings.paths.datasets),
        runs=RunStore(database, clock),
        launcher=LocalLauncher(database, settings.paths, settings.jobs, clock),
        vault=open_vault(settings, database, clock),
        registry=ModelRegistry(database, clock),
        feedback=FeedbackStore(database),
    )
