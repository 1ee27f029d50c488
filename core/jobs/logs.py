"""Logs of jobs: rotated by size, read from the end."""

import contextlib
import os
from collections.abc import Sequence
from pathlib import Path

KEPT_LOGS = 3
_CHUNK_BYTES = 1 << 16
_LONGEST_TAIL_BYTES = 4 << 20


def open_log(path: Path) -> int:
    """Return a descriptor that appends to the log, also after it was rotated."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o640)


def rotate(path: Path, limit_bytes: int) -> None:
    """Move a log that is too long to `NAME.1` (older ones to `.2`, `.3`) and empty it.

    The job keeps its descriptor: the log is copied, then truncated. A line written between the two
    is lost. On a full disk the log stays as it is.
    """
    try:
        if path.stat().st_size <= limit_bytes:
            return
    except FileNotFoundError:
        return
    with contextlib.suppress(OSError):
        for number in range(KEPT_LOGS - 1, 0, -1):
            with contextlib.suppress(FileNotFoundError):
                _numbered(path, number).replace(_numbered(path, number + 1))
        _copy(path, _numbered(path, 1))
        os.truncate(path, 0)


def read_tail(path: Path, num_lines: int) -> str:
    """Return the last lines of a log, also of `NAME.1`; invalid UTF-8 is replaced by U+FFFD.

    Reads at most the last 4 MiB of each file.
    """
    if num_lines <= 0:
        return ""
    lines = _last_lines(path, num_lines)
    if len(lines) < num_lines:
        lines = [*_last_lines(_numbered(path, 1), num_lines - len(lines)), *lines]
    return b"".join(lines).decode("utf-8", "replace")


def _last_lines(path: Path, num_lines: int) -> Sequence[bytes]:
    """Return the last lines of one file, with their line ends; empty when there is no file."""
    try:
        stream = path.open("rb")
    except FileNotFoundError:
        return []
    with stream:
        position = stream.seek(0, os.SEEK_END)
        first = max(0, position - _LONGEST_TAIL_BYTES)
        content = b""
        while position > first and content.count(b"\n") <= num_lines:
            step = min(_CHUNK_BYTES, position - first)
            position -= step
            stream.seek(position)
            content = stream.read(step) + content
    return content.splitlines(keepends=True)[-num_lines:]


def _numbered(path: Path, number: int) -> Path:
    """Return the path of a rotated log."""
    return path.with_name(f"{path.name}.{number}")


def _copy(source: Path, target: Path) -> None:
    """Copy a growing file up to its end; a failed copy is removed."""
    try:
        with source.open("rb") as reader, target.open("wb") as writer:
            while chunk := reader.read(_CHUNK_BYTES):
                writer.write(chunk)
    except OSError:
        target.unlink(missing_ok=True)
        raise
