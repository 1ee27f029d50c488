"""Snapshots as rows, and the state of the repository."""

from dataclasses import replace
from datetime import UTC

from core.backup.records import RepositoryState, RepositoryStatus, Snapshot
from dashboard.viewmodels.backups import (
    repository_badge,
    repository_details,
    repository_problem,
    snapshot_rows,
)
from dashboard.viewmodels.elements import SEVERITY_BADGES, Severity

SNAPSHOT = Snapshot(
    id="5a" * 32, created_at=96_400.0, repository="/home/r", paths=("datasets/demo/ddd",),
    tags=("datahall", "dataset:ddd"), files=12, bytes=1_240_000, added_bytes=3000,
)  # fmt: skip
STATUS = RepositoryStatus(
    repository="/home/r", state=RepositoryState.READY, version="0.14.0", snapshots=1,
    last_success_at=96_400.0, free_bytes=12_000_000_000,
)  # fmt: skip
BROKEN = replace(
    STATUS, state=RepositoryState.UNAVAILABLE, problem="no restic", remedy="Install it",
)  # fmt: skip


def test_a_repository_problem_names_cause_and_fix() -> None:
    assert repository_problem(BROKEN) == "No restic. Fix: Install it"
    assert repository_problem(STATUS) == ""


def test_a_snapshot_in_a_row(now: float) -> None:
    (row,) = snapshot_rows([SNAPSHOT], now, UTC)
    assert (row.short_id, row.age, row.content) == ("5a5a5a5a", "1 h ago", "demo ddd")
    assert (row.size, row.added, row.files) == ("1.2 MB", "3.0 kB", "12")
    assert row.verified.word == "not verified"
    assert row.restored == "never"
    assert row.label == "1970-01-02 02:46:40 · demo ddd · 12 files · 1.2 MB"


def test_a_verified_and_drilled_snapshot(now: float) -> None:
    good = replace(SNAPSHOT, verified_at=96_500.0, restored_at=now - 60)
    (row,) = snapshot_rows([good], now, UTC)
    assert row.verified.word == "verified"
    assert row.restored == "1 min ago"


def test_the_badge_shows_the_most_urgent_state(now: float) -> None:
    good = replace(SNAPSHOT, verified_at=1.0)
    assert repository_badge(BROKEN, [good], now).word == "Backups fail"
    lost = replace(STATUS, missing=("5a" * 32,))
    assert repository_badge(lost, [good], now).word == "1 snapshot missing"
    assert repository_badge(STATUS, [], now).word == "No backup yet"
    assert repository_badge(STATUS, [SNAPSHOT], now).word == "Newest backup not verified"
    assert repository_badge(STATUS, [good], now).word == "Newest backup verified"
    assert repository_badge(STATUS, [good], now + 8 * 86_400).word == "Last backup 8 d ago"


def test_missing_snapshots_are_critical_and_named(now: float) -> None:
    status = replace(STATUS, missing=("5a" * 32,))
    badge = repository_badge(status, [SNAPSHOT], now)
    assert (badge.word, badge.color) == (
        "1 snapshot missing", SEVERITY_BADGES[Severity.CRITICAL].color,
    )  # fmt: skip
    details = {item.label: item.value for item in repository_details(status, now, UTC)}
    assert details["Missing snapshots"].startswith("5a5a5a5a; ")


def test_details_show_the_last_backup_and_leave_out_what_is_unknown(now: float) -> None:
    details = {item.label: item.value for item in repository_details(STATUS, now, UTC)}
    assert details == {
        "Last verified backup": "1970-01-02 02:46:40 (1 h ago)",
        "Last restore drill": "never",
        "Snapshots": "1",
        "Repository": "/home/r",
        "Program": "restic 0.14.0",
        "Free space": "12.0 GB",
    }
    new = replace(STATUS, last_success_at=None, free_bytes=None)
    unknown = {item.label: item.value for item in repository_details(new, now, UTC)}
    assert unknown["Last verified backup"] == "never"
    assert "Free space" not in unknown
