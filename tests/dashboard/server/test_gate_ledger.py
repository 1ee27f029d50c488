"""Who came in, who left and who was refused stands in the ledger; strangers cannot fill it."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from core.audit import Ledger, Role
from core.clock import FixedClock
from core.database import Database
from core.paths import StatePaths
from dashboard.server.gate import issue_token

Visit = Callable[[], TestClient]


def rows(ledger: Ledger) -> list[tuple[str, str, str, str]]:
    """Who, what, from where and the outcome: oldest first."""
    return [
        (entry.actor, entry.action, entry.target, entry.outcome)
        for entry in reversed(ledger.entries())
    ]


def test_coming_in_and_leaving_is_on_record(
    visit: Visit, paths: StatePaths, ledger: Ledger
) -> None:
    """A viewer's too: looking is no action, but being here is."""
    client = visit()
    client.get("/", params={"token": issue_token(paths, name="Zoë", role=Role.VIEWER)})
    client.get("/", params={"token": "used"})
    client.get("/sign-out")
    client.get("/sign-out")

    assert rows(ledger) == [
        ("Zoë", "sessions.open", "testclient", "allowed"),
        ("Zoë", "sessions.end", "testclient", "allowed"),
    ]
    assert ledger.verify() is None


def test_wrong_tokens_are_on_record_once_a_minute(
    visit: Visit, clock: FixedClock, ledger: Ledger
) -> None:
    """Also those that are refused unread; a page without a token is no try."""
    refused = ("stranger", "sessions.open", "testclient", "denied")

    def guess() -> None:
        for number in range(8):
            visit().get("/")
            visit().get("/", params={"token": f"guess{number}"})

    guess()
    assert rows(ledger) == [refused]

    clock.advance(61)
    guess()
    assert rows(ledger) == [refused] * 2


def test_whoever_is_to_mend_the_ledger_comes_in(
    visit: Visit, paths: StatePaths, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """A full disk keeps nobody out; the log has what the ledger could not take."""
    with database.write() as connection:
        connection.execute(sa.text("drop table audit"))
    client = visit()

    client.get("/", params={"token": issue_token(paths)})

    assert client.get("/").status_code == 200
    assert "not in the ledger: sessions.open allowed by testclient" in caplog.text
