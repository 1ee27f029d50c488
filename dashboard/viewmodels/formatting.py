"""Format numbers, times and foreign text for the pages.

An absent value is shown as a dash, never as 0. Sizes are decimal (1 GB = 10^9 bytes).
"""

import math
import re
from datetime import datetime, tzinfo

from core.text import one_line

ABSENT = "—"
MINUTE_S = 60
HOUR_S = 60 * MINUTE_S
DAY_S = 24 * HOUR_S
MAX_CHARACTERS = 200
_PREFIXES = ("", "k", "M", "G", "T", "P")
_STEP = 1000.0
_THREE_DIGITS = 100
_ID_CHARACTERS = 8

_SPECIAL = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|$~&^=\"'@])")
_DIRECTIVE = re.compile(r":(?=\S)")
_AUTOLINK = re.compile(r"(?i)\b(https?|ftp|mailto|www)(?=[:.])")
_DIGEST = re.compile(r"\b[0-9a-f]{64}\b")
_WORD_JOINER = "\u2060"


def format_bytes(num_bytes: float | None) -> str:
    """Format a number of bytes, such as `47.1 GB`."""
    return ABSENT if num_bytes is None else _scaled(num_bytes, "B")


def format_rate(per_second: float | None, unit: str = "B") -> str:
    """Format a rate, such as `246 MB/s` or `3.2 ktok/s`."""
    return ABSENT if per_second is None else f"{_scaled(per_second, unit)}/s"


def format_quantity(amount: float | None, unit: str = "") -> str:
    """Format a large number with an SI prefix, such as `1.8 M` or `1.9 GHz`."""
    return ABSENT if amount is None else _scaled(amount, unit).strip()


def format_percent(ratio: float | None) -> str:
    """Format a ratio as a percentage, such as `73 %`."""
    return ABSENT if ratio is None else f"{ratio * 100:.0f} %"


def format_number(value: float | None, digits: int = 3) -> str:
    """Format a number with `digits` significant digits."""
    if value is None:
        return ABSENT
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else ("∞" if value > 0 else "-∞")
    magnitude = math.floor(math.log10(abs(value))) if value else 0
    if not -digits <= magnitude < digits + 3:
        return f"{value:.{digits - 1}e}"
    return f"{value:,.{max(digits - 1 - magnitude, 0)}f}"


def format_count(amount: float | None) -> str:
    """Format a whole number with separators, such as `30,412`."""
    return ABSENT if amount is None else f"{amount:,.0f}"


def pluralize(amount: int, noun: str, plural: str = "") -> str:
    """Return a number with its noun: `1 file`, `3 files`."""
    return f"{amount:,} {noun if amount == 1 else plural or noun + 's'}"


def format_duration(seconds: float | None) -> str:
    """Format a duration in its two largest units, such as `1 h 12 min`."""
    if seconds is None or not math.isfinite(seconds):
        return ABSENT
    whole = max(round(seconds), 0)
    if whole < MINUTE_S:
        return f"{whole} s"
    if whole < HOUR_S:
        return _two_units(whole, MINUTE_S, "min", 1, "s")
    if whole < DAY_S:
        return _two_units(whole, HOUR_S, "h", MINUTE_S, "min")
    return _two_units(whole, DAY_S, "d", HOUR_S, "h")


def format_age(at: float | None, now: float) -> str:
    """Format how long ago a time was: `now`, `12 s ago`, `3 d ago`; `never` when absent.

    A time in the future, after the clock was set back, counts as now.
    """
    if at is None:
        return "never"
    seconds = now - at
    if seconds < 1:
        return "now"
    for length, unit in ((DAY_S, "d"), (HOUR_S, "h"), (MINUTE_S, "min")):
        if seconds >= length:
            return f"{int(seconds // length)} {unit} ago"
    return f"{int(seconds)} s ago"


def format_time(at: float | None, zone: tzinfo) -> str:
    """Format a Unix time as local time, such as `2026-11-24 14:03:05`."""
    return ABSENT if at is None else f"{datetime.fromtimestamp(at, zone):%Y-%m-%d %H:%M:%S}"


def format_time_and_age(at: float | None, now: float, zone: tzinfo) -> str:
    """Format a Unix time as local time with its age; `never` when absent."""
    if at is None:
        return format_age(at, now)
    return f"{format_time(at, zone)} ({format_age(at, now)})"


def capitalize_first(sentence: str) -> str:
    """Return a sentence with a capital at its start; the rest stays as it is."""
    return sentence[:1].upper() + sentence[1:]


def short_id(digest: str | None) -> str:
    """Return the first eight characters of a digest or id."""
    return digest[:_ID_CHARACTERS] if digest else ABSENT


def shorten_digests(text: str) -> str:
    """Return the text with each SHA-256 digest in it cut to eight characters."""
    return _DIGEST.sub(lambda found: short_id(found[0]), text)


def escape_markdown(text: object, max_characters: int = MAX_CHARACTERS) -> str:
    """Return Markdown that draws `text` literally, on one line of at most `max_characters`.

    Streamlit draws Markdown in labels, tables and messages: a run named
    `![x](https://host/x.png)` must not load an image, and `:red[x]` must not turn red. Control
    characters are replaced as in `one_line`.
    """
    line = one_line(str(text)).strip()
    if len(line) > max_characters:
        line = line[: max_characters - 1] + "…"
    line = _AUTOLINK.sub(rf"\1{_WORD_JOINER}", line)
    return _SPECIAL.sub(r"\\\1", _DIRECTIVE.sub(f":{_WORD_JOINER}", line))


def _scaled(value: float, unit: str) -> str:
    """Return a value with an SI prefix and three digits."""
    if not math.isfinite(value):
        return format_number(value)
    power = 0
    while abs(value) >= _STEP and power < len(_PREFIXES) - 1:
        value /= _STEP
        power += 1
    digits = 0 if power == 0 or abs(value) >= _THREE_DIGITS else 1
    return f"{value:.{digits}f} {_PREFIXES[power]}{unit}"


def _two_units(whole: int, large: int, large_unit: str, small: int, small_unit: str) -> str:
    """Return whole seconds in two units; the smaller one is left out when it is 0."""
    rest = whole % large // small
    head = f"{whole // large} {large_unit}"
    return f"{head} {rest} {small_unit}" if rest else head
