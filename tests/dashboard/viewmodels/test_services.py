"""The strip of services says what died, when it starts again, and how it ended."""

from dataclasses import replace

from core.operations.services import ServiceState
from dashboard.viewmodels.looks import BAD, OFF, OK, WARN
from dashboard.viewmodels.services import service_rows, troubled

NOW = 10_000.0
UP = ServiceState(
    name="server",
    title="Translation server",
    state="running",
    pid=42,
    started_at=NOW - 3600,
    restarts=0,
    last_exit="",
)


def test_a_service_that_runs_is_no_trouble() -> None:
    """The strip stays quiet."""
    (row,) = service_rows([UP], NOW)
    assert row.look.colour == OK
    assert row.sentence == "up for 1 h"
    assert row.pid == "42"
    assert not troubled([row])


def test_a_dead_service_says_when_it_starts_again_and_how_it_ended() -> None:
    """The operator learns the cause without opening a log."""
    dead = replace(
        UP, state="waiting", pid=None, restarts=3, last_exit="killed by SIGKILL",
        next_start_at=NOW + 8,
    )  # fmt: skip
    (row,) = service_rows([dead], NOW)
    assert row.look.colour == BAD
    assert row.sentence == "not running; last exit: killed by SIGKILL; starts again in 8 s"
    assert troubled([row]) == [row]


def test_a_start_that_is_due_is_told_as_now() -> None:
    """No negative countdown."""
    dead = replace(UP, state="waiting", next_start_at=NOW - 5)
    assert service_rows([dead], NOW)[0].sentence.endswith("starts again now")


def test_a_restart_stays_visible_for_a_minute() -> None:
    """What was mended by itself is still news."""
    back = replace(UP, started_at=NOW - 20, restarts=1, last_exit="exit code 1")
    (row,) = service_rows([back], NOW)
    assert row.look.colour == WARN
    assert row.sentence == "up for 20 s, restarted 1 time; last exit: exit code 1"
    (later,) = service_rows([back], NOW + 120)
    assert later.look.colour == OK


def test_a_stopped_service_is_grey() -> None:
    """Stopped on purpose is not red."""
    ended = replace(UP, state="stopped", last_exit="stopped with datahall up")
    (row,) = service_rows([ended], NOW)
    assert row.look.colour == OFF
    assert "stopped with datahall up" in row.sentence


def test_nothing_supervised_gives_no_rows() -> None:
    """`datahall up` never ran here."""
    assert service_rows([], NOW) == []
