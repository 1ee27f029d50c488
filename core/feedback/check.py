"""What makes a correction worth keeping; every adapter checks it alike."""

from core.errors import InputError
from core.feedback.records import Correction

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
    try:
        text.encode()
    except UnicodeEncodeError:
        raise InputError("the text holds half a character (a lone surrogate)") from None
    if "\0" in text:
        raise InputError("the text holds a NUL character")
