"""Jobs as rows: what is being done, how far it is, how it ended."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.jobs.launcher import Job, JobKind, JobState
from core.process.progress import ProgressReport
from dashboard.viewmodels.looks import Look, state_look
from dashboard.viewmodels.units import age, count, counted, duration, rate, size

BYTES = "bytes"
PERCENT = ("%", "percent")


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRow:
    """One job. `ratio` is absent while nobody knows how far it is; `text` says it in words."""

    id: str
    kind: str
    title: str
    look: Look
    ratio: float | None
    text: str
    reason: str
    when: str
    is_over: bool
    can_cancel: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """One past job in a heartbeat bar."""

    state: JobState
    look: Look
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeRow:
    """How one job ended."""

    when: str
    title: str
    look: Look
    sentence: str


def job_row(job: Job, progress: ProgressReport | None, now: float) -> JobRow:
    """Return one job as it stands."""
    is_over = job.state.is_over
    return JobRow(
        id=job.id,
        kind=job.spec.kind.value,
        title=job.spec.title,
        look=state_look(job.state),
        ratio=1.0 if job.state is JobState.SUCCEEDED else progress_ratio(progress),
        text=_outcome(job, now) if is_over else _doing(job, progress),
        reason=job.reason,
        when=age(job.ended_at or job.started_at or job.created_at, now),
        is_over=is_over,
        can_cancel=job.state.can_cancel,
    )


def progress_ratio(progress: ProgressReport | None) -> float | None:
    """Return how much is done, 0 to 1, or None when the total is unknown."""
    if progress is None or not progress.total:
        return None
    return min(max(progress.done / progress.total, 0.0), 1.0)


def progress_text(progress: ProgressReport) -> str:
    """Return progress in words: what, how much of how much, how fast, how long yet."""
    parts = [progress.message] if progress.message else []
    has_amount = progress.total or progress.done
    if has_amount and progress.unit not in PERCENT:  # a percentage stands in the bar already
        parts.append(_amounts(progress))
        if progress.rate:
            is_bytes = progress.unit == BYTES
            parts.append(rate(progress.rate) if is_bytes else f"{progress.rate:,.1f}/s")
    if progress.eta_s is not None:
        parts.append(f"{duration(progress.eta_s)} left")
    return " · ".join(parts)


def outcome_rows(
    jobs: Sequence[Job], results: Mapping[str, str], now: float
) -> Sequence[OutcomeRow]:
    """Return how jobs ended; a result (by job id) is told where there is one, else the reason."""
    return [
        OutcomeRow(
            when=age(job.ended_at or job.created_at, now),
            title=job.spec.title,
            look=state_look(job.state),
            sentence=results.get(job.id) or job.reason,
        )
        for job in jobs
    ]


def result_sentence(result: Mapping[str, Any]) -> str:
    """Say what a job left behind; of a comparison, that every byte matches."""
    files, matched = result.get("files"), result.get("matched")
    if matched is None or files is None:
        return str(result.get("sentence", ""))
    held = f"{counted(int(files), 'file')}, {count(result.get('bytes'))} bytes"
    into = f", in {result['target']}" if "target" in result else ""
    if files == matched and not result.get("unproven"):
        return f"{held}: every byte matches{into}"
    return str(result.get("sentence", f"{count(matched)} of {held} match{into}"))


def heartbeat(jobs: Sequence[Job], now: float, limit: int = 30) -> Sequence[Tick]:
    """Return the last jobs that ended, oldest first: one tick each."""
    over = [job for job in jobs if job.state.is_over][:limit]
    return [
        Tick(
            state=job.state,
            look=state_look(job.state),
            text=f"{job.spec.title}: {job.state}, {age(job.ended_at or job.created_at, now)}",
        )
        for job in reversed(over)
    ]


def heartbeat_sentence(ticks: Sequence[Tick]) -> str:
    """Say what a heartbeat bar shows, for who does not see it."""
    if not ticks:
        return "no backup has ended yet"
    good = sum(tick.state is JobState.SUCCEEDED for tick in ticks)
    return f"{good} of the last {len(ticks)} succeeded"


def spent_s(job: Job) -> float | None:
    """Return the seconds that a finished job ran, or None when it never did."""
    if job.started_at is None or job.ended_at is None:
        return None
    return max(job.ended_at - job.started_at, 0.0)


def _amounts(progress: ProgressReport) -> str:
    """Return how much of how much is done."""
    done = _amount(progress.done, progress.unit)
    total = f" of {_amount(progress.total, progress.unit)}" if progress.total else ""
    return f"{done}{total}" if progress.unit == BYTES else f"{done}{total} {progress.unit}"


def _amount(amount: float | None, unit: str) -> str:
    """Return an amount of a unit."""
    return size(amount) if unit == BYTES else count(amount)


def _doing(job: Job, progress: ProgressReport | None) -> str:
    """Say what a job that is not over does, or waits for."""
    if job.state is JobState.QUEUED:
        return job.reason or "waiting for its turn"
    if job.state is JobState.STOPPING:
        is_training = job.spec.kind is JobKind.TRAINING
        return "finishing its step, then a checkpoint" if is_training else "stopping"
    return "starting" if progress is None else progress_text(progress)


def _outcome(job: Job, now: float) -> str:
    """Say how a job ended, when, and how long it took."""
    spent = spent_s(job)
    took = "" if spent is None else f" after {duration(spent)}"
    told = f": {job.reason}" if job.reason and job.state is not JobState.SUCCEEDED else ""
    return f"{job.state} {age(job.ended_at, now)}{took}{told}"
