"""`datahall backup`: encrypted snapshots, their verification, and recovery from them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from core.actions import backups
from core.actions.datasets import list_datasets
from core.actions.jobs import job_result
from core.actions.workspace import Workspace
from core.backup.records import (
    RepositoryState,
    RepositoryStatus,
    Scope,
    Snapshot,
    SnapshotState,
    describe_contents,
)
from core.backup.recover import recover_database
from core.clock import SystemClock
from core.jobs.launcher import Job
from core.process.progress import Progress
from dashboard.commands.console import (
    HomeOption,
    JsonOption,
    local_time,
    messages,
    print_error,
    print_json,
    print_table,
    with_home,
)
from dashboard.commands.documents import snapshot_document
from dashboard.commands.progress import follow, require_success
from dashboard.commands.workspace import cli_actor, read_settings, workspace_of
from dashboard.viewmodels.formatting import format_age, format_bytes, pluralize

app = typer.Typer(
    help="Encrypted snapshots of the home folder: make, verify, restore.", no_args_is_help=True
)

_STATE_TEXTS = {
    RepositoryState.READY: "ready",
    RepositoryState.NEW: "no repository yet: the first backup creates it",
    RepositoryState.MISSING: "missing",
    RepositoryState.UNAVAILABLE: "restic is not installed",
    RepositoryState.FAILED: "not working",
}
SnapshotArgument = Annotated[
    str, typer.Argument(help="Snapshot id, the first letters of one, or latest.")
]


@app.command("run")
def run(
    what: Annotated[
        Scope,
        typer.Option(
            help="all; data: datasets; runs: runs, models and the database; state: databases."
        ),
    ] = Scope.ALL,
    new_repository: Annotated[
        bool,
        typer.Option(
            "--new-repository",
            help="Create a new, empty repository where the previous one is lost.",
        ),
    ] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Back up now and compare the snapshot with the files. Example: datahall backup run."""
    with workspace_of(home) as workspace:
        job = backups.request_backup(workspace, cli_actor(), what, new_repository=new_repository)
        _finish(workspace, job, as_json=as_json)


