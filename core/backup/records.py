"""Records of the backup room: scopes, snapshots, reports."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePath

SCOPE_TAG = "what:"
_STAGING = "staging"  # holds the snapshot's own manifest
_DATASETS = "datasets"
_MAX_NAMES = 3
_MAX_LETTERS = 28
_DIGEST_LETTERS = 8


class Scope(StrEnum):
    """The part of the home folder that a backup covers."""

    ALL = "all"
    DATA = "data"
    RUNS = "runs"
    STATE = "state"

    @property
    def label(self) -> str:
        """The scope as it is shown to people."""
        return _SCOPE_LABELS[self]


_SCOPE_LABELS = {
    Scope.ALL: "Everything",
    Scope.DATA: "Datasets",
    Scope.RUNS: "Runs and checkpoints",
    Scope.STATE: "Databases",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupProgress:
    """Progress of a backup or a restore; a total of 0 means unknown."""

    bytes_done: int
    bytes_total: int
    files_done: int
    files_total: int
    seconds_left: float | None = None


OnProgress = Callable[[BackupProgress], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class FileProblem:
    """A file or folder that could not be read or written.

    Attributes:
        item: name of the file.
        during: the step that failed: `manifest`, `scan`, `archival`, `restore`.
        text: the reason; empty where it is unknown.
    """

    item: str
    during: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestEntry:
    """The expected content of one file, and its status (`*_ns`, `inode`) when it was hashed.

    For a symbolic link, `link` is its target, `sha256` is the target's, and `bytes` is 0.
    """

    path: str
    bytes: int
    sha256: str
    link: str = ""
    modified_ns: int = 0
    changed_ns: int = 0
    inode: int = 0


class SnapshotState(StrEnum):
    """The verification state of a snapshot."""

    VERIFIED = "verified"
    UNVERIFIED = "not verified"
    MISSING = "missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A snapshot with the results of its verification.

    Attributes:
        repository: key of the repository that holds it, see `Location.key`.
        verified_at: when it was last compared with its manifest without a difference.
        restored_at: when a restore drill last found every byte equal.
        is_present: whether the repository holds it now, as far as that is known.
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
    is_present: bool = True

    @property
    def state(self) -> SnapshotState:
        """The verification state of the snapshot."""
        if not self.is_present:
            return SnapshotState.MISSING
        return SnapshotState.UNVERIFIED if self.verified_at is None else SnapshotState.VERIFIED


def describe_contents(paths: Sequence[str], tags: Sequence[str]) -> str:
    """Describe the content of a snapshot: its scope, its dataset, or its folders."""
    scope = next((tag.removeprefix(SCOPE_TAG) for tag in tags if tag.startswith(SCOPE_TAG)), "")
    if scope:
        return Scope(scope).label if scope in set(Scope) else scope
    folders = [PurePath(path).parts for path in paths if PurePath(path).name != _STAGING]
    names = [_dataset_name(parts) or parts[-1] for parts in folders if parts]
    shown = [
        name if len(name) <= _MAX_LETTERS else f"{name[:_MAX_LETTERS]}…"
        for name in names[:_MAX_NAMES]
    ]
    rest = len(names) - len(shown)
    return ", ".join(shown) + (f" and {rest} more" if rest > 0 else "")


def _dataset_name(parts: Sequence[str]) -> str:
    """Return name and version of a dataset's folder; empty for any other folder."""
    if _DATASETS not in parts:
        return ""
    name, *version = parts[parts.index(_DATASETS) + 1 :][:2] or [""]
    return " ".join([name, *(digest[:_DIGEST_LETTERS] for digest in version)])


@dataclass(frozen=True, slots=True, kw_only=True)
class RepositoryLock:
    """A lock in the repository, made by a restic process."""

    id: str
    host: str
    pid: int
    created_at: float
    is_exclusive: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckReport:
    """The problems that a check of the repository found; none means that it is intact."""

    problems: tuple[str, ...]
    read_data: bool


class RepositoryState(StrEnum):
    """The state of the repository."""

    READY = "ready"
    NEW = "new"  # no repository yet: the first backup creates it
    MISSING = "missing"  # there was a repository here before
    UNAVAILABLE = "unavailable"  # restic is not installed
    FAILED = "failed"  # any other reason, see `problem`


@dataclass(frozen=True, slots=True, kw_only=True)
class RepositoryStatus:
    """The status of the backup repository, with the times of the newest proofs.

    Attributes:
        snapshots: number of snapshots in the repository.
        missing: ids of snapshots that were recorded here but are no longer in the repository.
        last_success_at: when the newest verified snapshot was made.
        last_drill_at: when a restore drill last succeeded.
        free_bytes: space left on the repository's device; None when unknown.
        has_recovery_key: None when it is unknown.
        problem: the reason why backups fail; empty when they work.
        remedy: the command or action that solves the problem.
    """

    repository: str
    state: RepositoryState
    program: str = "restic"
    version: str = ""
    snapshots: int = 0
    missing: tuple[str, ...] = ()
    last_success_at: float | None = None
    last_drill_at: float | None = None
    free_bytes: int | None = None
    has_recovery_key: bool | None = None
    problem: str = ""
    remedy: str = ""
