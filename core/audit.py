"""The audit log: each action that changes something is authorised, recorded, then performed.

Rows are appended, never changed, and numbered without gaps. A row's hash covers the row and that of
the row before it, so that a changed, inserted or deleted row breaks the chain. Rows missing at the
end, and a chain that was recomputed, are found by the head: the number of rows and the newest
hash, in `audit-head.json` beside the database, signed (HMAC-SHA256) with a key in `secrets/`.

A user who can read that key can forge the log. A home whose database was restored without the key
has no head until the next action; see `LogState.UNPROTECTED`.
"""

import hashlib
import hmac
import os
import pwd
import secrets
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import TypeVar

import sqlalchemy as sa

from core.clock import Clock
from core.database import Database
from core.errors import DatahallError, DeniedError, UnavailableError
from core.files import (
    PRIVATE_FILE,
    canonical_json,
    digest_text,
    read_json,
    write_json,
    write_new,
)
from core.locks import held
from core.paths import StatePaths
from core.tables import audit
from core.text import escape_unstorable

T = TypeVar("T")
_GENESIS = "0" * 64
# Follows a head that is missing or forged: no row has this hash, so the chain stays broken there.
_LOST = "f" * 64
_KEY_BYTES = 32
_ACCEPT_END = "audit.accept-end"


