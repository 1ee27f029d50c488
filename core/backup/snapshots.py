"""The rows about snapshots: a cache of the repository, and the proofs."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass

import sqlalchemy as sa

from core.backup.records import Snapshot
from core.database import Database
from core.tables import protection, snapshot


@dataclass(frozen=True, slots=True)
class SnapshotStore:
    """Stores snapshots, their proofs, and the digests of the datasets that they protect."""

    database: Database

    def record(self, taken: Snapshot) -> None:
        """Store a snapshot; one of the same id is replaced."""
        with self.database.write(durable=True) as connection:
            self.database.upsert(connection, snapshot, [_row(taken)])

    def adopt(self, found: Sequence[Snapshot]) -> None:
        """Store snapshots found in the repository; rows that exist are kept as they are."""
        with self.database.write(durable=True) as connection:
            known = set(connection.execute(sa.select(snapshot.c.id)).scalars())
            rows = [_row(entry) for entry in found if entry.id not in known]
            self.database.upsert(connection, snapshot, rows)

    def relocate(self, snapshot_ids: Sequence[str], repository: str) -> None:
        """Set where these snapshots are: their home folder was copied or moved."""
        self._mark(snapshot.c.id.in_(snapshot_ids), repository=repository)

    def list(self, repository: str | None = None) -> Sequence[Snapshot]:
        """Return the snapshots, of one repository if it is given, newest first."""
        query = sa.select(snapshot).order_by(snapshot.c.created_at.desc(), snapshot.c.id)
        if repository is not None:
            query = query.where(snapshot.c.repository == repository)
        with self.database.read() as connection:
            return [_snapshot(row) for row in connection.execute(query).mappings()]

    def find(self, snapshot_ids: Collection[str]) -> Sequence[Snapshot]:
        """Return the snapshots with these ids, without those that have no row."""
        query = sa.select(snapshot).where(snapshot.c.id.in_(snapshot_ids))
        with self.database.read() as connection:
            return [_snapshot(row) for row in connection.execute(query).mappings()]

    def mark_verified(self, snapshot_id: str, at: float) -> None:
        """Record that the snapshot was compared with its manifest without a difference."""
        self._mark(snapshot.c.id == snapshot_id, verified_at=at)

    def mark_restored(self, snapshot_id: str, at: float) -> None:
        """Record that the snapshot was restored and every byte was equal."""
        self._mark(snapshot.c.id == snapshot_id, verified_at=at, restored_at=at)

    def revoke(self, snapshot_id: str) -> None:
        """Revoke the proof of a snapshot: it protects nothing until it is verified again."""
        self._mark(snapshot.c.id == snapshot_id, verified_at=None, restored_at=None)

    def revoke_all(self, repository: str) -> None:
        """Revoke every proof of a repository that holds damaged data."""
        self._mark(snapshot.c.repository == repository, verified_at=None, restored_at=None)

    def protect(self, snapshot_id: str, digests: Sequence[str]) -> None:
        """Record which datasets the snapshot holds completely; valid while it is verified."""
        rows = [{"dataset_digest": digest, "snapshot_id": snapshot_id} for digest in digests]
        with self.database.write(durable=True) as connection:
            self.database.upsert(connection, protection, rows)

    def holding(
        self, dataset_digests: Collection[str], repository: str
    ) -> Mapping[str, Sequence[str]]:
        """Return the ids of the verified snapshots that hold each dataset, newest first."""
        query = (
            sa.select(protection)
            .join(snapshot, protection.c.snapshot_id == snapshot.c.id)
            .where(protection.c.dataset_digest.in_(dataset_digests))
            .where(snapshot.c.repository == repository, snapshot.c.verified_at.is_not(None))
            .order_by(snapshot.c.created_at.desc(), snapshot.c.id)
        )
        with self.database.read() as connection:
            rows = connection.execute(query).mappings().all()
        found: dict[str, list[str]] = {}
        for row in rows:
            found.setdefault(row["dataset_digest"], []).append(row["snapshot_id"])
        return found

    def remove(self, snapshot_ids: Sequence[str]) -> None:
        """Remove snapshots and what they protected."""
        with self.database.write(durable=True) as connection:
            for snapshot_id in snapshot_ids:
                gone = protection.c.snapshot_id == snapshot_id
                connection.execute(sa.delete(protection).where(gone))
                connection.execute(sa.delete(snapshot).where(snapshot.c.id == snapshot_id))

    def _mark(self, which: sa.ColumnElement[bool], **values: float | str | None) -> None:
        """Set columns of the chosen rows."""
        with self.database.write(durable=True) as connection:
            connection.execute(sa.update(snapshot).where(which).values(**values))


def _row(taken: Snapshot) -> dict[str, object]:
    """Convert a Snapshot to the columns of a row."""
    row = asdict(taken) | {"paths": list(taken.paths), "tags": list(taken.tags)}
    del row["is_present"]  # a fact about the repository, read from it
    return row


def _snapshot(row: sa.RowMapping) -> Snapshot:
    """Convert a row to a Snapshot."""
    return Snapshot(**{**row, "paths": tuple(row["paths"]), "tags": tuple(row["tags"])})
