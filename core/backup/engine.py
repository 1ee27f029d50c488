"""Backups: what an engine promises. A snapshot counts only once it was compared with a manifest."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupProgress:
    """How far a backup or restore is."""

    bytes_done: int
    bytes_total: int
    files_done: int
    files_total: int
    seconds_left: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestEntry:
    """What one file must contain."""

    path: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A snapshot as Datahall knows it.

    `verified_at`: compared with its manifest; `restored_at`: a drill restored it and every byte
    matched.
    """

    id: str
    created_at: float
    repository: str
    paths: tuple[str, ...]
    tags: tuple[str, ...]
    files: int
    bytes: int
    added_bytes: int = 0
    manifest_digest: str = ""
    verified_at: float | None = None
    restored_at: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckReport:
    """What a check of the repository found; `problems` empty means sound."""

    problems: tuple[str, ...]
    read_data: bool


OnProgress = Callable[[BackupProgress], None]


class BackupEngine(Protocol):
    """Keeps encrypted, deduplicated snapshots in one repository.

    Every method raises a DatahallError that names cause and remedy: UnavailableError when the
    program is not here, CorruptError when stored bytes are wrong, CommandError otherwise.
    """

    def initialise(self) -> str | None:
        """Create the repository if it is not there; return the recovery key when it was created."""
        ...

    def backup(
        self, paths: Sequence[Path], tags: Sequence[str], on_progress: OnProgress | None = None
    ) -> Snapshot:
        """Store the paths as one snapshot; raises when any file could not be read."""
        ...

    def snapshots(self) -> Sequence[Snapshot]:
        """Return the snapshots in the repository, newest first."""
        ...

    def listing(self, snapshot_id: str) -> Mapping[str, int]:
        """Return path -> bytes of every file in a snapshot."""
        ...

    def restore(
        self,
        snapshot_id: str,
        target: Path,
        only: str | None = None,
        on_progress: OnProgress | None = None,
    ) -> None:
        """Write the snapshot's files below `target`, which must be empty or absent."""
        ...

    def check(self, *, read_data: bool) -> CheckReport:
        """Check the repository's structure, and with `read_data` every stored byte."""
        ...

    def forget(self, snapshot_ids: Sequence[str]) -> None:
        """Remove snapshots and the bytes that only they held."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RepositoryStatus:
    """Where backups go and whether they can."""

    repository: str
    program: str
    version: str
    is_initialised: bool
    snapshots: int
    last_success_at: float | None
    detail: Mapping[str, str] = field(default_factory=dict)
