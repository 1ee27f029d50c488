"""Dialogs that stay open while the page behind them refreshes, and the two questions.

Which dialog is open is remembered, so that a rerun (a job ended) draws it again with what was
typed. A dialog belongs to one page: the first word of its name.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import streamlit as st

from core.errors import DatahallError
from dashboard.session_state import delete_value, get_value, set_value
from dashboard.viewmodels.plain import plain
from dashboard.widgets.errors import draw_error
from dashboard.widgets.notices import announce

OPEN = "open_dialog"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked before something happens that cannot be taken back.

    `name` is what must be typed; empty asks for a plain yes. `losses` say what will be gone.
    """

    dialog: str
    title: str
    sentence: str
    losses: Sequence[str] = ()
    name: str = ""
    button: str = "Yes"
    icon: str = ":material/warning:"


def open_dialog(dialog: str) -> None:
    """Open a dialog at the next run of its page; usable as a callback."""
    set_value(OPEN, dialog)


def close_dialog() -> None:
    """Close whatever dialog is open; usable as a callback."""
    delete_value(OPEN)


def opened(dialog: str) -> bool:
    """Whether a dialog is open."""
    return get_value(OPEN, "") == dialog


def close_foreign(page: str) -> None:
    """Close a dialog that another page left open."""
    if not get_value(OPEN, page).startswith(page):
        close_dialog()


def drawer(title: str, draw: Callable[[], None], *, icon: str, width: int = 560) -> None:
    """Draw a drawer at the right side."""
    st.dialog(title, width=width, position="right", icon=icon, on_dismiss=close_dialog)(draw)()


def ask(question: Question, act: Callable[[], str]) -> None:
    """Ask; on yes act, announce what `act` returns and close. Failures stay in the dialog."""

    def draw() -> None:
        st.markdown(question.sentence)
        for loss in question.losses:
            st.markdown(f"- {loss}")
        _draw_form(question, act)

    st.dialog(question.title, icon=question.icon, on_dismiss=close_dialog)(draw)()


def finish(notice: str) -> None:
    """Close the dialog, announce what was done and draw the page anew."""
    close_dialog()
    announce(notice)
    st.rerun()


def _draw_form(question: Question, act: Callable[[], str]) -> None:
    """Draw the typing and the two buttons; Cancel comes first."""
    with st.form(f"form-{question.dialog}", border=False):
        typed = question.name
        if question.name:
            label = f"Type **{plain(question.name)}** to go on"
            typed = st.text_input(label, key=f"typed-{question.dialog}", autocomplete="off")
        with st.container(horizontal=True, horizontal_alignment="right"):
            cancelled = st.form_submit_button("Cancel", key=f"cancel-{question.dialog}")
            agreed = st.form_submit_button(
                question.button, type="primary", key=f"agree-{question.dialog}"
            )
    if cancelled:
        close_dialog()
        st.rerun()
    if agreed and typed.strip() != question.name:
        st.error("That is not the name. Nothing was changed.", icon=":material/error:")
    elif agreed:
        _act(act)


def _act(act: Callable[[], str]) -> None:
    """Act; draw why it did not work, or finish."""
    try:
        notice = act()
    except DatahallError as error:
        draw_error(error)
        return
    finish(notice)
