"""The audit log: what is recorded, and which manipulations are found."""

import dataclasses
import errno
import json
import os
import pwd
import re
import shutil
import sqlite3
import stat
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import NoReturn

import pytest
import sqlalchemy as sa

import core.audit
from core.audit import (
    Actor,
    AuditHead,
    AuditReport,
    Ledger,
    LogState,
    Role,
    account_name,
)
from core.command import start, wait
from core.database import Database, open_database, sqlite_url
from core.errors import ConflictError, CorruptError, DeniedError, UnavailableError
from core.files import canonical_json, digest_text
from core.paths import StatePaths
from core.tables import audit
from tests.clock import FixedClock
from tests.postgresql import PostgresqlServer


@pytest.fixture
def sqlite_ledger(sqlite_database: Database, clock: FixedClock, paths: StatePaths) -> Ledger:
    """The log of a home with a database of its own."""
    return Ledger(sqlite_database, clock, paths)


def viewer() -> Actor:
    """Return an actor with the role viewer."""
    return Actor(name="vi", role=Role.VIEWER, origin="page")


def alter(database: Database, statement: sa.Update | sa.Delete) -> None:
    """Change the table of the audit log directly."""
    with database.write() as connection:
        connection.execute(statement)


def fill(ledger: Ledger, admin: Actor, count: int = 4) -> None:
    """Record some actions."""
    for number in range(count):
        ledger.perform(admin, "runs.stop", f"run-{number}", lambda: None, {"number": number})


def test_an_action_is_done_and_recorded(ledger: Ledger, admin: Actor, clock: FixedClock) -> None:
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


def test_an_action_is_recorded_before_it_starts(ledger: Ledger, admin: Actor) -> None:
    seen = ledger.perform(admin, "runs.stop", "run-1", lambda: len(ledger.entries()))
    assert seen == 1


def test_a_viewer_is_denied_and_the_attempt_is_recorded(ledger: Ledger) -> None:
    done: list[str] = []
    with pytest.raises(DeniedError, match="operator"):
        ledger.perform(viewer(), "runs.stop", "run-1", lambda: done.append("it"))
    assert done == []
    assert [entry.outcome for entry in ledger.entries()] == ["denied"]


def test_an_operator_may_act(ledger: Ledger, admin: Actor) -> None:
    operator = dataclasses.replace(admin, role=Role.OPERATOR)
    assert ledger.perform(operator, "runs.stop", "run-1", lambda: 1) == 1


@pytest.mark.parametrize("error", [ConflictError("name taken"), ValueError("odd"), OSError(28, "")])
def test_an_action_that_fails_is_recorded_and_fails(
    ledger: Ledger, admin: Actor, error: Exception
) -> None:
    def fail() -> None:
        raise error

    with pytest.raises(type(error)):
        ledger.perform(admin, "runs.start", "run-1", fail)
    failed, allowed = ledger.entries()
    assert (failed.outcome, allowed.outcome) == ("failed", "allowed")
    assert failed.detail


def test_entries_are_newest_first_and_limited(ledger: Ledger, admin: Actor) -> None:
    fill(ledger, admin)
    assert [entry.target for entry in ledger.entries(limit=2)] == ["run-3", "run-2"]


def report_of(ledger: Ledger) -> AuditReport:
    """Return the report of a newly opened ledger."""
    return Ledger(ledger.database, ledger.clock, ledger.paths).verify()


def test_an_unchanged_log_is_intact(ledger: Ledger, admin: Actor) -> None:
    assert ledger.verify() == AuditReport(state=LogState.WHOLE, rows=0)
    fill(ledger, admin)
    ledger.perform(
        admin, "x.y", "t'\"\n🌙 ¿", lambda: None, {"nested": {"b": [1, None, 0.1]}, "a": "ñ"}
    )
    assert ledger.verify() == AuditReport(state=LogState.WHOLE, rows=5)


@pytest.mark.parametrize(
    ("column", "value"),
    [("actor", "eve"), ("time", 1.0), ("arguments", {"number": 9}), ("outcome", "denied")],
)
def test_a_changed_row_is_found(
    ledger: Ledger, admin: Actor, database: Database, column: str, value: object
) -> None:
    fill(ledger, admin)
    alter(database, sa.update(audit).where(audit.c.target == "run-1").values({column: value}))
    assert ledger.verify().problem == "row 2 was changed"


