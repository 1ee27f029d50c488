"""Queries for metric curves: long curves are reduced inside the database.

Buckets start at multiples of their width and widths are powers of two, so that the points chosen
for a growing curve stay the same from one poll to the next.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import nan
from typing import Any

import sqlalchemy as sa

from core.runs.records import MetricCurve, MetricPoint
from core.tables import metric_point as point
from core.tables import run

_POINTS_PER_BUCKET = 3
_STEPS_PER_QUERY = 500  # databases limit the parameters of one query
_POINT_COLUMNS = ("run_id", "metric", "step", "value", "wall_time")


@dataclass(frozen=True, slots=True, kw_only=True)
class CurveQuery:
    """Selects one metric of one run, from the step after `after_step`."""

    run_id: str
    metric: str
    after_step: int = -1

    @property
    def condition(self) -> sa.ColumnElement[bool]:
        """The condition on rows of `metric_point`."""
        return sa.and_(
            point.c.run_id == self.run_id,
            point.c.metric == self.metric,
            point.c.step > self.after_step,
        )


def bucket_width(first: int, last: int, max_points: int) -> int:
    """Return the smallest power of two for which first..last needs at most `max_points` points."""
    num_buckets = max(1, max_points // _POINTS_PER_BUCKET)
    width = 1
    while last // width - first // width + 1 > num_buckets:
        width *= 2
    return width


def read_curve(connection: sa.Connection, query: CurveQuery, max_points: int | None) -> MetricCurve:
    """Return the curve; with `max_points`, no more than that (but at least 3)."""
    if max_points is not None:
        extent = sa.select(
            sa.func.count(), sa.func.min(point.c.step), sa.func.max(point.c.step)
        ).where(query.condition)
        count, first, last = connection.execute(extent).one()
        if count > max_points:
            width = bucket_width(first, last, max_points)
            steps = _representative_steps(connection, query, width)
            return MetricCurve(points=_points_at(connection, query, steps), bucket_steps=width)
    rows = connection.execute(_points().where(query.condition).order_by(point.c.step)).all()
    return MetricCurve(points=_records(query.metric, rows))


def read_metric_names(connection: sa.Connection, run_id: str) -> Sequence[str]:
    """Return the sorted names of the run's metrics; one index seek per name."""
    names = _metric_names(sa.select(sa.literal(run_id).label("id")).subquery())
    query = sa.select(names.c.metric).where(names.c.metric.is_not(None)).order_by(names.c.metric)
    return [name for (name,) in connection.execute(query)]


def runs_with_latest(condition: sa.ColumnElement[bool] | None = None) -> sa.Select[Any]:
    """Return the query of runs, newest first, each joined with the newest point of every metric.

    One row per run and metric; a run without points has one row whose `metric` is null. The JSON
    columns are filled in the first row of a run only, because decoding them takes most of the time.
    The query costs a few index seeks per run and metric, however long the curves are.
    """
    wanted = sa.select(run.c.id) if condition is None else sa.select(run.c.id).where(condition)
    names = _metric_names(wanted.subquery())
    inner = point.alias()
    newest_step = (
        sa.select(sa.func.max(inner.c.step))
        .where(inner.c.run_id == names.c.run_id, inner.c.metric == names.c.metric)
        .scalar_subquery()
    )
    is_newest = sa.and_(
        point.c.run_id == names.c.run_id,
        point.c.metric == names.c.metric,
        point.c.step == newest_step,
    )
    newest = (
        sa.select(names.c.is_first, *(point.c[name] for name in _POINT_COLUMNS))
        .select_from(names.join(point, is_newest))
        .subquery()
    )
    columns = [
        sa.case((newest.c.is_first == 0, sa.null()), else_=column).label(column.name)
        if isinstance(column.type, sa.JSON)
        else column
        for column in run.c
    ]
    query = (
        sa.select(*columns, newest.c.metric, newest.c.step, newest.c.value, newest.c.wall_time)
        .select_from(run.outerjoin(newest, newest.c.run_id == run.c.id))
        .order_by(run.c.sequence.desc(), newest.c.is_first.desc())
    )
    return query if condition is None else query.where(condition)


def point_record(metric: str, step: int, value: float | None, wall_time: float) -> MetricPoint:
    """Return one point; NaN is stored as null."""
    return MetricPoint(
        metric=metric, step=step, value=nan if value is None else value, wall_time=wall_time
    )


def _metric_names(runs: sa.FromClause) -> sa.CTE:
    """Return (run_id, metric, is_first) of every metric of `runs`, which have a column `id`.

    Each name is found by one index seek beyond the name before it (a loose index scan), so the last
    row of a run has a null. `is_first` is 1 for the first name of a run.
    """
    first = sa.select(
        runs.c.id.label("run_id"),
        sa.select(sa.func.min(point.c.metric))
        .where(point.c.run_id == runs.c.id)
        .scalar_subquery()
        .label("metric"),
        sa.literal(1).label("is_first"),
    )
    found = first.cte("metric_name", recursive=True)
    following = (
        sa.select(sa.func.min(point.c.metric))
        .where(point.c.run_id == found.c.run_id, point.c.metric > found.c.metric)
        .scalar_subquery()
    )
    return found.union_all(
        sa.select(found.c.run_id, following, sa.literal(0)).where(found.c.metric.is_not(None))
    )


def _representative_steps(
    connection: sa.Connection, query: CurveQuery, width: int
) -> Sequence[int]:
    """Return the sorted steps of each bucket's smallest, largest and last point."""
    bucket = (point.c.step // width).label("bucket")
    buckets = (
        sa.select(
            bucket,
            sa.func.min(point.c.value).label("lowest"),
            sa.func.max(point.c.value).label("highest"),
            sa.func.max(point.c.step).label("last"),
        )
        .where(query.condition)
        .group_by(bucket)
        .subquery()
    )

    def first_step_with(value: sa.ColumnElement[float]) -> sa.ScalarSelect[Any]:
        inner = point.alias()
        start = buckets.c.bucket * width
        # A single lower bound: with two, SQLite starts its index scan from the wrong one.
        begin = sa.case((start > query.after_step, start), else_=query.after_step + 1)
        return (
            sa.select(sa.func.min(inner.c.step))
            .where(
                inner.c.run_id == query.run_id,
                inner.c.metric == query.metric,
                inner.c.step >= begin,
                inner.c.step < start + width,
                inner.c.value == value,
            )
            .scalar_subquery()
        )

    steps = sa.select(
        buckets.c.last, first_step_with(buckets.c.lowest), first_step_with(buckets.c.highest)
    )
    return sorted({step for row in connection.execute(steps) for step in row if step is not None})


def _points_at(
    connection: sa.Connection, query: CurveQuery, steps: Sequence[int]
) -> Sequence[MetricPoint]:
    """Return the points of the curve at these steps."""
    found: list[MetricPoint] = []
    for start in range(0, len(steps), _STEPS_PER_QUERY):
        is_wanted = point.c.step.in_(steps[start : start + _STEPS_PER_QUERY])
        rows = _points().where(query.condition, is_wanted).order_by(point.c.step)
        found += _records(query.metric, connection.execute(rows).all())
    return found


def _points() -> sa.Select[Any]:
    """Return the query of points without its condition."""
    return sa.select(point.c.step, point.c.value, point.c.wall_time)


def _records(metric: str, rows: Iterable[Any]) -> list[MetricPoint]:
    """Return the records of (step, value, wall time) rows."""
    return [point_record(metric, step, value, wall_time) for step, value, wall_time in rows]
