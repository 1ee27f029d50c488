"""Cleaning rules: each decides whether a pair is dropped.

The order matters: a pair is counted under the first rule that drops it.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from core.data.cleaning.normalise import sentence_key

MAX_CHARACTERS = 1000
MAX_RATIO = 3.0
_MIN_CHARACTERS = 25
_MIN_LETTER_RATIO = 0.3
_MIN_WORDS = 5
_MAX_SHARED_RATIO = 0.8

_MARKUP = re.compile(r"</?[A-Za-z][^<>]*>|&(?:[A-Za-z]{2,8}|#\d{1,6});|\{\{|\}\}|\[\[|\]\]")
_ADDRESS = re.compile(r"(?:(?:https?://|www\.)\S+|\S+@\S+\.\S+)")
_MOJIBAKE = re.compile("\ufffd|[ÃÂ][\u0080-\u00bf]")
_LONG_RUN = re.compile(r"([^\W\d_])\1{5,}|(\S)\2{9,}")
_REPETITION = re.compile(r"\b(\w+(?:\W+\w+){0,3})(?:\W+\1\b){2,}")
_MIN_REPETITION_WORDS = 4
_DIGIT = re.compile(r"\d")

_SCRIPT_RANGES: Mapping[str, str] = {
    "latin": "A-Za-z\u00aa\u00ba\u00c0-\u024f\u1e00-\u1eff",
    "greek": "\u0370-\u03ff\u1f00-\u1fff",
    "cyrillic": "\u0400-\u052f",
    "hebrew": "\u0590-\u05ff",
    "arabic": "\u0600-\u06ff\u0750-\u077f\ufb50-\ufdff\ufe70-\ufeff",
    "devanagari": "\u0900-\u097f",
    "thai": "\u0e00-\u0e7f",
    "hangul": "\u1100-\u11ff\uac00-\ud7af",
    "japanese": "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff",
    "chinese": "\u3400-\u4dbf\u4e00-\u9fff",
}
_SCRIPT_OF_LANGUAGE: Mapping[str, str] = {
    language: script
    for script, languages in {
        "latin": """en es fr de it pt ca gl eu nl sv da no nb nn fi is et lv lt pl cs sk sl hr ro
            hu sq tr vi id ms tl sw eo ga cy mt lb af la""",
        "greek": "el",
        "cyrillic": "ru uk bg be mk ky tg",
        "hebrew": "he yi",
        "arabic": "ar fa ur ps",
        "devanagari": "hi mr ne sa",
        "thai": "th",
        "hangul": "ko",
        "japanese": "ja",
        "chinese": "zh",
    }.items()
    for language in languages.split()
}
_SCRIPT_PATTERNS = {script: re.compile(f"[{ranges}]") for script, ranges in _SCRIPT_RANGES.items()}
# A Han character, kana or Hangul syllable carries about as much text as three Latin letters.
_DENSE = re.compile("[\u1100-\u11ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]")
_DENSITY = 3


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
    """A rule that drops pairs unsuitable for training."""

    name: str
    description: str
    drops: Callable[[NormalisedPair], bool]


def _is_empty(pair: NormalisedPair) -> bool:
    """Return whether a side is empty."""
    return not pair.source or not pair.target


def _is_too_long(pair: NormalisedPair) -> bool:
    """Return whether a side is too long for a sentence."""
    return max(map(len, pair.sides)) > MAX_CHARACTERS


def _is_mojibake(pair: NormalisedPair) -> bool:
    """Return whether a side was once decoded with the wrong encoding."""
    return any(not side.isascii() and _MOJIBAKE.search(side) for side in pair.sides)


def _has_markup(pair: NormalisedPair) -> bool:
    """Return whether a side contains tags, entities or template marks."""
    return any(_MARKUP.search(side) for side in pair.sides)


def _is_address(pair: NormalisedPair) -> bool:
    """Return whether a side consists of web or mail addresses."""
    return any(
        ("@" in side or "/" in side or "www." in side) and not _ADDRESS.sub("", side).strip()
        for side in pair.sides
    )


def _lacks_letters(pair: NormalisedPair) -> bool:
    """Return whether a side is mostly digits, punctuation and symbols."""
    return any(_letters_ratio(side) < _MIN_LETTER_RATIO for side in pair.sides)


def _letters_ratio(text: str) -> float:
    """Return the ratio of letters to characters, without spaces."""
    dense = text.replace(" ", "")
    return sum(map(str.isalpha, dense)) / len(dense) if dense else 0.0


def _is_in_wrong_script(pair: NormalisedPair) -> bool:
    """Return whether most letters of a side are not from the script of its language."""
    return any(map(_is_mostly_foreign, pair.sides, pair.languages))


def _is_mostly_foreign(text: str, language: str) -> bool:
    """Return whether most letters of a text are not from the script of its language.

    False for a language that is not in the table, because it is unknown or has several scripts.
    """
    script = _SCRIPT_OF_LANGUAGE.get(language.partition("-")[0])
    if script is None or (script == "latin" and text.isascii()):
        return False
    letters = sum(map(str.isalpha, text))
    native = sum(map(str.isalpha, _SCRIPT_PATTERNS[script].findall(text)))
    return native * 2 < letters


def _is_repetitive(pair: NormalisedPair) -> bool:
    """Return whether a side repeats a character, a word or a phrase many times."""
    return any(_LONG_RUN.search(side) or _repeats_phrase(side) for side in pair.sides)


def _repeats_phrase(text: str) -> bool:
    """Return whether a phrase of one to four words occurs three or more times in a row."""
    words = text.casefold().split()
    # Fast path: the regular expression is needed only where about half of the words are repeated.
    if len(words) < _MIN_REPETITION_WORDS or len(set(words)) * 2 > len(words) + 1:
        return False
    return _REPETITION.search(" ".join(words)) is not None


def _is_untranslated(pair: NormalisedPair) -> bool:
    """Return whether the target is the source, or shares most of its words."""
    if sentence_key(pair.source) == sentence_key(pair.target):
        return True
    source, target = (set(side.casefold().split()) for side in pair.sides)
    return min(len(source), len(target)) >= _MIN_WORDS and len(
        source & target
    ) >= _MAX_SHARED_RATIO * len(target)


def _differs_in_length(pair: NormalisedPair) -> bool:
    """Return whether one side is much longer than the other."""
    shorter, longer = sorted(map(_comparable_length, pair.sides))
    return longer > _MIN_CHARACTERS and longer > MAX_RATIO * shorter


def _comparable_length(text: str) -> int:
    """Return the length in characters; a character of a dense script counts three times."""
    if text.isascii():
        return len(text)
    return len(text) + (_DENSITY - 1) * len(_DENSE.findall(text))


def _differs_in_digits(pair: NormalisedPair) -> bool:
    """Return whether each side has digits that the other one lacks.

    "6:00" and "las 6", or "the 1950s" and "los 50", are the same number written differently.
    """
    source, target = map(_digits, pair.sides)
    return not source <= target and not target <= source


def _digits(text: str) -> Counter[int]:
    """Return the digits of a segment, of any script."""
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
        description="A side was decoded with the wrong encoding (Ã©, \ufffd)",
        drops=_is_mojibake,
    ),
    Rule(
        name="markup",
        description="A side contains HTML tags, entities or template marks",
        drops=_has_markup,
    ),
    Rule(
        name="addresses",
        description="A side consists of web or mail addresses",
        drops=_is_address,
    ),
    Rule(
        name="few letters",
        description=f"Less than {_MIN_LETTER_RATIO:.0%} of a side are letters",
        drops=_lacks_letters,
    ),
    Rule(
        name="wrong script",
        description="Most letters of a side are not from the script of its language",
        drops=_is_in_wrong_script,
    ),
    Rule(
        name="repetition",
        description="A side repeats a character, a word or a phrase many times",
        drops=_is_repetitive,
    ),
    Rule(
        name="untranslated",
        description="The target is the source, or shares most of its words",
        drops=_is_untranslated,
    ),
    Rule(
        name="length ratio",
        description=f"One side is more than {MAX_RATIO:g} times as long as the other",
        drops=_differs_in_length,
    ),
    Rule(
        name="digits",
        description="Each side has digits that the other one lacks",
        drops=_differs_in_digits,
    ),
)