@pytest.mark.parametrize(
    ("deleted", "problem"),
    [
        (audit.c.sequence == 12, "rows 12 to 12 are missing at the end"),
        (audit.c.sequence > 2, "rows 3 to 12 are missing at the end"),
        (sa.true(), "rows 1 to 12 are missing at the end"),
        (audit.c.sequence == 1, "row 1 is missing"),
        (audit.c.sequence.between(5, 6), "row 5 is missing"),
    ],
    ids=["the last", "the last ten", "all", "the first", "two in the middle"],
)
@pytest.mark.parametrize("then_acts", [False, True], ids=["", "then an action"])
def test_deleted_rows_are_found(
    ledger: Ledger,
    admin: Actor,
    deleted: sa.ColumnElement[bool],
    problem: str,
    *,
    then_acts: bool,
) -> None:
    """Also after another action, which leaves a gap in the numbers."""
    fill(ledger, admin, 12)
    alter(ledger.database, sa.delete(audit).where(deleted))
    if then_acts:
        fill(ledger, admin, 1)
        problem = problem.replace("rows 12 to 12 are missing at the end", "row 12 is missing")
        problem = re.sub(r"rows (\d+) to 12 are missing at the end", r"row \1 is missing", problem)
    assert report_of(ledger).state is LogState.ALTERED
    assert report_of(ledger).problem == problem


def relink(database: Database, kept: Callable[[int], bool], **changes: object) -> None:
    """Rewrite the log as a forger without the key would: new numbers, new hashes."""
    with database.write() as connection:
        query = sa.select(audit).order_by(audit.c.sequence)
        rows = [dict(row) for row in connection.execute(query).mappings() if kept(row["sequence"])]
        connection.execute(sa.delete(audit))
        previous = "0" * 64
        for number, row in enumerate(rows, start=1):
            row.update(changes, sequence=number, previous_hash=previous)
            content = {key: row[key] for key in row if key not in ("sequence", "hash")}
            row["hash"] = previous = digest_text(canonical_json(content))
            connection.execute(sa.insert(audit).values(row))


def forge_a_row(ledger: Ledger) -> None:
    """Append a row that is linked properly."""
    with ledger.database.read() as connection:
        query = sa.select(audit).order_by(audit.c.sequence.desc()).limit(1)
        row = dict(connection.execute(query).mappings().one())
    row.update(sequence=row["sequence"] + 1, previous_hash=row["hash"], actor="eve")
    content = {key: row[key] for key in row if key not in ("sequence", "hash")}
    row["hash"] = digest_text(canonical_json(content))
    with ledger.database.write() as connection:
        connection.execute(sa.insert(audit).values(row))


def edit_head(ledger: Ledger, **changes: object) -> None:
    path = ledger.paths.audit_head
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def swap_numbers(ledger: Ledger) -> None:
    for old, new in ((2, 100), (3, 2), (100, 3)):
        renumber(ledger, audit.c.sequence == old, sa.literal(new))


def renumber(ledger: Ledger, which: sa.ColumnElement[bool], number: sa.ColumnElement[int]) -> None:
    alter(ledger.database, sa.update(audit).where(which).values(sequence=number))


def delete_then_cut_head(ledger: Ledger) -> None:
    """Delete the newest row and write the head that fits, without the key."""
    alter(ledger.database, sa.delete(audit).where(audit.c.sequence == 4))
    with ledger.database.read() as connection:
        newest = connection.execute(sa.select(audit.c.hash).where(audit.c.sequence == 3)).scalar()
    edit_head(ledger, rows=3, hash=newest)


@pytest.mark.parametrize(
    "manipulate",
    [
        lambda item: renumber(item, audit.c.sequence == 4, sa.literal(9)),
        lambda item: renumber(item, sa.true(), audit.c.sequence + 10),
        swap_numbers,
        lambda item: relink(item.database, lambda _: True, actor="eve"),
        lambda item: relink(item.database, lambda number: number != 2),
        lambda item: relink(item.database, lambda number: number != 4),
        lambda item: edit_head(item, rows=3),
        delete_then_cut_head,
        lambda item: item.paths.audit_head.unlink(),
        lambda item: item.paths.audit_head.write_text("{"),
        lambda item: item.paths.audit_key.unlink(),
        lambda item: item.paths.audit_key.write_bytes(b"\xff" * 64),
        lambda item: alter(
            item.database, sa.update(audit).where(audit.c.sequence == 4).values(hash="0" * 64)
        ),
    ],
    ids=[
        "last row renumbered",
        "all rows renumbered",
        "two rows swapped",
        "every row edited and relinked",
        "a row deleted and the rest relinked",
        "the last row deleted and the rest relinked",
        "head edited",
        "last row deleted and the head edited to fit",
        "head deleted",
        "head damaged",
        "key deleted",
        "key not ASCII",
        "a hash replaced",
    ],
)
def test_every_manipulation_is_found_and_stays_found(
    ledger: Ledger, admin: Actor, manipulate: Callable[[Ledger], object]
) -> None:
    fill(ledger, admin)
    manipulate(ledger)
    assert report_of(ledger).state is LogState.ALTERED
    fill(ledger, admin, 2)
    assert report_of(ledger).state is LogState.ALTERED


