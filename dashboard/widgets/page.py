"""The frame of every page: header, error messages, notices, live parts and tabs.

A view calls `page_header` first. Range and Live are part of the address (`?range=1h&live=false`),
stay the same from page to page, and are read through `dashboard.session_state`.
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

import streamlit as st

from core.errors import DatahallError, UnavailableError
from dashboard.session_state import (
    DEFAULT_RANGE,
    LIVE_KEY,
    RANGE_KEY,
    Range,
    delete_value,
    get_value,
    restore_choices,
    run_every,
    save_choices,
    set_value,
)
from dashboard.viewmodels.elements import SEVERITY_BADGES, Severity
from dashboard.viewmodels.formatting import capitalize_first, escape_markdown
from dashboard.viewmodels.health import HealthSummary, Problem
from dashboard.widgets.elements import draw_badge

HEALTH_EVERY_S = 5.0
MAX_MESSAGE_CHARACTERS = 600
_NOTICE, _ERROR = "notice", "failure"
_BANNERS = {
    Severity.CRITICAL: st.error,
    Severity.WARNING: st.warning,
    Severity.INFO: st.info,
}
_LOG = logging.getLogger(__name__)


def page_header(title: str, health: Callable[[], HealthSummary], *, has_range: bool = True) -> None:
    """Draw title, time range, Live switch and health badge.

    While the page is live, `health` is called every few seconds. `has_range` is False on pages
    that show no history.
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
            if has_range:
                _draw_range()
            save_choices(live=st.toggle("Live", value=True, key=LIVE_KEY, bind="query-params"))
            _draw_health(health)


@contextmanager
def page_guard() -> Iterator[None]:
    """Draw errors raised inside as messages, so that the rest of the page is still drawn.

    Streamlit's own control exceptions (rerun, stop) propagate.
    """
    try:
        yield
    except UnavailableError as error:
        st.info(error_text(error), icon=":material/do_not_disturb_on:", title="Not available")
    except DatahallError as error:
        draw_error(error)
    except Exception as error:  # noqa: BLE001  (a bug in one part must not blank the whole page)
        _LOG.exception("a part of the page failed")
        st.error(
            f"{escape_markdown(type(error).__name__)}: "
            f"{escape_markdown(error, MAX_MESSAGE_CHARACTERS)}  \n"
            "This is a bug in Datahall. The traceback is in logs/dashboard.log in the home folder.",
            icon=":material/bug_report:",
            title="Internal error",
        )


def draw_error(error: DatahallError) -> None:
    """Draw an error with its remedy."""
    st.error(error_text(error), icon=":material/error:")


def error_text(error: DatahallError) -> str:
    """Return message and remedy as Markdown; the message starts with a capital letter."""
    message = capitalize_first(error.message)
    fix = escape_markdown(error.remedy, MAX_MESSAGE_CHARACTERS)
    return escape_markdown(message, MAX_MESSAGE_CHARACTERS) + (f"  \n**Fix:** {fix}" if fix else "")


def draw_problem(problem: Problem) -> None:
    """Draw a problem as a banner in the style of its severity."""
    text = escape_markdown(problem.detail, MAX_MESSAGE_CHARACTERS)
    title = escape_markdown(problem.title)
    draw = _BANNERS[problem.severity]
    draw(text, icon=SEVERITY_BADGES[problem.severity].icon, title=title)


def perform(action: Callable[[], object], notice: str) -> None:
    """Perform an action and store its outcome for `draw_notices`; usable as a callback."""
    try:
        action()
    except DatahallError as error:
        set_value(_ERROR, error_text(error))
        return
    announce(notice)


def announce(notice: str) -> None:
    """Store a notice for the next run of the page."""
    set_value(_NOTICE, escape_markdown(notice))


def draw_notices() -> None:
    """Draw the outcome of the last action, once: actions are followed by a rerun of the page."""
    notice, error = get_value(_NOTICE, ""), get_value(_ERROR, "")
    delete_value(_NOTICE)
    delete_value(_ERROR)
    if notice:
        st.toast(notice, icon=":material/check:")
    if error:
        st.error(error, icon=":material/error:")


def live_part(draw: Callable[[], None], every_s: float) -> None:
    """Draw a part now, and again every `every_s` seconds while the page is live.

    `draw` must be fast (no scan, no network) and must not draw another live part.
    """

    @st.fragment(run_every=run_every(every_s))
    def part() -> None:
        with page_guard():
            draw()

    part()


def draw_tabs(parts: Mapping[str, Callable[[], None]], *, key: str) -> None:
    """Draw a tab per part, but only the content of the open one; it is part of the address."""
    tabs = st.tabs(list(parts), key=key, bind="query-params")
    for tab, draw in zip(tabs, parts.values(), strict=True):
        if tab.open:
            with tab, page_guard():
                draw()


def _draw_range() -> None:
    """Draw the choice of the time range."""
    chosen = st.segmented_control(
        "Time range",
        [entry.value for entry in Range],
        default=DEFAULT_RANGE.value,
        required=True,
        key=RANGE_KEY,
        bind="query-params",
        label_visibility="collapsed",
    )
    save_choices(range=chosen)


def _draw_health(health: Callable[[], HealthSummary]) -> None:
    """Draw the health badge with the age of the newest sample; it refreshes by itself."""

    @st.fragment(run_every=run_every(HEALTH_EVERY_S))
    def part() -> None:
        summary = health()
        badge = summary.badge
        age = f" · sampled {summary.age}" if summary.age else ""
        draw_badge(replace(badge, word=badge.word + age))

    part()
