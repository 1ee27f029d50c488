"""What became of an action, told at the next run of the page: actions are followed by a rerun."""

from collections.abc import Callable

import streamlit as st

from core.errors import DatahallError
from dashboard.session_state import delete_value, get_value, set_value
from dashboard.viewmodels.plain import plain
from dashboard.widgets.errors import error_words

DONE = "notice"
FAILED = "failure"


def perform(action: Callable[[], object], notice: str) -> None:
    """Do what a button promised and keep how it went; usable as a callback."""
    try:
        action()
    except DatahallError as error:
        set_value(FAILED, error_words(error))
        return
    announce(notice)


def announce(notice: str) -> None:
    """Keep a notice for the next run of the page."""
    set_value(DONE, plain(notice))


def draw_notices() -> None:
    """Draw what waits to be told, once."""
    notice, failure = get_value(DONE, ""), get_value(FAILED, "")
    delete_value(DONE)
    delete_value(FAILED)
    if notice:
        st.toast(notice, icon=":material/check:")
    if failure:
        st.error(failure, icon=":material/error:")
