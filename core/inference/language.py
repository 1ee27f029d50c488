"""Languages: their names, and a simple guess which one a text is in."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

NAMES: Mapping[str, str] = {
    "ar": "Arabic", "ca": "Catalan", "cs": "Czech", "da": "Danish", "de": "German", "el": "Greek",
    "en": "English", "es": "Spanish", "fi": "Finnish", "fr": "French", "he": "Hebrew",
    "hi": "Hindi", "hu": "Hungarian", "it": "Italian", "ja": "Japanese", "ko": "Korean",
    "nb": "Norwegian", "nl": "Dutch", "pl": "Polish", "pt": "Portuguese", "ro": "Romanian",
    "ru": "Russian", "sv": "Swedish", "tr": "Turkish", "uk": "Ukrainian", "vi": "Vietnamese",
    "zh": "Chinese",
}  # fmt: skip

# Frequent short words of languages in Latin letters; a few are shared and count for each.
_WORDS: Mapping[str, frozenset[str]] = {
    code: frozenset(words.split())
    for code, words in {
        "en": "the and is are you of to in it that this how what where my your not have with hello",
        "es": "el la los las y es son de que en un una cómo qué dónde mi tu no está hola por para",
        "de": "der die das und ist sie ich nicht ein wie was wo mit auf zu",  # codespell:ignore
        "fr": "le la les et est sont vous je ne pas un une comment où mon avec bonjour dans que il",
        "it": "il lo la gli e è sono di che non un una come dove mio con ciao per nel della questo",
        "pt": "o a os as e é são de que não um uma onde com olá para em você isso está",
        "nl": "de het een en is zijn van dat niet hoe wat waar mijn met hallo ik je voor op deze",
    }.items()
}
_MARKS: Mapping[str, str] = {"es": "¿¡ñ", "de": "ß", "pt": "ãõ", "fr": "çœ"}
_SCRIPTS: Sequence[tuple[str, str]] = (
    ("ja", r"[\u3040-\u30ff]"), ("ko", r"[\uac00-\ud7af]"), ("zh", r"[\u4e00-\u9fff]"),
    ("ru", r"[\u0400-\u04ff]"), ("el", r"[\u0370-\u03ff]"), ("ar", r"[\u0600-\u06ff]"),
    ("he", r"[\u0590-\u05ff]"), ("hi", r"[\u0900-\u097f]"),
)  # fmt: skip
_CHARACTERS = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """A language and how sure the guess is, in percent."""

    language: str
    confidence: float


def language_name(code: str) -> str:
    """Return the English name of a language, or its code."""
    return NAMES.get(code, code)


def identify_language(text: str) -> Sequence[Guess]:
    """Return guesses, likeliest first: by script, else by frequent words; empty when in doubt."""
    start = text[:_CHARACTERS].lower()
    for code, pattern in _SCRIPTS:
        if re.search(pattern, start):
            return [Guess(language=code, confidence=90.0)]
    words = re.findall(r"\w+", start)
    points = {
        code: sum(word in known for word in words)
        + 3 * sum(start.count(mark) for mark in _MARKS.get(code, ""))
        for code, known in _WORDS.items()
    }
    total = sum(points.values())
    found = sorted((code for code in points if points[code]), key=lambda code: -points[code])
    return [
        Guess(language=code, confidence=round(100 * points[code] / (total + 1), 1))
        for code in found
    ]
