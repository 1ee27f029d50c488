"""Failures of a backup program, told with cause and remedy.

The exit code alone does not do: restic before 0.17 knows 0, 1 and 3 only, and several versions end
with 0 although files are missing. So the words on stderr are read as well.
"""

import os
import re
from collections.abc import Sequence

from core.backup.engine import Snapshot
from core.backup.messages import Trouble, texts, troubles
from core.backup.program import Outcome
from core.errors import CommandError, CorruptError, DatahallError, NotFoundError

_NAMED_FILES = 5
_LONGEST_WORDS = 500
_INTERRUPTED = 130
_MAKE_ROOM = "Free some space or move the repository, then run again; older snapshots are whole"
_INCOMPLETE = 3
_LOCK = re.compile(r"locked (?:exclusively )?by PID (\d+) on (\S+) by")
_LOCK_AGE = re.compile(r"lock was created at .*\((.+) ago\)")
_MISSING = re.compile(r"^(.*) does not exist, skipping$")


class BackupError(CommandError):
    """The backup program failed."""

    kind = "backup"


class DestinationFullError(BackupError):
    """The device that is written to has no space left; older snapshots are whole."""

    kind = "destination-full"


class WrongKeyError(BackupError):
    """The key file's password opens no key of the repository, or the file is not there."""

    kind = "wrong-key"


class UnsafeKeyError(BackupError):
    """Others than the owner may read the key file."""

    kind = "unsafe-key"


class NoRepositoryError(BackupError):
    """There is no repository where the settings say."""

    kind = "no-repository"


class AppendOnlyError(BackupError):
    """The server refuses to remove anything: what it was set up for."""

    kind = "append-only"


class CancelledError(BackupError):
    """Somebody stopped it; the repository is usable, nothing half-done counts."""

    kind = "cancelled"
    exit_code = _INTERRUPTED


class LockedError(BackupError):
    """Another process holds a lock on the repository.

    Attributes:
        pid: process that made the lock, 0 when not told.
        host: machine that made the lock.
        age: age in restic's words.
    """

    kind = "locked"
    details = ("pid", "host", "age")

    def __init__(self, *, pid: int, host: str, age: str) -> None:
        """Tell who holds the lock."""
        super().__init__(
            f"the repository is locked by process {pid or '?'} on {host or 'another host'}"
            + (f" since {age}" if age else ""),
            remedy="Wait until it ends; if it runs no more, remove its lock with: restic unlock",
        )
        self.pid = pid
        self.host = host
        self.age = age

    def is_left_behind(self, host: str) -> bool:
        """Whether it was made on this `host` by a process that is gone.

        A lock of another host is never judged from here.
        """
        if self.host != host or self.pid <= 0:
            return False
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return True
        except PermissionError:
            return False
        return False


class IncompleteError(BackupError):
    """Some files are not in the snapshot, or not as they should be.

    Attributes:
        files: their names.
        snapshot: what was stored nevertheless, if anything; it must not count as protection.
    """

    kind = "incomplete"
    details = ("files",)
    snapshot: Snapshot | None = None

    def __init__(
        self, message: str, *, files: Sequence[str], snapshot: Snapshot | None = None, remedy: str
    ) -> None:
        """Tell which files."""
        super().__init__(f"{message}: {name_some(files)}", remedy=remedy)
        self.files = tuple(files)
        self.snapshot = snapshot


class SourceMissingError(IncompleteError):
    """A file or folder that was to be backed up is not there."""

    kind = "source-missing"


def name_some(names: Sequence[str]) -> str:
    """Return the first names, quoted, and how many more there are."""
    shown = ", ".join(repr(name) for name in names[:_NAMED_FILES])
    more = len(names) - _NAMED_FILES
    return f"{shown} and {more} more" if more > 0 else shown


def missing_sources(names: Sequence[str], snapshot: Snapshot | None = None) -> SourceMissingError:
    """Return the error for sources that are not there."""
    return SourceMissingError(
        "not there to be backed up",
        files=names,
        snapshot=snapshot,
        remedy="Check that the folder exists and its disk is mounted",
    )


def unreadable(found: Sequence[Trouble], snapshot: Snapshot | None = None) -> IncompleteError:
    """Return the error for files that could not be read."""
    why = next((trouble.text for trouble in found if trouble.text), "")
    return IncompleteError(
        "could not be read" + (f" ({why.rsplit(': ', 1)[-1]})" if why else ""),
        files=[trouble.item for trouble in found],
        snapshot=snapshot,
        remedy="Make them readable for the user that Datahall runs as, then run again",
    )


def explain_gaps(outcome: Outcome, snapshot: Snapshot | None = None) -> IncompleteError | None:
    """Return what a backup left out, also one that ended with 0; None when it says nothing."""
    words = texts(outcome.stderr)
    missing = [match.group(1) for line in words if (match := _MISSING.match(line))]
    found = troubles(outcome.stderr)
    if missing:
        return missing_sources([*missing, *(trouble.item for trouble in found)], snapshot)
    if found or outcome.exit_code == _INCOMPLETE:
        return unreadable(found, snapshot)
    return None


