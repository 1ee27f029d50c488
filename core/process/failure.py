"""Write the error that ended a job's process to `error.json` in its folder, and read it."""

import contextlib
import sys
from pathlib import Path

from core.errors import DatahallError, error_from_document
from core.files import read_json, write_json
from core.text import escape_unstorable

_NAME = "error.json"


def report_error(error: DatahallError, folder: Path | None) -> int:
    """Write the error to stderr and, if there is a job folder, to `error.json`.

    Returns the exit status of the process. On a full disk only the file is not written.
    """
    sys.stderr.write(f"error: {escape_unstorable(str(error))}\n")
    if folder is not None:
        with contextlib.suppress(OSError):
            write_json(folder / _NAME, escape_unstorable(error.to_document()))
    return error.exit_code


def read_error(folder: Path) -> DatahallError | None:
    """Return the error that the job reported, of its own class; None when there is none."""
    try:
        return error_from_document(read_json(folder / _NAME))
    except (OSError, ValueError, KeyError, TypeError):
        return None
