"""The errors of the backup room, each with its cause and its remedy."""

import os
import shlex
from collections.abc import Sequence
from pathlib import Path

from core.backup.records import FileProblem, Snapshot
from core.errors import CommandError

STALE_LOCK_S = 30 * 60  # restic's own limit: a living process renews its lock every 5 minutes
_MAX_NAMES = 5
_MINUTE_S = 60


class BackupError(CommandError):
    """restic failed."""

    kind = "backup"


class DestinationFullError(BackupError):
    """The device that is written to has no space left; earlier snapshots are intact."""

    kind = "destination-full"


class WrongKeyError(BackupError):
    """The key file opens no key of the repository, or there is no key file."""

    kind = "wrong-key"


class UnsafeKeyError(BackupError):
    """Other users may read the key file."""

    kind = "unsafe-key"


class NoRepositoryError(BackupError):
    """There is no repository at the configured location."""

    kind = "no-repository"


class MissingRepositoryError(NoRepositoryError):
    """The configured location held a repository before and holds none now."""

    kind = "repository-missing"


class AppendOnlyError(BackupError):
    """The server is configured to refuse every deletion."""

    kind = "append-only"


class CancelledError(BackupError):
    """restic was interrupted; the repository is usable, unfinished work is discarded."""

    kind = "cancelled"
    exit_code = 130


class StalledError(BackupError):
    """The program runs without activity: server or disk does not respond, or process suspended.

    Attributes:
        stderr: the lines that it had printed to stderr.
    """

    kind = "stalled"
    details = ("stderr",)

    def __init__(self, program: str, seconds: float, stderr: Sequence[str] = ()) -> None:
        """Name the program and the seconds without any activity."""
        super().__init__(
            f"{program} did nothing for {seconds:g} s and was terminated",
            remedy="Check the network and the repository's disk or server, then try again: "
            "datahall backup run",
        )
        self.stderr = tuple(stderr)


class LockedError(BackupError):
    """Another process holds a lock on the repository.

    Attributes:
        pid: process that made the lock; 0 when unknown.
        host: machine that made the lock; empty when unknown.
        created: local time of the lock as restic prints it; empty when unknown.
        age_s: age of the lock in seconds; None when unknown.
    """

    kind = "locked"
    details = ("pid", "host", "created", "age_s")

    def __init__(
        self, *, pid: int, host: str, created: str = "", age_s: float | None = None
    ) -> None:
        """Name the holder of the lock."""
        holder = f"process {pid or '(unknown)'} on host {host or '(unknown)'}"
        since = f" since {created}" if created else ""
        age = f" ({lock_age_text(age_s)})" if age_s is not None else ""
        super().__init__(
            f"the repository is locked by {holder}{since}{age}",
            remedy="Wait until that process ends. If it no longer runs, remove its lock: "
            "datahall backup unlock",
        )
        self.pid = pid
        self.host = host
        self.created = created
        self.age_s = age_s

    def is_stale(self, host: str) -> bool:
        """Whether `restic unlock` on `host` removes the lock: older than 30 min, or process ended.

        Whether a process of another host has ended cannot be checked from here.
        """
        if self.age_s is not None and self.age_s > STALE_LOCK_S:
            return True
        return self.host == host and self.pid > 0 and not is_running(self.pid)


class IncompleteError(BackupError):
    """Some files are not in the snapshot, or differ from what they should be.

    Attributes:
        files: their names.
        snapshot: what was stored nevertheless; it does not protect anything.
    """

    kind = "incomplete"
    details = ("files",)
    snapshot: Snapshot | None = None

    def __init__(
        self, message: str, *, files: Sequence[str], snapshot: Snapshot | None = None, remedy: str
    ) -> None:
        """Name the files."""
        super().__init__(f"{message}: {list_names(files)}", remedy=remedy)
        self.files = tuple(files)
        self.snapshot = snapshot


class SourceMissingError(IncompleteError):
    """A file or folder to back up does not exist."""

    kind = "source-missing"


def list_names(names: Sequence[str]) -> str:
    """Return the first names, quoted, and the number of the others."""
    shown = ", ".join(repr(name) for name in names[:_MAX_NAMES])
    more = len(names) - _MAX_NAMES
    return f"{shown} and {more} more" if more > 0 else shown


def missing_sources(names: Sequence[str], snapshot: Snapshot | None = None) -> SourceMissingError:
    """Return the error for sources that do not exist."""
    return SourceMissingError(
        "files or folders to back up do not exist",
        files=names,
        snapshot=snapshot,
        remedy="Check that they were not moved and that their disk is mounted, then try again: "
        "datahall backup run",
    )


def unreadable_files(
    found: Sequence[FileProblem], root: Path, snapshot: Snapshot | None = None
) -> IncompleteError:
    """Return the error for files that could not be read; names are relative to `root`."""
    reason = next((problem.text for problem in found if problem.text), "")
    files = [problem.item for problem in found]
    return IncompleteError(
        "could not read" + (f" ({reason.rsplit(': ', 1)[-1]})" if reason else ""),
        files=files,
        snapshot=snapshot,
        remedy=_readable_remedy(files, root),
    )


def no_repository(location: str) -> NoRepositoryError:
    """Return the error for a location that has never held a repository."""
    return NoRepositoryError(
        f"there is no repository at {location}",
        remedy="The first backup creates it: datahall backup run",
    )


def missing_repository(location: str) -> MissingRepositoryError:
    """Return the error for a location that held a repository before."""
    return MissingRepositoryError(
        f"the repository at {location} is missing: there was one before",
        remedy="Is its disk mounted? Mount it and try again. If the repository is lost, create a "
        "new, empty one: datahall backup run --new-repository",
    )


def lock_age_text(seconds: float) -> str:
    """Format the age of a lock."""
    if seconds < 0:
        return "in the future: the clock of that host is wrong, or the clock of this one"
    if seconds < _MINUTE_S:
        return f"{seconds:.0f} s ago"
    return f"{seconds / _MINUTE_S:.0f} min ago"


def is_running(pid: int) -> bool:
    """Whether a process of this host exists."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _readable_remedy(files: Sequence[str], root: Path) -> str:
    """Return the command that makes the files readable for their owner."""
    paths = [str(root / name) for name in files]
    if not paths:
        return "Find the unreadable files, make them readable, then run the backup again"
    if len(paths) <= _MAX_NAMES:
        command = shlex.join(["chmod", "u+rX", *paths])
    else:
        command = shlex.join(["chmod", "-R", "u+rX", os.path.commonpath(paths)])
    return f"Make them readable for the user that runs Datahall: {command}"
