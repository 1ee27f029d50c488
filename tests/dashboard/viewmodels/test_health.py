"""One badge: the worst of sampling, services and collectors."""

from dataclasses import replace

import pytest

from core.operations.services import ServiceState
from dashboard.viewmodels.health import freshness, summarize_health
from dashboard.viewmodels.looks import BAD, OFF, OK, WARN
from monitors.collector import CollectorReport, HostState

NOW = 50_000.0
SAMPLE = HostState(
    host="h", at=NOW - 1, interval_s=2.0, readings=(), facts=(), processes=(), collectors=()
)
SAMPLER = ServiceState(
    name="sampler", title="Sampler", state="running", pid=1, started_at=NOW - 900, restarts=0,
    last_exit="",
)  # fmt: skip
SERVER = replace(SAMPLER, name="server", title="Translation server")


def test_fresh_samples_and_running_services_are_healthy() -> None:
    """The badge is green and says how old the newest sample is."""
    health = summarize_health(SAMPLE, [SAMPLER, SERVER], NOW)
    assert health.look.colour == OK
    assert health.age == "1 s ago"
    assert health.freshness.is_live
    assert len(health.services) == 2


@pytest.mark.parametrize(
    ("age_s", "state"), [(0, "live"), (6, "live"), (7, "stale"), (30, "stale"), (31, "stopped")]
)
def test_age_is_judged_by_the_interval(age_s: float, state: str) -> None:
    """More than three intervals is stale, more than half a minute is stopped."""
    assert freshness(replace(SAMPLE, at=NOW - age_s), NOW).state == state


def test_a_slow_sampler_is_not_called_stopped() -> None:
    """With one sample a minute, two minutes are normal."""
    slow = replace(SAMPLE, interval_s=60.0, at=NOW - 120)
    assert freshness(slow, NOW).is_live


def test_a_clock_set_back_is_not_stale() -> None:
    """A sample of the future counts as now."""
    assert freshness(replace(SAMPLE, at=NOW + 500), NOW).is_live


def test_no_sample_yet_says_what_to_do() -> None:
    """The first seconds of a first start."""
    health = summarize_health(None, [], NOW)
    assert health.look.colour == OFF
    assert health.age == "waiting"
    assert "datahall" in health.freshness.sentence


def test_sampling_that_stopped_is_red_with_its_age_and_a_remedy() -> None:
    """The strip on the Overview is made of this sentence."""
    health = summarize_health(replace(SAMPLE, at=NOW - 42), [SERVER], NOW)
    assert health.look.colour == BAD
    assert health.freshness.sentence.startswith("Sampling stopped 42 s ago.")
    assert "datahall monitor" in health.freshness.sentence


def test_a_dead_sampler_is_red_before_its_samples_are_old() -> None:
    """Supervision knows first."""
    dead = replace(SAMPLER, state="waiting", last_exit="exit code 1")
    assert summarize_health(SAMPLE, [dead], NOW).look.word == "Sampling stopped"


def test_a_dead_service_is_named() -> None:
    """The operator sees which."""
    dead = replace(SERVER, state="waiting", last_exit="killed by SIGKILL")
    look = summarize_health(SAMPLE, [SAMPLER, dead], NOW).look
    assert look.word == "Translation server is down"
    assert "SIGKILL" in look.help


def test_stale_and_restarted_are_amber() -> None:
    """They mend themselves."""
    assert summarize_health(replace(SAMPLE, at=NOW - 9), [], NOW).look.word == "Stale"
    back = replace(SERVER, restarts=1, started_at=NOW - 5)
    look = summarize_health(SAMPLE, [back], NOW).look
    assert (look.word, look.colour) == ("Translation server restarted", WARN)


def test_a_failed_collector_is_amber_and_an_absent_one_is_fine() -> None:
    """No GPU is an answer, a broken disk collector is a fault."""
    absent = CollectorReport(name="gpu", success=False, seconds=0.0, available=False, error="none")
    broken = CollectorReport(name="disk", success=False, seconds=0.0, error="permission denied")
    fine = summarize_health(replace(SAMPLE, collectors=(absent,)), [], NOW).look
    look = summarize_health(replace(SAMPLE, collectors=(absent, broken)), [], NOW).look
    assert fine.colour == OK
    assert look.word == "Not read: disk"
    assert "permission denied" in look.help
