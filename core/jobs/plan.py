"""What one look at all jobs changes: pure, so that looking without need writes nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from core.jobs.devices import Slots
from core.jobs.launcher import Job
from core.jobs.queue import Verdict, decide
from core.jobs.sightings import Sighting, settle


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Everything that is known at one moment.

    `jobs` are those not over, oldest first; `others` those that queued ones wait for; `sightings`
    are of the running and stopping ones.
    """

    jobs: Sequence[Job]
    others: Mapping[str, Job]
    sightings: Mapping[str, Sighting]
    boot_id: str
    now: float


@dataclass(frozen=True, slots=True)
class Plan:
    """Columns to change by job, and verdicts on queued jobs."""

    changes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    verdicts: Sequence[Verdict] = ()

    @property
    def is_empty(self) -> bool:
        """Whether everything is as the rows say."""
        return not self.changes and not self.verdicts


def make_plan(look: Look, slots: Slots) -> Plan:
    """Settle what became of running jobs, then give the slots that are free to queued ones."""
    changes: dict[str, Mapping[str, Any]] = {}
    jobs = []
    for job in look.jobs:
        values: Mapping[str, Any] = {}
        if job.id in look.sightings:
            values = settle(job, look.sightings[job.id], look.boot_id, look.now)
        if values:
            changes[job.id] = values
        jobs.append(_with(job, values))
    ended = {job.id: job for job in jobs if job.state.is_over}
    waiting = [job for job in jobs if not job.state.is_over]
    return Plan(changes, decide(waiting, {**look.others, **ended}, slots))


def _with(job: Job, values: Mapping[str, Any]) -> Job:
    """Return the job with what its changes mean for others."""
    return replace(
        job,
        state=values.get("state", job.state),
        reason=values.get("reason", job.reason),
        assigned=tuple(values.get("assigned", job.assigned)),
    )
