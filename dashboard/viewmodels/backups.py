"""Snapshots as rows, and the state of the backup repository."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo

from core.backup.records import (
    RepositoryStatus,
    Scope,
    Snapshot,
    SnapshotState,
    describe_contents,
)
from dashboard.viewmodels.elements import Badge, LabelledValue, Severity, severity_badge
from dashboard.viewmodels.formatting import (
    DAY_S,
    capitalize_first,
    format_age,
    format_bytes,
    format_count,
    format_time,
    format_time_and_age,
    pluralize,
    short_id,
)

OVERDUE_S = 7 * DAY_S
SCOPES: Mapping[Scope, str] = {scope: scope.label for scope in Scope}
_BADGES = {
    SnapshotState.VERIFIED: Badge(word="verified", icon=":material/verified:", color="green"),
    SnapshotState.UNVERIFIED: severity_badge(Severity.WARNING, "not verified"),
    SnapshotState.MISSING: severity_badge(Severity.CRITICAL, "missing"),
}
_VERIFIED = Badge(word="Newest backup verified", icon=":material/verified_user:", color="green")


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
    """Describe the cause of failing backups and the remedy; empty while backups work."""
    problem = capitalize_first(status.problem)
    return f"{problem}. Fix: {status.remedy}" if problem and status.remedy else problem


def repository_badge(status: RepositoryStatus, snapshots: Sequence[Snapshot], now: float) -> Badge:
    """Return the state of the backups of this home folder."""
    missing = f"{pluralize(len(status.missing), 'snapshot')} missing" if status.missing else ""
    if critical := "Backups fail" if repository_problem(status) else missing:
        return severity_badge(Severity.CRITICAL, critical)
    newest = max((entry.created_at for entry in snapshots), default=None)
    if newest is None:
        return severity_badge(Severity.WARNING, "No backup yet")
    if now - newest > OVERDUE_S:
        return severity_badge(Severity.WARNING, f"Last backup {format_age(newest, now)}")
    if max(snapshots, key=lambda snapshot: snapshot.created_at).state is not SnapshotState.VERIFIED:
        return severity_badge(Severity.INFO, "Newest backup not verified")
    return _VERIFIED


def repository_details(
    status: RepositoryStatus, now: float, zone: tzinfo
) -> Sequence[LabelledValue]:
    """Return last backup, location, free space and missing snapshots of the repository."""
    missing = ", ".join(short_id(entry) for entry in status.missing)
    values = {
        "Last verified backup": _last_backup(status, now, zone),
        "Last restore drill": format_time_and_age(status.last_drill_at, now, zone),
        "Snapshots": format_count(status.snapshots),
        "Missing snapshots": missing and f'{missing}; to check, run "datahall backup verify"',
        "Repository": status.repository,
        "Program": f"{status.program} {status.version}".strip(),
        "Free space": format_bytes(status.free_bytes) if status.free_bytes else "",
    }
    return [LabelledValue(label=label, value=value) for label, value in values.items() if value]


def _last_backup(status: RepositoryStatus, now: float, zone: tzinfo) -> str:
    """Return the time of the last verified backup that is still in the repository."""
    if status.last_success_at is None and status.missing:
        return "none in the repository: its snapshots are missing"
    return format_time_and_age(status.last_success_at, now, zone)


def _row(snapshot: Snapshot, now: float, zone: tzinfo) -> SnapshotRow:
    """Return one snapshot."""
    content = describe_contents(snapshot.paths, snapshot.tags)
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
        verified=_BADGES[snapshot.state],
        restored=format_age(snapshot.restored_at, now),
        label=f"{created} · {content} · {pluralize(snapshot.files, 'file')} · {size}",
    )
