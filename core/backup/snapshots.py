"""What Datahall knows of its snapshots: rows of the tables `snapshot` and `protection`."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import sqlalchemy as sa

from core.backup.engine import Snapshot
from core.database import Database
from core.tables import protection, snapshot


@dataclass(frozen=True, slots=True)
class SnapshotStore:
    """Remembers snapshots, their proofs, and which dataset digest which of them protects."""

    database: Database

    def record(self, taken: Snapshot) -> None:
        """Remember a snapshot; one of the same id is replaced."""
        row = asdict(taken) | {"paths": list(taken.paths), "tags": list(taken.tags)}
        with self.database.write(durable=True) as connection:
            self.database.upsert(connection, snapshot, [row])

    def list(self, repository: str | None = None) -> Sequence[Snapshot]:
        """Return the snapshots, of one repository if it is named, newest first."""
        query = sa.select(snapshot).order_by(snapshot.c.created_at.desc(), snapshot.c.id)
        if repository is not None:
            query = query.where(snapshot.c.repository == repository)
        with self.database.read() as connection:
            return [_snapshot(row) for row in connection.execute(query).mappings()]

    def mark_verified(self, snapshot_id: str, at: float) -> None:
        """Remember that the snapshot was compared with its manifest and is whole."""
        self._mark(snapshot.c.id == snapshot_id, verified_at=at)

    def mark_restored(self, snapshot_id: str, at: float) -> None:
        """Remember that the snapshot was restored and every byte matched."""
        self._mark(snapshot.c.id == snapshot_id, verified_at=at, restored_at=at)

    def doubt(self, snapshot_id: str) -> None:
        """Take back a proof: the snapshot protects nothing until it is proven again."""
        self._mark(snapshot.c.id == snapshot_id, verified_at=None, restored_at=None)

    def doubt_all(self, repository: str) -> None:
        """Take back every proof in a repository that holds damaged data."""
        self._mark(snapshot.c.repository == repository, verified_at=None, restored_at=None)

    def protect(self, snapshot_id: str, digests: Sequence[str]) -> None:
        """Remember which datasets the snapshot holds whole; counts while it is verified."""
        rows = [{"dataset_digest": digest, "snapshot_id": snapshot_id} for digest in digests]
        with self.database.write(durable=True) as connection:
            self.database.upsert(connection, protection, rows)

    def holding(self, dataset_digest: str) -> Sequence[Snapshot]:
        """Return the verified snapshots that hold the dataset, newest first."""
        query = (
            sa.select(snapshot)
            .join(protection, protection.c.snapshot_id == snapshot.c.id)
            .where(protection.c.dataset_digest == dataset_digest)
            .where(snapshot.c.verified_at.is_not(None))
            .order_by(snapshot.c.created_at.desc(), snapshot.c.id)
        )
        with self.database.read() as connection:
            return [_snapshot(row) for row in connection.execute(query).mappings()]

    def forget(self, snapshot_ids: Sequence[str]) -> None:
        """Remove snapshots and what they protected."""
        with self.database.write(durable=True) as connection:
            for snapshot_id in snapshot_ids:
                gone = protection.c.snapshot_id == snapshot_id
                connection.execute(sa.delete(protection).where(gone))
                connection.execute(sa.delete(snapshot).where(snapshot.c.id == snapshot_id))

    def _mark(self, which: sa.ColumnElement[bool], **values: float | None) -> None:
        """Set times of the chosen rows."""
        with self.database.write(durable=True) as connection:
            connection.execute(sa.update(snapshot).where(which).values(**values))


def _snapshot(row: sa.RowMapping) -> Snapshot:
    """Return a row as a record."""
    return Snapshot(**{**row, "paths": tuple(row["paths"]), "tags": tuple(row["tags"])})
