"""Jobs as actions: cancel one; and what one left behind."""

from collections.abc import Mapping
from typing import Any

from core.actions.workspace import Workspace
from core.audit import Actor
from core.errors import ConflictError
from core.files import read_json
from core.jobs.launcher import Job


def cancel_job(workspace: Workspace, actor: Actor, job_id: str) -> Job:
    """Ask a job to stop; raises NotFoundError, and ConflictError when it is over already."""
    job = workspace.launcher.job(job_id)
    if job.state.is_over:
        raise ConflictError(f"{job.spec.title} is {job.state}, there is nothing to cancel")
    return workspace.ledger.perform(
        actor, "jobs.cancel", job_id, lambda: workspace.launcher.cancel(job_id),
        {"title": job.spec.title},
    )  # fmt: skip


def job_result(workspace: Workspace, job_id: str) -> Mapping[str, Any]:
    """Return what a job left in `result.json`; empty when it left nothing."""
    try:
        return read_json(workspace.paths.job(job_id) / "result.json")
    except (FileNotFoundError, ValueError):
        return {}
