"""Typed access to what one browser session holds: the only file that touches session_state."""

from collections.abc import Mapping
from datetime import UTC, tzinfo
from enum import StrEnum
from types import MappingProxyType
from typing import TypeVar, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

from core.audit import Actor, Role
from core.errors import DeniedError

T = TypeVar("T")
RANGE_KEY = "range"
LIVE_KEY = "live"
_PAGE_KEY, _KEPT_KEY = "kept-page", "kept-choices"
_NOTHING: Mapping[str, object] = MappingProxyType({})


class Range(StrEnum):
    """The ranges of time that a page can show, as they stand in the address."""

    FIVE_MINUTES = "5m"
    QUARTER = "15m"
    HOUR = "1h"
    SIX_HOURS = "6h"
    DAY = "24h"
    WEEK = "7d"
    MONTH = "30d"

    @property
    def seconds(self) -> float:
        """Length of the range."""
        return _SECONDS[self]


_SECONDS = {
    Range.FIVE_MINUTES: 300.0,
    Range.QUARTER: 900.0,
    Range.HOUR: 3600.0,
    Range.SIX_HOURS: 21_600.0,
    Range.DAY: 86_400.0,
    Range.WEEK: 604_800.0,
    Range.MONTH: 2_592_000.0,
}
DEFAULT_RANGE = Range.QUARTER


def selected_range() -> Range:
    """Return the range chosen in the header, or the default before it is drawn."""
    chosen = st.session_state.get(RANGE_KEY)
    return Range(chosen) if chosen in set(Range) else DEFAULT_RANGE


def range_s() -> float:
    """Return the seconds that charts and tables of this page cover."""
    return selected_range().seconds


def is_live() -> bool:
    """Return whether the page keeps itself up to date."""
    return bool(st.session_state.get(LIVE_KEY, True))


def run_every(seconds: float) -> float | None:
    """Return `seconds` while the page is live, else None: the period of a page's live parts."""
    return seconds if is_live() else None


def current_actor() -> Actor:
    """Return who acts on this page, as the gate signed them in; raises DeniedError.

    Name and role arrive in headers that only the gate can set (see `dashboard.server.gate`).
    """
    name, role = st.user.get("name"), st.user.get("role")
    if not name or role not in set(Role):
        message = "nobody is signed in"
        raise DeniedError(message, remedy="Open the link that `datahall up` printed")
    return Actor(name=str(name), role=Role(str(role)), origin="page")


def browser_zone() -> tzinfo:
    """Return the viewer's time zone, as the browser says; UTC when it says nothing known."""
    try:
        return ZoneInfo(st.context.timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def restore_choices(page: str) -> None:
    """Bring range and Live along from the page before; call it before their widgets are drawn.

    Streamlit drops a widget's value, and its part of the address, with the page that drew it.
    """
    if get_value(_PAGE_KEY, page) != page:
        for key, value in get_value(_KEPT_KEY, _NOTHING).items():
            if key not in st.query_params:
                st.session_state[key] = value
    set_value(_PAGE_KEY, page)


def save_choices(**choices: object) -> None:
    """Keep what the header's widgets returned for the next page."""
    set_value(_KEPT_KEY, {**get_value(_KEPT_KEY, _NOTHING), **choices})


def get_value(key: str, default: T) -> T:
    """Return what was remembered under `key`, or `default`; the type is the default's."""
    value = st.session_state.get(key, default)
    return cast("T", value)


def set_value(key: str, value: object) -> None:
    """Keep a value for this session: small, plain, and of no use to anyone else."""
    st.session_state[key] = value


def delete_value(key: str) -> None:
    """Drop what was remembered under `key`."""
    st.session_state.pop(key, None)
