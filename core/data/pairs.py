"""The file of imported pairs: `source TAB target TAB split`, UTF-8, gzip, and its digest."""

import gzip
import hashlib
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from core.data.records import Pair
from core.errors import CorruptError

_COMPRESSION = 6
_NUM_COLUMNS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What was written: digest of languages and lines, pairs by split."""

    digest: str
    splits: Counter[str]

    @property
    def pairs(self) -> int:
        """All pairs."""
        return self.splits.total()


def write_pairs(path: Path, source: str, target: str, pairs: Iterable[Pair]) -> Written:
    """Write the pairs and return their digest; the same pairs give the same bytes."""
    state = _digest_of_languages(source, target)
    splits: Counter[str] = Counter()
    with path.open("wb") as file, gzip.GzipFile("", "wb", _COMPRESSION, file, mtime=0) as stream:
        for pair in pairs:
            line = f"{_flat(pair.source)}\t{_flat(pair.target)}\t{pair.split}\n".encode()
            state.update(line)
            splits[pair.split] += 1
            stream.write(line)
    return Written(digest=state.hexdigest(), splits=splits)


def read_pairs(path: Path) -> Iterator[Pair]:
    """Yield the pairs; raises CorruptError when the file is missing or damaged."""
    for line in _lines(path):
        columns = line.rstrip("\n").split("\t")
        if len(columns) != _NUM_COLUMNS:
            raise CorruptError(f"{path} is damaged: a line has {len(columns)} columns")
        yield Pair(source=columns[0], target=columns[1], split=columns[2])


def digest_pairs(path: Path, source: str, target: str) -> Written:
    """Return what the file holds now; raises CorruptError when it cannot be read."""
    state = _digest_of_languages(source, target)
    splits: Counter[str] = Counter()
    for line in _lines(path):
        state.update(line.encode())
        splits[line.rstrip("\n").rpartition("\t")[2]] += 1
    return Written(digest=state.hexdigest(), splits=splits)


def _digest_of_languages(source: str, target: str) -> "hashlib._Hash":
    """Return a digest that has taken in the languages."""
    return hashlib.sha256(f"{source}\t{target}\n".encode())


def _lines(path: Path) -> Iterator[str]:
    """Yield the lines with their line feeds."""
    try:
        with gzip.open(path, "rt", encoding="utf-8", newline="\n") as stream:
            yield from stream
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise CorruptError(
            f"{path} cannot be read: {error}", remedy="Restore it from a snapshot"
        ) from error


def _flat(segment: str) -> str:
    """Return the segment without what separates segments."""
    if "\t" in segment or "\n" in segment or "\r" in segment:
        return segment.replace("\t", " ").replace("\r", " ").replace("\n", " ")
    return segment
