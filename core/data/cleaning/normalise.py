"""Normalisation: what a segment looks like once its spelling variants are one."""

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass

# Zero-width space, word joiner, byte order mark, soft hyphen, direction marks. The joiners U+200C
# and U+200D stay: Persian, Hindi and emoji are spelled with them.
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
    """A change that keeps the meaning."""

    name: str
    description: str
    change: Callable[[str], str]


def _compose(text: str) -> str:
    """Return the text with composed accents (NFC)."""
    return unicodedata.normalize("NFC", text)


def _reveal(text: str) -> str:
    """Return the text without invisible characters."""
    return _INVISIBLE.sub("", text)


def _straighten(text: str) -> str:
    """Return the text with straight quotes."""
    return text.translate(_QUOTES) if _CURLY.search(text) else text


def _squeeze(text: str) -> str:
    """Return the text with single, plain spaces and none at the ends."""
    return _SPACES.sub(" ", text).strip()


NORMALISERS: Sequence[Normaliser] = (
    Normaliser(
        name="unicode",
        description="Accents written as separate characters are joined with their letter (NFC)",
        change=_compose,
    ),
    Normaliser(
        name="invisible",
        description="Zero-width spaces, soft hyphens and direction marks are removed",
        change=_reveal,
    ),
    Normaliser(
        name="quotes",
        description="Curly quotes, accents and backticks used as quotes become straight",
        change=_straighten,
    ),
    Normaliser(
        name="spaces",
        description="Runs of white space become one space; none is left at the ends",
        change=_squeeze,
    ),
)


def sentence_key(text: str) -> str:
    """Return what two spellings of one sentence share: its words without case and punctuation.

    A segment without any word is its own key.
    """
    return _NOT_WORDS.sub(" ", text.casefold()).strip() or text.strip()
