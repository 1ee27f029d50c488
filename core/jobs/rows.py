"""Jobs as rows of the database."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import sqlalchemy as sa

from core.jobs.endings import Ending
from core.jobs.launcher import Job, JobKind, JobSpec, JobState
from core.tables import job as table

_IDS_PER_QUERY = 500  # databases limit the number of parameters
ACTIVE = (JobState.QUEUED, JobState.RUNNING, JobState.STOPPING)


def insert_job(connection: sa.Connection, job: Job, log: Path) -> None:
    """Add a queued job."""
    spec = job.spec
    connection.execute(
        sa.insert(table).values(
            id=job.id,
            kind=spec.kind,
            title=spec.title,
            subject=spec.subject,
            argv=list(spec.argv),
            environment=dict(spec.environment),
            log=str(log),
            device=spec.device,
            num_devices=spec.num_devices,
            after=spec.after,
            grace_s=spec.grace_s,
            state=job.state,
            assigned=[],
            created_at=job.created_at,
            reason=job.reason,
            host=job.host,
            home=str(job.home or ""),
            boot_id="",
        )
    )


def update_job(connection: sa.Connection, job_id: str, values: Mapping[str, object]) -> None:
    """Update columns of a job."""
    connection.execute(sa.update(table).where(table.c.id == job_id).values(**values))


def active_jobs(connection: sa.Connection) -> Sequence[Job]:
    """Return the jobs that have not ended, oldest first."""
    query = sa.select(table).where(table.c.state.in_(ACTIVE)).order_by(table.c.sequence)
    return [_to_job(row) for row in connection.execute(query).mappings()]


def jobs_by_id(connection: sa.Connection, ids: Sequence[str]) -> Mapping[str, Job]:
    """Return the jobs with these ids, by id; without those that do not exist."""
    if not ids:
        return {}
    query = sa.select(table).where(table.c.id.in_(ids))
    return {row["id"]: _to_job(row) for row in connection.execute(query).mappings()}


def newest_jobs(
    connection: sa.Connection, *, subject: str | None, kind: JobKind | None, limit: int
) -> Sequence[Job]:
    """Return jobs, newest first."""
    query = sa.select(table).order_by(table.c.sequence.desc()).limit(limit)
    if subject is not None:
        query = query.where(table.c.subject == subject)
    if kind is not None:
        query = query.where(table.c.kind == kind)
    return [_to_job(row) for row in connection.execute(query).mappings()]


def newest_by_subject(connection: sa.Connection, kind: JobKind) -> Sequence[Job]:
    """Return the newest job of a kind for each subject."""
    newest = sa.select(sa.func.max(table.c.sequence)).where(table.c.kind == kind)
    query = sa.select(table).where(table.c.sequence.in_(newest.group_by(table.c.subject)))
    return [_to_job(row) for row in connection.execute(query).mappings()]


def ended_before(connection: sa.Connection, time: float, *, among: Sequence[str]) -> Sequence[str]:
    """Return the ids of those of the jobs that ended before a time."""
    found: list[str] = []
    for first in range(0, len(among), _IDS_PER_QUERY):
        query = sa.select(table.c.id).where(
            table.c.id.in_(among[first : first + _IDS_PER_QUERY]),
            table.c.state.not_in(ACTIVE),
            table.c.ended_at < time,
        )
        found += connection.execute(query).scalars()
    return found


def ending_columns(ending: Ending) -> Mapping[str, object]:
    """Return the columns of a job that ended."""
    return {
        "state": ending.state,
        "reason": ending.reason,
        "ended_at": ending.ended_at,
        "exit_code": ending.exit_code,
        "signal": ending.signal,
    }


def _to_job(row: sa.RowMapping) -> Job:
    """Return the record of a row."""
    return Job(
        id=row["id"],
        spec=JobSpec(
            kind=JobKind(row["kind"]),
            title=row["title"],
            subject=row["subject"],
            argv=tuple(row["argv"]),
            environment=row["environment"],
            log=Path(row["log"]),
            device=row["device"],
            num_devices=row["num_devices"],
            after=row["after"],
            grace_s=row["grace_s"],
        ),
        state=JobState(row["state"]),
        created_at=row["created_at"],
        started_at=row["started_at"],
        ended_at=row["ended_at"],
        assigned=tuple(row["assigned"]),
        exit_code=row["exit_code"],
        signal=row["signal"],
        reason=row["reason"],
        host=row["host"],
        home=Path(row["home"]) if row["home"] else None,
        pid=row["pid"],
    )
