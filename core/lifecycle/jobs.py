"""Jobs as actions: cancel one."""

from core.audit import Actor
from core.errors import ConflictError
from core.jobs.launcher import Job
from core.lifecycle.hall import Hall


def cancel_job(hall: Hall, actor: Actor, job_id: str) -> Job:
    """Ask a job to stop; raises NotFoundError, and ConflictError when it is over already."""
    job = hall.launcher.job(job_id)
    if job.state.is_over:
        raise ConflictError(f"{job.spec.title} is {job.state}, there is nothing to cancel")
    return hall.ledger.perform(
        actor, "jobs.cancel", job_id, lambda: hall.launcher.cancel(job_id),
        {"title": job.spec.title},
    )  # fmt: skip
