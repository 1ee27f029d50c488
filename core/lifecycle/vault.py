"""The repository as actions: how it stands, and its recovery key."""

from core.audit import Actor
from core.backup.engine import RepositoryStatus
from core.backup.find import find_restic
from core.errors import UnavailableError
from core.files import PRIVATE_FILE, write_atomic
from core.lifecycle.hall import Hall

REPOSITORY = "repository"


def repository_status(hall: Hall) -> RepositoryStatus:
    """Say where backups go and whether they can; never raises, fetches nothing.

    `detail` says under `unavailable` or `error` what is wrong, and under `remedy` what helps.
    """
    try:
        find_restic(hall.paths.tools)
    except UnavailableError as error:
        return RepositoryStatus(
            repository=hall.vault.engine.repository,
            program="restic",
            version="",
            is_initialised=False,
            snapshots=len(hall.vault.snapshots()),
            last_success_at=None,
            detail={"unavailable": error.message, "remedy": error.remedy},
        )
    return hall.vault.status()


def make_recovery_key(hall: Hall, actor: Actor) -> str | None:
    """Make the repository and its recovery key where they are missing; return the new key.

    None means that a key was made before: it is kept nowhere here and cannot be shown again. Takes
    seconds; waits for a backup that runs. Raises a DatahallError with cause and remedy.
    """
    return hall.ledger.perform(actor, "backups.recovery-key", REPOSITORY, hall.vault.initialise)


def confirm_recovery_key(hall: Hall, actor: Actor) -> None:
    """Note that the operator keeps the recovery key somewhere else."""
    told = f"{hall.clock.now()}\n"
    hall.ledger.perform(
        actor, "backups.recovery-key-stored", REPOSITORY,
        lambda: write_atomic(hall.paths.recovery_mark, told, mode=PRIVATE_FILE),
    )  # fmt: skip


def recovery_key_stored_at(hall: Hall) -> float | None:
    """Return when an operator confirmed that the recovery key is kept, or None."""
    try:
        return float(hall.paths.recovery_mark.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
