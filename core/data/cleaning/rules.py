"""Cleaning rules: each says of one pair whether it should be dropped, and why.

The order matters: a pair is counted under the first rule that drops it.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from core.data.cleaning.normalise import sentence_key
from core.data.cleaning.scripts import dense_length, has_foreign_script

MAX_CHARACTERS = 1000
MAX_RATIO = 3.0
_SHORT_CHARACTERS = 25
_LEAST_LETTERS = 0.3
_LEAST_WORDS = 5
_SAME_WORDS = 0.8

_MARKUP = re.compile(r"</?[A-Za-z][^<>]*>|&(?:[A-Za-z]{2,8}|#\d{1,6});|\{\{|\}\}|\[\[|\]\]")
_ADDRESS = re.compile(r"(?:(?:https?://|www\.)\S+|\S+@\S+\.\S+)")
_MOJIBAKE = re.compile("\ufffd|[ÃÂ][\u0080-\u00bf]")
_LONG_RUN = re.compile(r"([^\W\d_])\1{5,}|(\S)\2{9,}")
_STUTTER = re.compile(r"\b(\w+(?:\W+\w+){0,3})(?:\W+\1\b){2,}")
_STUTTER_WORDS = 4
_DIGIT = re.compile(r"\d")


@dataclass(frozen=True, slots=True, kw_only=True)
class NormalisedPair:
    """A normalised pair with the languages of its sides."""

    source: str
    target: str
    languages: tuple[str, str]

    @property
    def sides(self) -> tuple[str, str]:
        """Both segments."""
        return (self.source, self.target)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Drops pairs that would teach something wrong."""

    name: str
    description: str
    drops: Callable[[NormalisedPair], bool]


def _is_empty(pair: NormalisedPair) -> bool:
    """Return whether a side says nothing."""
    return not pair.source or not pair.target


def _is_too_long(pair: NormalisedPair) -> bool:
    """Return whether a side is longer than a sentence can be."""
    return max(map(len, pair.sides)) > MAX_CHARACTERS


def _is_mojibake(pair: NormalisedPair) -> bool:
    """Return whether a side was decoded wrongly once."""
    return any(not side.isascii() and _MOJIBAKE.search(side) for side in pair.sides)


def _has_markup(pair: NormalisedPair) -> bool:
    """Return whether a side has tags, entities or template marks."""
    return any(_MARKUP.search(side) for side in pair.sides)


def _is_address(pair: NormalisedPair) -> bool:
    """Return whether a side is nothing but web or mail addresses."""
    return any(
        ("@" in side or "/" in side or "www." in side) and not _ADDRESS.sub("", side).strip()
        for side in pair.sides
    )


def _lacks_letters(pair: NormalisedPair) -> bool:
    """Return whether a side is mostly digits, punctuation and symbols."""
    return any(_letters_ratio(side) < _LEAST_LETTERS for side in pair.sides)


def _letters_ratio(text: str) -> float:
    """Return the share of letters in what is not space."""
    dense = text.replace(" ", "")
    return sum(map(str.isalpha, dense)) / len(dense) if dense else 0.0


def _has_wrong_script(pair: NormalisedPair) -> bool:
    """Return whether a side is mostly in letters that its language is not written in."""
    return any(map(has_foreign_script, pair.sides, pair.languages))


def _repeats_itself(pair: NormalisedPair) -> bool:
    """Return whether a side repeats a letter, a word or a phrase over and over."""
    return any(_LONG_RUN.search(side) or _stutters(side) for side in pair.sides)


def _stutters(text: str) -> bool:
    """Return whether a phrase of one to four words comes three times in a row or more."""
    words = text.casefold().split()
    # Few words of many are repeated in any sentence; the search is only for those where most are.
    if len(words) < _STUTTER_WORDS or len(set(words)) * 2 > len(words) + 1:
        return False
    return _STUTTER.search(" ".join(words)) is not None


def _is_untranslated(pair: NormalisedPair) -> bool:
    """Return whether the target repeats the source."""
    if sentence_key(pair.source) == sentence_key(pair.target):
        return True
    source, target = (set(side.casefold().split()) for side in pair.sides)
    return min(len(source), len(target)) >= _LEAST_WORDS and len(
        source & target
    ) >= _SAME_WORDS * len(target)


def _has_odd_lengths(pair: NormalisedPair) -> bool:
    """Return whether one side is far longer than the other."""
    shorter, longer = sorted(map(dense_length, pair.sides))
    return longer > _SHORT_CHARACTERS and longer > MAX_RATIO * shorter


def _has_other_digits(pair: NormalisedPair) -> bool:
    """Return whether both sides have digits and each has some that the other lacks.

    "6:00" and "las 6", "the 1950s" and "los 50" are the same number told with more or less digits.
    """
    source, target = map(_digits, pair.sides)
    return not source <= target and not target <= source


def _digits(text: str) -> Counter[int]:
    """Return the digits of a segment, in whatever script they are."""
    if _DIGIT.search(text) is None:
        return Counter()
    return Counter(unicodedata.digit(sign) for sign in _DIGIT.findall(text))


RULES: Sequence[Rule] = (
    Rule(name="empty", description="A side is empty", drops=_is_empty),
    Rule(
        name="too long",
        description=f"A side has more than {MAX_CHARACTERS:,} characters",
        drops=_is_too_long,
    ),
    Rule(
        name="mojibake",
        description="A side was decoded wrongly once (Ã©, \ufffd)",
        drops=_is_mojibake,
    ),
    Rule(
        name="markup",
        description="A side has HTML tags, entities or template marks",
        drops=_has_markup,
    ),
    Rule(
        name="addresses",
        description="A side is nothing but web or mail addresses",
        drops=_is_address,
    ),
    Rule(
        name="few letters",
        description=f"Less than {_LEAST_LETTERS:.0%} of a side are letters",
        drops=_lacks_letters,
    ),
    Rule(
        name="wrong script",
        description="Most letters of a side are not those of its language",
        drops=_has_wrong_script,
    ),
    Rule(
        name="repetition",
        description="A side repeats a letter, a word or a phrase over and over",
        drops=_repeats_itself,
    ),
    Rule(
        name="untranslated",
        description="The target repeats the source",
        drops=_is_untranslated,
    ),
    Rule(
        name="length ratio",
        description=f"One side is more than {MAX_RATIO:g} times as long as the other",
        drops=_has_odd_lengths,
    ),
    Rule(
        name="digits",
        description="Both sides have digits, and each has some that the other lacks",
        drops=_has_other_digits,
    ),
)
