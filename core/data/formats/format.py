"""The protocol of a corpus format, and what all formats share."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from core.data.records import ImportCounts, Pair

_SPLIT_WORDS = {
    "train": "train", "training": "train", "valid": "valid", "validation": "valid",
    "val": "valid", "dev": "valid", "test": "test",
}  # fmt: skip
_SPLIT = re.compile(r"(?:^|[._-])(" + "|".join(_SPLIT_WORDS) + r")(?=[._-]|$)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class CorpusFiles:
    """The files to import and the language codes of their two sides."""

    files: Sequence[Path]
    source: str
    target: str


class CorpusFormat(Protocol):
    """Reads pairs from files line by line: at most one line of each file is in memory."""

    name: str

    def matches(self, corpus: CorpusFiles) -> bool:
        """Return whether the file names and the first lines match this format."""
        ...

    def read(self, corpus: CorpusFiles, counts: ImportCounts) -> Iterator[Pair]:
        """Yield the pairs in order; several files get their split from the file names.

        Lines that cannot be used are counted in `counts`. Raises InputError when a file cannot be
        read at all.
        """
        ...


def split_from_name(name: str) -> str:
    """Return the split that a file name contains (`val.en.gz` is valid); empty if none."""
    found = _SPLIT.findall(name)
    return _SPLIT_WORDS[found[-1].lower()] if found else ""