def no_repository(place: str) -> NoRepositoryError:
    """Return the error for a place where nothing is."""
    return NoRepositoryError(
        f"there is no repository at {place}",
        remedy='Check that its disk is mounted; a backup makes a new one ("datahall backup run")',
    )


def explain_restore(outcome: Outcome, place: str) -> DatahallError:
    """Return the error for a restore that failed, naming the files where only they are at fault."""
    error = explain(outcome, place)
    found = troubles(outcome.stderr)
    if type(error) is not BackupError or not found:
        return error
    return IncompleteError(
        "could not be restored",
        files=[trouble.item for trouble in found],
        remedy="Check that the target can be written, then restore into a new folder",
    )


def explain(outcome: Outcome, place: str) -> DatahallError:
    """Return the error for a call that failed; `place` names the repository."""
    words = "\n".join((*texts(outcome.stderr), *texts(outcome.stdout)))
    for pattern, code, make in _CAUSES:
        if outcome.exit_code == code or re.search(pattern, words):
            return make(words, place)
    last = words.strip().splitlines()[-1:] or [f"exit code {outcome.exit_code}"]
    return BackupError(f"restic failed on {place}: {last[0][-_LONGEST_WORDS:]}")


def _locked(words: str, _place: str) -> DatahallError:
    """Return who holds the lock."""
    holder = _LOCK.search(words)
    age = _LOCK_AGE.search(words)
    return LockedError(
        pid=int(holder.group(1)) if holder else 0,
        host=holder.group(2) if holder else "",
        age=age.group(1) if age else "",
    )


def stalled_full(place: str, free_bytes: int) -> DestinationFullError:
    """Return the error for a repository whose device is almost full while restic does nothing."""
    return DestinationFullError(
        f"restic does nothing any more, and the device of the repository {place} has only "
        f"{free_bytes >> 20} MiB left",
        remedy=_MAKE_ROOM,
    )


def _full(_words: str, place: str) -> DatahallError:
    """Return that the device is full."""
    return DestinationFullError(
        f"no space is left on the device that is written to (repository {place})", remedy=_MAKE_ROOM
    )


def _wrong_key(_words: str, place: str) -> DatahallError:
    """Return that the key does not fit."""
    return WrongKeyError(
        f"the key file does not open the repository {place}",
        remedy="Put the repository's key, or its recovery key, into the key file; if it is the "
        "right one, the repository's folder keys/ is damaged: bring it back from a copy",
    )


def _no_repository(_words: str, place: str) -> DatahallError:
    """Return that nothing is there."""
    return no_repository(place)


def _corrupt(words: str, place: str) -> DatahallError:
    """Return that stored bytes are wrong, with the words that say where."""
    told = next((line for line in words.splitlines() if re.search(CORRUPT, line)), "")
    return CorruptError(
        f"the repository {place} holds damaged data: {told[:_LONGEST_WORDS]}",
        remedy='Run "datahall backup verify --read-data", then back up anew to another disk',
    )


def _not_found(words: str, place: str) -> DatahallError:
    """Return that no such snapshot is there."""
    match = re.search(r'prefix "?([0-9A-Za-z]+)', words)
    named = match.group(1) if match else "?"
    return NotFoundError(
        f"no snapshot {named} in the repository {place}", remedy='See "datahall backup list"'
    )


def _append_only(_words: str, place: str) -> DatahallError:
    """Return that nothing may be removed there."""
    return AppendOnlyError(
        f"the repository {place} only takes additions",
        remedy="Remove snapshots from the machine that may",
    )


def _cancelled(_words: str, _place: str) -> DatahallError:
    """Return that it was stopped."""
    return CancelledError("the backup program was stopped")


CORRUPT = (
    r"ciphertext verification failed|Pack ID does not match|invalid data returned"
    r"|repository contains errors|LoadIndex returned errors|unexpected pack id"
    r"|Fatal: Unmarshal: |only supported KDF"
    r"|/data/[0-9a-f]{2}/[0-9a-f]{64}: no such file"
)
# In this order: a full disk also leaves other words behind, a corrupt repository names its cause.
_NEVER = -1
_CAUSES = (
    (r"no space left on device|disk quota exceeded", _NEVER, _full),
    (r"already locked", 11, _locked),
    (r"wrong password or no key found", 12, _wrong_key),
    (r"[Ii]s there a repository at", 10, _no_repository),
    (CORRUPT, _NEVER, _corrupt),
    (r"no matching ID found", _NEVER, _not_found),
    (r"403 Forbidden|Access ?Denied", _NEVER, _append_only),
    (r"signal interrupt received|context canceled", _INTERRUPTED, _cancelled),
)
