"""The repository as actions: how it stands, and its recovery key."""

from core.actions.workspace import Workspace
from core.audit import Actor
from core.backup.engine import RepositoryStatus
from core.backup.find import find_restic
from core.errors import ConflictError, UnavailableError
from core.files import PRIVATE_FILE, write_atomic

REPOSITORY = "repository"


def repository_status(workspace: Workspace) -> RepositoryStatus:
    """Say where backups go and whether they can; never raises, fetches nothing.

    `detail` says under `unavailable` or `error` what is wrong, and under `remedy` what helps.
    """
    try:
        find_restic(workspace.paths.tools)
    except UnavailableError as error:
        return RepositoryStatus(
            repository=workspace.vault.engine.repository,
            program="restic",
            version="",
            is_initialised=False,
            snapshots=len(workspace.vault.snapshots()),
            last_success_at=None,
            detail={"unavailable": error.message, "remedy": error.remedy},
        )
    return workspace.vault.status()


def make_recovery_key(workspace: Workspace, actor: Actor) -> str:
    """Make the repository where it is missing, and its recovery key; return the key.

    Raises ConflictError when one was made before: it is kept nowhere here and cannot be shown
    again. Takes seconds; waits for a backup that runs.
    """

    def make() -> str:
        key = workspace.vault.initialise()
        if key is None:
            opens = (
                f"restic -r {workspace.vault.engine.repository} -p {workspace.paths.repository_key}"
            )
            raise ConflictError(
                "a recovery key was made before; it is kept nowhere here",
                remedy='If you keep it, press "I have stored it" on the page Backups; if it is '
                f"lost, remove it ({opens} key list, then key remove ID) and make another",
            )
        workspace.paths.recovery_mark.unlink(missing_ok=True)  # it spoke of another key
        return key

    return workspace.ledger.perform(actor, "backups.recovery-key", REPOSITORY, make)


def may_have_recovery_key(workspace: Workspace) -> bool:
    """Whether a recovery key was made, or that cannot be told without opening the repository."""
    return workspace.vault.engine.has_recovery_key() is not False


def confirm_recovery_key(workspace: Workspace, actor: Actor) -> None:
    """Note that the operator keeps the recovery key somewhere else."""
    told = f"{workspace.clock.now()}\n"
    workspace.ledger.perform(
        actor, "backups.recovery-key-stored", REPOSITORY,
        lambda: write_atomic(workspace.paths.recovery_mark, told, mode=PRIVATE_FILE),
    )  # fmt: skip


def recovery_key_stored_at(workspace: Workspace) -> float | None:
    """Return when an operator confirmed that the recovery key is kept, or None."""
    try:
        return float(workspace.paths.recovery_mark.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
