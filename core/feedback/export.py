"""Corrections -> a TSV file that `datahall data import` reads: feedback becomes training data.

The loop closes through this file, not through an import: feedback knows nothing of datasets.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from core.errors import InputError
from core.feedback.records import Correction
from core.files import write_atomic
from core.text import split_lines


def export_corrections(corrections: Sequence[Correction], path: Path) -> int:
    """Write corrections of one language direction to `path`, oldest first; return the pairs.

    A pair that was corrected alike twice is written once. Nothing is marked: call
    `store.mark_exported(ids, digest)` once the dataset version made from the file has its digest.
    Raises InputError when there is nothing to export or the directions are mixed.
    """
    directions = {(item.source_language, item.target_language) for item in corrections}
    if len(directions) > 1:
        raise InputError("one export holds one language direction")
    oldest_first = sorted(corrections, key=lambda item: (item.time, item.id))
    pairs = list(dict.fromkeys(pair for item in oldest_first for pair in _pairs(item)))
    if not pairs:
        raise InputError(
            "there are no corrections to export",
            remedy="Correct a translation on the Translate page first",
        )
    write_atomic(path, "".join(f"{pair}\n" for pair in pairs))
    return len(pairs)


def _pairs(correction: Correction) -> Iterator[str]:
    """Yield the lines of a correction: line by line where both sides have as many, else whole."""
    sources, targets = _segments(correction.source), _segments(correction.correction)
    if len(sources) != len(targets):
        sources, targets = [" ".join(sources)], [" ".join(targets)]
    for source, target in zip(sources, targets, strict=True):
        yield f"{source}\t{target}"


def _segments(text: str) -> Sequence[str]:
    """Return the non-empty lines of a text, inner white space (tabs too) made single spaces."""
    lines = (" ".join(line.split()) for line in split_lines(text))
    return [line for line in lines if line]