@app.command("list")
def list_snapshots(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """List the snapshots, newest first. Example: datahall backup list."""
    with workspace_of(home) as workspace:
        problem = backups.listing_problem(workspace)
        snapshots = backups.list_snapshots(workspace)
        now = workspace.clock.now()
    if problem is not None and not snapshots:
        raise problem
    if as_json:
        print_json([snapshot_document(entry) for entry in snapshots])
        return
    print_table(
        ("ID", "TIME", "AGE", "CONTENTS", "FILES", "SIZE", "STATE", "RESTORE DRILL"),
        [_row(entry, now) for entry in snapshots],
        empty=with_home("no backups yet; make one with: datahall backup run", home),
    )
    if problem is not None:
        print_error(problem, as_json=False, home=home)


@app.command("verify")
def verify(
    read_data: Annotated[
        bool, typer.Option("--read-data", help="Also read every stored byte (slower).")
    ] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check the repository and every snapshot. Example: datahall backup verify --read-data."""
    with workspace_of(home) as workspace:
        job = backups.request_verify(workspace, cli_actor(), read_data=read_data)
        _finish(workspace, job, as_json=as_json)


@app.command("restore")
def restore(
    snapshot: SnapshotArgument,
    to: Annotated[Path, typer.Option("--to", help="A new or empty folder outside the home.")],
    only: Annotated[
        str | None, typer.Option(help="Only this file or folder, such as datasets/demo.")
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Restore and compare every byte. Example: datahall backup restore latest --to /tmp/back."""
    with workspace_of(home) as workspace:
        job = backups.request_restore(workspace, cli_actor(), snapshot, to, only)
        _finish(workspace, job, as_json=as_json)


@app.command("drill")
def drill(
    snapshot: SnapshotArgument = "latest",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Test that a snapshot can be restored. Example: datahall backup drill.

    Restores to a scratch folder, compares every byte with the manifest, and removes the folder.
    """
    with workspace_of(home) as workspace:
        job = backups.request_drill(workspace, cli_actor(), snapshot)
        _finish(workspace, job, as_json=as_json)


@app.command("status")
def status(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Show where backups go and what is not protected. Example: datahall backup status."""
    with workspace_of(home) as workspace:
        found = backups.repository_status(workspace)
        stored_at = backups.recovery_key_stored_at(workspace)
        unprotected = [
            f"{view.dataset.name}:{view.dataset.digest[:12]}"
            for view in list_datasets(workspace)
            if not view.is_protected
        ]
        now = workspace.clock.now()
    if as_json:
        print_json(_status_document(found, stored_at, unprotected))
        return
    for label, value in _status_lines(found, stored_at, unprotected, now):
        print(f"{label:20} {with_home(value, home)}")


@app.command("forget")
def forget(
    snapshots: Annotated[list[str], typer.Argument(help="Snapshot ids.")],
    yes: Annotated[bool, typer.Option("--yes", help="Remove without confirmation.")] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Delete snapshots, or the records of missing ones.

    Example: datahall backup forget 5d190e1e
    """
    with workspace_of(home) as workspace:
        chosen = [workspace.vault.find(name, or_missing=True) for name in snapshots]
        if not yes and any(entry.is_present for entry in chosen):
            typer.confirm(f"Remove {pluralize(len(chosen), 'snapshot')} permanently?", abort=True)
        removed = backups.forget_snapshots(workspace, cli_actor(), [item.id for item in chosen])
    if as_json:
        print_json({"removed": list(removed)})
    else:
        print(f"Removed: {', '.join(entry[:8] for entry in removed)}")


@app.command("unlock")
def unlock(
    force: Annotated[
        bool,
        typer.Option(
            "--force",
            help="Remove every lock. Only if the process that holds it no longer runs.",
        ),
    ] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Remove stale locks of the repository.

    A lock is stale when it is older than 30 minutes or its process, on this host, has ended.
    Example: datahall backup unlock
    """
    with workspace_of(home) as workspace:
        removed = backups.unlock_repository(workspace, cli_actor(), force=force)
    if as_json:
        print_json(
            {
                "removed": [
                    {"host": item.host, "pid": item.pid, "time": item.created_at}
                    for item in removed
                ]
            }
        )
    elif not removed:
        print("The repository is not locked")
    for lock in () if as_json else removed:
        print(
            f"Removed the lock of process {lock.pid} on host {lock.host} "
            f"of {local_time(lock.created_at)}"
        )


@app.command("recover")
def recover(
    force: Annotated[
        bool, typer.Option("--force", help="Replace the database although it is intact.")
    ] = False,
    empty: Annotated[
        bool,
        typer.Option("--empty", help="Start with an empty database: no snapshot has a copy."),
    ] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Recover a damaged database from the newest snapshot.

    The newest snapshot with an intact copy is used; the damaged file is kept beside it as
    datahall.db.damaged-TIME. Stop "datahall up" first.
    Example: datahall backup recover
    """
    found = recover_database(
        read_settings(home),
        cli_actor(),
        SystemClock(),
        Progress(log=_print_stage),
        force=force,
        empty=empty,
    )
    if as_json:
        print_json(
            {
                "snapshot": found.snapshot.id if found.snapshot else None,
                "time": found.snapshot.created_at if found.snapshot else None,
                "kept": str(found.kept) if found.kept else None,
            }
        )
        return
    if found.snapshot:
        print(
            f"Recovered datahall.db as it was at {local_time(found.snapshot.created_at)} "
            f"(snapshot {found.snapshot.id[:8]})"
        )
    else:
        print("datahall.db is empty now")
    if found.kept:
        print(f"The damaged file was kept: {found.kept}")
    if found.snapshot:
        print("Changes made after that time are lost. Check the backups: datahall backup verify")


@app.command("recovery-key")
def recovery_key(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Make a second key, shown only this once. Example: datahall backup recovery-key."""
    with workspace_of(home) as workspace:
        key = backups.create_recovery_key(workspace, cli_actor())
    if as_json:
        print_json({"recovery_key": key})
    else:
        print(f"Recovery key, shown only this once. Keep it off this machine:\n\n  {key}\n")


def _finish(workspace: Workspace, job: Job, *, as_json: bool) -> None:
    """Follow a job to its end and print its result."""
    ended = require_success(follow(workspace, job.id, quiet=as_json), workspace)
    result = job_result(workspace, ended.id)
    if as_json:
        print_json({"job": ended.id, "state": ended.state.value, **result})
        return
    print(result.get("sentence") or workspace.launcher.log(ended.id, tail=1).strip())


def _row(snapshot: Snapshot, now: float) -> Sequence[str]:
    return (
        snapshot.id[:8],
        local_time(snapshot.created_at),
        format_age(snapshot.created_at, now),
        describe_contents(snapshot.paths, snapshot.tags),
        f"{snapshot.files:,}",
        format_bytes(snapshot.bytes),
        "missing from the repository"
        if snapshot.state is SnapshotState.MISSING
        else snapshot.state.value,
        format_age(snapshot.restored_at, now) if snapshot.restored_at else "never",
    )


def _status_document(
    found: RepositoryStatus, stored_at: float | None, unprotected: Sequence[str]
) -> dict[str, Any]:
    """Return the status as JSON."""
    document = {name: getattr(found, name) for name in found.__dataclass_fields__}
    return {
        **document,
        "is_initialised": found.state is RepositoryState.READY,
        "recovery_key_stored_at": stored_at,
        "not_backed_up": list(unprotected),
    }


def _status_lines(
    found: RepositoryStatus, stored_at: float | None, unprotected: Sequence[str], now: float
) -> Sequence[tuple[str, str]]:
    """Return the status as (label, value) rows for the terminal."""

    def when(seconds: float | None) -> str:
        return "never" if seconds is None else f"{local_time(seconds)} ({format_age(seconds, now)})"

    lines = [
        ("Repository", found.repository),
        ("State", _STATE_TEXTS[found.state]),
        ("Encrypted by", f"{found.program} {found.version}".strip()),
        ("Snapshots", f"{found.snapshots:,}"),
        ("Last good backup", when(found.last_success_at)),
        ("Last restore drill", when(found.last_drill_at)),
        ("Recovery key", _recovery_key_text(found, stored_at, now)),
        ("Not protected", ", ".join(unprotected) or "nothing: every dataset is in a snapshot"),
    ]
    if found.free_bytes is not None:
        lines.insert(3, ("Free disk space", format_bytes(found.free_bytes)))
    if found.missing:
        ids = ", ".join(entry[:8] for entry in found.missing)
        lines.append(("Missing snapshots", f"{ids}; check with: datahall backup verify"))
    if found.problem:
        lines += [("Problem", found.problem), ("What to do", found.remedy)]
    return lines


def _recovery_key_text(found: RepositoryStatus, stored_at: float | None, now: float) -> str:
    if stored_at is not None:
        return f"stored elsewhere (confirmed {format_age(stored_at, now)})"
    if found.has_recovery_key is False:
        return "none; make one with: datahall backup recovery-key"
    return "not confirmed to be stored outside this machine"


def _print_stage(text: str) -> None:
    """Print the current stage on standard error."""
    messages.print(text, markup=False)
