"""Write files atomically, read JSON, and compute digests."""

import contextlib
import errno
import hashlib
import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700
_CHUNK_BYTES = 1 << 20
_NO_LINKS = {errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS}


def sync(path: Path) -> None:
    """Write a file, or the entries of a folder, to disk (fsync)."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_atomic(
    path: Path, content: bytes | str, *, mode: int = 0o644, is_durable: bool = True
) -> None:
    """Replace `path` atomically: a reader, or a crash, finds the old or the whole new file.

    Temporary file in the same folder, fsync, rename, fsync of the folder. Without `is_durable`
    there is no fsync: a power failure may restore the old file. Raises OSError.
    """
    with _draft(path, content, mode, is_durable=is_durable) as draft:
        draft.replace(path)
    if is_durable:
        sync(path.parent)


def write_new(path: Path, content: bytes | str, *, mode: int = 0o644) -> None:
    """Write `content` like `write_atomic`, but keep an existing file.

    Uses a hard link, so that of two processes at the same time the second keeps the file of the
    first. On a file system without hard links (exFAT, some network mounts) it renames.
    """
    if path.exists():
        return
    with contextlib.suppress(FileExistsError), _draft(path, content, mode) as draft:
        try:
            path.hardlink_to(draft)
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            draft.replace(path)
    sync(path.parent)


@contextlib.contextmanager
def _draft(
    path: Path, content: bytes | str, mode: int, *, is_durable: bool = True
) -> Iterator[Path]:
    """Create a temporary file with `content` beside `path`; it is removed at the end."""
    payload = content.encode() if isinstance(content, str) else content
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
    draft = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(payload)
            if is_durable:
                stream.flush()
                os.fsync(stream.fileno())
        draft.chmod(mode)
        yield draft
    except OSError as error:  # a failed write() or fsync() does not name its file
        error.filename = error.filename or str(path)
        raise
    finally:
        draft.unlink(missing_ok=True)


def write_json(
    path: Path, document: Mapping[str, object], *, mode: int = 0o644, is_durable: bool = True
) -> None:
    """Write `document` as indented JSON with `write_atomic`."""
    text = json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False)
    write_atomic(path, text + "\n", mode=mode, is_durable=is_durable)


def read_json(path: Path) -> dict[str, Any]:
    """Return the JSON object in `path`; raises FileNotFoundError or ValueError."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except RecursionError:
        message = f"{path}: nested too deeply"
        raise ValueError(message) from None
    if not isinstance(document, dict):
        message = f"{path}: not a JSON object"
        raise ValueError(message)  # noqa: TRY004  (callers expect what json raises)
    return document


def canonical_json(document: object) -> str:
    """Return the canonical JSON text of `document` (sorted keys, no spaces), used for digests."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def digest_text(text: str) -> str:
    """Return the SHA-256 of `text` in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def digest_file(path: Path) -> str:
    """Return the SHA-256 of the file's bytes in hexadecimal."""
    state = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            state.update(chunk)
    return state.hexdigest()


def digest_lines(lines: Iterable[str]) -> str:
    """Return the SHA-256 of the lines, each ended by a newline."""
    state = hashlib.sha256()
    for line in lines:
        state.update(line.encode())
        state.update(b"\n")
    return state.hexdigest()


def mount_point(path: Path) -> Path:
    """Return the mount point of the file system that holds `path`, which may not exist yet."""
    place = Path(os.path.abspath(path))  # noqa: PTH100  (resolve() follows links; this must not)
    while not place.exists() and place != place.parent:
        place = place.parent
    while not place.is_mount() and place != place.parent:
        place = place.parent
    return place
