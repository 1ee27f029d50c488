"""Text from outside made safe for Markdown: shown as it is, whatever it holds.

Streamlit draws Markdown in labels, tables and messages. A run named `![x](https://host/x.png)` must
not fetch a picture, and `:red[x]` must not turn red.
"""

import re

from core.text import one_line

LONGEST = 200
_SPECIAL = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|$~&^=\"'@])")
_DIRECTIVE = re.compile(r":(?=\S)")
_AUTOLINK = re.compile(r"(?i)\b(https?|ftp|mailto|www)(?=[:.])")
_JOINER = "\u2060"


def plain(text: object, longest: int = LONGEST) -> str:
    """Return Markdown that draws `text` literally, on one line, cut to `longest` characters.

    Control characters are replaced as in `one_line`.
    """
    line = one_line(str(text)).strip()
    if len(line) > longest:
        line = line[: longest - 1] + "…"
    line = _AUTOLINK.sub(rf"\1{_JOINER}", line)
    return _SPECIAL.sub(r"\\\1", _DIRECTIVE.sub(f":{_JOINER}", line))
