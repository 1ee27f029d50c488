"""Actions on backups: queue backup, verification, restore and drill jobs; manage the repository."""

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from core.actions.workspace import Workspace
from core.audit import Actor
from core.backup.errors import MissingRepositoryError, NoRepositoryError, lock_age_text
from core.backup.install import find_restic
from core.backup.records import RepositoryLock, RepositoryState, RepositoryStatus, Scope, Snapshot
from core.backup.repository import require_empty
from core.data.records import Dataset
from core.errors import ConflictError, DatahallError, InputError, UnavailableError
from core.files import PRIVATE_FILE, write_atomic
from core.jobs.launcher import Job, JobKind, JobSpec
from core.locks import is_locked
from core.process.job import job_argv

REPOSITORY = "repository"
_MODULE = "core.backup"


def request_backup(
    workspace: Workspace, actor: Actor, scope: Scope, *, new_repository: bool = False
) -> Job:
    """Queue a backup.

    `new_repository` allows a new, empty repository in place of one that was lost.
    """
    spec = _spec(
        workspace, JobKind.BACKUP, f"Back up {scope.label.lower()}", scope.value,
        "run", what=scope.value, new_repository=new_repository,
    )  # fmt: skip
    arguments = {"new_repository": True} if new_repository else None
    return _queue(workspace, actor, "run", scope.value, lambda: spec, arguments)


def protect_dataset(workspace: Workspace, actor: Actor, dataset: Dataset) -> Job:
    """Queue a backup of one dataset version; return the queued or running one if there is one."""
    active = active_backup(workspace, dataset)
    if active is not None:
        return active
    spec = backup_spec(workspace, dataset)
    return _queue(workspace, actor, "run", spec.subject, lambda: spec)


def request_verify(workspace: Workspace, actor: Actor, *, read_data: bool) -> Job:
    """Queue a check of the repository; with `read_data` of every stored byte."""
    spec = _spec(
        workspace, JobKind.VERIFY, "Verify backups", REPOSITORY, "verify", read_data=read_data
    )
    return _queue(workspace, actor, "verify", REPOSITORY, lambda: spec)


def request_drill(workspace: Workspace, actor: Actor, snapshot: str = "latest") -> Job:
    """Queue a restore to a scratch folder that compares every byte."""

    def plan() -> JobSpec:
        chosen = workspace.vault.find(snapshot)
        title = f"Restore drill of {chosen.id[:8]}"
        return _spec(workspace, JobKind.VERIFY, title, chosen.id, "drill", snapshot=chosen.id)

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
        return _spec(
            workspace, JobKind.RESTORE, title, chosen.id,
            "restore", snapshot=chosen.id, to=folder, only=only or None,
        )  # fmt: skip

    return _queue(workspace, actor, "restore", snapshot, plan, {"to": str(folder), "only": only})


def list_snapshots(workspace: Workspace) -> Sequence[Snapshot]:
    """Return the snapshots of the repository, newest first, with those that are missing."""
    return workspace.vault.snapshots()


def listing_problem(workspace: Workspace) -> DatahallError | None:
    """Refresh the list of snapshots; return its error, None without one or before a backup."""
    try:
        workspace.vault.refresh()
    except MissingRepositoryError as error:
        return error
    except NoRepositoryError:
        return None
    except DatahallError as error:
        return error
    return None


def active_backup(workspace: Workspace, dataset: Dataset) -> Job | None:
    """Return the queued or running backup of a dataset version, or None."""
    jobs = workspace.launcher.jobs(subject=dataset_subject(dataset), kind=JobKind.BACKUP, limit=1)
    return next((job for job in jobs if not job.state.is_over), None)


def backup_spec(workspace: Workspace, dataset: Dataset) -> JobSpec:
    """Return the specification of a backup of one dataset version."""
    version = f"{dataset.name}/{dataset.digest}"
    title = f"Back up dataset {dataset.name}"
    subject = dataset_subject(dataset)
    return _spec(workspace, JobKind.BACKUP, title, subject, "run", dataset=version)


def forget_snapshots(workspace: Workspace, actor: Actor, names: Sequence[str]) -> Sequence[str]:
    """Remove snapshots permanently, or the records of missing ones; return their ids.

    Waits for a running backup. Raises NotFoundError before anything is removed.
    """

    def forget() -> Sequence[str]:
        chosen = [workspace.vault.find(name, or_missing=True).id for name in names]
        workspace.vault.forget(chosen)
        return chosen

    return workspace.ledger.perform(actor, "backups.forget", ", ".join(names), forget)


def repository_status(workspace: Workspace) -> RepositoryStatus:
    """Return the status of the backup repository; never raises, downloads nothing."""
    try:
        find_restic(workspace.paths.tools)
    except UnavailableError as error:
        return RepositoryStatus(
            repository=workspace.vault.repository.name,
            state=RepositoryState.UNAVAILABLE,
            snapshots=len(workspace.vault.snapshots()),
            problem=error.message,
            remedy=error.remedy,
        )
    return workspace.vault.status()


