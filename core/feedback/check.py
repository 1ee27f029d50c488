"""What makes a correction worth keeping; every adapter checks it alike."""

from core.errors import InputError
from core.feedback.records import Correction
from core.text import check_storable

MAX_CHARACTERS = 20_000


def check_correction(correction: Correction) -> None:
    """Raise InputError when a correction says nothing or cannot be stored."""
    if not correction.source.strip() or not correction.correction.strip():
        raise InputError("a correction needs a source and a corrected text")
    if correction.correction.strip() == correction.hypothesis.strip():
        raise InputError("the corrected text is what the model said", remedy="Change a word first")
    for text in (correction.source, correction.hypothesis, correction.correction):
        _check_text(text)


def _check_text(text: str) -> None:
    """Raise InputError for text that a database cannot hold or nobody typed."""
    if len(text) > MAX_CHARACTERS:
        raise InputError(f"a correction holds at most {MAX_CHARACTERS} characters a side")
    check_storable(text)
