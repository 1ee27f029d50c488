"""The output of restic 0.14 to 0.19 as records and errors; what cannot be parsed is skipped.

The exit code alone does not name the cause: restic before 0.17 knows 0, 1 and 3 only, and several
versions exit with 0 although files are missing. So the text on stderr is parsed as well.
"""

import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from core.backup.errors import (
    AppendOnlyError,
    BackupError,
    CancelledError,
    DestinationFullError,
    IncompleteError,
    LockedError,
    WrongKeyError,
    missing_sources,
    no_repository,
    unreadable_files,
)
from core.backup.program import Outcome
from core.backup.records import BackupProgress, FileProblem, RepositoryLock, Snapshot
from core.errors import CorruptError, DatahallError, NotFoundError

Document = Mapping[str, Any]
FREE_SPACE = (
    "Earlier snapshots are intact. Free space on that disk, then try again: datahall backup run"
)
_MAX_LETTERS = 500
_INTERRUPTED = 130
_INCOMPLETE = 3
# Lines of `check` that are not problems: its steps, and restic's advice.
_NO_PROBLEM = re.compile(
    r"^(using temporary cache|unable to create temporary|create exclusive lock|load indexes"
    r"|check all packs|check snapshots|read all data|\[[\d:]+\]|no errors were found"
    r"|The repository (contains damaged|index is damaged)|restic repair|Damaged pack files)"
)
_MISSING = re.compile(r"^(.*) does not exist, skipping$")
_LOCK = re.compile(r"locked (?:exclusively )?by PID (\d+) on (\S+) by")
_LOCK_TIME = re.compile(r"lock was created at (\S+ [\d:]+).*\((\S+) ago\)")
_DURATION = re.compile(r"([\d.]+)(h|ms|µs|ns|m|s)")
_UNIT_S = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "µs": 1e-6, "ns": 1e-9}


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSnapshot:
    """A snapshot as the repository describes it; the sizes are absent before restic 0.17."""

    id: str
    created_at: float
    paths: tuple[str, ...]
    tags: tuple[str, ...]
    files: int | None
    bytes: int | None
    added_bytes: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """A snapshot and its files: stored name -> bytes, 0 for a link."""

    stored: StoredSnapshot
    listing: Mapping[str, int]
    files: int

    def snapshot(self, repository: str, added_bytes: int) -> Snapshot:
        """Return the snapshot with the sizes summed from the listing."""
        return Snapshot(
            id=self.stored.id,
            created_at=self.stored.created_at,
            repository=repository,
            paths=self.stored.paths,
            tags=self.stored.tags,
            files=self.files,
            bytes=sum(self.listing.values()),
            added_bytes=added_bytes,
        )


@dataclass(slots=True)
class ContentsReader:
    """Parses the lines of `restic ls --json`."""

    stored: StoredSnapshot | None = None
    listing: dict[str, int] = field(default_factory=dict)
    files: int = 0

    def read(self, line: str) -> None:
        """Parse one line: the first describes the snapshot, the others its files and folders."""
        found = parse_document(line)
        if found is None:
            return
        if found.get("struct_type") == "snapshot":
            self.stored, self.listing, self.files = parse_snapshot(found), {}, 0
        elif found.get("type") in ("file", "symlink"):
            is_file = found["type"] == "file"
            name = str(found["path"]).removeprefix("/")
            size = int(found.get("size", 0)) if is_file else 0
            # Names that differ only in bytes that are not UTF-8 look the same: sum their sizes.
            self.listing[name] = self.listing.get(name, 0) + size
            self.files += is_file

    def contents(self) -> Contents:
        """Return the parsed contents; raises NotFoundError when no snapshot was described."""
        if self.stored is None:
            raise NotFoundError(
                "the repository did not describe the snapshot",
                remedy="List the snapshots: datahall backup list",
            )
        return Contents(stored=self.stored, listing=self.listing, files=self.files)


def parse_document(line: str) -> Document | None:
    """Return the JSON object in a line; None for a blank, truncated or plain line."""
    if not line.lstrip().startswith("{"):
        return None
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def document_kind(found: Document) -> str:
    """Return `status`, `summary`, `error`, `exit_error`, `snapshot`, `node` or the like."""
    return str(found.get("message_type") or found.get("struct_type") or "")


