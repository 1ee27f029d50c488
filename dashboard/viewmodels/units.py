"""Numbers in people's words: sizes, rates, shares, durations, ages and times.

A value that is absent is shown as a dash, never as 0. Sizes are decimal (1 GB = 10^9 bytes).
"""

import math
from datetime import datetime, tzinfo

ABSENT = "—"
MINUTE_S = 60
HOUR_S = 60 * MINUTE_S
DAY_S = 24 * HOUR_S
_PREFIXES = ("", "k", "M", "G", "T", "P")
_STEP = 1000.0
_THREE_DIGITS = 100


def size(num_bytes: float | None) -> str:
    """Return a number of bytes, such as `47.1 GB`."""
    return ABSENT if num_bytes is None else _scaled(num_bytes, "B")


def rate(per_second: float | None, unit: str = "B") -> str:
    """Return a rate, such as `246 MB/s` or `3.2 k tok/s`."""
    return ABSENT if per_second is None else f"{_scaled(per_second, unit)}/s"


def quantity(amount: float | None, unit: str = "") -> str:
    """Return a large number with three digits, such as `1.8 M`."""
    return ABSENT if amount is None else _scaled(amount, unit).strip()


def share(ratio: float | None) -> str:
    """Return a ratio as a percentage, such as `73 %`."""
    return ABSENT if ratio is None else f"{ratio * 100:.0f} %"


def number(value: float | None, digits: int = 3) -> str:
    """Return a number with so many significant digits; what is not finite is named."""
    if value is None:
        return ABSENT
    if not math.isfinite(value):
        return "not a number" if math.isnan(value) else ("∞" if value > 0 else "-∞")
    magnitude = math.floor(math.log10(abs(value))) if value else 0
    if not -digits <= magnitude < digits + 3:
        return f"{value:.{digits - 1}e}"
    return f"{value:,.{max(digits - 1 - magnitude, 0)}f}"


def count(amount: float | None) -> str:
    """Return a whole number with separators, such as `30,412`."""
    return ABSENT if amount is None else f"{amount:,.0f}"


def counted(amount: int, noun: str, plural: str = "") -> str:
    """Return a number with its noun: `1 file`, `3 files`."""
    return f"{amount:,} {noun if amount == 1 else plural or noun + 's'}"


def duration(seconds: float | None) -> str:
    """Return a duration in its two largest units, such as `1 h 12 min`."""
    if seconds is None or not math.isfinite(seconds):
        return ABSENT
    whole = max(round(seconds), 0)
    if whole < MINUTE_S:
        return f"{whole} s"
    if whole < HOUR_S:
        return _two(whole, MINUTE_S, "min", 1, "s")
    if whole < DAY_S:
        return _two(whole, HOUR_S, "h", MINUTE_S, "min")
    return _two(whole, DAY_S, "d", HOUR_S, "h")


def age(at: float | None, now: float) -> str:
    """Return how long ago something was: `now`, `12 s ago`, `3 d ago`; `never` when absent.

    What lies ahead (a clock that was set back) counts as now.
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


def moment(at: float | None, zone: tzinfo) -> str:
    """Return a time as `2026-11-24 14:03:05`."""
    return ABSENT if at is None else f"{datetime.fromtimestamp(at, zone):%Y-%m-%d %H:%M:%S}"


def short(digest: str | None) -> str:
    """Return the first characters of a digest or id, enough to tell it apart."""
    return digest[:8] if digest else ABSENT


def _scaled(value: float, unit: str) -> str:
    """Return a value with an SI prefix and three digits."""
    if not math.isfinite(value):
        return number(value)
    power = 0
    while abs(value) >= _STEP and power < len(_PREFIXES) - 1:
        value /= _STEP
        power += 1
    digits = 0 if power == 0 or abs(value) >= _THREE_DIGITS else 1
    return f"{value:.{digits}f} {_PREFIXES[power]}{unit}"


def _two(whole: int, large: int, large_unit: str, small: int, small_unit: str) -> str:
    """Return whole seconds in two units; the smaller is left out when it is 0."""
    rest = whole % large // small
    head = f"{whole // large} {large_unit}"
    return f"{head} {rest} {small_unit}" if rest else head
