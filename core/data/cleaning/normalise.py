"""Normalisation: give variants of the same text one spelling."""

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass

# Zero-width space, word joiner, byte order mark, soft hyphen, direction marks. The joiners U+200C
# and U+200D stay: Persian, Hindi and emoji need them.
_INVISIBLE = re.compile("[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_SPACES = re.compile(r"\s+")
_QUOTES = str.maketrans({
    "“": '"', "”": '"', "„": '"', "‟": '"',
    "‘": "'", "’": "'", "‚": "'", "‛": "'", "`": "'", "´": "'",  # noqa: RUF001  (as above)
})  # fmt: skip
_CURLY = re.compile("[“”„‟‘’‚‛`´]")  # noqa: RUF001  (as above)
_NOT_WORDS = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Normaliser:
    """A change of a segment that keeps its meaning."""

    name: str
    description: str
    change: Callable[[str], str]


def _compose(text: str) -> str:
    """Return the text with composed accents (NFC)."""
    return unicodedata.normalize("NFC", text)


def _remove_invisible(text: str) -> str:
    """Return the text without invisible characters."""
    return _INVISIBLE.sub("", text)


def _straighten_quotes(text: str) -> str:
    """Return the text with straight quotes."""
    return text.translate(_QUOTES) if _CURLY.search(text) else text


def _collapse_spaces(text: str) -> str:
    """Return the text with single plain spaces, and no space at its ends."""
    return _SPACES.sub(" ", text).strip()


NORMALISERS: Sequence[Normaliser] = (
    Normaliser(
        name="unicode",
        description="Letters and separate accents are composed (NFC)",
        change=_compose,
    ),
    Normaliser(
        name="invisible",
        description="Zero-width spaces, soft hyphens and direction marks are removed",
        change=_remove_invisible,
    ),
    Normaliser(
        name="quotes",
        description="Curly quotes, and accents and backticks used as quotes, become straight",
        change=_straighten_quotes,
    ),
    Normaliser(
        name="spaces",
        description="White space becomes one space, and is removed at the ends",
        change=_collapse_spaces,
    ),
)


def sentence_key(text: str) -> str:
    """Return a key that is equal for sentences that differ only in case and punctuation.

    A segment without words is its own key.
    """
    return _NOT_WORDS.sub(" ", text.casefold()).strip() or text.strip()
