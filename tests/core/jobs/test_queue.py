"""Decisions of the queue."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from core.jobs.devices import Slots, parse_device
from core.jobs.launcher import Job, JobKind, JobSpec, JobState
from core.jobs.queue import decide

SLOTS = Slots(cpu=2, gpus=3)


def make_job(job_id: str, device: str = "cpu", **changes: object) -> Job:
    """Return a queued job."""
    spec_changes = {key: changes.pop(key) for key in ("num_devices", "after") if key in changes}
    spec = JobSpec(
        kind=JobKind.TRAINING,
        title=f"Train {job_id}",
        subject=job_id,
        argv=("true",),
        device=device,
        **spec_changes,  # type: ignore[arg-type]  # one dict of mixed values
    )
    values: dict[str, object] = {"state": JobState.QUEUED, "created_at": 0.0}
    return Job(id=job_id, spec=spec, **(values | changes))  # type: ignore[arg-type]  # as above


@st.composite
def queues(draw: st.DrawFn) -> Sequence[Job]:
    """Return a consistent queue: running jobs hold slots of their own, others wait."""
    free = {"cpu": list(range(SLOTS.cpu)), "cuda": list(range(SLOTS.gpus)), "none": []}
    jobs = []
    for number in range(draw(st.integers(min_value=0, max_value=8))):
        device = draw(st.sampled_from(["none", "cpu", "cuda", "cuda:0", "cuda:2"]))
        count = draw(st.integers(min_value=1, max_value=3)) if device == "cuda" else 1
        job = make_job(f"j{number}", device, num_devices=count)
        wanted = parse_device(job.spec.device, job.spec.num_devices)
        slots = free[wanted.kind]
        chosen = [wanted.index] if wanted.index is not None else slots[: wanted.count]
        fits = wanted.kind == "none" or (
            len(chosen) == wanted.count and all(slot in slots for slot in chosen)
        )
        if fits and draw(st.booleans()):
            free[wanted.kind] = [slot for slot in slots if slot not in chosen]
            assigned = () if wanted.kind == "none" else tuple(chosen)
            state = draw(st.sampled_from([JobState.RUNNING, JobState.STOPPING]))
            job = Job(id=job.id, spec=job.spec, state=state, created_at=0.0, assigned=assigned)
        jobs.append(job)
    return jobs


@given(queues())
def test_no_slot_is_assigned_twice(jobs: Sequence[Job]) -> None:
    specs = {job.id: job.spec for job in jobs}
    held = [
        (parse_device(job.spec.device, job.spec.num_devices).kind, slot)
        for job in jobs
        if job.state is not JobState.QUEUED
        for slot in job.assigned
    ]
    for decision in decide(jobs, {}, SLOTS):
        if decision.state is JobState.RUNNING:
            spec = specs[decision.job_id]
            device = parse_device(spec.device, spec.num_devices)
            held += [(device.kind, slot) for slot in decision.assigned]
            assert len(decision.assigned) == (0 if device.kind == "none" else device.count)
            assert all(0 <= slot < SLOTS.of(device.kind) for slot in decision.assigned)
            assert device.index in (None, *decision.assigned)
    assert len(held) == len(set(held))


@given(queues())
def test_jobs_of_one_kind_of_device_start_in_order(jobs: Sequence[Job]) -> None:
    started = {
        decision.job_id
        for decision in decide(jobs, {}, SLOTS)
        if decision.state is JobState.RUNNING
    }
    for kind in ("cpu", "cuda", "none"):
        line = [
            job.id in started
            for job in jobs
            if job.state is JobState.QUEUED
            and parse_device(job.spec.device, job.spec.num_devices).kind == kind
        ]
        assert line == sorted(line, reverse=True)


@given(queues())
def test_a_second_tick_decides_nothing(jobs: Sequence[Job]) -> None:
    """Otherwise each tick would write to the database."""
    by_id = {job.id: job for job in jobs}
    for decision in decide(jobs, {}, SLOTS):
        old = by_id[decision.job_id]
        by_id[decision.job_id] = Job(
            id=old.id,
            spec=old.spec,
            state=decision.state,
            created_at=0.0,
            reason=decision.reason,
            assigned=decision.assigned,
        )
    assert list(decide(list(by_id.values()), {}, SLOTS)) == []


def test_a_job_waits_for_a_gpu_that_disappeared() -> None:
    """It comes back, for example after an update of the driver."""
    (decision,) = decide([make_job("a", "cuda:2")], {}, Slots(cpu=1, gpus=0))
    assert (decision.state, decision.reason) == (JobState.QUEUED, "waiting for GPU 2")


def test_a_job_whose_predecessor_does_not_exist_fails() -> None:
    (decision,) = decide([make_job("a", after="x")], {}, SLOTS)
    assert decision.state is JobState.FAILED
    assert decision.reason == (
        "job x, which must finish first, does not exist; training was not started"
    )
