"""Downsampling into buckets."""

import math
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.store.buckets import Samples, bucket_width, bucketed, join, points, raw_samples

values = st.floats(allow_nan=False, allow_infinity=False)
series = st.lists(st.tuples(st.floats(0, 1e6), values), max_size=60)


def as_samples(rows: list[tuple[float, float]]) -> Samples:
    """Return samples in the order of their times."""
    ordered = sorted(rows, key=lambda row: row[0])
    return raw_samples(array("d", (at for at, _ in ordered)), array("d", (v for _, v in ordered)))


@given(series, st.floats(0.1, 1e5))
def test_buckets_keep_count_and_extremes(rows: list[tuple[float, float]], width: float) -> None:
    """The mean lies between the extremes, also for very large numbers."""
    found = points(bucketed(as_samples(rows), width))

    assert sum(point.count for point in found) == len(rows)
    assert max((p.high for p in found), default=0) == max((v for _, v in rows), default=0)
    assert min((p.low for p in found), default=0) == min((v for _, v in rows), default=0)
    assert all(p.low <= p.value <= p.high for p in found)
    assert [p.at for p in found] == sorted({p.at for p in found})


@given(series)
def test_hours_of_minutes_equal_hours_of_samples(rows: list[tuple[float, float]]) -> None:
    samples = as_samples(rows)

    direct = points(bucketed(samples, 3600))
    indirect = points(bucketed(bucketed(samples, 60), 3600))

    assert [(p.at, p.low, p.high, p.count) for p in direct] == [
        (p.at, p.low, p.high, p.count) for p in indirect
    ]


@given(st.floats(0, 2e9), st.floats(0, 1e9), st.integers(3, 5000))
def test_a_width_gives_no_more_points_than_requested(
    since: float, span: float, max_points: int
) -> None:
    """Also when the range starts within a bucket."""
    width = bucket_width(since, since + span, max_points)

    touched = math.floor((since + span) / width) - math.floor(since / width) + 1
    assert touched <= max_points


def test_widths_are_round_numbers() -> None:
    """The buckets of a live chart stay the same from one request to the next."""
    assert bucket_width(0, 900, 500) == 2.0
    assert bucket_width(0, 86_400, 500) == 300.0
    assert bucket_width(0, 365 * 86_400, 500) == 86_400.0


def test_parts_are_joined_by_time() -> None:
    """After the clock was set back they overlap."""
    late, early = as_samples([(5.0, 1.0), (7.0, 2.0)]), as_samples([(6.0, 3.0)])

    joined = join([late, early])

    assert list(joined.at) == [5.0, 6.0, 7.0]
    assert list(joined.mean) == [1.0, 3.0, 2.0]
    assert list(join([]).at) == []


def test_a_mean_is_weighted_by_the_number_of_samples() -> None:
    minute = bucketed(as_samples([(float(i), 10.0) for i in range(60)]), 60)
    other = bucketed(as_samples([(60.0, 71.0)]), 60)

    (point,) = points(bucketed(join([minute, other]), 3600))

    assert point.value == pytest.approx(11.0)
    assert (point.low, point.high, point.count) == (10.0, 71.0, 61)
