"""Typed access to the state of one browser session; no other module uses `st.session_state`."""

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
_PAGE_KEY, _CHOICES_KEY = "header-page", "header-choices"
_NOTHING: Mapping[str, object] = MappingProxyType({})


class Range(StrEnum):
    """The time ranges of a page, as written in its URL."""

    FIVE_MINUTES = "5m"
    QUARTER = "15m"
    HOUR = "1h"
    SIX_HOURS = "6h"
    DAY = "24h"
    WEEK = "7d"
    MONTH = "30d"

    @property
    def seconds(self) -> float:
        """Length of the range in seconds."""
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
    """Return the range chosen in the header; the default before the header is drawn."""
    chosen = st.session_state.get(RANGE_KEY)
    return Range(chosen) if chosen in set(Range) else DEFAULT_RANGE


def range_s() -> float:
    """Return the length of the chosen range in seconds."""
    return selected_range().seconds


def is_live() -> bool:
    """Whether the page refreshes itself (the Live toggle)."""
    return bool(st.session_state.get(LIVE_KEY, True))


def run_every(seconds: float) -> float | None:
    """Return the refresh period of a fragment: `seconds` while the page is live, else None."""
    return seconds if is_live() else None


def current_actor() -> Actor:
    """Return the signed-in user; raises DeniedError.

    The name and the role come from headers that only the gate can set, see
    `dashboard.server.gate.middleware`.
    """
    name, role = st.user.get("name"), st.user.get("role")
    if not name or role not in set(Role):
        raise DeniedError("not signed in", remedy="Open the link that `datahall up` printed")
    return Actor(name=str(name), role=Role(str(role)), origin="page")


def browser_zone() -> tzinfo:
    """Return the time zone of the browser; UTC when it is unknown."""
    try:
        return ZoneInfo(st.context.timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def restore_choices(page: str) -> None:
    """Restore the range and the Live toggle of the previous page.

    Must be called before their widgets are drawn. Streamlit deletes the value of a widget, and its
    URL parameter, when the user leaves the page that drew it.
    """
    if get_value(_PAGE_KEY, page) != page:
        for key, value in get_value(_CHOICES_KEY, _NOTHING).items():
            if key not in st.query_params:
                st.session_state[key] = value
    set_value(_PAGE_KEY, page)


def save_choices(**choices: object) -> None:
    """Store the values of the header's widgets for the next page."""
    set_value(_CHOICES_KEY, {**get_value(_CHOICES_KEY, _NOTHING), **choices})


def get_value(key: str, default: T) -> T:
    """Return the value stored under `key`, or `default`; the value has the type of the default."""
    value = st.session_state.get(key, default)
    return cast("T", value)


def set_value(key: str, value: object) -> None:
    """Store a small value for this session."""
    st.session_state[key] = value


def delete_value(key: str) -> None:
    """Delete the value stored under `key`, if there is one."""
    st.session_state.pop(key, None)
