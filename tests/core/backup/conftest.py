"""A home folder with a real restic repository, and programs that imitate a failing restic."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from core.backup.backup import BackupReport, back_up, cover_dataset, cover_scope
from core.backup.install import Restic, find_restic
from core.backup.program import Starter, WatchedRunner
from core.backup.records import Scope
from core.backup.repository import Repository, open_repository
from core.backup.restic import Location, ResticClient
from core.backup.vault import Vault, open_vault
from core.clock import SystemClock
from core.command import start
from core.database import Database
from core.paths import StatePaths
from core.process.progress import Progress
from core.settings import Settings

Program = Callable[[str], Path]
RepositoryOf = Callable[..., Repository]
BackUp = Callable[..., BackupReport]


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with an empty repository, made once: restic's scrypt calibration takes seconds."""
    home = tmp_path_factory.mktemp("made") / "home"
    StatePaths(home).prepare()
    open_repository(Settings(home=home)).create()
    return home


@pytest.fixture
def with_repository(made: Path, paths: StatePaths) -> StatePaths:
    """The test's home with a copy of that repository and its key."""
    shutil.copytree(made / "repository", paths.repository)
    shutil.copytree(made / "secrets", paths.secrets, dirs_exist_ok=True)
    return paths


@pytest.fixture
def repository_of(with_repository: StatePaths) -> RepositoryOf:
    """Opens the test's repository with another restic, starter, stall limit or key."""

    def make(
        *,
        restic: Restic | None = None,
        starter: Starter = start,
        stall_s: float = 60.0,
        address: str = "",
        key_file: Path | None = None,
    ) -> Repository:
        paths = with_repository
        location = Location(
            address=address or str(paths.repository),
            key_file=key_file or paths.repository_key,
            cache=paths.restic_cache,
            root=paths.home,
            history=paths.repository_history,
            stall_s=stall_s,
        )
        runner = WatchedRunner(stall_s=stall_s, grace_s=30.0, start=starter)
        find = (lambda: restic) if restic else (lambda: find_restic(paths.tools))
        return Repository(ResticClient(location=location, find=find, runner=runner))

    return make


@pytest.fixture
def vault(with_repository: StatePaths, database: Database) -> Vault:
    """A vault on that repository."""
    return open_vault(Settings(home=with_repository.home), database, SystemClock())


@pytest.fixture
def damage(with_repository: StatePaths) -> Callable[[], None]:
    """Flips one bit of the largest data file in the repository."""

    def flip() -> None:
        folder = with_repository.repository / "data"
        packs = [path for path in folder.rglob("*") if path.is_file()]
        pack = max(packs, key=lambda path: path.stat().st_size)
        content = bytearray(pack.read_bytes())
        content[len(content) // 3] ^= 1
        pack.chmod(0o600)
        pack.write_bytes(content)

    return flip


@pytest.fixture
def stages() -> list[str]:
    """The messages of the stages that operations reported to `progress`."""
    return []


@pytest.fixture
def progress(stages: list[str]) -> Progress:
    """Progress that is only recorded in `stages`."""
    return Progress(log=stages.append)


@pytest.fixture
def run_backup(progress: Progress) -> BackUp:
    """Backs up a scope, or a dataset version `NAME/DIGEST`."""

    def run(vault: Vault, what: str = "all", *, new_repository: bool = False) -> BackupReport:
        if "/" in what:
            coverage = cover_dataset(vault.paths, what)
        else:
            coverage = cover_scope(vault.paths, Scope(what))
        return back_up(vault, coverage, progress, new_repository=new_repository)

    return run


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
