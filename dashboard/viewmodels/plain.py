"""Text from outside made safe for Markdown: shown as it is, whatever it holds.

Streamlit draws Markdown in labels, tables and messages. A run named `![x](https://host/x.png)` must
not fetch a picture, and `:red[x]` must not turn red.
"""

import re

LONGEST = 200
_SPECIAL = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|$~&^=\"'@])")
_DIRECTIVE = re.compile(r":(?=\S)")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")
_AUTOLINK = re.compile(r"(?i)\b(https?|ftp|mailto|www)(?=[:.])")
_JOINER = "\u2060"


def plain(text: object, longest: int = LONGEST) -> str:
    """Return Markdown that draws `text` literally, on one line, cut to `longest` characters.

    Control characters and marks that reverse the writing direction become spaces.
    """
    line = _CONTROL.sub(" ", str(text).encode(errors="replace").decode()).strip()
    if len(line) > longest:
        line = line[: longest - 1] + "…"
    line = _AUTOLINK.sub(rf"\1{_JOINER}", line)
    return _SPECIAL.sub(r"\\\1", _DIRECTIVE.sub(f":{_JOINER}", line))
