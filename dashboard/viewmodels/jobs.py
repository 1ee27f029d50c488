"""Jobs as rows: progress of active ones, outcome of ended ones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.jobs.launcher import Job, JobKind, JobState
from core.process.progress import ProgressReport
from dashboard.viewmodels.elements import JOB_STATE_BADGES, Badge
from dashboard.viewmodels.formatting import (
    capitalize_first,
    format_age,
    format_bytes,
    format_count,
    format_duration,
    format_number,
    format_rate,
)

_BYTES = "bytes"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRow:
    """One job; `ratio` is None while its total amount of work is unknown."""

    id: str
    title: str
    badge: Badge
    ratio: float | None
    text: str
    can_cancel: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HeartbeatTick:
    """One ended job in a heartbeat bar."""

    state: JobState
    badge: Badge
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeRow:
    """The outcome of one job."""

    when: str
    title: str
    badge: Badge
    sentence: str


def job_row(job: Job, progress: ProgressReport | None, now: float) -> JobRow:
    """Return one job as a row."""
    return JobRow(
        id=job.id,
        title=job.spec.title,
        badge=JOB_STATE_BADGES[job.state],
        ratio=1.0 if job.state is JobState.SUCCEEDED else progress_ratio(progress),
        text=_outcome(job, now) if job.state.is_over else _activity(job, progress),
        can_cancel=job.state.can_cancel,
    )


def progress_ratio(progress: ProgressReport | None) -> float | None:
    """Return the share that is done, 0 to 1, or None when the total is unknown."""
    if progress is None or not progress.total:
        return None
    return min(max(progress.done / progress.total, 0.0), 1.0)


def progress_text(progress: ProgressReport) -> str:
    """Describe progress: activity, amount done, rate, remaining time."""
    parts = [progress.message] if progress.message else []
    if progress.total or progress.done:
        parts.append(_amounts(progress))
        if progress.rate:
            is_bytes = progress.unit == _BYTES
            parts.append(format_rate(progress.rate) if is_bytes else _count_rate(progress))
    if progress.eta_s is not None:
        parts.append(f"{format_duration(progress.eta_s)} left")
    return " · ".join(parts)


def outcome_rows(
    jobs: Sequence[Job], results: Mapping[str, str], now: float
) -> Sequence[OutcomeRow]:
    """Return the outcome of jobs: the result (by job id) if there is one, else the reason."""
    return [
        OutcomeRow(
            when=format_age(job.ended_at or job.created_at, now),
            title=job.spec.title,
            badge=JOB_STATE_BADGES[job.state],
            sentence=capitalize_first(results.get(job.id) or job.reason),
        )
        for job in jobs
    ]


def heartbeat(jobs: Sequence[Job], now: float, limit: int = 30) -> Sequence[HeartbeatTick]:
    """Return the last `limit` ended jobs, oldest first; `jobs` are newest first."""
    ended = [job for job in jobs if job.state.is_over][:limit]
    return [
        HeartbeatTick(
            state=job.state,
            badge=JOB_STATE_BADGES[job.state],
            text=f"{job.spec.title}: {JOB_STATE_BADGES[job.state].word}, "
            f"{format_age(job.ended_at or job.created_at, now)}",
        )
        for job in reversed(ended)
    ]


def heartbeat_sentence(ticks: Sequence[HeartbeatTick]) -> str:
    """Return the text alternative of a heartbeat bar."""
    if not ticks:
        return "No backup jobs yet"
    succeeded = sum(tick.state is JobState.SUCCEEDED for tick in ticks)
    return f"Last backup jobs: {succeeded} of {len(ticks)} succeeded"


def job_duration_s(job: Job) -> float | None:
    """Return the duration of an ended job; None when it never started or still runs."""
    if job.started_at is None or job.ended_at is None:
        return None
    return max(job.ended_at - job.started_at, 0.0)


def _amounts(progress: ProgressReport) -> str:
    """Return the amount done, of the total where it is known."""
    done = _amount(progress.done, progress.unit)
    total = f" of {_amount(progress.total, progress.unit)}" if progress.total else ""
    return f"{done}{total}" if progress.unit == _BYTES else f"{done}{total} {progress.unit}"


def _count_rate(progress: ProgressReport) -> str:
    """Return the rate of something that is counted, such as `113 sentences/s`."""
    return f"{format_number(progress.rate)} {progress.unit}/s"


def _amount(amount: float | None, unit: str) -> str:
    """Format an amount of a unit."""
    return format_bytes(amount) if unit == _BYTES else format_count(amount)


def _activity(job: Job, progress: ProgressReport | None) -> str:
    """Describe the activity of an active job, or the reason why it waits."""
    if job.state is JobState.QUEUED:
        return job.reason or "waiting to start"
    if job.state is JobState.STOPPING:
        is_training = job.spec.kind is JobKind.TRAINING
        return "finishing the step and writing a checkpoint" if is_training else "stopping"
    return "starting" if progress is None else progress_text(progress)


def _outcome(job: Job, now: float) -> str:
    """Describe outcome, time and duration of an ended job."""
    spent = job_duration_s(job)
    took = "" if spent is None else f" after {format_duration(spent)}"
    reason = f": {job.reason}" if job.reason and job.state is not JobState.SUCCEEDED else ""
    return f"{JOB_STATE_BADGES[job.state].word} {format_age(job.ended_at, now)}{took}{reason}"
