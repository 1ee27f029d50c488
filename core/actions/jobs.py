"""Actions on jobs: cancel one, read the result of one."""

from collections.abc import Mapping
from typing import Any

from core.actions.workspace import Workspace
from core.audit import Actor
from core.errors import ConflictError
from core.jobs.launcher import Job
from core.process.job import read_result


def cancel_job(workspace: Workspace, actor: Actor, job_id: str) -> Job:
    """Request that a job stops; raises NotFoundError, and ConflictError when it is over."""
    job = workspace.launcher.job(job_id)
    if job.state.is_over:
        raise ConflictError(f"the job {job.spec.title!r} has already ended ({job.state})")
    return workspace.ledger.perform(
        actor, "jobs.cancel", job_id, lambda: workspace.launcher.cancel(job_id),
        {"title": job.spec.title},
    )  # fmt: skip


def job_result(workspace: Workspace, job_id: str) -> Mapping[str, Any]:
    """Return the result that a job wrote; empty when it wrote none."""
    return read_result(workspace.paths.job(job_id))
