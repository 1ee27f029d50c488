"""Every state has a word and an icon; colour alone says nothing."""

import pytest

from core.jobs.launcher import JobState
from dashboard.viewmodels.looks import SIMULATED, state_look


@pytest.mark.parametrize("state", list(JobState))
def test_each_state_is_told_in_a_word_and_an_icon(state: str) -> None:
    """Colour-blind people and screen readers get the same news."""
    look = state_look(state)
    assert look.word == state
    assert look.icon.startswith(":material/")


def test_states_look_different() -> None:
    """No two states share an icon."""
    icons = [state_look(state).icon for state in JobState]
    assert len(set(icons)) == len(icons)


def test_an_unknown_state_is_shown_as_its_word() -> None:
    """A newer database must not break an older page."""
    assert state_look("archived").word == "archived"


def test_a_badge_is_markdown_for_tables() -> None:
    """Tables draw Markdown."""
    assert SIMULATED.markdown == ":violet-badge[:material/science: simulated]"
