"""Rules for text from outside: what can be stored, how it is shown, where lines end, names.

No other module implements these rules. Imports no slow module, because the sampler uses it.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

from core.errors import InputError

# A JSON value: text, a number, None, or lists and objects of these.
Json = TypeVar("Json")

INVALID_UNICODE = "the text contains half of a surrogate pair, which is not valid Unicode"
REPLACEMENT = "\ufffd"
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
# Control characters that are white space, and the line and paragraph separators.
_BLANK_CONTROLS = re.compile(r"[\t-\r\x1c-\x1f\x85\u2028\u2029]+")
# Other control characters, marks that reverse the writing direction, surrogates.
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*")
_LONGEST_LANGUAGE = 35  # characters; RFC 5646, 4.4.1
_REGION, _SCRIPT = 2, 4  # letters of a subtag


def check_unicode(text: str) -> None:
    """Raise InputError for text that UTF-8 cannot encode (a lone surrogate)."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise InputError(
            f"{INVALID_UNICODE} (position {error.start})", remedy="Send valid Unicode"
        ) from None


def check_storable(text: str) -> None:
    """Raise InputError for text that a database or a program argument cannot hold.

    That is a lone surrogate, or a NUL character, which PostgreSQL and execve() refuse.
    """
    check_unicode(text)
    if "\x00" in text:
        raise InputError(f"the text contains a NUL character (position {text.index(chr(0))})")


def escape_unstorable(value: Json) -> Json:
    r"""Return a JSON value whose texts pass `check_storable`: `\x00` and `\ud83d` are written out.

    Other characters stay as they are. Tuples become lists.
    """
    return _escaped(value)  # type: ignore[return-value]  # of the same kind of JSON value


def _escaped(value: object) -> object:
    """Return the value with every text in it escaped."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode().replace("\x00", "\\x00")
    if isinstance(value, Mapping):
        return {_escaped(key): _escaped(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_escaped(item) for item in value]
    return value


def one_line(text: str) -> str:
    """Return text that is safe to print on one line of a terminal or a page.

    A run of line ends, tabs and other white-space controls becomes one space. Every other control
    character, mark that reverses the writing direction, and lone surrogate becomes U+FFFD. Letters,
    combining marks and joiners of all scripts stay.
    """
    return _CONTROLS.sub(REPLACEMENT, _BLANK_CONTROLS.sub(" ", text))


def quoted(path: Path | str) -> str:
    r"""Return a path as it is, or quoted with escapes when `one_line` would change it.

    Unlike with `one_line`, no two paths look the same: a byte that is not UTF-8 becomes `\udcff`.
    """
    text = str(path)
    return text if one_line(text) == text else ascii(text)


def split_lines(text: str, *, keep_ends: bool = False) -> list[str]:
    """Split text into lines: only LF ends a line, and CR LF is one end.

    str.splitlines() also splits at VT, FF, NEL, U+2028 and others, which are characters inside a
    line of a corpus. A line end at the end of the text does not begin another, empty line; empty
    text has no lines. `keep_ends` leaves each line's end on it.
    """
    lines: list[str] = _LINE.findall(text)
    return lines if keep_ends else [strip_line_end(line) for line in lines]


def strip_line_end(line: str) -> str:
    """Return a line without its LF or CR LF; a CR elsewhere belongs to the line."""
    return line[:-1].removesuffix("\r") if line.endswith("\n") else line


def format_megabytes(num_bytes: float) -> str:
    """Return a number of bytes for people, such as `1,039.5 MB` (1 MB = 10^6 bytes)."""
    return f"{num_bytes / 1e6:,.1f} MB"


def check_name(name: str, *, kind: str) -> str:
    """Return the name of a dataset or a run; raises InputError when it is unsafe as a folder."""
    if not _NAME.fullmatch(name):
        raise InputError(
            f"{name!r} is not a valid name for a {kind}",
            remedy="Use 1 to 40 characters: a-z, 0-9, dot, dash, underscore; first a-z or 0-9",
        )
    return name


def parse_language(code: str) -> str:
    """Return a language code in its standard form; raises InputError.

    A code is a language of two or three letters, optionally with a script, a region and variants
    (BCP 47): `en`, `pt-BR`, `zh-Hans`. Upper and lower case are equal, and `_` is accepted for `-`
    (as in `pt_br`, which LibreTranslate clients and gettext write).
    """
    if not _LANGUAGE.fullmatch(code) or len(code) > _LONGEST_LANGUAGE:
        raise InputError(
            f"{code!r} is not a language code", remedy="Use a code such as en, es or pt-BR"
        )
    language, *subtags = code.replace("_", "-").lower().split("-")
    return "-".join([language, *map(_standard_subtag, subtags)])


def parse_languages(source: str, target: str) -> tuple[str, str]:
    """Return two language codes in their standard form; raises InputError when they are equal."""
    pair = (parse_language(source), parse_language(target))
    if pair[0] == pair[1]:
        raise InputError(f"source and target language are both {pair[0]!r}")
    return pair


def _standard_subtag(subtag: str) -> str:
    """Return a subtag in the case of RFC 5646: `Hans` for a script, `BR` for a region."""
    if subtag.isalpha() and len(subtag) == _SCRIPT:
        return subtag.title()
    return subtag.upper() if len(subtag) == _REGION else subtag
