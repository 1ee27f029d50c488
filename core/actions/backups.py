"""Backup, verify, restore and drill as actions: each one is a job."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from core.actions.workspace import Workspace
from core.audit import Actor
from core.backup.engine import Snapshot
from core.backup.names import require_empty
from core.command import module_argv
from core.data.records import Dataset
from core.errors import InputError
from core.jobs.launcher import Job, JobKind, JobSpec

SCOPES = ("all", "data", "runs", "state")


def request_backup(workspace: Workspace, actor: Actor, what: str) -> Job:
    """Queue a backup of everything, the datasets, the runs or the databases."""
    if what not in SCOPES:
        raise InputError(f"unknown scope {what!r}", remedy="Use one of " + ", ".join(SCOPES))
    spec = _spec(workspace, JobKind.BACKUP, f"Back up {what}", what, "run", "--what", what)
    return _queue(workspace, actor, "run", what, lambda: spec)


def protect_dataset(workspace: Workspace, actor: Actor, dataset: Dataset) -> Job:
    """Queue a backup of one dataset version; return the queued or running one if there is one."""
    active = active_backup(workspace, dataset)
    if active is not None:
        return active
    spec = backup_spec(workspace, dataset)
    return _queue(workspace, actor, "run", spec.subject, lambda: spec)


def request_verify(workspace: Workspace, actor: Actor, *, read_data: bool) -> Job:
    """Queue a check of the repository; with `read_data` of every stored byte."""
    flags = ("--read-data",) if read_data else ()
    spec = _spec(workspace, JobKind.VERIFY, "Verify backups", "repository", "verify", *flags)
    return _queue(workspace, actor, "verify", "repository", lambda: spec)


def request_drill(workspace: Workspace, actor: Actor, snapshot: str = "latest") -> Job:
    """Queue a restore to a scratch folder that compares every byte."""

    def plan() -> JobSpec:
        chosen = workspace.vault.find(snapshot)
        title = f"Restore drill of {chosen.id[:8]}"
        return _spec(workspace, JobKind.VERIFY, title, chosen.id, "drill", chosen.id)

    return _queue(workspace, actor, "drill", snapshot, plan)


def request_restore(
    workspace: Workspace, actor: Actor, snapshot: str, target: Path, only: str | None = None
) -> Job:
    """Queue a restore into an empty or new folder; every byte is compared afterwards."""
    folder = _outside(workspace.paths.home, target)
    require_empty(folder)

    def plan() -> JobSpec:
        chosen = workspace.vault.find(snapshot)
        title = f"Restore {chosen.id[:8]} to {folder}"
        part = (f"--only={only}",) if only else ()
        return _spec(
            workspace,
            JobKind.RESTORE,
            title,
            chosen.id,
            "restore",
            chosen.id,
            f"--to={folder}",
            *part,
        )

    return _queue(workspace, actor, "restore", snapshot, plan, {"to": str(folder), "only": only})


def list_snapshots(workspace: Workspace) -> Sequence[Snapshot]:
    """Return the snapshots that Datahall recorded, newest first."""
    return workspace.vault.snapshots()


def active_backup(workspace: Workspace, dataset: Dataset, *, reconcile: bool = True) -> Job | None:
    """Return the queued or running backup of a dataset version, or None; see `Launcher.jobs`."""
    jobs = workspace.launcher.jobs(
        subject=dataset_subject(dataset), kind=JobKind.BACKUP, limit=1, reconcile=reconcile
    )
    return next((job for job in jobs if not job.state.is_over), None)


def backup_spec(workspace: Workspace, dataset: Dataset) -> JobSpec:
    """Return the specification of a backup of one dataset version."""
    version = f"--dataset={dataset.name}/{dataset.digest}"
    title = f"Back up dataset {dataset.name}"
    return _spec(workspace, JobKind.BACKUP, title, dataset_subject(dataset), "run", version)


def dataset_subject(dataset: Dataset) -> str:
    """Return the subject of jobs on a dataset version."""
    return f"dataset:{dataset.digest}"


def _outside(home: Path, target: Path) -> Path:
    """Return the folder that is meant; raises InputError when it lies in the home folder."""
    try:
        folder = target.expanduser().absolute()
        is_inside = folder.resolve().is_relative_to(home.resolve())
    except (OSError, RuntimeError, ValueError) as error:  # a loop of links, an unknown ~user, NUL
        raise InputError(f"{str(target)!r} names no folder: {error}".rstrip(".")) from error
    if is_inside:
        raise InputError(
            f"{folder} lies inside the home folder", remedy="Restore beside it, then compare"
        )
    return folder


def _spec(
    workspace: Workspace, kind: JobKind, title: str, subject: str, *arguments: str
) -> JobSpec:
    """Return what is asked of a backup job; values that are typed stand in one word with `=`."""
    return JobSpec(
        kind=kind,
        title=title,
        subject=subject,
        argv=module_argv("core.backup", *arguments, "--home", str(workspace.paths.home)),
        grace_s=workspace.settings.jobs.grace_s,
    )


def _queue(
    workspace: Workspace,
    actor: Actor,
    verb: str,
    target: str,
    plan: Callable[[], JobSpec],
    arguments: Mapping[str, object] | None = None,
) -> Job:
    """Audit and queue one backup job; nothing is looked for before it is clear who may ask."""
    return workspace.ledger.perform(
        actor, f"backups.{verb}", target, lambda: workspace.launcher.submit(plan()), arguments
    )
