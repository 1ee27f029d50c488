"""Export of corrections to a TSV file that `datahall data import` reads.

Feedback becomes training data through this file, so this package needs no import of core.data.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from core.errors import InputError
from core.feedback.store import Correction
from core.files import write_atomic
from core.text import split_lines


def export_corrections(corrections: Sequence[Correction], path: Path) -> int:
    """Write corrections of one language direction to `path`, oldest first; return the pair count.

    Equal pairs are written once. The corrections are not marked as exported: call
    `store.mark_exported(ids, digest)` once the dataset version made from the file has its digest.
    Raises InputError when there is nothing to export or the directions are mixed.
    """
    directions = {(item.source_language, item.target_language) for item in corrections}
    if len(directions) > 1:
        raise InputError("corrections of several language directions cannot share one export")
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
    """Yield the TSV lines of a correction.

    Lines are paired one by one where both texts have equally many, else the texts are one pair.
    """
    sources, targets = _lines(correction.source), _lines(correction.correction)
    if len(sources) != len(targets):
        sources, targets = [" ".join(sources)], [" ".join(targets)]
    for source, target in zip(sources, targets, strict=True):
        yield f"{source}\t{target}"


def _lines(text: str) -> Sequence[str]:
    """Return the non-empty lines of a text with each run of white space as one space."""
    lines = (" ".join(line.split()) for line in split_lines(text))
    return [line for line in lines if line]
