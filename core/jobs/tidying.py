"""Makes room: the folders of jobs that ended long ago go, their rows stay."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa

from core.audit import Actor, Ledger, Role
from core.clock import Clock
from core.database import Database
from core.jobs.rows import ACTIVE
from core.paths import StatePaths
from core.tables import job as table

_DAY_S = 86_400.0
_CHUNK_IDS = 500
_SYSTEM = Actor(name="supervisor", role=Role.OPERATOR, origin="system")


@dataclass(slots=True, kw_only=True)
class Tidying:
    """Removes what jobs left behind (logs, results) `keep_days` after their end, once a day."""

    database: Database
    ledger: Ledger
    paths: StatePaths
    clock: Clock
    keep_days: float
    _next_at: float = field(default=0.0, init=False)

    def tidy_when_due(self) -> int:
        """Return how many folders were removed; 0 on all but the first call of a day.

        One that cannot be removed is left for the next day. Raises OSError of the first such one.
        """
        now = self.clock.monotonic()
        if now < self._next_at:
            return 0
        self._next_at = now + _DAY_S
        old = self._old_jobs(self.clock.now() - self.keep_days * _DAY_S)
        if not old:
            return 0
        return self.ledger.perform(
            _SYSTEM, "jobs.tidy", "jobs", lambda: self._remove(old), {"folders": len(old)}
        )

    def _remove(self, ids: Sequence[str]) -> int:
        """Remove the folders of jobs; raises the first OSError once all were tried."""
        errors: list[OSError] = []
        for job_id in ids:
            try:
                shutil.rmtree(self.paths.job(job_id))
            except OSError as error:
                errors.append(error)
        if errors:
            raise errors[0]
        return len(ids)

    def _old_jobs(self, before: float) -> Sequence[str]:
        """Return the jobs that ended before a time and whose folder is here."""
        if not self.paths.jobs.exists():
            return []
        here = [path.name for path in self.paths.jobs.iterdir() if path.is_dir()]
        found: list[str] = []
        with self.database.read() as connection:
            for first in range(0, len(here), _CHUNK_IDS):
                query = sa.select(table.c.id).where(
                    table.c.id.in_(here[first : first + _CHUNK_IDS]),
                    table.c.state.not_in(ACTIVE),
                    table.c.ended_at < before,
                )
                found += connection.execute(query).scalars()
        return found
