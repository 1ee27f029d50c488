"""The line at the top of every page: title, range of time, Live, health, age of the newest sample.

A view calls `page_header` first. Range and Live stand in the address (`?range=1h&live=false`), go
along from page to page, and are read through `dashboard.session_state`.
"""

from collections.abc import Callable

import streamlit as st

from dashboard.session_state import (
    DEFAULT_RANGE,
    LIVE_KEY,
    RANGE_KEY,
    Range,
    restore_choices,
    run_every,
    save_choices,
)
from dashboard.viewmodels.health import Health
from dashboard.viewmodels.plain import plain

BADGE_EVERY_S = 5.0


def page_header(title: str, health: Callable[[], Health], *, ranged: bool = True) -> None:
    """Draw the line; `health` is asked again every few seconds while the page is live.

    `ranged` is False on pages that show no history.
    """
    restore_choices(title)
    with st.container(
        key="page-header",
        horizontal=True,
        horizontal_alignment="distribute",
        vertical_alignment="center",
    ):
        st.title(title, anchor=False, width="content")
        with st.container(
            horizontal=True, vertical_alignment="center", width="content", gap="medium"
        ):
            if ranged:
                _draw_range()
            save_choices(live=st.toggle("Live", value=True, key=LIVE_KEY, bind="query-params"))
            _draw_health(health)


def _draw_range() -> None:
    """Draw the choice of range."""
    chosen = st.segmented_control(
        "Range of time",
        [entry.value for entry in Range],
        default=DEFAULT_RANGE.value,
        required=True,
        key=RANGE_KEY,
        bind="query-params",
        label_visibility="collapsed",
    )
    save_choices(range=chosen)


def _draw_health(health: Callable[[], Health]) -> None:
    """Draw the badge in a part of its own that keeps itself up to date."""

    @st.fragment(run_every=run_every(BADGE_EVERY_S))
    def badge() -> None:
        now = health()
        words = plain(f"{now.look.word} · {now.age}")
        told = plain(now.look.help, longest=500) or None
        st.badge(words, icon=now.look.icon, color=now.look.colour, help=told)

    badge()
