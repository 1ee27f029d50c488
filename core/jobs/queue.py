"""Whose turn it is: pure decisions over jobs, shared by every launcher.

First come, first served within a kind of device: a job that asks for much is never starved by
small ones behind it. A job that waits for another is not yet in that line.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from core.jobs.devices import Device, Slots, choose, parse_device
from core.jobs.launcher import Job, JobState


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What becomes of a queued job: running on `assigned`, failed, or still queued and why."""

    job_id: str
    state: JobState
    reason: str
    assigned: tuple[int, ...] = ()


def decide(jobs: Sequence[Job], others: Mapping[str, Job], slots: Slots) -> Sequence[Verdict]:
    """Return what changes for the queued ones of `jobs`, which come oldest first.

    `jobs` are all that are not over. `others` holds, by id, jobs that queued ones wait for and that
    are over; one that is in neither does not exist.
    """
    known = {**others, **{job.id: job for job in jobs}}
    free = {kind: _free(kind, jobs, slots) for kind in ("cpu", "cuda")}
    blocked: set[str] = set()
    verdicts = []
    for job in jobs:
        if job.state is not JobState.QUEUED:
            continue
        verdict = _gate(job, known) or _turn(job, free, blocked)
        if verdict.state is not job.state or verdict.reason != job.reason:
            verdicts.append(verdict)
            known[job.id] = replace(job, state=verdict.state, reason=verdict.reason)
    return verdicts


def _gate(job: Job, known: Mapping[str, Job]) -> Verdict | None:
    """Return the verdict on a job that has to wait for another or never starts; None if it may."""
    if job.spec.after is None:
        return None
    first = known.get(job.spec.after)
    if first is None:
        reason = f"the job {job.spec.after} that has to come first is gone"
    elif first.state is JobState.SUCCEEDED:
        return None
    elif not first.state.is_over:
        reason = f"waits for: {first.spec.title}"
        return Verdict(job_id=job.id, state=JobState.QUEUED, reason=reason)
    else:
        reason = f"{first.spec.kind} {first.state}: {first.reason}"
    return Verdict(
        job_id=job.id, state=JobState.FAILED, reason=f"{reason}; {job.spec.kind} was not started"
    )


def _turn(job: Job, free: dict[str, list[int]], blocked: set[str]) -> Verdict:
    """Return the verdict on a job that stands in line; takes its slots from `free`."""
    device = parse_device(job.spec.device, job.spec.num_devices)
    if device.kind == "none":
        return Verdict(job_id=job.id, state=JobState.RUNNING, reason="")
    if device.kind in blocked:
        reason = "waits for its turn behind an earlier job"
        return Verdict(job_id=job.id, state=JobState.QUEUED, reason=reason)
    chosen = choose(device, free[device.kind])
    if chosen is None:
        blocked.add(device.kind)
        reason = _lack(device, len(free[device.kind]))
        return Verdict(job_id=job.id, state=JobState.QUEUED, reason=reason)
    free[device.kind] = [slot for slot in free[device.kind] if slot not in chosen]
    return Verdict(job_id=job.id, state=JobState.RUNNING, reason="", assigned=chosen)


def _free(kind: str, jobs: Sequence[Job], slots: Slots) -> list[int]:
    """Return the slots of a kind that no job holds."""
    used = {
        slot
        for job in jobs
        if job.state is not JobState.QUEUED
        and parse_device(job.spec.device, job.spec.num_devices).kind == kind
        for slot in job.assigned
    }
    return [slot for slot in range(slots.of(kind)) if slot not in used]


def _lack(device: Device, num_free: int) -> str:
    """Say what a job waits for."""
    if device.kind == "cpu":
        return "waits for a free CPU slot"
    if device.index is not None:
        return f"waits for GPU {device.index}"
    if device.count == 1:
        return "waits for a free GPU"
    return f"waits for {device.count} free GPUs ({num_free} free now)"
