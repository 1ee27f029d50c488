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
    """What one file must contain, and its marks (`*_ns`, `inode`) when it was hashed.

    `link` is the target of a symbolic link; its `sha256` is the target's, its `bytes` are 0.
    """

    path: str
    bytes: int
    sha256: str
    link: str = ""
    modified_ns: int = 0
    changed_ns: int = 0
    inode: int = 0


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

    Stored names are relative to the engine's root folder, with `/` between parts, so that a moved
    home folder and its snapshots still speak of the same files.

    Every method raises a DatahallError that names cause and remedy: UnavailableError when the
    program is not here, CorruptError when stored bytes are wrong, InputError when what was asked
    for cannot be, CommandError (see core.backup.failures) otherwise.
    """

    @property
    def repository(self) -> str:
        """Where snapshots go, without secrets; never fails."""
        ...

    @property
    def program(self) -> str:
        """Name and version of the program behind it."""
        ...

    def is_initialised(self) -> bool:
        """Whether the repository is there; cheap when it is a folder of this machine."""
        ...

    def free_bytes(self) -> int | None:
        """Return the bytes that the repository's device has left, None when that is not known."""
        ...

    def holds(self, snapshot_id: str) -> bool | None:
        """Whether the snapshot is there, without opening the repository; None: cannot be told."""
        ...

    def has_recovery_key(self) -> bool | None:
        """Whether a recovery key was made, without opening the repository; None: cannot be told."""
        ...

    def initialise(self, *, recovery: bool = True) -> str | None:
        """Create the repository if it is not there; may be called again.

        With `recovery` a second key is made, once in the repository's life, and returned: whoever
        calls must show it, for it is kept nowhere.
        """
        ...

    def backup(
        self, paths: Sequence[Path], tags: Sequence[str], on_progress: OnProgress | None = None
    ) -> Snapshot:
        """Store the paths (below the root) as one snapshot.

        Raises SourceMissingError or IncompleteError when anything could not be read; what could
        be is stored all the same and named by the error's `snapshot`.
        """
        ...

    def snapshots(self) -> Sequence[Snapshot]:
        """Return the snapshots in the repository, newest first."""
        ...

    def listing(self, snapshot_id: str) -> Mapping[str, int]:
        """Return stored name -> bytes of every file (and link: 0) in a snapshot.

        Bytes of names that are not UTF-8 read as U+FFFD each.
        """
        ...

    def restore(
        self,
        snapshot_id: str,
        target: Path,
        only: str | None = None,
        on_progress: OnProgress | None = None,
    ) -> None:
        """Write the snapshot's files below `target`, which must be empty or absent.

        `only` is the stored name of one file or folder.
        """
        ...

    def check(self, *, read_data: bool) -> CheckReport:
        """Check the repository's structure, and with `read_data` every stored byte."""
        ...

    def forget(self, snapshot_ids: Sequence[str]) -> None:
        """Remove snapshots and the bytes that only they held; raises NotFoundError, then none."""
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
