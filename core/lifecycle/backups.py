"""Backup, verify, restore and drill as actions: each one is a job."""

from collections.abc import Sequence
from pathlib import Path

from core.audit import Actor
from core.backup.engine import Snapshot
from core.command import module_argv
from core.data.records import Dataset
from core.errors import InputError
from core.jobs.launcher import Job, JobKind, JobSpec
from core.lifecycle.hall import Hall

SCOPES = ("all", "data", "runs", "state")


def request_backup(hall: Hall, actor: Actor, what: str) -> Job:
    """Queue a backup of everything, the datasets, the runs or the databases."""
    if what not in SCOPES:
        raise InputError(f"unknown scope {what!r}", remedy="Use one of " + ", ".join(SCOPES))
    return _queue(hall, actor, JobKind.BACKUP, f"Back up {what}", what, ("run", "--what", what))


def protect_dataset(hall: Hall, actor: Actor, dataset: Dataset) -> Job:
    """Queue a backup of one dataset version; a queued or running one of it is returned instead."""
    subject = dataset_subject(dataset)
    for job in hall.launcher.jobs(subject=subject, kind=JobKind.BACKUP, limit=1):
        if not job.state.is_over:
            return job
    arguments = ("run", "--dataset", f"{dataset.name}/{dataset.digest}")
    return _queue(hall, actor, JobKind.BACKUP, f"Back up {dataset.name}", subject, arguments)


def request_verify(hall: Hall, actor: Actor, *, read_data: bool) -> Job:
    """Queue a check of the repository; with `read_data` of every stored byte."""
    arguments = ("verify", "--read-data") if read_data else ("verify",)
    return _queue(hall, actor, JobKind.VERIFY, "Verify backups", "repository", arguments)


def request_drill(hall: Hall, actor: Actor, snapshot: str = "latest") -> Job:
    """Queue a restore to a scratch folder that compares every byte."""
    chosen = hall.vault.find(snapshot)
    return _queue(
        hall, actor, JobKind.VERIFY, f"Restore drill of {chosen.id[:8]}", chosen.id,
        ("drill", chosen.id),
    )  # fmt: skip


def request_restore(
    hall: Hall, actor: Actor, snapshot: str, target: Path, only: str | None = None
) -> Job:
    """Queue a restore into an empty or new folder; every byte is compared afterwards."""
    chosen = hall.vault.find(snapshot)
    folder = target.expanduser().absolute()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"{folder} is not an empty folder", remedy="Choose a new one")
    if folder.resolve().is_relative_to(hall.paths.home.resolve()):
        raise InputError(
            f"{folder} lies inside the home folder", remedy="Restore beside it, then compare"
        )
    arguments = ("restore", chosen.id, "--to", str(folder), *(("--only", only) if only else ()))
    title = f"Restore {chosen.id[:8]} to {folder}"
    return _queue(hall, actor, JobKind.RESTORE, title, chosen.id, arguments)


def list_snapshots(hall: Hall) -> Sequence[Snapshot]:
    """Return the snapshots that Datahall recorded, newest first."""
    return hall.vault.snapshots()


def dataset_subject(dataset: Dataset) -> str:
    """Return the subject of jobs on a dataset version."""
    return f"dataset:{dataset.digest}"


def _queue(
    hall: Hall, actor: Actor, kind: JobKind, title: str, subject: str, arguments: Sequence[str]
) -> Job:
    """Audit and queue one backup job."""
    home = ("--home", str(hall.paths.home))
    spec = JobSpec(
        kind=kind,
        title=title,
        subject=subject,
        argv=module_argv("core.backup", *arguments, *home),
        grace_s=hall.settings.jobs.grace_s,
    )
    action = f"backups.{arguments[0]}"
    return hall.ledger.perform(
        actor, action, subject, lambda: hall.launcher.submit(spec), {"title": title}
    )
