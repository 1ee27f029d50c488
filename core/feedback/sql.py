"""Corrections in the database."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from core.database import Database
from core.errors import ConflictError
from core.feedback.check import check_correction
from core.feedback.records import Correction
from core.tables import correction as table

_FIELDS = list(Correction.__dataclass_fields__)
_CHUNK_IDS = 500


@dataclass(frozen=True, slots=True)
class SqlFeedbackStore:
    """Corrections as rows."""

    database: Database

    def add(self, correction: Correction) -> None:
        """Store a correction durably; raises InputError when it says nothing."""
        check_correction(correction)
        try:
            with self.database.write(durable=True) as connection:
                connection.execute(sa.insert(table).values(**asdict(correction)))
        except IntegrityError as error:
            raise ConflictError(f"correction {correction.id} is stored already") from error

    def list(self, *, limit: int = 1000, pending: bool = False) -> Sequence[Correction]:
        """Return corrections, newest first; `pending` are those not yet exported."""
        query = sa.select(table).order_by(table.c.sequence.desc()).limit(limit)
        if pending:
            query = query.where(table.c.exported_digest.is_(None))
        with self.database.read() as connection:
            rows = connection.execute(query).mappings().all()
        return [Correction(**{name: row[name] for name in _FIELDS}) for row in rows]

    def mark_exported(self, ids: Sequence[str], digest: str) -> None:
        """Note the dataset version that the corrections went into, all in one transaction."""
        with self.database.write(durable=True) as connection:
            for start in range(0, len(ids), _CHUNK_IDS):
                chosen = table.c.id.in_(ids[start : start + _CHUNK_IDS])
                connection.execute(sa.update(table).where(chosen).values(exported_digest=digest))
