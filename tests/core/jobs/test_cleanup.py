"""Removal of the folders of old jobs."""

import pytest

from core.audit import Ledger
from core.database import Database
from core.jobs.__main__ import FolderCleanup
from core.jobs.launcher import JobState
from core.jobs.rows import update_job
from core.paths import StatePaths
from tests.clock import FixedClock
from tests.core.jobs.conftest import JobTester

DAY_S = 86_400.0


def cleanup_of(tester: JobTester, clock: FixedClock, keep_days: float = 90) -> FolderCleanup:
    """Return the cleanup of the tester's folders."""
    database = tester.launcher.database
    return FolderCleanup(
        database=database, ledger=Ledger(database, clock, tester.paths),
        paths=tester.paths, clock=clock,
        keep_days=keep_days,
    )  # fmt: skip


def ended(tester: JobTester, at: float) -> str:
    """Return a job that ended at a time."""
    job = tester.end(tester.submit("echo done"))
    with tester.launcher.database.write() as connection:
        update_job(connection, job.id, {"ended_at": at})
    return job.id


def test_folders_of_old_jobs_are_removed_and_their_rows_kept(
    tester: JobTester, clock: FixedClock
) -> None:
    old, young = ended(tester, clock.now() - 91 * DAY_S), ended(tester, clock.now() - 89 * DAY_S)
    working = tester.submit_ready("echo ready; exec sleep 600")
    stranger = tester.paths.jobs / "notes"
    stranger.mkdir()

    assert cleanup_of(tester, clock).remove_old_folders() == 1

    assert not tester.paths.job(old).exists()
    assert all(path.exists() for path in (*map(tester.paths.job, (young, working.id)), stranger))
    job = tester.launcher.job(old)
    assert (job.state, job.reason, tester.launcher.log(old)) == (
        JobState.SUCCEEDED, tester.launcher.job(young).reason, "",
    )  # fmt: skip
    tester.launcher.cancel(working.id)


def test_old_folders_are_removed_once_a_day(tester: JobTester, clock: FixedClock) -> None:
    tidy = cleanup_of(tester, clock)
    assert tidy.remove_old_folders() == 0
    ended(tester, clock.now() - 91 * DAY_S)
    clock.advance(DAY_S - 1)
    assert tidy.remove_old_folders() == 0
    clock.advance(1)
    assert tidy.remove_old_folders() == 1


def test_a_home_without_jobs_needs_no_cleanup(
    paths: StatePaths, database: Database, clock: FixedClock
) -> None:
    ledger = Ledger(database, clock, paths)
    tidy = FolderCleanup(database=database, ledger=ledger, paths=paths, clock=clock, keep_days=1)
    assert tidy.remove_old_folders() == 0
    assert ledger.entries() == []


def test_a_folder_that_cannot_be_removed_does_not_keep_the_others(
    tester: JobTester, clock: FixedClock
) -> None:
    ids = sorted(ended(tester, clock.now() - 91 * DAY_S) for _ in range(3))
    stuck = tester.paths.job(ids[0])
    stuck.rename(tester.paths.home / "elsewhere")
    stuck.symlink_to(tester.paths.home / "elsewhere")
    with pytest.raises(OSError, match="symbolic link"):
        cleanup_of(tester, clock).remove_old_folders()
    assert [tester.paths.job(job_id).exists() for job_id in ids] == [True, False, False]
    outcomes = [
        entry.outcome for entry in Ledger(tester.launcher.database, clock, tester.paths).entries()
    ]
    assert sorted(outcomes) == ["allowed", "failed"]
