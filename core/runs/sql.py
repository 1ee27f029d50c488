"""Runs in the database: SQLite by default, PostgreSQL by URL.

A value that is not a number is stored as null, which is what SQLite makes of NaN.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from core.clock import Clock
from core.database import Database
from core.errors import ConflictError
from core.runs import curves
from core.runs.records import Attempt, MetricPoint, Run, RunSpec, TranslationSample
from core.runs.words import check_spec, missing_run
from core.tables import attempt, metric_point, run, sample

_SPEC_FIELDS = tuple(RunSpec.__dataclass_fields__)
_NEWEST_ATTEMPT = (  # built once: it is asked before every write of points
    sa.select(
        sa.select(sa.func.max(attempt.c.number))
        .where(attempt.c.run_id == sa.bindparam("run"))
        .scalar_subquery()
    )
    .select_from(run)
    .where(run.c.id == sa.bindparam("run"))
)


@dataclass(frozen=True, slots=True)
class SqlRunStore:
    """A RunStore in the database; safe for several threads and processes."""

    database: Database
    clock: Clock

    def create(self, run_id: str, spec: RunSpec) -> Run:
        """Store a new run; see RunStore."""
        check_spec(run_id, spec)
        created = Run(id=run_id, spec=spec, created_at=self.clock.now())
        row = {name: getattr(spec, name) for name in _SPEC_FIELDS}
        row |= {"id": run_id, "config": dict(spec.config), "created_at": created.created_at}
        try:
            with self.database.write(durable=True) as connection:
                connection.execute(sa.insert(run).values(**row, scores={}))
        except IntegrityError as error:
            raise ConflictError(
                f"there is a run named {spec.name!r} already", remedy="Choose another name"
            ) from error
        return created

    def get(self, run: str) -> Run:
        """Return a run by id or name; see RunStore."""
        runs = self._read(run)
        if runs:
            return next((found for found in runs if found.id == run), runs[0])
        raise missing_run(run, [found.spec.name for found in self.list()])

    def list(self) -> Sequence[Run]:
        """Return all runs, newest first."""
        return self._read(None)

    def plan(self, run_id: str, steps: int) -> None:
        """Set the planned number of updates."""
        self._update(run_id, {"steps": steps})

    def protect(self, run_id: str, snapshot: str) -> None:
        """Note the snapshot that holds the run's dataset."""
        self._update(run_id, {"snapshot": snapshot})

    def begin_attempt(self, run_id: str, job_id: str, from_step: int) -> Attempt:
        """Start an attempt and remove what lies beyond its step; see RunStore."""
        with self.database.write(durable=True) as connection:
            self.database.lock(connection, f"run {run_id}")
            number = _newest_attempt(connection, run_id)
            for table in (metric_point, sample):
                connection.execute(
                    sa.delete(table).where(table.c.run_id == run_id, table.c.step > from_step)
                )
            begun = Attempt(
                number=number + 1,
                job_id=job_id,
                started_at=self.clock.now(),
                from_step=from_step,
            )
            connection.execute(sa.insert(attempt).values(run_id=run_id, **asdict(begun)))
        return begun

    def attempts(self, run_id: str) -> Sequence[Attempt]:
        """Return the attempts, oldest first."""
        columns = [attempt.c[name] for name in Attempt.__dataclass_fields__]
        query = sa.select(*columns).where(attempt.c.run_id == run_id).order_by(attempt.c.number)
        with self.database.read() as connection:
            return [Attempt(**row) for row in connection.execute(query).mappings()]

    def log(self, run_id: str, points: Sequence[MetricPoint]) -> None:
        """Store points in one transaction; see RunStore."""
        if not points:
            return
        with self.database.write() as connection:
            number = _newest_attempt(connection, run_id)
            rows = [
                {
                    "run_id": run_id,
                    "metric": point.metric,
                    "step": point.step,
                    "value": None if math.isnan(point.value) else point.value,
                    "wall_time": point.wall_time,
                    "attempt": number,
                }
                for point in points
            ]
            self.database.upsert(connection, metric_point, rows)

    def series(
        self, run_id: str, metric: str, *, max_points: int | None = None, after_step: int = -1
    ) -> Sequence[MetricPoint]:
        """Return the points of a metric beyond a step, bucketed when too many; see RunStore."""
        with self.database.read() as connection:
            return curves.read_curve(
                connection,
                curves.Curve(run_id=run_id, metric=metric, after_step=after_step),
                max_points,
            )

    def latest(self, run_id: str) -> Mapping[str, MetricPoint]:
        """Return the newest point of every metric."""
        with self.database.read() as connection:
            return curves.read_latest(connection, run_id)

    def metrics(self, run_id: str) -> Sequence[str]:
        """Return the names of the metrics that have points, sorted."""
        with self.database.read() as connection:
            return curves.read_names(connection, run_id)

    def log_samples(self, run_id: str, samples: Sequence[TranslationSample]) -> None:
        """Store samples; one that is there already is replaced."""
        with self.database.write() as connection:
            _newest_attempt(connection, run_id)
            rows = [{"run_id": run_id, **asdict(entry)} for entry in samples]
            self.database.upsert(connection, sample, rows)

    def samples(self, run_id: str, split: str) -> Sequence[TranslationSample]:
        """Return the samples of the newest step of a split, by position."""
        of_split = sa.and_(sample.c.run_id == run_id, sample.c.split == split)
        newest = sa.select(sa.func.max(sample.c.step)).where(of_split).scalar_subquery()
        columns = [sample.c[name] for name in TranslationSample.__dataclass_fields__]
        query = (
            sa.select(*columns).where(of_split, sample.c.step == newest).order_by(sample.c.position)
        )
        with self.database.read() as connection:
            return [TranslationSample(**row) for row in connection.execute(query).mappings()]

    def finish(self, run_id: str, scores: Mapping[str, Any], energy_joules: float | None) -> None:
        """Note the final scores and the energy used."""
        self._update(run_id, {"scores": dict(scores), "energy_joules": energy_joules})

    def delete(self, run_id: str) -> None:
        """Remove a run and all that hangs on it."""
        with self.database.write() as connection:
            _newest_attempt(connection, run_id)
            for table in (metric_point, sample, attempt):
                connection.execute(sa.delete(table).where(table.c.run_id == run_id))
            connection.execute(sa.delete(run).where(run.c.id == run_id))

    def _read(self, word: str | None) -> Sequence[Run]:
        """Return the runs whose id or name is `word`, or all of them, newest first."""
        query = sa.select(run).order_by(run.c.sequence.desc())
        if word is not None:
            query = query.where(sa.or_(run.c.id == word, run.c.name == word))
        with self.database.read() as connection:
            return [_to_run(row) for row in connection.execute(query).mappings()]

    def _update(self, run_id: str, values: Mapping[str, Any]) -> None:
        """Set columns of one run; raises NotFoundError."""
        with self.database.write(durable=True) as connection:
            _newest_attempt(connection, run_id)
            connection.execute(sa.update(run).where(run.c.id == run_id).values(**values))


def _newest_attempt(connection: sa.Connection, run_id: str) -> int:
    """Return the number of the run's newest attempt, 0 before the first; raises NotFoundError."""
    found = connection.execute(_NEWEST_ATTEMPT, {"run": run_id}).first()
    if found is None:
        raise missing_run(run_id, [])
    return int(found[0] or 0)


def _to_run(row: sa.RowMapping) -> Run:
    """Return the record of a row."""
    return Run(
        id=row["id"],
        spec=RunSpec(**{name: row[name] for name in _SPEC_FIELDS}),
        created_at=row["created_at"],
        steps=row["steps"],
        scores=row["scores"],
        energy_joules=row["energy_joules"],
    )
