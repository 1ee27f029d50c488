"""The repository as actions: how it stands, and its recovery key."""

from core.actions.hall import Hall
from core.audit import Actor
from core.backup.engine import RepositoryStatus
from core.backup.find import find_restic
from core.errors import ConflictError, UnavailableError
from core.files import PRIVATE_FILE, write_atomic

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


def make_recovery_key(hall: Hall, actor: Actor) -> str:
    """Make the repository where it is missing, and its recovery key; return the key.

    Raises ConflictError when one was made before: it is kept nowhere here and cannot be shown
    again. Takes seconds; waits for a backup that runs.
    """

    def make() -> str:
        key = hall.vault.initialise()
        if key is None:
            opens = f"restic -r {hall.vault.engine.repository} -p {hall.paths.repository_key}"
            raise ConflictError(
                "a recovery key was made before; it is kept nowhere here",
                remedy='If you keep it, press "I have stored it" on the page Backups; if it is '
                f"lost, remove it ({opens} key list, then key remove ID) and make another",
            )
        hall.paths.recovery_mark.unlink(missing_ok=True)  # it spoke of another key
        return key

    return hall.ledger.perform(actor, "backups.recovery-key", REPOSITORY, make)


def may_have_recovery_key(hall: Hall) -> bool:
    """Whether a recovery key was made, or that cannot be told without opening the repository."""
    return hall.vault.engine.has_recovery_key() is not False


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
