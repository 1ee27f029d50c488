"""What restic prints, as records. Versions 0.14 to 0.19 differ; what is unreadable is skipped."""

import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.backup.engine import BackupProgress

Document = Mapping[str, Any]
# What `check` prints beside the problems it found: its steps, and advice.
_NO_PROBLEM = re.compile(
    r"^(using temporary cache|unable to create temporary|create exclusive lock|load indexes"
    r"|check all packs|check snapshots|read all data|\[[\d:]+\]|no errors were found"
    r"|The repository (contains damaged|index is damaged)|restic repair|Damaged pack files)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """One file that could not be read or written, and why (empty where restic does not say)."""

    item: str
    during: str
    text: str


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


def document(line: str) -> Document | None:
    """Return the JSON object in a line; None for a blank, cut or plain line."""
    if not line.lstrip().startswith("{"):
        return None
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def kind(found: Document) -> str:
    """Return what a document is: `status`, `summary`, `error`, `exit_error`, `snapshot`, `node`."""
    return str(found.get("message_type") or found.get("struct_type") or "")


def backup_progress(found: Document) -> BackupProgress:
    """Return the progress in a `status` document of `backup`; zeros are left out by restic."""
    left = found.get("seconds_remaining")
    return BackupProgress(
        bytes_done=int(found.get("bytes_done", 0)),
        bytes_total=int(found.get("total_bytes", 0)),
        files_done=int(found.get("files_done", 0)),
        files_total=int(found.get("total_files", 0)),
        seconds_left=float(left) if left else None,
    )


def restore_progress(found: Document) -> BackupProgress:
    """Return the progress in a `status` document of `restore` (restic 0.16 and later)."""
    return BackupProgress(
        bytes_done=int(found.get("bytes_restored", 0)),
        bytes_total=int(found.get("total_bytes", 0)),
        files_done=int(found.get("files_restored", 0)),
        files_total=int(found.get("total_files", 0)),
    )


def troubles(lines: Sequence[str]) -> tuple[Trouble, ...]:
    """Return the files that restic complained of, in JSON or in words, each once."""
    found: dict[str, Trouble] = {}
    for line in lines:
        trouble = _json_trouble(line) or _plain_trouble(line)
        if trouble is not None:
            found.setdefault(trouble.item, trouble)
    return tuple(found.values())


def texts(lines: Sequence[str]) -> tuple[str, ...]:
    """Return the words of each line, whether it came plain or as JSON; blank ones left out."""
    words = (_text(line) for line in lines)
    return tuple(part for text in words for part in text.strip().splitlines() if part.strip())


def problems(lines: Sequence[str]) -> tuple[str, ...]:
    """Return what `check` complained of, in either language, without its steps and its advice."""
    return tuple(dict.fromkeys(text for text in texts(lines) if not _NO_PROBLEM.match(text)))


def stored_snapshot(found: Document) -> StoredSnapshot:
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


def added_bytes(summary: Document) -> int:
    """Return what a backup added to the repository; before restic 0.16 without compression."""
    return int(summary.get("data_added_packed", summary.get("data_added", 0)))


def _json_trouble(line: str) -> Trouble | None:
    """Return the trouble that a JSON line tells of."""
    found = document(line)
    if found is None or kind(found) != "error" or not found.get("item"):
        return None
    return Trouble(
        item=str(found["item"]),
        during=str(found.get("during", "")),
        text=_reason(found.get("error")),
    )


def _plain_trouble(line: str) -> Trouble | None:
    """Return the trouble in a line of restic's `restore` before 0.16."""
    head = "ignoring error for "
    if not line.startswith(head):
        return None
    item, _, text = line.removeprefix(head).partition(": ")
    return Trouble(item=item, during="restore", text=text)


def _reason(error: object) -> str:
    """Return why: 0.14 gives Go's PathError with an errno, later versions a message."""
    if not isinstance(error, dict):
        return str(error or "")
    number = error.get("Err")
    if isinstance(number, int):
        return os.strerror(number).lower()
    return str(error.get("message", ""))


def _text(line: str) -> str:
    """Return the words of one line."""
    found = document(line)
    if found is None:
        return line
    if kind(found) not in ("error", "exit_error"):
        return ""
    if "message" in found:
        return str(found["message"])
    return f"{found.get('item', '')}: {_reason(found.get('error'))}"
