"""Dialogs that stay open while the page behind them refreshes, and confirmations.

The name of the open dialog is stored in the session, so that a rerun (a job ended) draws it again
with its inputs. A dialog belongs to one page: its name starts with the page's.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import streamlit as st

from core.errors import DatahallError
from dashboard.session_state import delete_value, get_value, set_value
from dashboard.viewmodels.formatting import escape_markdown
from dashboard.widgets.page import announce, draw_error

OPEN = "open_dialog"


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """A dialog before an action; its texts are Markdown, so foreign text in them is escaped.

    Attributes:
        dialog: name of the dialog.
        title: the question.
        sentence: the effect of the action.
        consequences: a list of the objects that are deleted or kept.
        name: text that the user must type to confirm; empty when a click is enough.
        consent: label of a check box that must be selected to confirm; empty for none.
        button: label of the button, such as `Stop run`.
        icon: icon of the dialog.
    """

    dialog: str
    title: str
    sentence: str
    consequences: Sequence[str] = ()
    name: str = ""
    consent: str = ""
    button: str
    icon: str


def open_dialog(dialog: str) -> None:
    """Open a dialog at the next run of its page; usable as a callback."""
    set_value(OPEN, dialog)


def close_dialog() -> None:
    """Close the open dialog; usable as a callback."""
    delete_value(OPEN)


def is_open(dialog: str) -> bool:
    """Whether a dialog is open."""
    return get_value(OPEN, "") == dialog


def close_dialogs_of_other_pages(page: str) -> None:
    """Close a dialog that another page left open."""
    if not get_value(OPEN, page).startswith(page):
        close_dialog()


def draw_drawer(title: str, draw: Callable[[], None], *, icon: str, width: int = 560) -> None:
    """Draw a dialog at the right side of the window."""
    st.dialog(title, width=width, position="right", icon=icon, on_dismiss=close_dialog)(draw)()


def confirm(confirmation: Confirmation, action: Callable[[], str]) -> None:
    """Draw a confirmation; once confirmed, perform `action` and announce the text that it returns.

    An error of the action is drawn inside the dialog, which stays open.
    """

    def draw() -> None:
        st.markdown(confirmation.sentence)
        for consequence in confirmation.consequences:
            st.markdown(f"- {consequence}")
        _draw_form(confirmation, action)

    st.dialog(confirmation.title, icon=confirmation.icon, on_dismiss=close_dialog)(draw)()


def finish(notice: str) -> None:
    """Close the dialog, announce the outcome and rerun the page."""
    close_dialog()
    announce(notice)
    st.rerun()


def _draw_form(confirmation: Confirmation, action: Callable[[], str]) -> None:
    """Draw the inputs that the confirmation needs, and the buttons."""
    with st.form(f"form-{confirmation.dialog}", border=False):
        typed = confirmation.name
        if confirmation.name:
            label = f"Type **{escape_markdown(confirmation.name)}** to confirm"
            typed = st.text_input(label, key=f"typed-{confirmation.dialog}", autocomplete="off")
        has_consent = not confirmation.consent or st.checkbox(
            confirmation.consent, key=f"consent-{confirmation.dialog}"
        )
        with st.container(horizontal=True, horizontal_alignment="right"):
            is_cancelled = st.form_submit_button("Cancel", key=f"cancel-{confirmation.dialog}")
            is_confirmed = st.form_submit_button(
                confirmation.button, type="primary", key=f"confirm-{confirmation.dialog}"
            )
    if is_cancelled:
        close_dialog()
        st.rerun()
    if is_confirmed and typed.strip() != confirmation.name:
        st.error("The name does not match. Nothing was changed.", icon=":material/error:")
    elif is_confirmed and not has_consent:
        st.error("Select the check box to confirm. Nothing was changed.", icon=":material/error:")
    elif is_confirmed:
        _perform(action)


def _perform(action: Callable[[], str]) -> None:
    """Perform the action; draw its error, or finish."""
    try:
        notice = action()
    except DatahallError as error:
        draw_error(error)
        return
    finish(notice)