def unlock_repository(
    workspace: Workspace, actor: Actor, *, force: bool = False
) -> Sequence[RepositoryLock]:
    """Remove the stale locks of the repository, with `force` every lock; return the removed ones.

    A lock is stale when it is older than 30 minutes or its process, on this host, has ended. Raises
    ConflictError naming the holder when a lock stays, or while a backup of this home runs.
    """

    def unlock() -> Sequence[RepositoryLock]:
        if is_locked(workspace.paths.backup_lock):
            raise ConflictError(
                "a backup of this home is running: its lock is in use",
                remedy="Wait for it, or cancel its job: datahall jobs list",
            )
        repository = workspace.vault.repository
        before = repository.locks()
        if before:
            repository.unlock(remove_all=force)
        left = {lock.id for lock in repository.locks()} if before else set()
        if left:
            raise ConflictError(
                f"the repository is still locked: {_holders(before, left, workspace.clock.now())}",
                remedy="If that process no longer runs, remove its lock: "
                "datahall backup unlock --force",
            )
        return before

    return workspace.ledger.perform(actor, "backups.unlock", REPOSITORY, unlock, {"force": force})


def create_recovery_key(workspace: Workspace, actor: Actor) -> str:
    """Create and return a recovery key, which is not stored; creates a missing repository.

    Raises ConflictError when one was made before: it cannot be shown again. Takes seconds; waits
    for a running backup.
    """

    def create() -> str:
        key = workspace.vault.create_recovery_key()
        if key is None:
            location = workspace.vault.repository.location
            restic = f"restic -r {location.name} -p {location.key_file}"
            raise ConflictError(
                "a recovery key was made before, and no copy of it is stored here",
                remedy="If you have it, confirm that on the page Backups. If it is lost, find its "
                "ID and remove it (restic key remove ID), then make another one: "
                f"{restic} key list",
            )
        workspace.paths.recovery_mark.unlink(missing_ok=True)  # it refers to an earlier key
        return key

    return workspace.ledger.perform(actor, "backups.recovery-key", REPOSITORY, create)


def may_have_recovery_key(workspace: Workspace) -> bool:
    """Whether a recovery key exists, or only opening the repository could show it."""
    return workspace.vault.repository.has_recovery_key() is not False


def confirm_recovery_key(workspace: Workspace, actor: Actor) -> None:
    """Record that the operator keeps the recovery key somewhere else."""
    text = f"{workspace.clock.now()}\n"
    workspace.ledger.perform(
        actor, "backups.recovery-key-stored", REPOSITORY,
        lambda: write_atomic(workspace.paths.recovery_mark, text, mode=PRIVATE_FILE),
    )  # fmt: skip


def recovery_key_stored_at(workspace: Workspace) -> float | None:
    """Return the time at which an operator confirmed that the key is kept; None if never."""
    try:
        return float(workspace.paths.recovery_mark.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def dataset_subject(dataset: Dataset) -> str:
    """Return the subject of jobs on a dataset version."""
    return f"dataset:{dataset.digest}"


def _holders(locks: Sequence[RepositoryLock], chosen: set[str], now: float) -> str:
    """Describe the holders of the chosen locks as text."""
    return "; ".join(
        f"process {lock.pid} on host {lock.host} since "
        f"{time.strftime('%Y-%m-%d %H:%M:%S', time.localtime(lock.created_at))} "
        f"({lock_age_text(now - lock.created_at)})"
        for lock in locks
        if lock.id in chosen
    )


def _outside(home: Path, target: Path) -> Path:
    """Return the folder as an absolute path; raises InputError when it is in the home folder."""
    try:
        folder = target.expanduser().absolute()
        is_inside = folder.resolve().is_relative_to(home.resolve())
    except (OSError, RuntimeError, ValueError) as error:  # a loop of links, an unknown ~user, NUL
        raise InputError(
            f"{str(target)!r} is not a valid folder: {error}".rstrip("."),
            remedy="Choose another folder",
        ) from error
    if is_inside:
        raise InputError(
            f"{folder} is inside the home folder",
            remedy="Choose a folder outside the home folder",
        )
    return folder


def _spec(
    workspace: Workspace, kind: JobKind, title: str, subject: str, command: str, **arguments: object
) -> JobSpec:
    """Return the specification of a backup job."""
    return JobSpec(
        kind=kind,
        title=title,
        subject=subject,
        argv=job_argv(_MODULE, workspace.paths.home, command, **arguments),
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
    """Audit and queue one job; `plan` is called after the actor was authorised."""
    return workspace.ledger.perform(
        actor, f"backups.{verb}", target, lambda: workspace.launcher.submit(plan()), arguments
    )
