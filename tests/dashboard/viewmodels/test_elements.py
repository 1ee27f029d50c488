"""Badges of states and severities."""

import pytest

from core.jobs.launcher import JobState
from dashboard.viewmodels.elements import (
    JOB_STATE_BADGES,
    SEVERITY_BADGES,
    Severity,
    severity_badge,
)


@pytest.mark.parametrize("state", JobState)
def test_each_job_state_has_a_word_and_an_icon(state: JobState) -> None:
    badge = JOB_STATE_BADGES[state]
    assert badge.word == state
    assert badge.icon.startswith(":material/")


def test_no_two_job_states_share_an_icon() -> None:
    icons = {badge.icon for badge in JOB_STATE_BADGES.values()}
    assert len(icons) == len(JobState)


def test_each_severity_has_a_style_of_its_own() -> None:
    styles = {(badge.icon, badge.color) for badge in SEVERITY_BADGES.values()}
    assert len(styles) == len(Severity)


def test_a_problem_badge_has_the_style_of_its_severity() -> None:
    badge = severity_badge(Severity.CRITICAL, "GPU lost", "since 10:00")
    assert (badge.word, badge.help) == ("GPU lost", "since 10:00")
    assert badge.icon == SEVERITY_BADGES[Severity.CRITICAL].icon
    assert badge.color == SEVERITY_BADGES[Severity.CRITICAL].color