def parse_backup_progress(found: Document) -> BackupProgress:
    """Return the progress in a `status` document of `backup`; restic omits zeros."""
    left = found.get("seconds_remaining")
    return BackupProgress(
        bytes_done=int(found.get("bytes_done", 0)),
        bytes_total=int(found.get("total_bytes", 0)),
        files_done=int(found.get("files_done", 0)),
        files_total=int(found.get("total_files", 0)),
        seconds_left=float(left) if left else None,
    )


def parse_restore_progress(found: Document) -> BackupProgress:
    """Return the progress in a `status` document of `restore` (restic 0.16 and later)."""
    return BackupProgress(
        bytes_done=int(found.get("bytes_restored", 0)),
        bytes_total=int(found.get("total_bytes", 0)),
        files_done=int(found.get("files_restored", 0)),
        files_total=int(found.get("total_files", 0)),
    )


def parse_snapshot(found: Document) -> StoredSnapshot:
    """Return the snapshot that a document of `snapshots` or `ls` describes."""
    summary = found.get("summary") or {}
    return StoredSnapshot(
        id=str(found["id"]),
        created_at=datetime.fromisoformat(str(found["time"])).timestamp(),
        paths=tuple(found.get("paths") or ()),
        tags=tuple(found.get("tags") or ()),
        files=summary.get("total_files_processed"),
        bytes=summary.get("total_bytes_processed"),
        added_bytes=added_bytes(summary) if summary else None,
    )


def parse_lock(lock_id: str, found: Document) -> RepositoryLock:
    """Return the lock that `restic cat lock` describes."""
    return RepositoryLock(
        id=lock_id,
        host=str(found.get("hostname", "")),
        pid=int(found.get("pid", 0)),
        created_at=datetime.fromisoformat(str(found["time"])).timestamp(),
        is_exclusive=bool(found.get("exclusive")),
    )


def added_bytes(summary: Document) -> int:
    """Return the bytes that a backup added; before restic 0.16 as they were uncompressed."""
    return int(summary.get("data_added_packed", summary.get("data_added", 0)))


def parse_file_problems(lines: Sequence[str]) -> tuple[FileProblem, ...]:
    """Return the files that restic could not process, from JSON or plain lines, each once."""
    found: dict[str, FileProblem] = {}
    for line in lines:
        problem = _json_file_problem(line) or _plain_file_problem(line)
        if problem is not None:
            found.setdefault(problem.item, problem)
    return tuple(found.values())


def parse_texts(lines: Sequence[str]) -> tuple[str, ...]:
    """Return the text of each line, plain or JSON, without blank lines."""
    texts = (_line_text(line) for line in lines)
    return tuple(part for text in texts for part in text.strip().splitlines() if part.strip())


def parse_check_problems(lines: Sequence[str]) -> tuple[str, ...]:
    """Return the problems that `check` printed, without its steps and its advice."""
    return tuple(dict.fromkeys(text for text in parse_texts(lines) if not _NO_PROBLEM.match(text)))


def explain(outcome: Outcome, location: str) -> DatahallError:
    """Return the error for a call that failed; `location` names the repository."""
    text = "\n".join((*parse_texts(outcome.stderr), *parse_texts(outcome.stdout)))
    for pattern, code, make in _CAUSES:
        if outcome.exit_code == code or re.search(pattern, text):
            return make(text, location)
    last = text.strip().splitlines()[-1:] or [f"exit code {outcome.exit_code}"]
    return BackupError(f"restic failed on {location}: {last[0][-_MAX_LETTERS:]}")


def explain_incomplete(
    outcome: Outcome, root: Path, snapshot: Snapshot | None = None
) -> IncompleteError | None:
    """Return the error for files that a backup left out, for every exit code; None if none."""
    texts = parse_texts(outcome.stderr)
    missing = [match.group(1) for line in texts if (match := _MISSING.match(line))]
    found = parse_file_problems(outcome.stderr)
    if missing:
        return missing_sources([*missing, *(problem.item for problem in found)], snapshot)
    if found or outcome.exit_code == _INCOMPLETE:
        return unreadable_files(found, root, snapshot)
    return None


def explain_restore(outcome: Outcome, location: str) -> DatahallError:
    """Return the error for a restore that failed; names the files when only they are at fault."""
    error = explain(outcome, location)
    found = parse_file_problems(outcome.stderr)
    if type(error) is not BackupError or not found:
        return error
    return IncompleteError(
        "could not restore",
        files=[problem.item for problem in found],
        remedy="Check that the target folder can be written, then restore into a new folder",
    )


