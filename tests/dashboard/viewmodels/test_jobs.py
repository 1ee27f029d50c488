"""Progress and outcome of jobs."""

from dataclasses import replace

import pytest

from core.jobs.launcher import Job, JobKind, JobState
from core.process.progress import ProgressReport
from dashboard.viewmodels.jobs import (
    heartbeat,
    heartbeat_sentence,
    job_row,
    outcome_rows,
    progress_ratio,
    progress_text,
)


def test_bytes_have_sizes_rate_and_remaining_time() -> None:
    progress = ProgressReport(
        done=6.4e9, total=1e10, unit="bytes", message="checkpoints", rate=2.1e8, eta_s=17
    )
    assert progress_text(progress) == "checkpoints · 6.4 GB of 10.0 GB · 210 MB/s · 17 s left"
    assert progress_ratio(progress) == pytest.approx(0.64)


def test_steps_are_counted() -> None:
    progress = ProgressReport(done=320, total=800, unit="steps", message="training", rate=6.5)
    assert progress_text(progress) == "training · 320 of 800 steps · 6.50 steps/s"


def test_an_unknown_total_gives_no_ratio() -> None:
    assert progress_ratio(ProgressReport(done=5, total=None, unit="files", message="")) is None
    assert progress_ratio(None) is None
    assert progress_text(ProgressReport(done=5, total=None, unit="files", message="")) == "5 files"


def test_a_ratio_is_at_most_one() -> None:
    assert progress_ratio(ProgressReport(done=12, total=10, unit="x", message="")) == 1.0


def test_a_job_without_progress_is_starting(job: Job, now: float) -> None:
    row = job_row(job, None, now)
    assert (row.text, row.ratio) == ("starting", None)
    assert row.can_cancel


@pytest.mark.parametrize(
    ("state", "reason", "text"),
    [
        (JobState.QUEUED, "waiting for Back up demo", "waiting for Back up demo"),
        (JobState.QUEUED, "", "waiting to start"),
        (JobState.STOPPING, "", "finishing the step and writing a checkpoint"),
    ],
)
def test_waiting_and_stopping_jobs_show_what_they_wait_for(
    job: Job, now: float, state: JobState, reason: str, text: str
) -> None:
    assert job_row(replace(job, state=state, reason=reason), None, now).text == text


def test_only_a_stopping_training_job_writes_a_checkpoint(job: Job, now: float) -> None:
    spec = replace(job.spec, kind=JobKind.BACKUP)
    row = job_row(replace(job, spec=spec, state=JobState.STOPPING), None, now)
    assert row.text == "stopping"
    assert not row.can_cancel


def test_only_a_failed_job_shows_its_reason(job: Job, now: float) -> None:
    ended = replace(job, ended_at=now - 10, reason="exit code 0")
    good = job_row(replace(ended, state=JobState.SUCCEEDED), None, now)
    bad = job_row(replace(ended, state=JobState.CRASHED, reason="killed by SIGKILL"), None, now)
    assert good.text == "succeeded 10 s ago after 50 s"
    assert good.ratio == 1.0
    assert bad.text == "crashed 10 s ago after 50 s: killed by SIGKILL"
    assert not bad.can_cancel


def test_a_job_that_never_started_has_no_duration(job: Job, now: float) -> None:
    ended = replace(
        job, state=JobState.FAILED, started_at=None, ended_at=now - 3, reason="backup failed"
    )
    assert job_row(ended, None, now).text == "failed 3 s ago: backup failed"


def test_the_heartbeat_is_oldest_first_and_counts_successes(job: Job, now: float) -> None:
    jobs = [
        job,
        replace(job, id="b", state=JobState.FAILED, ended_at=now - 60),
        replace(job, id="a", state=JobState.SUCCEEDED, ended_at=now - 3600),
    ]
    ticks = heartbeat(jobs, now)
    assert [tick.badge.word for tick in ticks] == ["succeeded", "failed"]
    assert heartbeat_sentence(ticks) == "Last backup jobs: 1 of 2 succeeded"
    assert heartbeat_sentence([]) == "No backup jobs yet"
    assert len(heartbeat(jobs, now, limit=1)) == 1


def test_an_outcome_shows_the_result_or_the_reason(job: Job, now: float) -> None:
    good = replace(job, id="a", state=JobState.SUCCEEDED, ended_at=now - 5)
    bad = replace(job, id="b", state=JobState.FAILED, ended_at=now - 9, reason="exit code 1")
    rows = outcome_rows([good, bad], {"a": "12 of 12 files match"}, now)
    assert [row.sentence for row in rows] == ["12 of 12 files match", "Exit code 1"]
    assert [row.when for row in rows] == ["5 s ago", "9 s ago"]
