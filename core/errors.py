"""Every failure that Datahall can explain: what happened, and what to do about it."""

# The remedy where a part of Datahall itself is missing.
REINSTALL = "Run make install in the folder of Datahall's sources"


class DatahallError(Exception):
    """A failure told in the user's words.

    Attributes:
        kind: one word that programs may rely on (`error.kind` in `--json` output).
        message: what happened, where.
        remedy: what to do next; empty when there is nothing to do but wait.
        exit_code: exit status of a command that ends with this error.
    """

    kind = "failed"
    exit_code = 1

    def __init__(self, message: str, *, remedy: str = "") -> None:
        """Tell what happened and what to do."""
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        """Return the message, followed by the remedy when there is one."""
        return f"{self.message}. {self.remedy}" if self.remedy else self.message


class InputError(DatahallError):
    """The user gave something that cannot be used; nothing was changed."""

    kind = "input"
    exit_code = 2


class SettingsError(InputError):
    """A settings file, variable or flag is wrong."""

    kind = "settings"


class NotFoundError(InputError):
    """What was asked for does not exist."""

    kind = "not-found"


class ConflictError(InputError):
    """What was asked for contradicts the present state (name taken, already running)."""

    kind = "conflict"


class DeniedError(DatahallError):
    """The actor may not do this."""

    kind = "denied"
    exit_code = 2


class UnavailableError(DatahallError):
    """A part is not here (no GPU, no restic, no Slurm): an answer, not a fault."""

    kind = "unavailable"


class CommandError(DatahallError):
    """A foreign program failed."""

    kind = "command"


class CorruptError(DatahallError):
    """Stored bytes are not what was stored."""

    kind = "corrupt"
