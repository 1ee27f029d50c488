"""Jobs as actions: cancel one; and what one left behind."""

from collections.abc import Mapping
from typing import Any

from core.actions.hall import Hall
from core.audit import Actor
from core.errors import ConflictError
from core.files import read_json
from core.jobs.launcher import Job


def cancel_job(hall: Hall, actor: Actor, job_id: str) -> Job:
    """Ask a job to stop; raises NotFoundError, and ConflictError when it is over already."""
    job = hall.launcher.job(job_id)
    if job.state.is_over:
        raise ConflictError(f"{job.spec.title} is {job.state}, there is nothing to cancel")
    return hall.ledger.perform(
        actor, "jobs.cancel", job_id, lambda: hall.launcher.cancel(job_id),
        {"title": job.spec.title},
    )  # fmt: skip


def job_result(hall: Hall, job_id: str) -> Mapping[str, Any]:
    """Return what a job left in `result.json`; empty when it left nothing."""
    try:
        return read_json(hall.paths.job(job_id) / "result.json")
    except (FileNotFoundError, ValueError):
        return {}
