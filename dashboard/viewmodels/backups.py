"""Snapshots as rows, and the state of the backup repository."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import PurePath

from core.backup.engine import RepositoryStatus, Snapshot
from dashboard.viewmodels.elements import Badge, LabelledValue, Severity, severity_badge
from dashboard.viewmodels.formatting import (
    DAY_S,
    format_age,
    format_bytes,
    format_count,
    format_time,
    format_time_and_age,
    pluralize,
    short_id,
)

OVERDUE_S = 7 * DAY_S
SCOPES: Mapping[str, str] = {
    "all": "Everything",
    "data": "Datasets",
    "runs": "Runs and checkpoints",
    "state": "Databases",
}
_VERIFIED = Badge(word="verified", icon=":material/verified:", color="green")
_UNVERIFIED = severity_badge(Severity.WARNING, "not verified")
_BACKED_UP = Badge(word="Backed up and verified", icon=":material/verified_user:", color="green")

_SCOPE_TAG = "what:"
_DATASETS = "datasets"
_STAGING = "staging"  # holds the manifest of the snapshot itself
_DIGEST_CHARACTERS = 8
_MAX_NAME_CHARACTERS = 28
_MAX_NAMES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotRow:
    """One snapshot."""

    id: str
    short_id: str
    created: str
    age: str
    content: str
    size: str
    added: str
    files: str
    verified: Badge
    restored: str
    label: str


def snapshot_rows(snapshots: Sequence[Snapshot], now: float, zone: tzinfo) -> Sequence[SnapshotRow]:
    """Return every snapshot, newest first."""
    return [_row(snapshot, now, zone) for snapshot in snapshots]


def repository_problem(status: RepositoryStatus) -> str:
    """Describe why backups fail and what to do; empty while they work."""
    problem = status.detail.get("unavailable") or status.detail.get("error") or ""
    remedy = status.detail.get("remedy", "")
    return f"{problem}. Fix: {remedy}" if problem and remedy else problem


def repository_badge(status: RepositoryStatus, snapshots: Sequence[Snapshot], now: float) -> Badge:
    """Return the state of the backups of this home folder."""
    if repository_problem(status):
        return severity_badge(Severity.CRITICAL, "Backups fail")
    newest = max((entry.created_at for entry in snapshots), default=None)
    if newest is None:
        return severity_badge(Severity.WARNING, "No backup yet")
    if now - newest > OVERDUE_S:
        return severity_badge(Severity.WARNING, f"Last backup {format_age(newest, now)}")
    if not any(entry.verified_at for entry in snapshots):
        return severity_badge(Severity.INFO, "Not verified yet")
    return _BACKED_UP


def repository_details(
    status: RepositoryStatus, snapshots: Sequence[Snapshot], now: float, zone: tzinfo
) -> Sequence[LabelledValue]:
    """Return last backup, location and free space of the repository."""
    newest = max((entry.created_at for entry in snapshots), default=None)
    tested = max((entry.restored_at for entry in snapshots if entry.restored_at), default=None)
    free = status.detail.get("free_bytes")
    values = {
        "Last backup": format_time_and_age(newest or status.last_success_at, now, zone),
        "Snapshots": format_count(len(snapshots)),
        "Last test restore": format_time_and_age(tested, now, zone),
        "Repository": status.repository,
        "Program": f"{status.program} {status.version}".strip(),
        **({"Free space": format_bytes(float(free))} if free else {}),
    }
    return [LabelledValue(label=label, value=value) for label, value in values.items()]


def snapshot_content(paths: Sequence[str], tags: Sequence[str]) -> str:
    """Return the scope of a backup in words, or the names of the folders in the snapshot."""
    scope = next((tag.removeprefix(_SCOPE_TAG) for tag in tags if tag.startswith(_SCOPE_TAG)), "")
    if scope:
        return SCOPES.get(scope, scope)
    kept = [PurePath(path).parts for path in paths if PurePath(path).name != _STAGING]
    names = [_dataset_name(parts) or parts[-1] for parts in kept if parts]
    shown = [
        name if len(name) <= _MAX_NAME_CHARACTERS else f"{name[:_MAX_NAME_CHARACTERS]}…"
        for name in names[:_MAX_NAMES]
    ]
    rest = len(names) - len(shown)
    return ", ".join(shown) + (f" and {rest} more" if rest > 0 else "")


def _dataset_name(parts: Sequence[str]) -> str:
    """Return name and version of a dataset's folder; empty for another folder."""
    if _DATASETS not in parts:
        return ""
    name, *version = parts[parts.index(_DATASETS) + 1 :][:2] or [""]
    return " ".join([name, *(digest[:_DIGEST_CHARACTERS] for digest in version)])


def _row(snapshot: Snapshot, now: float, zone: tzinfo) -> SnapshotRow:
    """Return one snapshot."""
    content = snapshot_content(snapshot.paths, snapshot.tags)
    created, size = format_time(snapshot.created_at, zone), format_bytes(snapshot.bytes)
    return SnapshotRow(
        id=snapshot.id,
        short_id=short_id(snapshot.id),
        created=created,
        age=format_age(snapshot.created_at, now),
        content=content,
        size=size,
        added=format_bytes(snapshot.added_bytes),
        files=format_count(snapshot.files),
        verified=_VERIFIED if snapshot.verified_at else _UNVERIFIED,
        restored=format_age(snapshot.restored_at, now),
        label=f"{created} · {content} · {pluralize(snapshot.files, 'file')} · {size}",
    )
