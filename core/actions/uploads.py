"""Imports of what a browser sent: bytes under names that nobody may trust."""

import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.actions.datasets import import_dataset
from core.actions.workspace import Workspace
from core.audit import Actor
from core.data.records import Dataset
from core.errors import InputError

LONGEST_NAME = 80
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """One file as it was sent."""

    name: str
    content: bytes


def import_uploads(  # noqa: PLR0913  (what the user typed)
    workspace: Workspace,
    actor: Actor,
    name: str,
    uploads: Sequence[Upload],
    *,
    source: str,
    target: str,
    form: str = "auto",
) -> Dataset:
    """Import uploaded files as a version of `name`; raises InputError and leaves nothing."""
    if not uploads:
        raise InputError("no files were sent", remedy="Choose one TSV file, or two Moses files")
    with tempfile.TemporaryDirectory(prefix=".upload-", dir=workspace.paths.home) as folder:
        files = [_keep(Path(folder), number, upload) for number, upload in enumerate(uploads)]
        return import_dataset(
            workspace, actor, name, files, source=source, target=target, form=form
        )


def safe_name(name: str) -> str:
    """Return a file name made of the end of an untrusted one: no folder, no odd letters."""
    tail = re.split(r"[/\\]", name)[-1]
    return _UNSAFE.sub("_", tail)[-LONGEST_NAME:].lstrip(".") or "upload"


def _keep(folder: Path, number: int, upload: Upload) -> Path:
    """Write one upload; two of the same name are kept apart."""
    path = folder / safe_name(upload.name)
    if path.exists():
        path = folder / f"{number}-{path.name}"
    path.write_bytes(upload.content)
    return path
