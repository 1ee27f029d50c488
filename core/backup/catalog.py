"""The engines there are, and the vault that the settings ask for."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from core.backup.client import ResticClient
from core.backup.engine import BackupEngine
from core.backup.find import obtain_restic
from core.backup.memory import MemoryEngine
from core.backup.program import WatchedRunner
from core.backup.repository import Repository
from core.backup.restic import ResticEngine
from core.backup.snapshots import SnapshotStore
from core.backup.vault import Vault
from core.clock import Clock, SystemClock
from core.database import Database
from core.settings import Settings

EngineFactory = Callable[[Settings], BackupEngine]


def restic_engine(settings: Settings) -> ResticEngine:
    """Return the engine on the repository of the settings; restic is looked for on first use."""
    paths = settings.paths
    place = Repository(
        location=settings.backup.repository or str(paths.repository),
        key_file=paths.repository_key,
        cache=paths.restic_cache,
        root=paths.home,
        stall_s=settings.backup.stall_s,
    )
    return ResticEngine(
        ResticClient(
            place=place,
            find=lambda: obtain_restic(paths.tools),
            runner=WatchedRunner(stall_s=place.stall_s),
        )
    )


def memory_engine(settings: Settings) -> MemoryEngine:
    """Return an engine whose snapshots end with the process."""
    return MemoryEngine(settings.paths.home, SystemClock())


ENGINES: Mapping[str, EngineFactory] = MappingProxyType(
    {"memory": memory_engine, "restic": restic_engine}
)


def open_vault(settings: Settings, database: Database, clock: Clock) -> Vault:
    """Return the vault of the settings' home; nothing is started yet."""
    return Vault(
        engine=ENGINES["restic"](settings),
        store=SnapshotStore(database),
        paths=settings.paths,
        clock=clock,
    )
