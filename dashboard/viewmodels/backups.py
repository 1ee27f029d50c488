"""Snapshots as rows, and whether the repository can be trusted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import PurePath

from core.backup.engine import RepositoryStatus, Snapshot
from dashboard.viewmodels.looks import BAD, OFF, OK, WARN, Look
from dashboard.viewmodels.rows import Fact
from dashboard.viewmodels.units import DAY_S, age, count, counted, moment, short, size

OVERDUE_S = 7 * DAY_S

SCOPES: Sequence[tuple[str, str]] = (
    ("all", "Everything"),
    ("data", "Datasets"),
    ("runs", "Runs and checkpoints"),
    ("state", "Databases"),
)

_VERIFIED = Look(word="verified", icon=":material/verified:", colour=OK)
_UNVERIFIED = Look(word="not verified", icon=":material/help:", colour=WARN)
_RESTORED = Look(word="restored and equal", icon=":material/published_with_changes:", colour=OK)


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotRow:
    """One snapshot."""

    id: str
    short: str
    when: str
    age: str
    what: str
    size: str
    added: str
    files: str
    verified: Look
    restored: str
    label: str


def snapshot_rows(snapshots: Sequence[Snapshot], now: float, zone: tzinfo) -> Sequence[SnapshotRow]:
    """Return every snapshot, newest first."""
    return [_row(snapshot, now, zone) for snapshot in snapshots]


def repository_trouble(status: RepositoryStatus) -> str:
    """Say why backups do not work and what to do; empty while they do."""
    problem = status.detail.get("unavailable") or status.detail.get("error") or ""
    remedy = status.detail.get("remedy", "")
    return f"{problem}. {remedy}" if problem and remedy else problem


def repository_look(status: RepositoryStatus, snapshots: Sequence[Snapshot], now: float) -> Look:
    """Return how well this home folder is backed up, in one badge."""
    if repository_trouble(status):
        return Look(word="Backups do not work", icon=":material/gpp_bad:", colour=BAD)
    newest = max((entry.created_at for entry in snapshots), default=None)
    if newest is None:
        return Look(word="No backup yet", icon=":material/gpp_maybe:", colour=WARN)
    if now - newest > OVERDUE_S:
        return Look(word=f"Last backup {age(newest, now)}", icon=":material/history:", colour=WARN)
    if not any(entry.verified_at for entry in snapshots):
        return Look(word="Not verified yet", icon=":material/help:", colour=OFF)
    return Look(word="Backed up and verified", icon=":material/verified_user:", colour=OK)


def repository_facts(
    status: RepositoryStatus, snapshots: Sequence[Snapshot], now: float, zone: tzinfo
) -> Sequence[Fact]:
    """Return where backups go and how they fare."""
    newest = max((entry.created_at for entry in snapshots), default=None)
    last = newest or status.last_success_at
    drilled = max((entry.restored_at or 0.0 for entry in snapshots), default=0.0)
    free = status.detail.get("free_bytes")
    facts = {
        "Last success": f"{age(last, now)} ({moment(last, zone)})" if last else "never",
        "Snapshots": count(len(snapshots)),
        "Last restore drill": age(drilled, now) if drilled else "never",
        "Repository": status.repository,
        "Encrypted by": f"{status.program} {status.version}".strip(),
        **({"Space left there": size(float(free))} if free else {}),
    }
    return [Fact(name=name, value=value) for name, value in facts.items()]


def what_words(paths: Sequence[str], tags: Sequence[str]) -> str:
    """Say what a snapshot holds: the scope that was asked for, or the names of its folders."""
    asked = next((tag.removeprefix(_SCOPE_TAG) for tag in tags if tag.startswith(_SCOPE_TAG)), "")
    if asked:
        return dict(SCOPES).get(asked, asked)
    kept = [PurePath(path).parts for path in paths if PurePath(path).name != _STAGING]
    names = [_dataset_words(parts) or parts[-1] for parts in kept if parts]
    shown = [name if len(name) <= _LONGEST else f"{name[:_LONGEST]}…" for name in names[:_MOST]]
    rest = len(names) - len(shown)
    return ", ".join(shown) + (f" and {rest} more" if rest > 0 else "")


def _dataset_words(parts: Sequence[str]) -> str:
    """Return name and version of a dataset's folder; empty for another folder."""
    if _DATASETS not in parts:
        return ""
    name, *version = parts[parts.index(_DATASETS) + 1 :][:2] or [""]
    return " ".join([name, *(digest[:_DIGITS] for digest in version)])


_SCOPE_TAG = "what:"
_DATASETS = "datasets"
_STAGING = "staging"  # the manifest of the snapshot itself
_DIGITS = 8
_LONGEST = 28
_MOST = 3


def _row(snapshot: Snapshot, now: float, zone: tzinfo) -> SnapshotRow:
    """Return one snapshot."""
    what = what_words(snapshot.paths, snapshot.tags)
    when = moment(snapshot.created_at, zone)
    return SnapshotRow(
        id=snapshot.id,
        short=short(snapshot.id),
        when=when,
        age=age(snapshot.created_at, now),
        what=what,
        size=size(snapshot.bytes),
        added=size(snapshot.added_bytes),
        files=count(snapshot.files),
        verified=_VERIFIED if snapshot.verified_at else _UNVERIFIED,
        restored=age(snapshot.restored_at, now),
        label=f"{when} · {what} · {counted(snapshot.files, 'file')} · {size(snapshot.bytes)}",
    )
