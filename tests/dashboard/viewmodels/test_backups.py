"""Snapshots are told by what they hold, and a repository by whether it can be trusted."""

from dataclasses import replace
from datetime import UTC

from core.backup.engine import RepositoryStatus, Snapshot
from dashboard.viewmodels.backups import (
    repository_facts,
    repository_look,
    repository_trouble,
    snapshot_rows,
    what_words,
)

SNAPSHOT = Snapshot(
    id="5a" * 32, created_at=96_400.0, repository="/home/r", paths=("datasets/demo/ddd",),
    tags=("datahall", "dataset:ddd"), files=12, bytes=1_240_000, added_bytes=3000,
)  # fmt: skip
STATUS = RepositoryStatus(
    repository="/home/r", program="restic", version="0.14.0", is_initialised=True, snapshots=1,
    last_success_at=96_400.0, detail={"free_bytes": "12000000000"},
)  # fmt: skip


BROKEN = replace(
    STATUS, detail={"unavailable": "restic is not here", "remedy": "apt-get install restic"}
)


def test_trouble_names_cause_and_remedy() -> None:
    """And is empty while backups work."""
    assert repository_trouble(BROKEN) == "restic is not here. apt-get install restic"
    assert repository_trouble(STATUS) == ""


def test_a_snapshot_in_a_row(now: float) -> None:
    """Time, what, size, files, verified, restored."""
    (row,) = snapshot_rows([SNAPSHOT], now, UTC)
    assert (row.short, row.age, row.what) == ("5a5a5a5a", "1 h ago", "demo ddd")
    assert (row.size, row.added, row.files) == ("1.2 MB", "3.0 kB", "12")
    assert row.verified.word == "not verified"
    assert row.restored == "never"
    assert row.label == "1970-01-02 02:46:40 · demo ddd · 12 files · 1.2 MB"


def test_a_verified_and_drilled_snapshot(now: float) -> None:
    """The drill's age is shown."""
    good = replace(SNAPSHOT, verified_at=96_500.0, restored_at=now - 60)
    (row,) = snapshot_rows([good], now, UTC)
    assert row.verified.word == "verified"
    assert row.restored == "1 min ago"


def test_the_badge_tells_the_worst(now: float) -> None:
    """No restic, no backup, overdue, unverified, good."""
    good = replace(SNAPSHOT, verified_at=1.0)
    assert repository_look(BROKEN, [good], now).word == "Backups do not work"
    assert repository_look(STATUS, [], now).word == "No backup yet"
    assert repository_look(STATUS, [SNAPSHOT], now).word == "Not verified yet"
    assert repository_look(STATUS, [good], now).word == "Backed up and verified"
    assert repository_look(STATUS, [good], now + 8 * 86_400).word == "Last backup 8 d ago"


def test_facts_say_where_backups_go(now: float) -> None:
    """And what is not known is `never`, not 1970."""
    facts = {it.name: it.value for it in repository_facts(STATUS, [SNAPSHOT], now, UTC)}
    assert facts["Last success"].startswith("1 h ago")
    assert facts["Last restore drill"] == "never"
    assert facts["Encrypted by"] == "restic 0.14.0"
    assert facts["Space left there"] == "12.0 GB"
    fresh = replace(STATUS, last_success_at=None)
    told = {it.name: it.value for it in repository_facts(fresh, [], now, UTC)}
    assert told["Last success"] == "never"


def test_what_a_snapshot_holds_is_told_in_words() -> None:
    """The scope, the dataset with the start of its digest, or folder names."""
    assert what_words(("datasets", "runs"), ("datahall", "what:all")) == "Everything"
    assert what_words((), ("what:new-scope",)) == "new-scope"
    folder = f"/home/datasets/demo/{'d' * 64}"
    assert what_words((folder, "/home/staging"), ("datahall",)) == "demo dddddddd"
    assert what_words(("datasets",), ("datahall",)) == "datasets"
    assert what_words(("runs/r1",), ("datahall",)) == "r1"


def test_many_and_long_names_are_cut() -> None:
    """A row stays a row."""
    assert what_words(tuple(f"x/{name}" for name in "abcde"), ()) == "a, b, c and 2 more"
    assert what_words(("x/" + "f" * 64,), ()) == "f" * 28 + "…"
