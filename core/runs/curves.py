"""Reading curves: few points of many, chosen where they are stored.

Buckets start at multiples of their width and widths are powers of two, so that a growing curve
keeps its points from one poll to the next.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import nan
from typing import Any

import sqlalchemy as sa

from core.runs.records import MetricPoint
from core.tables import metric_point as point

_KEPT_PER_BUCKET = 3
_STEPS_PER_QUERY = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """One metric of one run, beyond a step."""

    run_id: str
    metric: str
    after_step: int = -1

    @property
    def rows(self) -> sa.ColumnElement[bool]:
        """The condition that a row belongs to the curve."""
        return sa.and_(
            point.c.run_id == self.run_id,
            point.c.metric == self.metric,
            point.c.step > self.after_step,
        )


def bucket_width(first: int, last: int, max_points: int) -> int:
    """Return the smallest power of two that cuts first..last into few enough buckets."""
    num_buckets = max(1, max_points // _KEPT_PER_BUCKET)
    width = 1
    while last // width - first // width + 1 > num_buckets:
        width *= 2
    return width


def read_curve(
    connection: sa.Connection, curve: Curve, max_points: int | None
) -> Sequence[MetricPoint]:
    """Return the curve by step; at most `max_points` where that is given (3 at the least)."""
    if max_points is not None:
        query = sa.select(
            sa.func.count(), sa.func.min(point.c.step), sa.func.max(point.c.step)
        ).where(curve.rows)
        count, first, last = connection.execute(query).one()
        if count > max_points:
            steps = _steps_worth_showing(connection, curve, bucket_width(first, last, max_points))
            return _points_at(connection, curve, steps)
    query = _points().where(curve.rows).order_by(point.c.step)
    return _records(curve.metric, connection.execute(query).all())


def read_names(connection: sa.Connection, run_id: str) -> Sequence[str]:
    """Return the names of the run's metrics, sorted; the cost is that of the names alone."""
    return [name for (name,) in connection.execute(_NAMES, {"run": run_id})]


def read_latest(connection: sa.Connection, run_id: str) -> Mapping[str, MetricPoint]:
    """Return the newest point of every metric of a run."""
    rows = connection.execute(_LATEST, {"run": run_id}).all()
    return {row[0]: _record(row[0], row[1], row[2], row[3]) for row in rows}


def _name_table() -> sa.CTE:
    """Return the metric names of run `:run`: each is found by one look into the key's index."""
    of_run = point.c.run_id == sa.bindparam("run")
    first = sa.select(sa.func.min(point.c.metric).label("metric")).where(of_run)
    found = first.cte("metric_name", recursive=True)
    following = (
        sa.select(sa.func.min(point.c.metric))
        .where(of_run, point.c.metric > found.c.metric)
        .scalar_subquery()
    )
    return found.union_all(sa.select(following).where(found.c.metric.is_not(None)))


def _newest_points() -> sa.Select[Any]:
    """Return the query of the newest point of every metric of run `:run`."""
    names = _name_table()
    run: sa.BindParameter[str] = sa.bindparam("run")
    inside = point.alias()
    newest = (
        sa.select(sa.func.max(inside.c.step))
        .where(inside.c.run_id == run, inside.c.metric == names.c.metric)
        .scalar_subquery()
    )
    is_newest = sa.and_(
        point.c.run_id == run, point.c.metric == names.c.metric, point.c.step == newest
    )
    return sa.select(point.c.metric, point.c.step, point.c.value, point.c.wall_time).join_from(
        names, point, is_newest
    )


_NAMES = sa.select((_named := _name_table()).c.metric).where(_named.c.metric.is_not(None))
_LATEST = _newest_points()


def _steps_worth_showing(connection: sa.Connection, curve: Curve, width: int) -> Sequence[int]:
    """Return the steps of each bucket's smallest, largest and last point, sorted."""
    bucket = (point.c.step // width).label("bucket")
    after = curve.after_step
    ends = (
        sa.select(
            bucket,
            sa.func.min(point.c.value).label("lowest"),
            sa.func.max(point.c.value).label("highest"),
            sa.func.max(point.c.step).label("last"),
        )
        .where(curve.rows)
        .group_by(bucket)
        .subquery()
    )

    def first_at(value: sa.ColumnElement[float]) -> sa.ScalarSelect[Any]:
        inside = point.alias()
        start = ends.c.bucket * width
        # One lower bound: given two, SQLite walks the index from the wrong one.
        begin = sa.case((start > after, start), else_=after + 1)
        return (
            sa.select(sa.func.min(inside.c.step))
            .where(
                inside.c.run_id == curve.run_id,
                inside.c.metric == curve.metric,
                inside.c.step >= begin,
                inside.c.step < start + width,
                inside.c.value == value,
            )
            .scalar_subquery()
        )

    query = sa.select(ends.c.last, first_at(ends.c.lowest), first_at(ends.c.highest))
    return sorted({step for row in connection.execute(query) for step in row if step is not None})


def _points_at(
    connection: sa.Connection, curve: Curve, steps: Sequence[int]
) -> Sequence[MetricPoint]:
    """Return the curve's points at those steps."""
    found: list[MetricPoint] = []
    for start in range(0, len(steps), _STEPS_PER_QUERY):  # databases limit a query's parameters
        wanted = point.c.step.in_(steps[start : start + _STEPS_PER_QUERY])
        query = _points().where(curve.rows, wanted).order_by(point.c.step)
        found += _records(curve.metric, connection.execute(query).all())
    return found


def _points() -> sa.Select[Any]:
    """Return the query of points without its condition."""
    return sa.select(point.c.step, point.c.value, point.c.wall_time)


def _records(metric: str, rows: Iterable[Any]) -> list[MetricPoint]:
    """Return the records of (step, value, wall time) rows."""
    return [_record(metric, step, value, wall_time) for step, value, wall_time in rows]


def _record(metric: str, step: int, value: float | None, wall_time: float) -> MetricPoint:
    """Return one point; a stored null is "not a number"."""
    return MetricPoint(
        metric=metric, step=step, value=nan if value is None else value, wall_time=wall_time
    )