class Role(StrEnum):
    """The permissions of an actor: a viewer only reads, an operator or admin changes state."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"


class AuditOutcome(StrEnum):
    """The result of an action."""

    ALLOWED = "allowed"
    DENIED = "denied"
    FAILED = "failed"


class LogState(StrEnum):
    """The result of verifying the audit log.

    `unprotected`: the chain is unbroken, but this home has no head yet, so that rows missing at the
    end cannot be noticed (restored, or written by an earlier version).
    """

    WHOLE = "whole"
    ALTERED = "altered"
    UNPROTECTED = "unprotected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """The user of an action, and its channel (`page`, `cli`, `api`, `system`)."""

    name: str
    role: Role
    origin: str


def account_name() -> str:
    """Return the name of the account that runs this process; its number if it has no name."""
    number = os.getuid()
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:  # a container that was started with a numeric user id
        return str(number)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One row of the log."""

    sequence: int
    time: float
    actor: str
    origin: str
    action: str
    target: str
    outcome: AuditOutcome
    detail: str
    arguments: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditHead:
    """The end of the log: the number of rows, and the hash of the newest row.

    `next_hash` is that of a row that is being written, which may or may not be in the database.
    """

    rows: int
    hash: str
    next_hash: str = ""
    signature: str = ""

    def signed(self, key: str) -> "AuditHead":
        """Return the head with its signature by `key`."""
        text = canonical_json([self.rows, self.hash, self.next_hash])
        signature = hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()
        return replace(self, signature=signature)

    def is_signed(self, key: str) -> bool:
        """Whether the signature was made with `key`."""
        return hmac.compare_digest(self.signed(key).signature, self.signature)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditReport:
    """The result of `Ledger.verify`; `problem` describes the fault and names its row."""

    state: LogState
    rows: int
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Ledger:
    """Authorises and records actions; safe for several threads and processes."""

    database: Database
    clock: Clock
    paths: StatePaths

    def perform(
        self,
        actor: Actor,
        action: str,
        target: str,
        do: Callable[[], T],
        arguments: Mapping[str, object] | None = None,
    ) -> T:
        """Record an action, perform it by calling `do`, and return its result.

        `action` is `room.verb` ("runs.stop"). Arguments must hold no secrets. The row is durable
        before `do` is called. Raises DeniedError, which is recorded, when the actor's role does not
        allow the action; an error of `do` is recorded and propagates.
        """
        entry = _Entry(actor, action, target, dict(arguments or {}))
        if actor.role is Role.VIEWER:
            self._append(entry, AuditOutcome.DENIED, f"role {actor.role}")
            raise DeniedError(
                f"{actor.name} has the role {actor.role} and may not change anything "
                f"({action} {target})",
                remedy="Sign in with the role of an operator",
            )
        self._append(entry, AuditOutcome.ALLOWED)
        try:
            return do()
        except DatahallError as error:
            self._append(entry, AuditOutcome.FAILED, error.message)
            raise
        except Exception as error:  # every failure is recorded, then propagates
            self._append(entry, AuditOutcome.FAILED, repr(error))
            raise

    def note(self, actor: Actor, action: str, target: str, outcome: AuditOutcome) -> None:
        """Record an event that another component has decided, such as a sign-in."""
        self._append(_Entry(actor, action, target, {}), outcome)

    def entries(self, limit: int = 200) -> Sequence[AuditEntry]:
        """Return the newest entries, newest first."""
        query = sa.select(audit).order_by(audit.c.sequence.desc()).limit(limit)
        with self.database.read() as connection:
            rows = connection.execute(query).mappings().all()
        names = AuditEntry.__dataclass_fields__
        found = [AuditEntry(**{name: row[name] for name in names}) for row in rows]
        return [replace(entry, outcome=AuditOutcome(entry.outcome)) for entry in found]

    def head(self) -> AuditHead | None:
        """Return the signed head for a backup's manifest; None before the first action."""
        head = _read_head(self.paths)
        return head and replace(head, next_hash="").signed(_read_key(self.paths) or "")

    def verify(self) -> AuditReport:
        """Compare every row with the chain, and the log with its head."""
        with held(self.paths.audit_lock), self.database.read() as connection:
            rows, is_complete = _read_rows(connection)
            head, key = _read_head(self.paths), _read_key(self.paths)
        problem = _find_broken_row(rows)
        if not problem and not is_complete:
            problem = f"row {len(rows) + 1} was changed"
        if not problem and _is_key_lost(head, key):
            problem = "the key of the record of the log's end (secrets/audit-key) is missing"
        if key is not None and not problem:
            problem = self._compare(rows, head, key)
        state = LogState.ALTERED if problem else LogState.WHOLE
        if key is None and rows and not problem:
            state = LogState.UNPROTECTED
        return AuditReport(state=state, rows=len(rows), problem=problem)

    def find_lost_row(self, head: AuditHead, taken_at: float) -> str:
        """Return which rows up to an earlier head are missing or replaced; empty when none are.

        Rows that were lost because the database was restored since `taken_at` do not count: a row
        of the log records that, see `accept_end`.
        """
        with self.database.read() as connection:
            rows, _ = _read_rows(connection)
        is_restored = any(row["action"] == _ACCEPT_END and row["time"] >= taken_at for row in rows)
        return "" if is_restored else _find_lost_row(rows, head)

    def accept_end(self, actor: Actor, reason: str) -> None:
        """Record that the log continues from the newest row in the database, and why.

        For a database that was restored from a snapshot: the rows since the snapshot are lost.
        """
        head, key = _read_head(self.paths), _read_key(self.paths)
        with held(self.paths.audit_lock), self.database.read() as connection:
            if key is None:
                self.paths.audit_head.unlink(missing_ok=True)
            else:
                _write_head(self.paths, _newest(connection).signed(key))
        arguments = {"reason": reason, "rows_before": head.rows if head else None}
        self._append(_Entry(actor, _ACCEPT_END, "", arguments), AuditOutcome.ALLOWED)

    def _compare(self, rows: Sequence[sa.RowMapping], head: AuditHead | None, key: str) -> str:
        """Describe the difference between the log and its head; empty without one."""
        if head is None or not head.is_signed(key):
            return "the record of the log's end (audit-head.json) is missing or was changed"
        lost = _find_lost_row(rows, head)
        if lost or len(rows) == head.rows or not self.database.is_sqlite:
            return lost  # other hosts append to the same PostgreSQL database
        if len(rows) == head.rows + 1 and rows[-1]["hash"] == head.next_hash:
            return ""  # written just before a crash
        return f"row {head.rows + 1} was not written by Datahall"

    def _append(self, entry: "_Entry", outcome: AuditOutcome, detail: str = "") -> None:
        """Append one durable row; before it, in a log without a head, one that records this."""
        try:
            with held(self.paths.audit_lock):
                has_no_end = _read_key(self.paths) is None and _read_head(self.paths) is None
                if has_no_end and self.entries(1):
                    self._write(_ADOPTION, AuditOutcome.ALLOWED, "this home had no head")
                self._write(entry, outcome, detail)
        except OSError as error:
            raise UnavailableError(
                f"the audit log cannot be written: {error.strerror} ({error.filename})",
                remedy="Free some space on the disk of the home folder",
            ) from error

    def _write(self, entry: "_Entry", outcome: AuditOutcome, detail: str) -> None:
        """Append a row and move the head to it; the caller holds the lock.

        The head first announces the row's hash, then the row is committed, then the head moves: a
        crash in between leaves a head that fits the log with and without the row.
        """
        key = _read_key(self.paths)
        with self.database.write(durable=True) as connection:
            newest = _newest(connection)
            end = self._end(newest, key)
            content = {
                "time": self.clock.now(),
                "actor": escape_unstorable(entry.actor.name),
                "origin": entry.actor.origin,
                "action": entry.action,
                "target": escape_unstorable(entry.target),
                "arguments": escape_unstorable(entry.arguments),
                "outcome": outcome.value,
                "detail": escape_unstorable(detail),
                "previous_hash": end.hash,
            }
            row_hash, sequence = _hash(content), max(newest.rows, end.rows) + 1
            announced = replace(end, next_hash=row_hash)
            key = _announce(self.paths, announced, key)
            connection.execute(sa.insert(audit).values(sequence=sequence, **content, hash=row_hash))
        moved = AuditHead(rows=sequence, hash=row_hash)
        with suppress(OSError):  # a full disk: the announced hash is enough
            _write_head(self.paths, moved.signed(key), is_durable=False)

    def _end(self, newest: AuditHead, key: str | None) -> AuditHead:
        """Return the row that the next one follows.

        It is the row that the head names even if that is no longer in the database, so that rows
        which were deleted at the end leave a permanent gap.
        """
        head = _read_head(self.paths)
        if key is None and not _is_key_lost(head, key):
            return newest
        if key is None or head is None or not head.is_signed(key):
            return AuditHead(rows=newest.rows, hash=_LOST)
        is_shared = not self.database.is_sqlite and newest.rows > head.rows
        is_announced = newest.rows == head.rows + 1 and newest.hash == head.next_hash
        return newest if is_shared or is_announced else replace(head, next_hash="")


