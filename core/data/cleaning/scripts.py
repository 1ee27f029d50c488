"""Which letters a language is written in, and how much a character of them says."""

import re
from collections.abc import Mapping

_RANGES: Mapping[str, str] = {
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
_LANGUAGES: Mapping[str, str] = {
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
_PATTERNS = {script: re.compile(f"[{ranges}]") for script, ranges in _RANGES.items()}
# A Han character, kana or syllable of Hangul says about as much as three Latin letters.
_DENSE = re.compile("[\u1100-\u11ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]")
_DENSITY = 3


def has_foreign_script(text: str, language: str) -> bool:
    """Return whether most letters of the text are not those of its language.

    False for languages that are not known here or are written in several scripts.
    """
    script = _LANGUAGES.get(language.partition("-")[0])
    if script is None or (script == "latin" and text.isascii()):
        return False
    letters = sum(map(str.isalpha, text))
    native = sum(map(str.isalpha, _PATTERNS[script].findall(text)))
    return native * 2 < letters


def dense_length(text: str) -> int:
    """Return the length in characters, characters of dense scripts counted for what they say."""
    if text.isascii():
        return len(text)
    return len(text) + (_DENSITY - 1) * len(_DENSE.findall(text))
