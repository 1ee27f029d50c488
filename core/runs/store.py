"""The store of runs: metrics keyed (run, metric, step), attempts and translated samples.

Rows live in the database, SQLite by default, PostgreSQL by URL. NaN is stored as null, because
SQLite has no NaN.
"""

import difflib
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from core.clock import Clock
from core.database import Database
from core.errors import ConflictError, InputError, NotFoundError
from core.runs.curves import (
    CurveQuery,
    point_record,
    read_curve,
    read_metric_names,
    runs_with_latest,
)
from core.runs.records import (
    Attempt,
    MetricCurve,
    MetricPoint,
    Run,
    RunSpec,
    RunSummary,
    TranslationSample,
)
from core.scores import Scores
from core.tables import attempt, metric_point, run, sample
from core.text import check_storable

_SPEC_FIELDS = tuple(RunSpec.__dataclass_fields__)
_NEWEST_ATTEMPT = (  # built once, because it runs before every write of points
    sa.select(
        sa.select(sa.func.max(attempt.c.number))
        .where(attempt.c.run_id == sa.bindparam("run"))
        .scalar_subquery()
    )
    .select_from(run)
    .where(run.c.id == sa.bindparam("run"))
)


@dataclass(frozen=True, slots=True)
class RunStore:
    """Runs in the database; safe for several threads and processes at once.

    Every write is one transaction. Every write on a run raises NotFoundError if the run was
    deleted, so that its last process cannot restore parts of it.
    """

    database: Database
    clock: Clock

    def create(self, run_id: str, spec: RunSpec) -> Run:
        """Store a new run; raises ConflictError if its name is taken, InputError if invalid."""
        _check_storable(run_id, spec)
        created = Run(id=run_id, spec=spec, created_at=self.clock.now())
        row = {name: getattr(spec, name) for name in _SPEC_FIELDS}
        row |= {"id": run_id, "config": dict(spec.config), "created_at": created.created_at}
        try:
            with self.database.write(durable=True) as connection:
                connection.execute(sa.insert(run).values(**row, scores={}))
        except IntegrityError as error:
            raise ConflictError(
                f"a run named {spec.name!r} already exists", remedy="Choose another name"
            ) from error
        return created

    def get(self, run: str) -> Run:
        """Return a run by id or name; raises NotFoundError that suggests similar names."""
        return self.summary(run).run

    def list(self) -> Sequence[Run]:
        """Return all runs, newest first."""
        query = sa.select(run).order_by(run.c.sequence.desc())
        with self.database.read() as connection:
            return [_run_record(row) for row in connection.execute(query).mappings()]

    def summary(self, word: str) -> RunSummary:
        """Return a run by id or name with its newest points; raises NotFoundError as `get` does."""
        found = self._summaries(sa.or_(run.c.id == word, run.c.name == word))
        if not found:
            raise _missing_run(word, [existing.spec.name for existing in self.list()])
        return next((summary for summary in found if summary.run.id == word), found[0])

    def summaries(self) -> Sequence[RunSummary]:
        """Return all runs, newest first, with their newest points: one query."""
        return self._summaries(None)

    def set_planned_steps(self, run_id: str, steps: int) -> None:
        """Store the planned number of updates."""
        self._update(run_id, {"steps": steps})

    def set_snapshot(self, run_id: str, snapshot: str) -> None:
        """Store which backup snapshot contains the run's dataset."""
        self._update(run_id, {"snapshot": snapshot})

    def set_scores(self, run_id: str, scores: Scores) -> None:
        """Store the scores on the test split."""
        self._update(run_id, {"scores": scores.to_document()})

    def begin_attempt(self, run_id: str, job_id: str, from_step: int) -> Attempt:
        """Store a new attempt and delete points and samples after `from_step`.

        The previous attempt may have logged steps after its last checkpoint. This attempt computes
        them again, so a resumed curve has one value per step.
        """
        with self.database.write(durable=True) as connection:
            number = _newest_attempt(connection, run_id)
            for table in (metric_point, sample):
                connection.execute(
                    sa.delete(table).where(table.c.run_id == run_id, table.c.step > from_step)
                )
            new_attempt = Attempt(
                number=number + 1,
                job_id=job_id,
                started_at=self.clock.now(),
                from_step=from_step,
            )
            connection.execute(sa.insert(attempt).values(run_id=run_id, **asdict(new_attempt)))
        return new_attempt

    def attempts(self, run_id: str) -> Sequence[Attempt]:
        """Return the attempts, oldest first."""
        columns = [attempt.c[name] for name in Attempt.__dataclass_fields__]
        query = sa.select(*columns).where(attempt.c.run_id == run_id).order_by(attempt.c.number)
        with self.database.read() as connection:
            return [Attempt(**row) for row in connection.execute(query).mappings()]

    def log(self, run_id: str, points: Sequence[MetricPoint]) -> None:
        """Store points; a point of the same metric and step is replaced."""
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

    def curve(
        self, run_id: str, metric: str, *, max_points: int | None = None, after_step: int = -1
    ) -> MetricCurve:
        """Return the points of a metric after `after_step`.

        With `max_points`, a longer curve is divided into buckets of steps, and each bucket is
        represented by its smallest, largest and last point, so that a spike of one step stays
        visible.
        """
        query = CurveQuery(run_id=run_id, metric=metric, after_step=after_step)
        with self.database.read() as connection:
            return read_curve(connection, query, max_points)

    def metrics(self, run_id: str) -> Sequence[str]:
        """Return the sorted names of the metrics that have points."""
        with self.database.read() as connection:
            return read_metric_names(connection, run_id)

    def log_samples(self, run_id: str, samples: Sequence[TranslationSample]) -> None:
        """Store samples; a sample of the same split, step and position is replaced."""
        with self.database.write() as connection:
            _newest_attempt(connection, run_id)
            rows = [{"run_id": run_id, **asdict(entry)} for entry in samples]
            self.database.upsert(connection, sample, rows)

    def samples(self, run_id: str, split: str) -> Sequence[TranslationSample]:
        """Return the samples of the newest step of a split, ordered by position."""
        of_split = sa.and_(sample.c.run_id == run_id, sample.c.split == split)
        newest = sa.select(sa.func.max(sample.c.step)).where(of_split).scalar_subquery()
        columns = [sample.c[name] for name in TranslationSample.__dataclass_fields__]
        query = (
            sa.select(*columns).where(of_split, sample.c.step == newest).order_by(sample.c.position)
        )
        with self.database.read() as connection:
            return [TranslationSample(**row) for row in connection.execute(query).mappings()]

    def delete(self, run_id: str) -> None:
        """Delete a run with its attempts, points and samples."""
        with self.database.write() as connection:
            _newest_attempt(connection, run_id)
            for table in (metric_point, sample, attempt):
                connection.execute(sa.delete(table).where(table.c.run_id == run_id))
            connection.execute(sa.delete(run).where(run.c.id == run_id))

    def _summaries(self, condition: sa.ColumnElement[bool] | None) -> Sequence[RunSummary]:
        """Return the summaries of the runs that meet the condition, newest first."""
        with self.database.read() as connection:
            rows = connection.execute(runs_with_latest(condition)).mappings().all()
        summaries = []
        for _, of_run in groupby(rows, key=lambda row: row["sequence"]):
            entries = list(of_run)
            newest = [
                point_record(row["metric"], row["step"], row["value"], row["wall_time"])
                for row in entries
                if row["metric"] is not None
            ]
            latest = {point.metric: point for point in newest}
            summaries.append(RunSummary(run=_run_record(entries[0]), latest=latest))
        return summaries

    def _update(self, run_id: str, values: Mapping[str, object]) -> None:
        """Set columns of one run."""
        with self.database.write(durable=True) as connection:
            _newest_attempt(connection, run_id)
            connection.execute(sa.update(run).where(run.c.id == run_id).values(**values))


