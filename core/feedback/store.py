"""Corrections of translations by people: checked, recorded in the audit log, stored.

They become training data through `core.feedback.export`.
"""

import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from core.audit import Actor, Ledger
from core.clock import Clock
from core.database import Database
from core.errors import ConflictError, InputError
from core.tables import correction as table
from core.text import check_storable

MAX_CHARACTERS = 20_000
_CHUNK_IDS = 500  # databases limit the number of parameters of a statement


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """A better translation of `source`, given by a person.

    `hypothesis` is the output of `model` (`NAME:VERSION`); both are empty without a model output.
    `exported_digest` names the dataset version that the correction was exported to.
    """

    id: str
    time: float
    source_language: str
    target_language: str
    source: str
    hypothesis: str
    correction: str
    model: str
    actor: str
    exported_digest: str | None = None


_FIELDS = list(Correction.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class FeedbackStore:
    """Stores corrections; only the mark of export ever changes."""

    database: Database

    def add(self, correction: Correction) -> None:
        """Store a correction durably; raises InputError (see `check_correction`)."""
        check_correction(correction)
        try:
            with self.database.write(durable=True) as connection:
                connection.execute(sa.insert(table).values(**asdict(correction)))
        except IntegrityError as error:
            raise ConflictError(f"correction {correction.id} is stored already") from error

    def list(self, *, limit: int = 1000, pending: bool = False) -> Sequence[Correction]:
        """Return corrections, newest first; `pending` selects those not yet exported."""
        query = sa.select(table).order_by(table.c.sequence.desc()).limit(limit)
        if pending:
            query = query.where(table.c.exported_digest.is_(None))
        with self.database.read() as connection:
            rows = connection.execute(query).mappings().all()
        return [Correction(**{name: row[name] for name in _FIELDS}) for row in rows]

    def mark_exported(self, ids: Sequence[str], digest: str) -> None:
        """Record the dataset version that the corrections went into, in one transaction."""
        with self.database.write(durable=True) as connection:
            for start in range(0, len(ids), _CHUNK_IDS):
                chosen = table.c.id.in_(ids[start : start + _CHUNK_IDS])
                connection.execute(sa.update(table).where(chosen).values(exported_digest=digest))


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackRecorder:
    """Stores a new correction and records it in the audit log; checks the actor's role."""

    store: FeedbackStore
    ledger: Ledger
    clock: Clock

    def record(
        self,
        actor: Actor,
        *,
        languages: tuple[str, str],
        source: str,
        correction: str,
        model: str,
        hypothesis: str = "",
    ) -> Correction:
        """Store a correction; raises InputError (see `check_correction`) and DeniedError.

        `languages` are the codes of source and target.
        """
        entry = Correction(
            id=secrets.token_hex(6),
            time=self.clock.now(),
            source_language=languages[0],
            target_language=languages[1],
            source=source,
            hypothesis=hypothesis,
            correction=correction.strip(),
            model=model,
            actor=actor.name,
        )
        self.ledger.perform(actor, "feedback.add", entry.id, lambda: self.store.add(entry))
        return entry


def check_correction(correction: Correction) -> None:
    """Raise InputError when a correction is empty, unchanged or cannot be stored."""
    if not correction.source.strip() or not correction.correction.strip():
        raise InputError("a correction needs a source text and a corrected text")
    if correction.correction.strip() == correction.hypothesis.strip():
        raise InputError(
            "the corrected text is equal to the translation", remedy="Change the text first"
        )
    for text in (correction.source, correction.hypothesis, correction.correction):
        _check_text(text)


def _check_text(text: str) -> None:
    """Raise InputError for text that is too long or that a database cannot store."""
    if len(text) > MAX_CHARACTERS:
        raise InputError(f"a text of a correction has at most {MAX_CHARACTERS} characters")
    check_storable(text)
