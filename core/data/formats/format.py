"""What a corpus format promises."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from core.data.records import Pair
from core.data.tally import Tally

_SPLIT_WORDS = {
    "train": "train", "training": "train", "valid": "valid", "validation": "valid",
    "val": "valid", "dev": "valid", "test": "test",
}  # fmt: skip
_SPLIT = re.compile(r"(?:^|[._-])(" + "|".join(_SPLIT_WORDS) + r")(?=[._-]|$)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class CorpusFiles:
    """Files to import and the languages in them, source first."""

    files: Sequence[Path]
    source: str
    target: str


class CorpusFormat(Protocol):
    """Reads pairs out of files, line by line, holding no more than a line of each."""

    name: str

    def claims(self, corpus: CorpusFiles) -> bool:
        """Return whether the files' names and first lines look like this format."""
        ...

    def read(self, corpus: CorpusFiles, tally: Tally) -> Iterator[Pair]:
        """Yield the pairs in order, their split from the file names when there are several.

        Lines that cannot be used are counted in `tally`. Raises InputError when the files as a
        whole cannot be read.
        """
        ...


def split_of(name: str) -> str:
    """Return the split that a file name speaks of (`val.en.gz` is valid), or nothing."""
    found = _SPLIT.findall(name)
    return _SPLIT_WORDS[found[-1].lower()] if found else ""
