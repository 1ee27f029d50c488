"""Stored names: relative to the root, parts joined by `/`, whatever bytes a file system allows."""

import os
import re
from collections.abc import Sequence
from pathlib import Path

from core.errors import ConflictError, InputError, NotFoundError

_ESCAPED_BYTE = re.compile("[\udc80-\udcff]")
_SNAPSHOT_ID = re.compile(r"[0-9a-f]{4,64}")


def stored_name(root: Path, path: Path) -> str:
    """Return the name under which `path` is stored; raises InputError outside the root."""
    full = Path(os.path.normpath(path if path.is_absolute() else root / path))
    if full == root or not full.is_relative_to(root):
        raise InputError(f"{path} does not lie below {root} and cannot be backed up")
    return full.relative_to(root).as_posix()


def legible(name: str) -> str:
    """Return the name as JSON can carry it: bytes that are not UTF-8 become U+FFFD, one each."""
    return _ESCAPED_BYTE.sub("\ufffd", name)


def chosen_name(only: str) -> str:
    """Return the stored name that a person means by `only`; raises InputError."""
    parts = [part for part in only.split("/") if part not in ("", ".")]
    if not parts or ".." in parts:
        raise InputError(f"{only!r} names nothing in a snapshot", remedy="Example: datasets/demo")
    return "/".join(parts)


def is_below(name: str, top: str) -> bool:
    """Whether `name` is `top` or lies in it."""
    return name == top or name.startswith(top + "/")


def check_snapshot_id(snapshot_id: str) -> str:
    """Return the id; raises NotFoundError when it cannot be one (it goes on a command line)."""
    if not _SNAPSHOT_ID.fullmatch(snapshot_id):
        raise NotFoundError(
            f"{snapshot_id!r} is not a snapshot's id", remedy='See "datahall backup list"'
        )
    return snapshot_id


def check_tags(tags: Sequence[str]) -> None:
    """Raise InputError for a tag that restic would split or drop."""
    for tag in tags:
        if not tag.strip() or "," in tag:
            raise InputError(f"{tag!r} cannot be a tag", remedy="Tags hold no comma")


def require_empty(target: Path) -> None:
    """Raise ConflictError unless `target` is absent or empty, InputError when it is unreadable."""
    if not os.path.lexists(target):
        return
    try:
        is_empty = target.is_dir() and not any(target.iterdir())
    except OSError as error:
        raise InputError(
            f"{target} cannot be read: {error.strerror}", remedy="Choose another folder"
        ) from error
    if not is_empty:
        raise ConflictError(f"{target} is not an empty folder", remedy="Choose a new one")


def make_target(target: Path) -> None:
    """Make the folder to restore into where it is not there; raises InputError."""
    try:
        target.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"{target} cannot be written: {error.strerror}", remedy="Choose another folder"
        ) from error
