"""A home with a repository already made, vaults on it, and programs that play restic."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from core.backup.catalog import memory_engine, open_vault, restic_engine
from core.backup.client import ResticClient
from core.backup.find import Restic, find_restic
from core.backup.program import Starter, WatchedRunner
from core.backup.repository import Repository
from core.backup.restic import ResticEngine
from core.backup.snapshots import SnapshotStore
from core.backup.vault import Stage, Vault
from core.clock import SystemClock
from core.command import start
from core.database import Database
from core.paths import StatePaths
from core.settings import Settings

Program = Callable[[str], Path]
EngineOf = Callable[..., ResticEngine]


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a restic repository, made once: finding scrypt parameters takes seconds."""
    home = tmp_path_factory.mktemp("made") / "home"
    StatePaths(home).prepare()
    restic_engine(Settings(home=home)).initialise(recovery=False)
    return home


@pytest.fixture
def with_repository(made: Path, paths: StatePaths) -> StatePaths:
    """The test's home with a copy of that repository and its key."""
    shutil.copytree(made / "repository", paths.repository)
    shutil.copy(made / "secrets" / "repository-key", paths.repository_key)
    return paths


@pytest.fixture
def engine_of(with_repository: StatePaths) -> EngineOf:
    """Makes an engine on the test's repository, with another restic, starter or patience."""

    def make(
        *,
        restic: Restic | None = None,
        starter: Starter = start,
        stall_s: float = 60.0,
        location: str = "",
        key_file: Path | None = None,
    ) -> ResticEngine:
        paths = with_repository
        place = Repository(
            location=location or str(paths.repository),
            key_file=key_file or paths.repository_key,
            cache=paths.restic_cache,
            root=paths.home,
            stall_s=stall_s,
        )
        runner = WatchedRunner(stall_s=stall_s, goodbye_s=30.0, start=starter)
        find = (lambda: restic) if restic else (lambda: find_restic(paths.tools))
        return ResticEngine(ResticClient(place=place, find=find, runner=runner))

    return make


@pytest.fixture
def vault(with_repository: StatePaths, database: Database) -> Vault:
    """A vault on real restic."""
    return open_vault(Settings(home=with_repository.home), database, SystemClock())


@pytest.fixture
def memory_vault(paths: StatePaths, database: Database) -> Vault:
    """A vault whose repository is in memory."""
    return Vault(
        engine=memory_engine(Settings(home=paths.home)),
        store=SnapshotStore(database),
        paths=paths,
        clock=SystemClock(),
    )


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """Writes a shell script and returns its path."""

    def write(script: str) -> Path:
        folder = tmp_path / "programs"
        folder.mkdir(exist_ok=True)
        path = folder / f"program-{len(list(folder.iterdir()))}"
        path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        path.chmod(0o755)
        return path

    return write


@pytest.fixture
def dataset(paths: StatePaths) -> Path:
    """A dataset version `demo/abc123` with a few files; returns its folder."""
    folder = paths.dataset("demo", "abc123")
    (folder / "prepared").mkdir(parents=True)
    (folder / "manifest.json").write_text("{}", encoding="utf-8")
    (folder / "pairs.tsv.gz").write_bytes(bytes(range(256)) * 400)
    (folder / "prepared" / "train.en").write_text("Hello\n", encoding="utf-8")
    return folder


@pytest.fixture
def heard() -> list[Stage]:
    """What an operation told about itself, when given `heard.append`."""
    return []