def _newest_attempt(connection: sa.Connection, run_id: str) -> int:
    """Return the number of the run's newest attempt, 0 before the first; raises NotFoundError."""
    found = connection.execute(_NEWEST_ATTEMPT, {"run": run_id}).first()
    if found is None:
        raise _missing_run(run_id, [])
    return int(found[0] or 0)


def _run_record(row: sa.RowMapping) -> Run:
    """Return the record of a row."""
    return Run(
        id=row["id"],
        spec=RunSpec(**{name: row[name] for name in _SPEC_FIELDS}),
        created_at=row["created_at"],
        steps=row["steps"],
        scores=Scores.from_document(row["scores"]),
    )


def _missing_run(word: str, names: Sequence[str]) -> NotFoundError:
    """Return the error for a run that does not exist; it suggests the closest of `names`."""
    close = difflib.get_close_matches(word, names, n=3, cutoff=0.5)
    remedy = "Did you mean " + " or ".join(close) + "?" if close else "See: datahall runs list"
    return NotFoundError(f"there is no run {word!r}", remedy=remedy)


def _check_storable(run_id: str, spec: RunSpec) -> None:
    """Raise InputError if a text of the run cannot be stored in every database."""
    for text in (run_id, spec.name, spec.dataset, spec.waiver or ""):
        check_storable(text)
    if not run_id or not spec.name.strip():
        raise InputError("a run needs a name")
