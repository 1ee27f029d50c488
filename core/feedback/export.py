"""Corrections -> a TSV file that `datahall data import` reads: feedback becomes training data.

The loop closes through this file, not through an import: feedback knows nothing of datasets.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from core.errors import InputError
from core.feedback.records import Correction, CorrectionExport
from core.feedback.store import FeedbackStore
from core.files import write_atomic

_ALL = 10_000_000


def export_corrections(
    store: FeedbackStore, path: Path, *, source: str, target: str, pending: bool = True
) -> CorrectionExport:
    """Write the corrections of a language direction to `path`, oldest first, and say which.

    Nothing is marked: call `store.mark_exported(export.ids, digest)` once the dataset version that
    was made from the file has its digest. A pair that was corrected alike twice is written once.
    Raises InputError when there is nothing to export.
    """
    chosen = [
        item
        for item in reversed(store.list(limit=_ALL, pending=pending))
        if (item.source_language, item.target_language) == (source, target)
    ]
    pairs = list(dict.fromkeys(pair for item in chosen for pair in _pairs(item)))
    if not pairs:
        raise InputError(
            f"there are no corrections {source} to {target} to export",
            remedy="Correct a translation on the Translate page first",
        )
    write_atomic(path, "".join(f"{pair}\n" for pair in pairs))
    return CorrectionExport(path=path, pairs=len(pairs), ids=tuple(item.id for item in chosen))


def _pairs(correction: Correction) -> Iterator[str]:
    """Yield the lines of a correction: line by line where both sides have as many, else whole."""
    sources, targets = _segments(correction.source), _segments(correction.correction)
    if len(sources) != len(targets):
        sources, targets = [" ".join(sources)], [" ".join(targets)]
    for source, target in zip(sources, targets, strict=True):
        yield f"{source}\t{target}"


def _segments(text: str) -> Sequence[str]:
    """Return the non-empty lines of a text, inner white space (tabs too) made single spaces."""
    lines = (" ".join(line.split()) for line in text.splitlines())
    return [line for line in lines if line]
