"""The one door for every mutating action: authorise, record, do.

The ledger is append-only and hash-chained: each row's hash covers the row and the hash before it,
so that a row that was changed, or removed from the middle, is found by `verify`. The chain has no
key: it shows damage and edits by hand, not a forger who computes it anew or cuts off its end. A row
is durable before the action starts.
"""

import os
import pwd
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeVar

import sqlalchemy as sa

from core.clock import Clock
from core.database import Database
from core.errors import DatahallError, DeniedError
from core.files import canonical_json, digest_text
from core.tables import audit
from core.text import escape_unstorable

T = TypeVar("T")
GENESIS = "0" * 64


class Role(StrEnum):
    """What an actor may do: a viewer looks; an operator and an admin act."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who acts, and from where (`page`, `cli`, `api`, `system`)."""

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
    """One row of the ledger; `outcome` is allowed, denied or failed."""

    sequence: int
    time: float
    actor: str
    origin: str
    action: str
    target: str
    outcome: str
    detail: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ledger:
    """Authorises and records actions in the database."""

    database: Database
    clock: Clock

    def perform(
        self,
        actor: Actor,
        action: str,
        target: str,
        do: Callable[[], T],
        arguments: Mapping[str, Any] | None = None,
    ) -> T:
        """Do an action that changes something, and return what it returns.

        `action` is `room.verb` ("runs.stop"); `target` is what it is done to. Arguments must hold
        no secrets. Raises DeniedError (recorded) when the actor may not; when `do` fails, that is
        recorded too and the error goes on.
        """
        given = dict(arguments or {})
        if actor.role is Role.VIEWER:
            self._record(actor, action, target, given, "denied", f"role {actor.role}")
            message = f"{actor.name} may look but not act ({action} {target})"
            raise DeniedError(message, remedy="Sign in with the role of an operator")
        self._record(actor, action, target, given, "allowed", "")
        try:
            return do()
        except DatahallError as error:
            self._record(actor, action, target, given, "failed", error.message)
            raise
        except Exception as error:  # recorded, then raised on: the ledger misses nothing
            self._record(actor, action, target, given, "failed", repr(error))
            raise

    def note(self, actor: Actor, action: str, target: str, outcome: str) -> None:
        """Record what was decided elsewhere: who came in, who left, who was refused."""
        self._record(actor, action, target, {}, outcome, "")

    def entries(self, limit: int = 200) -> Sequence[AuditEntry]:
        """Return the newest entries, newest first."""
        query = sa.select(audit).order_by(audit.c.sequence.desc()).limit(limit)
        with self.database.read() as connection:
            rows = connection.execute(query).mappings().all()
        names = AuditEntry.__dataclass_fields__
        return [AuditEntry(**{name: row[name] for name in names}) for row in rows]

    def verify(self) -> int | None:
        """Return the sequence number of the first row that was tampered with, or None."""
        previous = GENESIS
        with self.database.read() as connection:
            rows = connection.execute(sa.select(audit).order_by(audit.c.sequence)).mappings().all()
        for row in rows:
            content = {key: row[key] for key in row if key not in ("sequence", "hash")}
            if row["previous_hash"] != previous or row["hash"] != _hash(content):
                return int(row["sequence"])
            previous = row["hash"]
        return None

    def _record(
        self,
        actor: Actor,
        action: str,
        target: str,
        arguments: Mapping[str, Any],
        outcome: str,
        detail: str,
    ) -> None:
        """Append one durable row."""
        with self.database.write(durable=True) as connection:
            self.database.lock(connection, "audit")
            newest = sa.select(audit.c.hash).order_by(audit.c.sequence.desc()).limit(1)
            content = {
                "time": self.clock.now(),
                "actor": escape_unstorable(actor.name),
                "origin": actor.origin,
                "action": action,
                "target": escape_unstorable(target),
                "arguments": escape_unstorable(dict(arguments)),
                "outcome": outcome,
                "detail": escape_unstorable(detail),
                "previous_hash": connection.execute(newest).scalar() or GENESIS,
            }
            connection.execute(sa.insert(audit).values(**content, hash=_hash(content)))


def _hash(content: Mapping[str, Any]) -> str:
    """Return the hash of one row's content."""
    return digest_text(canonical_json(dict(content)))
