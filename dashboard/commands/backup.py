"""`datahall backup`: run, list, verify, restore, drill, status."""

from pathlib import Path
from typing import Annotated

import typer

from core.actions import backups
from core.actions.datasets import list_datasets
from core.actions.jobs import job_result
from core.actions.vault import make_recovery_key, recovery_key_stored_at, repository_status
from core.actions.workspace import Workspace
from core.jobs.launcher import Job
from dashboard.commands.console import HomeOption, JsonOption, local_time, print_json, print_table
from dashboard.commands.documents import snapshot_document
from dashboard.commands.progress import follow, require_success
from dashboard.commands.workspace import cli_actor, workspace_of

app = typer.Typer(help="Encrypted snapshots, proven and restorable.", no_args_is_help=True)


@app.command("run")
def run(
    what: Annotated[str, typer.Option(help="all, data, runs or state.")] = "all",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Back up now and wait for it. Example: datahall backup run --what data."""
    with workspace_of(home) as workspace:
        job = backups.request_backup(workspace, cli_actor(), what)
        _finish(workspace, job, as_json=as_json)


@app.command("list")
def list_snapshots(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """List snapshots, newest first. Example: datahall backup list --json."""
    with workspace_of(home) as workspace:
        snapshots = backups.list_snapshots(workspace)
        if as_json:
            print_json([snapshot_document(entry) for entry in snapshots])
            return
        rows = [
            (
                entry.id[:8], local_time(entry.created_at), f"{entry.files:,}",
                f"{entry.bytes / 1e6:,.1f} MB", "verified" if entry.verified_at else "not verified",
                "restored" if entry.restored_at else "", ", ".join(entry.tags),
            )
            for entry in snapshots
        ]  # fmt: skip
        empty = 'no backups yet; "datahall backup run" makes one'
        print_table(("ID", "TIME", "FILES", "SIZE", "PROOF", "DRILL", "TAGS"), rows, empty=empty)


@app.command("verify")
def verify(
    read_data: Annotated[bool, typer.Option("--read-data", help="Read every byte.")] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check the repository. Example: datahall backup verify --read-data."""
    with workspace_of(home) as workspace:
        job = backups.request_verify(workspace, cli_actor(), read_data=read_data)
        _finish(workspace, job, as_json=as_json)


@app.command("restore")
def restore(
    snapshot: Annotated[str, typer.Argument(help="Id, the start of one, or latest.")],
    to: Annotated[Path, typer.Option("--to", help="An empty or new folder.")],
    only: Annotated[str | None, typer.Option(help="Only this path of the snapshot.")] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Restore and compare every byte. Example: datahall backup restore latest --to /tmp/back."""
    with workspace_of(home) as workspace:
        job = backups.request_restore(workspace, cli_actor(), snapshot, to, only)
        _finish(workspace, job, as_json=as_json)


@app.command("drill")
def drill(
    snapshot: Annotated[str, typer.Argument(help="Id or latest.")] = "latest",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Restore to a scratch folder and compare every byte. Example: datahall backup drill."""
    with workspace_of(home) as workspace:
        job = backups.request_drill(workspace, cli_actor(), snapshot)
        _finish(workspace, job, as_json=as_json)


@app.command("status")
def status(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Say where backups go and what is not backed up. Example: datahall backup status."""
    with workspace_of(home) as workspace:
        found = repository_status(workspace)
        document = {
            **{name: getattr(found, name) for name in found.__dataclass_fields__},
            "recovery_key_stored_at": recovery_key_stored_at(workspace),
            "not_backed_up": [
                f"{view.dataset.name}:{view.dataset.digest[:12]}"
                for view in list_datasets(workspace)
                if not view.is_protected
            ],
        }
        if as_json:
            print_json(document)
            return
        for key, value in document.items():
            print(f"{key.replace('_', ' '):18} {value}")


@app.command("recovery-key")
def recovery_key(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Make a second key, shown this once. Example: datahall backup recovery-key."""
    with workspace_of(home) as workspace:
        key = make_recovery_key(workspace, cli_actor())
    if as_json:
        print_json({"recovery_key": key})
    else:
        print(f"Recovery key, shown this once; keep it off this machine:\n\n  {key}\n")


def _finish(workspace: Workspace, job: Job, *, as_json: bool) -> None:
    """Follow a job to its end and say what came of it."""
    ended = require_success(follow(workspace, job.id, quiet=as_json), workspace)
    result = job_result(workspace, ended.id)
    if as_json:
        print_json({"job": ended.id, "state": ended.state.value, **result})
        return
    print(result.get("sentence") or workspace.launcher.log(ended.id, tail=1).strip())
