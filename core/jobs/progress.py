"""How far a job is, told through `progress.json` in its folder."""

import contextlib
import json
import os
from dataclasses import asdict
from pathlib import Path

from core.files import read_json
from core.jobs.launcher import Progress

_NAME = "progress.json"


def report(folder: Path, progress: Progress) -> None:
    """Say how far the job is; call it at most about five times a second.

    Readers see the old or the new report whole. It is not forced to disk, as it means nothing after
    a power cut and a busy disk must not hold up the job; for the same reason a report that cannot
    be written is left out.
    """
    draft = folder / f".{_NAME}.{os.getpid()}"
    with contextlib.suppress(OSError):
        draft.write_text(json.dumps(asdict(progress)), encoding="utf-8")
        draft.replace(folder / _NAME)


def read(folder: Path) -> Progress | None:
    """Return how far the job is, or None when it has not said."""
    try:
        return Progress(**read_json(folder / _NAME))
    except (OSError, ValueError, TypeError):
        return None
