"""Lines of text files as they come: gzip or not, any encoding, any length, binary refused."""

import codecs
import gzip
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from core.data.tally import Tally
from core.errors import InputError
from core.text import quoted

MAX_LINE_BYTES = 65_536
_GZIP = b"\x1f\x8b"
_FOREIGN = {
    b"PK\x03\x04": "a zip archive (or an office document)",
    b"%PDF": "a PDF",
    b"\x89PNG": "a picture",
    b"BZh": "compressed with bzip2",
    b"\xfd7zXZ": "compressed with xz",
    b"\x28\xb5\x2f\xfd": "compressed with zstd",
    b"SQLite": "a database",
}
_HEAD_BYTES = 8192
_BINARY_RATIO = 0.02
_NOT_TEXT = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")  # no tab, no carriage return


@dataclass(frozen=True, slots=True)
class Rejected:
    """A line that cannot be used, and why."""

    reason: str


def read_lines(path: Path, tally: Tally) -> Iterator[str | Rejected]:
    """Yield the lines of a file without their ends, one item per line, none left out.

    UTF-8 first; a line that is not is read as Windows-1252 and counted. Only line feeds end a
    line; a carriage return inside becomes a space. Raises InputError for what is not text.
    """
    try:
        with path.open("rb") as file:
            for raw in _raw_lines(_text_stream(path, cast("BinaryIO", file))):
                yield _decode(raw, tally)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise InputError(
            f"{quoted(path)} is a damaged gzip file ({error})", remedy="Fetch it again"
        ) from error
    except OSError as error:
        raise InputError(f"{quoted(path)} cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{quoted(path)} is not valid UTF-16 ({error.reason})") from error


def check_file(path: Path) -> None:
    """Raise InputError unless the path is a file with something in it."""
    if path.is_dir():
        raise InputError(f"{quoted(path)} is a folder", remedy="Name the files in it")
    if not path.exists():
        raise InputError(f"{quoted(path)} does not exist")
    if not path.is_file():
        raise InputError(f"{quoted(path)} is not a regular file")
    if path.stat().st_size == 0:
        raise InputError(f"{quoted(path)} is empty")


def _text_stream(path: Path, file: BinaryIO) -> BinaryIO:
    """Return the decompressed stream after its byte order mark; raises InputError on binary."""
    stream = file
    if _peek(file, len(_GZIP)) == _GZIP:
        stream = cast("BinaryIO", gzip.GzipFile(fileobj=file))
    head = _peek(stream, _HEAD_BYTES)
    for codec, mark in (("utf-16-le", codecs.BOM_UTF16_LE), ("utf-16-be", codecs.BOM_UTF16_BE)):
        if head.startswith(mark):
            stream.seek(len(mark))
            return cast("BinaryIO", codecs.EncodedFile(stream, "utf-8", codec))
    for magic, kind in _FOREIGN.items():
        if head.startswith(magic):
            raise InputError(
                f"{quoted(path)} is {kind}, not text",
                remedy="Give plain text or gzip (.gz)",
            )
    if len(_NOT_TEXT.findall(head)) > _BINARY_RATIO * len(head):
        raise InputError(f"{quoted(path)} is binary, not text")
    if head.startswith(codecs.BOM_UTF8):
        stream.seek(len(codecs.BOM_UTF8))
    return stream


def _peek(stream: BinaryIO, size: int) -> bytes:
    """Return the first bytes and go back to the start."""
    head = stream.read(size)
    stream.seek(0)
    return head


def _raw_lines(stream: BinaryIO) -> Iterator[bytes | None]:
    """Yield lines, None for one that is too long; at most MAX_LINE_BYTES are held."""
    while line := stream.readline(MAX_LINE_BYTES + 1):
        if len(line) <= MAX_LINE_BYTES or line.endswith(b"\n"):
            yield line
            continue
        while line and not line.endswith(b"\n"):
            line = stream.readline(MAX_LINE_BYTES)
        yield None


def _decode(raw: bytes | None, tally: Tally) -> str | Rejected:
    """Return the text of a line, or why it cannot be used."""
    if raw is None:
        return Rejected(f"longer than {MAX_LINE_BYTES:,} bytes")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        tally.repaired["read as Windows-1252"] += 1
        text = raw.decode("cp1252", errors="replace")
    text = text.rstrip("\r\n")
    if _CONTROL.search(text):
        return Rejected("control characters")
    if "\r" in text:
        tally.repaired["carriage return inside"] += 1
        text = text.replace("\r", " ")
    return text