def test_a_row_whose_arguments_are_not_json_is_found(sqlite_ledger: Ledger, admin: Actor) -> None:
    fill(sqlite_ledger, admin)
    with sqlite_ledger.database.write() as connection:
        connection.exec_driver_sql("update audit set arguments = '{' where sequence = 2")
    assert report_of(sqlite_ledger).problem == "row 2 was changed"
    with pytest.raises(CorruptError, match="not valid JSON"):
        sqlite_ledger.entries()


def test_a_lost_key_is_accepted_on_purpose(ledger: Ledger, admin: Actor) -> None:
    fill(ledger, admin)
    ledger.paths.audit_key.unlink()
    ledger.accept_end(admin, "restored snapshot 1a2b")
    assert ledger.verify() == AuditReport(state=LogState.WHOLE, rows=6)


def test_a_row_appended_without_datahall_is_found(sqlite_ledger: Ledger, admin: Actor) -> None:
    """Not on PostgreSQL, where other hosts append rows, too."""
    fill(sqlite_ledger, admin)
    forge_a_row(sqlite_ledger)
    assert report_of(sqlite_ledger).problem == "row 5 was not written by Datahall"
    fill(sqlite_ledger, admin, 2)
    assert report_of(sqlite_ledger).state is LogState.ALTERED


def test_hosts_that_share_a_database_append_to_one_log(
    postgresql: PostgresqlServer, admin: Actor, clock: FixedClock, tmp_path: Path
) -> None:
    """Each host has its own head, and detects deleted rows up to it."""
    homes = [StatePaths(tmp_path / name) for name in ("one", "two")]
    with postgresql.open_new_database() as database:
        first, second = (Ledger(database, clock, home) for home in homes)
        for home in homes:
            home.prepare()
        for ledger in (first, second, first):
            fill(ledger, admin, 2)
        assert first.verify() == AuditReport(state=LogState.WHOLE, rows=7)
        assert second.verify() == AuditReport(state=LogState.WHOLE, rows=7)
        alter(database, sa.delete(audit).where(audit.c.sequence > 4))
        assert first.verify().problem == "rows 5 to 7 are missing at the end"
        assert second.verify().problem == "rows 5 to 5 are missing at the end"


