"""Problems of sampling, services and collectors, and the badge that summarizes them."""

from dataclasses import replace

import pytest

from core.operations.services import ServiceState, ServiceStatus
from dashboard.viewmodels.elements import SEVERITY_BADGES, Severity
from dashboard.viewmodels.health import (
    SampleAge,
    find_problems,
    sample_freshness,
    service_rows,
    summarize_health,
)
from monitors.collector import CollectorReport, HostState

NOW = 50_000.0
SAMPLE = HostState(
    host="h", at=NOW - 1, interval_s=2.0, readings=(), facts=(), processes=(), collectors=()
)
SAMPLER = ServiceState(
    name="sampler", title="Sampler", state=ServiceStatus.RUNNING, pid=1, started_at=NOW - 3600,
    restarts=0, last_exit="",
)  # fmt: skip
SERVER = replace(SAMPLER, name="server", title="Translation server")
DOWN = replace(
    SERVER, state=ServiceStatus.WAITING, pid=None, restarts=3, last_exit="killed by SIGKILL",
    next_start_at=NOW + 8,
)  # fmt: skip


def test_fresh_samples_and_running_services_are_no_problem() -> None:
    summary = summarize_health(SAMPLE, [SAMPLER, SERVER], NOW)
    assert summary.badge.word == "Services OK"
    assert summary.age == "1 s ago"


@pytest.mark.parametrize(
    ("age_s", "state"),
    [
        (0, SampleAge.LIVE),
        (6, SampleAge.LIVE),
        (7, SampleAge.STALE),
        (30, SampleAge.STALE),
        (31, SampleAge.STOPPED),
    ],
)
def test_sample_age_is_judged_by_the_interval(age_s: float, state: SampleAge) -> None:
    assert sample_freshness(replace(SAMPLE, at=NOW - age_s), NOW).state is state


def test_a_long_sampling_interval_is_not_a_stopped_sampler() -> None:
    slow = replace(SAMPLE, interval_s=60.0, at=NOW - 120)
    assert sample_freshness(slow, NOW).is_live


def test_a_sample_from_the_future_is_live() -> None:
    assert sample_freshness(replace(SAMPLE, at=NOW + 500), NOW).is_live


def test_a_missing_first_sample_is_information() -> None:
    (problem,) = find_problems(None, [], NOW)
    assert problem.severity is Severity.INFO
    assert "datahall up" in problem.detail
    assert summarize_health(None, [], NOW).age == ""


def test_stopped_sampling_is_critical_and_names_the_command_that_shows_the_error() -> None:
    (problem,) = find_problems(replace(SAMPLE, at=NOW - 42), [SERVER], NOW)
    assert problem.severity is Severity.CRITICAL
    assert problem.title == "Sampling stopped"
    assert "42 s old" in problem.detail
    assert "datahall monitor --once" in problem.detail


def test_a_service_that_is_down_is_critical() -> None:
    (problem,) = find_problems(SAMPLE, [SAMPLER, DOWN], NOW)
    assert problem.severity is Severity.CRITICAL
    assert problem.title == "Translation server down"
    assert problem.detail == "Not running; last exit: killed by SIGKILL; restarts in 8 s"


def test_problems_are_sorted_by_severity_and_the_badge_shows_the_first() -> None:
    stale = replace(SAMPLE, at=NOW - 9)
    problems = find_problems(stale, [DOWN], NOW)
    assert [problem.title for problem in problems] == ["Translation server down", "Samples delayed"]
    badge = summarize_health(stale, [DOWN], NOW).badge
    assert badge.word == "Translation server down and 1 more"
    assert badge.color == SEVERITY_BADGES[Severity.CRITICAL].color
    assert "SIGKILL" in badge.help


def test_a_failed_collector_is_a_warning_and_an_absent_one_is_not() -> None:
    absent = CollectorReport(name="gpu", success=False, seconds=0.0, available=False, error="none")
    failed = CollectorReport(name="disk", success=False, seconds=0.0, error="permission denied")
    assert find_problems(replace(SAMPLE, collectors=(absent,)), [], NOW) == []
    (problem,) = find_problems(replace(SAMPLE, collectors=(absent, failed)), [], NOW)
    assert problem.severity is Severity.WARNING
    assert (problem.title, problem.detail) == ("Collector disk failed", "permission denied")


def test_a_running_service_shows_its_uptime_and_pid() -> None:
    (row,) = service_rows([replace(SERVER, pid=42)], NOW)
    assert row.severity is None
    assert (row.badge.word, row.detail, row.pid) == ("running", "Up for 1 h", "42")


def test_an_overdue_restart_has_no_negative_countdown() -> None:
    (row,) = service_rows([replace(DOWN, next_start_at=NOW - 5)], NOW)
    assert row.detail.endswith("restarting now")


def test_a_restart_is_a_warning_for_one_minute() -> None:
    restarted = replace(SERVER, started_at=NOW - 20, restarts=1, last_exit="exit code 1")
    (row,) = service_rows([restarted], NOW)
    assert (row.badge.word, row.severity) == ("restarted", Severity.WARNING)
    assert row.detail == "Up for 20 s, 1 restart; last exit: exit code 1"
    (later,) = service_rows([restarted], NOW + 120)
    assert (later.badge.word, later.severity) == ("running", None)


def test_a_stopped_service_is_a_warning() -> None:
    stopped = replace(SERVER, state=ServiceStatus.STOPPED, last_exit="stopped with datahall up")
    (row,) = service_rows([stopped], NOW)
    assert row.severity is Severity.WARNING
    assert row.detail == "Stopped; last exit: stopped with datahall up"


def test_without_supervised_services_there_are_no_rows() -> None:
    assert service_rows([], NOW) == []
