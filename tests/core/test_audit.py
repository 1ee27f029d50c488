"""The one door for every mutating action."""

import dataclasses
import os
import pwd
import threading
from typing import NoReturn

import pytest
import sqlalchemy as sa

from core.audit import Actor, Ledger, Role, account_name
from core.clock import FixedClock
from core.database import Database
from core.errors import ConflictError, DeniedError
from core.tables import audit


def viewer() -> Actor:
    """Return an actor who may only look."""
    return Actor(name="vi", role=Role.VIEWER, origin="page")


def alter(database: Database, statement: sa.Update | sa.Delete) -> None:
    """Change the ledger behind its back."""
    with database.write() as connection:
        connection.execute(statement)


def fill(ledger: Ledger, admin: Actor, count: int = 4) -> None:
    """Record some actions."""
    for number in range(count):
        ledger.perform(admin, "runs.stop", f"run-{number}", lambda: None, {"number": number})


def test_an_action_is_done_and_recorded(ledger: Ledger, admin: Actor, clock: FixedClock) -> None:
    """Who, from where, what, to what, with what, when."""
    result = ledger.perform(admin, "runs.stop", "run-1", lambda: 42, {"grace_s": 1.5, "all": True})
    assert result == 42
    (entry,) = ledger.entries()
    assert (entry.actor, entry.origin, entry.action, entry.target) == (
        "ada",
        "cli",
        "runs.stop",
        "run-1",
    )
    assert (entry.outcome, entry.time) == ("allowed", clock.now())
    assert entry.arguments == {"grace_s": 1.5, "all": True}


def test_the_row_is_there_before_the_action_starts(ledger: Ledger, admin: Actor) -> None:
    """Also when the machine dies in the middle of it."""
    seen = ledger.perform(admin, "runs.stop", "run-1", lambda: len(ledger.entries()))
    assert seen == 1


def test_a_viewer_may_not_act_and_the_try_is_recorded(ledger: Ledger) -> None:
    """Nothing is done."""
    done: list[str] = []
    with pytest.raises(DeniedError, match="operator"):
        ledger.perform(viewer(), "runs.stop", "run-1", lambda: done.append("it"))
    assert done == []
    assert [entry.outcome for entry in ledger.entries()] == ["denied"]


def test_an_operator_may_act(ledger: Ledger, admin: Actor) -> None:
    """Admins are not the only ones."""
    operator = dataclasses.replace(admin, role=Role.OPERATOR)
    assert ledger.perform(operator, "runs.stop", "run-1", lambda: 1) == 1


@pytest.mark.parametrize("error", [ConflictError("name taken"), ValueError("odd"), OSError(28, "")])
def test_an_action_that_fails_is_recorded_and_fails(
    ledger: Ledger, admin: Actor, error: Exception
) -> None:
    """Newest first: the failure, then the permission."""

    def fail() -> None:
        raise error

    with pytest.raises(type(error)):
        ledger.perform(admin, "runs.start", "run-1", fail)
    failed, allowed = ledger.entries()
    assert (failed.outcome, allowed.outcome) == ("failed", "allowed")
    assert failed.detail


def test_entries_are_newest_first_and_limited(ledger: Ledger, admin: Actor) -> None:
    """A page shows the last ones."""
    fill(ledger, admin)
    assert [entry.target for entry in ledger.entries(limit=2)] == ["run-3", "run-2"]


def test_an_untouched_ledger_verifies(ledger: Ledger, admin: Actor) -> None:
    """Whatever it holds."""
    assert ledger.verify() is None
    fill(ledger, admin)
    ledger.perform(
        admin, "x.y", "t'\"\n🌙 ¿", lambda: None, {"nested": {"b": [1, None, 0.1]}, "a": "ñ"}
    )
    assert ledger.verify() is None


@pytest.mark.parametrize(
    ("column", "value"),
    [("actor", "eve"), ("time", 1.0), ("arguments", {"number": 9}), ("outcome", "denied")],
)
def test_a_changed_row_is_found(
    ledger: Ledger, admin: Actor, database: Database, column: str, value: object
) -> None:
    """Any column of it."""
    fill(ledger, admin)
    alter(database, sa.update(audit).where(audit.c.target == "run-1").values({column: value}))
    assert ledger.verify() == 2


def test_a_missing_row_is_found(ledger: Ledger, admin: Actor, database: Database) -> None:
    """By the one that came after it."""
    fill(ledger, admin)
    alter(database, sa.delete(audit).where(audit.c.target == "run-1"))
    assert ledger.verify() == 3


def test_a_row_with_a_new_hash_of_its_own_is_found(
    ledger: Ledger, admin: Actor, database: Database
) -> None:
    """The next row still holds the old one."""
    fill(ledger, admin)
    with database.read() as connection:
        rows = connection.execute(sa.select(audit).order_by(audit.c.sequence)).mappings().all()
    alter(database, sa.update(audit).where(audit.c.sequence == 2).values(hash=rows[2]["hash"]))
    assert ledger.verify() == 2


def test_actions_at_the_same_time_form_one_chain(ledger: Ledger, admin: Actor) -> None:
    """No two rows follow the same one."""
    threads = [threading.Thread(target=fill, args=(ledger, admin)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ledger.entries()) == 16
    assert ledger.verify() is None


@pytest.mark.parametrize("target", ["half \ud83d pair", "nul \x00", "x" * 1_000_000])
def test_hostile_names_are_recorded(ledger: Ledger, admin: Actor, target: str) -> None:
    """A row is written for every try, also for one that uses bytes that are no text."""
    ledger.perform(admin, "data.import", target, lambda: None, {"name": target})
    assert len(ledger.entries()) == 1
    assert ledger.verify() is None


def test_an_account_without_a_name_is_recorded_by_its_number(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def unknown(_number: int) -> NoReturn:
        raise KeyError

    assert account_name() == pwd.getpwuid(os.getuid()).pw_name
    monkeypatch.setattr(pwd, "getpwuid", unknown)
    assert account_name() == str(os.getuid())