def test_a_crash_between_row_and_head_is_no_manipulation(
    ledger: Ledger, admin: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The head announces the row, and moves after the row was committed."""
    fill(ledger, admin)

    announced = []

    def keep(paths: StatePaths, head: AuditHead, *, is_durable: bool = True) -> None:
        if not is_durable:
            raise KeyboardInterrupt
        announced.append(head)
        write_head(paths, head)

    write_head = core.audit._write_head  # noqa: SLF001  (a crash in between)
    with monkeypatch.context() as patched:
        patched.setattr(core.audit, "_write_head", keep)
        with pytest.raises(KeyboardInterrupt):
            fill(ledger, admin, 1)
    assert announced[-1].rows == 4
    assert report_of(ledger) == AuditReport(state=LogState.WHOLE, rows=5)
    fill(ledger, admin, 1)
    assert report_of(ledger) == AuditReport(state=LogState.WHOLE, rows=6)


def test_a_crash_before_the_commit_is_no_manipulation(
    ledger: Ledger, admin: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(ledger, admin)
    write_head = core.audit._write_head  # noqa: SLF001  (a crash in between)

    def crash(paths: StatePaths, head: AuditHead, *, is_durable: bool = True) -> NoReturn:
        write_head(paths, head, is_durable=is_durable)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(core.audit, "_write_head", crash)
        with pytest.raises(KeyboardInterrupt):
            fill(ledger, admin, 1)
    assert report_of(ledger) == AuditReport(state=LogState.WHOLE, rows=4)
    fill(ledger, admin, 1)
    assert report_of(ledger) == AuditReport(state=LogState.WHOLE, rows=5)


def test_a_full_disk_refuses_the_action(
    ledger: Ledger, admin: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> NoReturn:
        raise OSError(errno.ENOSPC, "No space left on device", "audit-head.json")

    fill(ledger, admin)
    done: list[str] = []
    with monkeypatch.context() as patched:
        patched.setattr(core.audit, "_write_head", full)
        with pytest.raises(UnavailableError, match="cannot be written: No space left"):
            ledger.perform(admin, "runs.stop", "run", lambda: done.append("done"))
    assert done == []
    assert report_of(ledger) == AuditReport(state=LogState.WHOLE, rows=4)


def test_the_log_of_a_copied_home_is_intact(
    sqlite_ledger: Ledger, admin: Actor, tmp_path: Path
) -> None:
    fill(sqlite_ledger, admin)
    shutil.copytree(sqlite_ledger.paths.home, tmp_path / "copy")
    copied = StatePaths(tmp_path / "copy")
    with closing(open_database(sqlite_url(copied.database))) as database:
        copy = Ledger(database, sqlite_ledger.clock, copied)
        fill(copy, admin, 2)
        assert copy.verify() == AuditReport(state=LogState.WHOLE, rows=6)
    assert sqlite_ledger.verify() == AuditReport(state=LogState.WHOLE, rows=4)


def test_a_restored_home_has_no_head_until_the_next_action(
    sqlite_ledger: Ledger, admin: Actor, tmp_path: Path
) -> None:
    """A snapshot contains the database but no keys."""
    fill(sqlite_ledger, admin)
    paths = StatePaths(tmp_path / "restored")
    paths.prepare()
    with (
        closing(sqlite3.connect(sqlite_ledger.paths.database)) as live,
        closing(sqlite3.connect(paths.database)) as copy,
    ):
        live.backup(copy)
    with closing(open_database(sqlite_url(paths.database))) as database:
        restored = Ledger(database, sqlite_ledger.clock, paths)
        assert restored.verify().state is LogState.UNPROTECTED
        fill(restored, admin, 1)
        assert restored.verify() == AuditReport(state=LogState.WHOLE, rows=6)
        assert [entry.action for entry in restored.entries(2)] == ["runs.stop", "audit.adopt"]
        alter(database, sa.delete(audit).where(audit.c.sequence == 6))
        assert restored.verify().state is LogState.ALTERED


def test_a_database_from_a_snapshot_is_accepted_on_purpose(ledger: Ledger, admin: Actor) -> None:
    """The rows since the snapshot are lost; the log records how many there were."""
    fill(ledger, admin)
    alter(ledger.database, sa.delete(audit).where(audit.c.sequence > 2))
    assert ledger.verify().state is LogState.ALTERED
    ledger.accept_end(admin, "restored snapshot 1a2b")
    assert ledger.verify() == AuditReport(state=LogState.WHOLE, rows=3)
    (entry,) = ledger.entries(1)
    assert entry.arguments == {"reason": "restored snapshot 1a2b", "rows_before": 4}


def test_key_and_head_are_private(ledger: Ledger, admin: Actor) -> None:
    fill(ledger, admin, 1)
    for path in (ledger.paths.audit_key, ledger.paths.audit_head):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    head = ledger.head()
    assert head is not None
    assert (head.rows, head.next_hash) == (1, "")
    assert head.is_signed(ledger.paths.audit_key.read_text())


def test_actions_at_the_same_time_form_one_chain(ledger: Ledger, admin: Actor) -> None:
    threads = [threading.Thread(target=fill, args=(ledger, admin)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ledger.verify() == AuditReport(state=LogState.WHOLE, rows=16)


ACTING = """
import sys
from pathlib import Path
from core.audit import Actor, Ledger, Role
from core.clock import SystemClock
from core.database import open_database
from core.paths import StatePaths
paths = StatePaths(Path(sys.argv[1]))
ledger = Ledger(open_database(sys.argv[2]), SystemClock(), paths)
actor = Actor(name="other", role=Role.ADMIN, origin="cli")
for number in range(20):
    ledger.perform(actor, "runs.stop", str(number), lambda: None)
"""


def test_actions_of_two_processes_form_one_chain(ledger: Ledger, admin: Actor) -> None:
    url = ledger.database.engine.url.render_as_string(hide_password=False)
    other = start((sys.executable, "-c", ACTING, str(ledger.paths.home), url))
    fill(ledger, admin, 20)
    assert wait(other, 60) == 0
    assert ledger.verify() == AuditReport(state=LogState.WHOLE, rows=40)


@pytest.mark.parametrize("target", ["half \ud83d pair", "nul \x00", "x" * 1_000_000])
def test_names_that_cannot_be_stored_are_recorded_escaped(
    ledger: Ledger, admin: Actor, target: str
) -> None:
    ledger.perform(admin, "data.import", target, lambda: None, {"name": target})
    assert ledger.verify() == AuditReport(state=LogState.WHOLE, rows=1)


def test_an_account_without_a_name_is_recorded_by_its_number(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def unknown(_number: int) -> NoReturn:
        raise KeyError

    assert account_name() == pwd.getpwuid(os.getuid()).pw_name
    monkeypatch.setattr(pwd, "getpwuid", unknown)
    assert account_name() == str(os.getuid())