def _locked(text: str, _location: str) -> DatahallError:
    holder = _LOCK.search(text)
    time = _LOCK_TIME.search(text)
    return LockedError(
        pid=int(holder.group(1)) if holder else 0,
        host=holder.group(2) if holder else "",
        created=time.group(1) if time else "",
        age_s=_duration_s(time.group(2)) if time else None,
    )


def _duration_s(text: str) -> float | None:
    """Return the seconds of a Go duration such as `-1h2m3.5s`; None when it is not one."""
    parts = _DURATION.findall(text)
    seconds = sum(float(number) * _UNIT_S[unit] for number, unit in parts) if parts else None
    return -seconds if seconds and text.startswith("-") else seconds


def _full(_text: str, location: str) -> DatahallError:
    return DestinationFullError(
        f"no space left on the disk that was written to (repository {location})",
        remedy=FREE_SPACE,
    )


def _wrong_key(_text: str, location: str) -> DatahallError:
    return WrongKeyError(
        f"the key file does not open the repository {location}",
        remedy="Write the repository's key or its recovery key into the key file. If it is the "
        "right key, the repository's folder keys/ is damaged: copy it back from a second copy",
    )


def _no_repository(_text: str, location: str) -> DatahallError:
    return no_repository(location)


def _corrupt(text: str, location: str) -> DatahallError:
    line = next((line for line in text.splitlines() if re.search(_CORRUPT, line)), "")
    return CorruptError(
        f"the repository {location} holds damaged data: {line[:_MAX_LETTERS]}",
        remedy="Choose another disk (setting backup.repository), then make a new backup: "
        "datahall backup run",
    )


def _not_found(text: str, location: str) -> DatahallError:
    match = re.search(r'prefix "?([0-9A-Za-z]+)', text)
    named = match.group(1) if match else ""
    return NotFoundError(
        f"there is no snapshot {named} in the repository {location}",
        remedy="List the snapshots: datahall backup list",
    )


def _append_only(_text: str, location: str) -> DatahallError:
    return AppendOnlyError(
        f"the repository {location} is append-only: nothing can be removed from this machine",
        remedy="Remove snapshots on a machine whose credentials allow it",
    )


def _cancelled(_text: str, _location: str) -> DatahallError:
    return CancelledError("the backup program was interrupted")


_CORRUPT = (
    r"ciphertext verification failed|Pack ID does not match|invalid data returned"
    r"|repository contains errors|LoadIndex returned errors|unexpected pack id"
    r"|Fatal: Unmarshal: |only supported KDF"
    r"|/data/[0-9a-f]{2}/[0-9a-f]{64}: no such file|Unknown blob [0-9a-f]{64}"
    r"|id [0-9a-f]{64} not found in repository"
)
# In this order: a full disk causes further messages, a corrupt repository names its own cause.
_NEVER = -1
_CAUSES = (
    (r"no space left on device|disk quota exceeded", _NEVER, _full),
    (r"already locked", 11, _locked),
    (r"wrong password or no key found|an empty password is not a password", 12, _wrong_key),
    (r"[Ii]s there a repository at", 10, _no_repository),
    (_CORRUPT, _NEVER, _corrupt),
    (r"no matching ID found", _NEVER, _not_found),
    (r"403 Forbidden|Access ?Denied", _NEVER, _append_only),
    (r"signal interrupt received|context canceled", _INTERRUPTED, _cancelled),
)


def _json_file_problem(line: str) -> FileProblem | None:
    found = parse_document(line)
    if found is None or document_kind(found) != "error" or not found.get("item"):
        return None
    return FileProblem(
        item=str(found["item"]),
        during=str(found.get("during", "")),
        text=_reason(found.get("error")),
    )


def _plain_file_problem(line: str) -> FileProblem | None:
    """Return the problem in a line of `restore` before restic 0.16."""
    head = "ignoring error for "
    if not line.startswith(head):
        return None
    item, _, text = line.removeprefix(head).partition(": ")
    return FileProblem(item=item, during="restore", text=text)


def _reason(error: object) -> str:
    """Return the reason: restic 0.14 prints Go's PathError with an errno, later ones a message."""
    if not isinstance(error, dict):
        return str(error or "")
    number = error.get("Err")
    if isinstance(number, int):
        return os.strerror(number).lower()
    return str(error.get("message", ""))


def _line_text(line: str) -> str:
    found = parse_document(line)
    if found is None:
        return line
    if document_kind(found) not in ("error", "exit_error"):
        return ""
    if "message" in found:
        return str(found["message"])
    return f"{found.get('item', '')}: {_reason(found.get('error'))}"
