"""`datahall jobs`: list the queue, show one job and its log, cancel a job."""

from dataclasses import asdict
from typing import Annotated

import typer

from core.actions.jobs import cancel_job
from core.actions.workspace import Workspace
from core.jobs.launcher import Job, JobState
from dashboard.commands.console import (
    HomeOption,
    JsonOption,
    local_time,
    print_fields,
    print_json,
    print_table,
)
from dashboard.commands.workspace import cli_actor, workspace_of
from dashboard.viewmodels.jobs import progress_text

JobArgument = Annotated[str, typer.Argument(help="Id of the job.")]

app = typer.Typer(help="The queue: training, backup and other jobs.", no_args_is_help=True)


@app.command("list")
def list_jobs(
    limit: Annotated[int, typer.Option(help="Largest number of jobs.", min=1)] = 50,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """List jobs, newest first.

    Example: datahall jobs list --limit 10
    """
    with workspace_of(home) as workspace:
        jobs = workspace.launcher.jobs(limit=limit)
        if as_json:
            print_json([_document(workspace, job) for job in jobs])
            return
    rows = [
        (job.id, local_time(job.created_at), job.spec.title, job.state, _reason(job))
        for job in jobs
    ]
    print_table(("ID", "TIME", "JOB", "STATE", "REASON"), rows, empty="There are no jobs.")


@app.command("show")
def show(job: JobArgument, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Show one job: its state, times and progress.

    Example: datahall jobs show 3f2a1b0c9d8e
    """
    with workspace_of(home) as workspace:
        found = workspace.launcher.job(job)
        if as_json:
            print_json(_document(workspace, found))
            return
        report = None if found.state.is_over else workspace.launcher.progress(found.id)
    print_fields(
        {
            "id": found.id,
            "job": found.spec.title,
            "state": found.state,
            "reason": _reason(found),
            "progress": progress_text(report) if report else None,
            "queued": local_time(found.created_at),
            "started": local_time(found.started_at) if found.started_at else None,
            "ended": local_time(found.ended_at) if found.ended_at else None,
            "device": found.spec.device,
            "process id": found.pid,
        }
    )


@app.command("log")
def log(
    job: JobArgument,
    tail: Annotated[int, typer.Option(help="Number of lines from the end.", min=1)] = 200,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print the log of a job.

    Example: datahall jobs log 3f2a1b0c9d8e
    """
    with workspace_of(home) as workspace:
        text = workspace.launcher.log(workspace.launcher.job(job).id, tail=tail)
    if as_json:
        print_json({"id": job, "log": text})
    else:
        print(text.rstrip("\n") or "The log is empty, or it was removed with the job's folder.")


@app.command("cancel")
def cancel(job: JobArgument, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Request that a job stops.

    It is killed when it still runs after its grace period.

    Example: datahall jobs cancel 3f2a1b0c9d8e
    """
    with workspace_of(home) as workspace:
        cancelled = cancel_job(workspace, cli_actor(), job)
        document = _document(workspace, cancelled)
    if as_json:
        print_json(document)
    else:
        print(f"{cancelled.spec.title}: {cancelled.state}")


def _reason(job: Job) -> str:
    """Return why a job waits or ended; empty after success, which needs no reason."""
    return "" if job.state is JobState.SUCCEEDED else job.reason


def _document(workspace: Workspace, job: Job) -> dict[str, object]:
    """Return a job as a JSON document; `progress` is null without a report and after the end."""
    report = None if job.state.is_over else workspace.launcher.progress(job.id)
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
        "progress": asdict(report) if report else None,
    }
