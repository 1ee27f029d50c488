"""Tab-separated values: source TAB target; further columns are ignored, there is no header."""

import itertools
from collections.abc import Iterator
from pathlib import Path

from core.data.formats.format import CorpusFiles, split_from_name
from core.data.formats.lines import Rejected, read_lines
from core.data.records import ImportCounts, Pair

_SAMPLE_LINES = 50


class TsvFormat:
    """Each line of a file holds both sides of a pair."""

    name = "tsv"

    def matches(self, corpus: CorpusFiles) -> bool:
        """Return whether most of the first lines of every file contain a tab."""
        return all(_has_tabs(path) for path in corpus.files)

    def read(self, corpus: CorpusFiles, counts: ImportCounts) -> Iterator[Pair]:
        """Yield the pairs of the files in order."""
        has_splits = len(corpus.files) > 1
        for path in corpus.files:
            split = split_from_name(path.name) if has_splits else ""
            for line in read_lines(path, counts):
                found = _pair(line, split)
                if isinstance(found, Rejected):
                    counts.rejected[found.reason] += 1
                else:
                    yield found


def _pair(line: str | Rejected, split: str) -> Pair | Rejected:
    """Return the pair of a line, or the reason why it cannot be used."""
    if isinstance(line, Rejected):
        return line
    source, tab, rest = line.partition("\t")
    if not tab:
        return Rejected("without a tab") if source.strip() else Rejected("blank")
    return Pair(source=source, target=rest.partition("\t")[0], split=split)


def _has_tabs(path: Path) -> bool:
    """Return whether most of the first lines that are not blank contain a tab."""
    first = itertools.islice(read_lines(path, ImportCounts()), _SAMPLE_LINES)
    texts = [line for line in first if isinstance(line, str) and line.strip()]
    return bool(texts) and sum("\t" in text for text in texts) * 2 > len(texts)
