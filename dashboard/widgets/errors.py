"""The one guard of every page: what failed is drawn as a message and a remedy."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from core.errors import DatahallError, UnavailableError
from dashboard.viewmodels.plain import plain

LONGEST = 600
_LOG = logging.getLogger(__name__)


@contextmanager
def page_guard() -> Iterator[None]:
    """Draw what goes wrong inside, and go on with the rest of the page.

    What is not here is told calmly; what failed is red. Reruns and stops of Streamlit pass.
    """
    try:
        yield
    except UnavailableError as error:
        st.info(error_words(error), icon=":material/do_not_disturb_on:", title="Not available")
    except DatahallError as error:
        st.error(error_words(error), icon=":material/error:")
    except Exception as error:  # noqa: BLE001  (a fault must not blank the rest of the page)
        _LOG.exception("a page part failed")
        st.error(
            f"{plain(type(error).__name__)}: {plain(error, LONGEST)}  \n"
            "This is a fault in Datahall. Its trace is in logs/dashboard.log in the home folder.",
            icon=":material/bug_report:",
            title="Something unexpected happened",
        )


def draw_error(error: DatahallError) -> None:
    """Draw one explained failure where it happened: beside the form that caused it."""
    st.error(error_words(error), icon=":material/error:")


def error_words(error: DatahallError) -> str:
    """Return message and remedy as Markdown; on a page, a message is a sentence of its own."""
    message = error.message[:1].upper() + error.message[1:]
    remedy = f"  \n**What to do:** {plain(error.remedy, LONGEST)}" if error.remedy else ""
    return plain(message, LONGEST) + remedy
