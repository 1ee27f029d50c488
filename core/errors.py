"""The errors that Datahall reports to a user: what happened, and what to do about it."""

from collections.abc import Iterator, Mapping
from typing import ClassVar, Self

# The remedy where a part of Datahall itself is missing.
REINSTALL = "Run make install in the folder of Datahall's sources"


class DatahallError(Exception):
    """An error with a message and a remedy for the user.

    An error of a job travels from the job's process to its caller as a JSON document, see
    `to_document` and `error_from_document`. A subclass whose constructor takes other arguments
    lists in `details` the attributes that the document must contain.

    Attributes:
        kind: identifier that programs may rely on (`error.kind` in `--json` output); unique.
        message: what happened, and where.
        remedy: what to do next; empty when there is nothing to do but wait.
        exit_code: exit status of a command that ends with this error.
        details: names of further attributes, each a JSON value or a tuple of strings.
    """

    kind: ClassVar[str] = "failed"
    exit_code: ClassVar[int] = 1
    details: ClassVar[tuple[str, ...]] = ()

    def __init__(self, message: str, *, remedy: str = "") -> None:
        """Store the message and the remedy."""
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        """Return the message, followed by the remedy when there is one."""
        return f"{self.message}. {self.remedy}" if self.remedy else self.message

    def to_document(self) -> dict[str, object]:
        """Return the error as a JSON document."""
        return {
            "kind": self.kind,
            "message": self.message,
            "remedy": self.remedy,
            **{name: getattr(self, name) for name in self.details},
        }

    @classmethod
    def _restored(cls, document: Mapping[str, object]) -> Self:
        """Return an instance made from its document, without calling the subclass constructor."""
        error = cls.__new__(cls)
        DatahallError.__init__(error, str(document["message"]), remedy=str(document["remedy"]))
        for name in cls.details:
            value = document[name]
            setattr(error, name, tuple(value) if isinstance(value, list) else value)
        return error


class InputError(DatahallError):
    """The input of the user is invalid; nothing was changed."""

    kind = "input"
    exit_code = 2


class SettingsError(InputError):
    """A settings file, variable or flag is wrong."""

    kind = "settings"


class NotFoundError(InputError):
    """The requested item does not exist."""

    kind = "not-found"


class ConflictError(InputError):
    """The request conflicts with the current state (name in use, already running)."""

    kind = "conflict"


class DeniedError(DatahallError):
    """The actor may not do this."""

    kind = "denied"
    exit_code = 2


class UnavailableError(DatahallError):
    """A component is not available here (no GPU, no restic); this is a normal state, no failure."""

    kind = "unavailable"


class DiskFullError(DatahallError):
    """A disk has no space left."""

    kind = "disk-full"


class CommandError(DatahallError):
    """An external program failed."""

    kind = "command"


class CorruptError(DatahallError):
    """Stored bytes differ from the bytes that were written."""

    kind = "corrupt"


def error_from_document(document: Mapping[str, object]) -> DatahallError:
    """Return the error that `DatahallError.to_document` described.

    The class is found by `kind` among the classes imported so far; an unknown kind, or one whose
    details are incomplete, gives a DatahallError. Raises KeyError when a message is missing.
    """
    for found in _subclasses(DatahallError):
        if found.kind == document["kind"]:
            try:
                return found._restored(document)  # noqa: SLF001  (the other half of this module)
            except KeyError:
                break
    return DatahallError(str(document["message"]), remedy=str(document["remedy"]))


def _subclasses(root: type[DatahallError]) -> Iterator[type[DatahallError]]:
    """Yield the class and every class below it."""
    yield root
    for below in root.__subclasses__():
        yield from _subclasses(below)
