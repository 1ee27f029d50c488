"""Lines of a text file: plain or gzip, UTF-8, UTF-16 or Windows-1252; binary files are refused."""

import codecs
import gzip
import io
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from core.data.records import ImportCounts
from core.errors import InputError
from core.text import quoted, strip_line_end

MAX_LINE_BYTES = 65_536
_GZIP = b"\x1f\x8b"
_OTHER_FORMATS = {
    b"PK\x03\x04": "a zip archive (or an office document)",
    b"%PDF": "a PDF",
    b"\x89PNG": "a picture",
    b"BZh": "compressed with bzip2",
    b"\xfd7zXZ": "compressed with xz",
    b"\x28\xb5\x2f\xfd": "compressed with zstd",
    b"SQLite": "a database",
}
_UTF16 = (("utf-16-le", codecs.BOM_UTF16_LE), ("utf-16-be", codecs.BOM_UTF16_BE))
_HEAD_BYTES = 8192
_MAX_BINARY_RATIO = 0.02
_BINARY_BYTE = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")  # no tab, no carriage return

TextStream = BinaryIO | io.TextIOWrapper


@dataclass(frozen=True, slots=True)
class Rejected:
    """A line that cannot be used, and the reason."""

    reason: str


def read_lines(path: Path, counts: ImportCounts) -> Iterator[str | Rejected]:
    """Yield every line of a file without its line end, one item per line.

    Only a line feed ends a line; CR LF is one end, any other carriage return becomes a space. A
    line that is not valid UTF-8 is read as Windows-1252 and counted. Raises InputError for a file
    that is not text or that ends its lines with carriage returns alone.
    """
    try:
        with path.open("rb") as file, _open_text(path, cast("BinaryIO", file)) as stream:
            for line in _raw_lines(stream):
                yield _decode(line, counts)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise InputError(
            f"{quoted(path)} is a damaged gzip file ({error})", remedy="Download it again"
        ) from error
    except OSError as error:
        raise InputError(f"{quoted(path)} cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{quoted(path)} is not valid UTF-16 ({error.reason})") from error


def check_file(path: Path) -> None:
    """Raise InputError unless the path is a regular file that is not empty."""
    if path.is_dir():
        raise InputError(f"{quoted(path)} is a folder", remedy="Name the files in it")
    if not path.exists():
        raise InputError(f"{quoted(path)} does not exist")
    if not path.is_file():
        raise InputError(f"{quoted(path)} is not a regular file")
    if path.stat().st_size == 0:
        raise InputError(f"{quoted(path)} is empty")


def _open_text(path: Path, file: BinaryIO) -> TextStream:
    """Return the decompressed stream behind any byte order mark; raises InputError if binary."""
    stream = file
    if _peek(file, len(_GZIP)) == _GZIP:
        stream = cast("BinaryIO", gzip.GzipFile(fileobj=file))
    head = _peek(stream, _HEAD_BYTES)
    for codec, mark in _UTF16:
        if head.startswith(mark):
            _check_line_ends(path, head.decode(codec, "ignore").encode())
            stream.seek(len(mark))
            return io.TextIOWrapper(stream, encoding=codec, newline="\n")
    _check_is_text(path, head)
    _check_line_ends(path, head)
    if head.startswith(codecs.BOM_UTF8):
        stream.seek(len(codecs.BOM_UTF8))
    return stream


def _peek(stream: BinaryIO, size: int) -> bytes:
    """Return the first bytes and seek back to the start."""
    head = stream.read(size)
    stream.seek(0)
    return head


def _check_is_text(path: Path, head: bytes) -> None:
    """Raise InputError when the first bytes are those of a binary file."""
    for magic, kind in _OTHER_FORMATS.items():
        if head.startswith(magic):
            raise InputError(
                f"{quoted(path)} is {kind}, not text",
                remedy="Import plain text, or text compressed with gzip (.gz)",
            )
    if len(_BINARY_BYTE.findall(head)) > _MAX_BINARY_RATIO * len(head):
        raise InputError(f"{quoted(path)} is a binary file, not text")


def _check_line_ends(path: Path, head: bytes) -> None:
    """Raise InputError when carriage returns alone end the lines, as old Mac programs write."""
    if b"\n" not in head and b"\r" in head.rstrip(b"\r"):
        raise InputError(
            f"the lines of {quoted(path)} end with carriage returns (CR) alone",
            remedy="Convert its line ends to LF: tr '\\r' '\\n' < FILE > NEW_FILE",
        )


def _raw_lines(stream: TextStream) -> Iterator[bytes | None]:
    """Yield lines with their ends; None for a line of more than MAX_LINE_BYTES."""
    while line := _read_line(stream, MAX_LINE_BYTES + 1):
        if len(line.removesuffix(b"\n")) <= MAX_LINE_BYTES:
            yield line
            continue
        while line and not line.endswith(b"\n"):
            line = _read_line(stream, MAX_LINE_BYTES)
        yield None


def _read_line(stream: TextStream, size: int) -> bytes:
    """Return the next line, or its first `size` characters, in UTF-8."""
    line = stream.readline(size)
    return line.encode() if isinstance(line, str) else line


def _decode(line: bytes | None, counts: ImportCounts) -> str | Rejected:
    """Return the text of a line, or the reason why it cannot be used."""
    if line is None:
        return Rejected(f"longer than {MAX_LINE_BYTES:,} bytes")
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        counts.repaired["read as Windows-1252"] += 1
        text = line.decode("cp1252", errors="replace")
    text = strip_line_end(text)
    if _CONTROL.search(text):
        return Rejected("control characters")
    if "\r" in text:
        counts.repaired["carriage return inside"] += 1
        text = text.replace("\r", " ")
    return text
