"""Parts of a page that keep themselves up to date."""

from collections.abc import Callable

import streamlit as st

from dashboard.session_state import run_every
from dashboard.widgets.errors import page_guard


def live_part(draw: Callable[[], None], every_s: float) -> None:
    """Draw a part now, and again every `every_s` seconds while the page is live.

    It must be quick (no scan, no network), and must not draw another live part.
    """

    @st.fragment(run_every=run_every(every_s))
    def part() -> None:
        with page_guard():
            draw()

    part()
