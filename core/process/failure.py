"""How the process of a job tells the error that ended it: on stderr, and in the job's folder.

Who started the job reads it there and raises the same error, with its kind and remedy.
"""

import contextlib
import sys
from pathlib import Path

from core.errors import DatahallError
from core.files import read_json, write_json

_NAME = "error.json"


def tell(error: DatahallError, folder: Path | None) -> int:
    """Say what ended this process; return its exit status.

    Without a `folder` (started by hand) only on stderr; a full disk hinders nothing.
    """
    sys.stderr.write(f"error: {_storable(str(error))}\n")
    if folder is not None:
        document = {
            "kind": error.kind,
            "message": _storable(error.message),
            "remedy": _storable(error.remedy),
        }
        with contextlib.suppress(OSError):
            write_json(folder / _NAME, document)
    return error.exit_code


def read(folder: Path) -> DatahallError | None:
    """Return the error that a job's process told; None when it told none that can be read."""
    try:
        document = read_json(folder / _NAME)
        kind, message, remedy = (str(document[key]) for key in ("kind", "message", "remedy"))
    except (OSError, ValueError, KeyError):
        return None
    return _class_of(kind)(message, remedy=remedy)


def _class_of(kind: str) -> type[DatahallError]:
    """Return the class of errors of a kind; the plainest for one that is not known."""
    waiting: list[type[DatahallError]] = [DatahallError]
    while waiting:
        found = waiting.pop()
        if found.kind == kind:
            return found
        waiting.extend(found.__subclasses__())
    return DatahallError


def _storable(text: str) -> str:
    """Return the text with what UTF-8 cannot carry (bytes of file names) written out."""
    return text.encode("utf-8", "backslashreplace").decode()
