"""`datahall jobs`: what the queue holds; its log; cancel one."""

from dataclasses import asdict
from typing import Annotated

import typer

from core.actions.jobs import cancel_job
from core.actions.workspace import Workspace
from core.jobs.launcher import Job
from dashboard.commands.console import HomeOption, JsonOption, local_time, print_json, print_table
from dashboard.commands.workspace import cli_actor, workspace_of

JobArgument = Annotated[str, typer.Argument(help="Id of the job.")]

app = typer.Typer(help="Training, backup and other jobs of the queue.", no_args_is_help=True)


@app.command("list")
def list_jobs(
    limit: Annotated[int, typer.Option(help="How many at most.", min=1)] = 50,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """List jobs, newest first. Example: datahall jobs list --json."""
    with workspace_of(home) as workspace:
        jobs = workspace.launcher.jobs(limit=limit)
        if as_json:
            print_json([_document(workspace, job) for job in jobs])
            return
        rows = [
            (job.id, local_time(job.created_at), job.spec.title, job.state, job.reason)
            for job in jobs
        ]
        print_table(("ID", "TIME", "JOB", "STATE", "REASON"), rows, empty="no jobs yet")


@app.command("log")
def log(
    job: JobArgument,
    tail: Annotated[int, typer.Option(help="How many of the last lines.", min=1)] = 200,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print what the job printed. Example: datahall jobs log 3f2a1b0c9d8e."""
    with workspace_of(home) as workspace:
        text = workspace.launcher.log(workspace.launcher.job(job).id, tail=tail)
    if as_json:
        print_json({"id": job, "log": text})
    else:
        print(text.rstrip("\n") or "no log: it printed nothing, or its folder was removed")


@app.command("cancel")
def cancel(job: JobArgument, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Ask a job to stop: SIGTERM, then SIGKILL. Example: datahall jobs cancel 3f2a1b0c9d8e."""
    with workspace_of(home) as workspace:
        cancelled = cancel_job(workspace, cli_actor(), job)
        document = _document(workspace, cancelled)
    if as_json:
        print_json(document)
    else:
        print(f"{cancelled.spec.title}: {cancelled.state}")


def _document(workspace: Workspace, job: Job) -> dict[str, object]:
    """Return a job as a document; `progress` is null once it is over, or while it says none."""
    said = None if job.state.is_over else workspace.launcher.progress(job.id)
    return {
        "id": job.id,
        "kind": job.spec.kind,
        "title": job.spec.title,
        "subject": job.spec.subject,
        "state": job.state,
        "reason": job.reason,
        "created_at": job.created_at,
        "started_at": job.started_at,
        "ended_at": job.ended_at,
        "progress": asdict(said) if said else None,
    }