@dataclass(frozen=True, slots=True)
class _Entry:
    """An action to record."""

    actor: Actor
    action: str
    target: str
    arguments: Mapping[str, object]


_ADOPTION = _Entry(Actor(name="datahall", role=Role.ADMIN, origin="system"), "audit.adopt", "", {})


def _newest(connection: sa.Connection) -> AuditHead:
    """Return number and hash of the newest row in the database."""
    query = sa.select(audit.c.sequence, audit.c.hash).order_by(audit.c.sequence.desc()).limit(1)
    row = connection.execute(query).first()
    return AuditHead(rows=row[0], hash=row[1]) if row else AuditHead(rows=0, hash=_GENESIS)


def _read_rows(connection: sa.Connection) -> tuple[Sequence[sa.RowMapping], bool]:
    """Return the rows in order up to the first whose arguments are not valid JSON.

    Whether these are all rows is returned beside them.
    """
    rows = []
    found = connection.execute(sa.select(audit).order_by(audit.c.sequence)).mappings()
    try:
        for row in found:
            rows.append(row)  # noqa: PERF402  (the rows before an undecodable one are kept)
    except ValueError:
        return rows, False
    return rows, True


def _find_broken_row(rows: Sequence[sa.RowMapping]) -> str:
    """Return which row breaks the chain, and how; empty when none does."""
    previous = _GENESIS
    for number, row in enumerate(rows, start=1):
        content = {name: row[name] for name in row if name not in ("sequence", "hash")}
        if row["sequence"] != number:
            return f"row {number} is missing"
        if row["hash"] != _hash(content):
            return f"row {number} was changed"
        if row["previous_hash"] != previous:
            return f"the rows before row {number} were changed, deleted or inserted"
        previous = row["hash"]
    return ""


def _find_lost_row(rows: Sequence[sa.RowMapping], head: AuditHead) -> str:
    """Return which rows up to the head are missing or replaced; empty when none are."""
    if head.rows > len(rows):
        return f"rows {len(rows) + 1} to {head.rows} are missing at the end"
    if head.rows and rows[head.rows - 1]["hash"] != head.hash:
        return f"row {head.rows} or an earlier one was replaced"
    return ""


def _hash(content: Mapping[str, object]) -> str:
    """Return the hash of one row's content."""
    return digest_text(canonical_json(dict(content)))


def _is_key_lost(head: AuditHead | None, key: str | None) -> bool:
    """Whether the key was deleted: it is stored before the first row that the head counts."""
    return key is None and head is not None and head.rows > 0


def _read_key(paths: StatePaths) -> str | None:
    """Return the key that signs the head; None before the first action in this home."""
    try:
        return paths.audit_key.read_text(encoding="ascii", errors="backslashreplace")
    except FileNotFoundError:
        return None


def _announce(paths: StatePaths, head: AuditHead, key: str | None) -> str:
    """Write the head durably and return the key that signs it.

    A new key is stored after the head that it signs: a crash leaves no key without a head.
    """
    if key is not None:
        _write_head(paths, head.signed(key))
        return key
    key = secrets.token_hex(_KEY_BYTES)
    _write_head(paths, head.signed(key))
    write_new(paths.audit_key, key, mode=PRIVATE_FILE)
    return key


def _read_head(paths: StatePaths) -> AuditHead | None:
    """Return the head; None when there is none that can be read."""
    try:
        return AuditHead(**read_json(paths.audit_head))
    except (OSError, ValueError, TypeError):
        return None


def _write_head(paths: StatePaths, head: AuditHead, *, is_durable: bool = True) -> None:
    """Replace the head."""
    write_json(paths.audit_head, asdict(head), mode=PRIVATE_FILE, is_durable=is_durable)
