"""How the process of a job tells how far it is, through `progress.json` in the job's folder."""

import contextlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from core.files import read_json

_NAME = "progress.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a job is; `total` is absent when unknown.

    `unit` names what is counted (`bytes`, `steps`, `sentences`); `message` says what is being done.
    """

    done: float
    total: float | None
    unit: str
    message: str
    rate: float | None = None
    eta_s: float | None = None
    at: float = 0.0


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
