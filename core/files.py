"""Files that appear whole, and the digests that name them."""

import hashlib
import json
import os
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700
_CHUNK_BYTES = 1 << 20


def sync_folder(folder: Path) -> None:
    """Make the names in `folder` durable (fsync of the directory)."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_atomic(path: Path, content: bytes | str, *, mode: int = 0o644) -> None:
    """Write `content` so that `path` is at any moment either the old or the whole new file.

    Temporary file in the same folder, fsync, rename, fsync of the folder. Raises OSError.
    """
    payload = content.encode() if isinstance(content, str) else content
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(payload)
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).chmod(mode)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def write_json(path: Path, document: Mapping[str, Any], *, mode: int = 0o644) -> None:
    """Write `document` as indented JSON through `write_atomic`."""
    text = json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False)
    write_atomic(path, text + "\n", mode=mode)


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
    """Return the one JSON text of `document` (sorted keys, no spaces): what digests are made of."""
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
