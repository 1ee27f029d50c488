"""The queue: decides from what was observed which jobs ended and which may start.

Pure functions, shared by all launchers. Jobs of one kind of device start in the order in which they
were queued, so that small jobs never starve one that needs several GPUs. A job that waits for
another job does not hold up those behind it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from core.jobs.devices import Device, Slots, choose_slots, parse_device
from core.jobs.endings import cancelled_ending, crashed_ending
from core.jobs.folder import JobProcesses
from core.jobs.launcher import Job, JobState
from core.jobs.observation import Observation
from core.jobs.rows import ending_columns

_ORPHANED = "its supervising process was killed; the job is being stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueState:
    """The observed state of the queue at one moment.

    Attributes:
        jobs: the jobs that have not ended, oldest first.
        others: the jobs that queued ones wait for, by id.
        observations: of the running and stopping jobs, by id.
        boot_id: id of the current boot of this machine.
        now: wall time.
    """

    jobs: Sequence[Job]
    others: Mapping[str, Job]
    observations: Mapping[str, Observation]
    boot_id: str
    now: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A decision on a queued job: start it on `assigned`, fail it, or let it wait (`reason`)."""

    job_id: str
    state: JobState
    reason: str
    assigned: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """The changes of a tick: columns of jobs by id, and decisions on queued jobs."""

    changes: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    decisions: Sequence[Decision] = ()

    @property
    def is_empty(self) -> bool:
        """Whether the rows are up to date."""
        return not self.changes and not self.decisions


def make_plan(queue: QueueState, slots: Slots) -> Plan:
    """Reconcile the running jobs, then give the free slots to queued ones."""
    changes: dict[str, Mapping[str, object]] = {}
    jobs = []
    for job in queue.jobs:
        columns: Mapping[str, object] = {}
        if job.id in queue.observations:
            columns = reconcile(job, queue.observations[job.id], queue.boot_id, queue.now)
        if columns:
            changes[job.id] = columns
        jobs.append(with_columns(job, columns))
    ended = {job.id: job for job in jobs if job.state.is_over}
    active = [job for job in jobs if not job.state.is_over]
    return Plan(changes, decide(active, {**queue.others, **ended}, slots))


def reconcile(job: Job, observed: Observation, boot_id: str, now: float) -> Mapping[str, object]:
    """Return the columns of a running or stopping job that are not up to date."""
    processes = observed.processes
    if observed.ending is not None:
        return {**_process_columns(processes), **ending_columns(observed.ending)}
    if observed.orphans:
        is_new = job.state is JobState.RUNNING
        return {"state": JobState.STOPPING, "reason": _ORPHANED} if is_new else {}
    if processes is None:
        return {} if observed.is_locked else _never_ran(job, observed, now)
    if observed.is_locked:
        return _process_columns(processes) if job.pid is None else {}
    reason = (
        "its supervising process was killed, so how the job ended is unknown"
        if processes.boot_id == boot_id
        else "the machine was restarted while the job ran"
    )
    return ending_columns(crashed_ending(reason, now))


def with_columns(job: Job, columns: Mapping[str, Any]) -> Job:
    """Return the job with changed columns."""
    known = {name: value for name, value in columns.items() if name in Job.__dataclass_fields__}
    if "assigned" in known:
        known["assigned"] = tuple(known["assigned"])
    return replace(job, **known)


def decide(jobs: Sequence[Job], others: Mapping[str, Job], slots: Slots) -> Sequence[Decision]:
    """Return the decisions on queued jobs that differ from their rows.

    `jobs` are all jobs that have not ended, oldest first; `others`, by id, ended jobs that queued
    ones wait for. A job in neither does not exist.
    """
    known = {**others, **{job.id: job for job in jobs}}
    free = {kind: _free_slots(kind, jobs, slots) for kind in ("cpu", "cuda")}
    blocked: set[str] = set()
    decisions = []
    for job in jobs:
        if job.state is not JobState.QUEUED:
            continue
        decision = _check_predecessor(job, known) or _check_slots(job, free, blocked)
        if decision.state is not job.state or decision.reason != job.reason:
            decisions.append(decision)
            known[job.id] = replace(job, state=decision.state, reason=decision.reason)
    return decisions


def _check_predecessor(job: Job, known: Mapping[str, Job]) -> Decision | None:
    """Return the decision on a job that waits for another job; None if it can start."""
    if job.spec.after is None:
        return None
    first = known.get(job.spec.after)
    if first is None:
        reason = f"job {job.spec.after}, which must finish first, does not exist"
    elif first.state is JobState.SUCCEEDED:
        return None
    elif not first.state.is_over:
        reason = f"waiting for: {first.spec.title}"
        return Decision(job_id=job.id, state=JobState.QUEUED, reason=reason)
    else:
        reason = f"{first.spec.kind} {first.state}: {first.reason}"
    return Decision(
        job_id=job.id, state=JobState.FAILED, reason=f"{reason}; {job.spec.kind} was not started"
    )


def _check_slots(job: Job, free: dict[str, list[int]], blocked: set[str]) -> Decision:
    """Return the decision on a job that needs slots; takes them from `free`."""
    device = parse_device(job.spec.device, job.spec.num_devices)
    if device.kind == "none":
        return Decision(job_id=job.id, state=JobState.RUNNING, reason="")
    if device.kind in blocked:
        reason = "waiting for an earlier job"
        return Decision(job_id=job.id, state=JobState.QUEUED, reason=reason)
    chosen = choose_slots(device, free[device.kind])
    if chosen is None:
        blocked.add(device.kind)
        reason = _waits_for(device, len(free[device.kind]))
        return Decision(job_id=job.id, state=JobState.QUEUED, reason=reason)
    free[device.kind] = [slot for slot in free[device.kind] if slot not in chosen]
    return Decision(job_id=job.id, state=JobState.RUNNING, reason="", assigned=chosen)


def _free_slots(kind: str, jobs: Sequence[Job], slots: Slots) -> list[int]:
    """Return the slots of a kind that no job occupies."""
    used = {
        slot
        for job in jobs
        if job.state is not JobState.QUEUED
        and parse_device(job.spec.device, job.spec.num_devices).kind == kind
        for slot in job.assigned
    }
    return [slot for slot in range(slots.of(kind)) if slot not in used]


def _waits_for(device: Device, num_free: int) -> str:
    """Return which slots a job waits for."""
    if device.kind == "cpu":
        return "waiting for a free CPU slot"
    if device.index is not None:
        return f"waiting for GPU {device.index}"
    if device.count == 1:
        return "waiting for a free GPU"
    return f"waiting for {device.count} free GPUs ({num_free} free now)"


def _process_columns(processes: JobProcesses | None) -> Mapping[str, object]:
    """Return the columns that identify the job's process, once it is known."""
    if processes is None or processes.job is None:
        return {}
    return {"pid": processes.job.pid, "create_time": processes.job.create_time}


def _never_ran(job: Job, observed: Observation, now: float) -> Mapping[str, object]:
    """Return the columns of a job whose lock is free and which left no record of a process."""
    if observed.is_missing:  # it may have run, so it is not started again
        return ending_columns(crashed_ending("the folder of the job was removed", now))
    if job.state is JobState.STOPPING:
        return ending_columns(cancelled_ending(now))
    # The launcher was killed before it had started anything: back into the queue.
    return {"state": JobState.QUEUED, "started_at": None, "assigned": [], "boot_id": ""}
