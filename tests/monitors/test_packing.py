"""Columns come back bit for bit, and small."""

import math
import random
import struct
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.store.packing import ABSENT, pack, pack_many, present, unpack, unpack_many

numbers = st.floats(width=64, allow_nan=True, allow_infinity=True)


@given(st.lists(numbers) | st.lists(st.sampled_from([0.0, -0.0, 1.5, math.nan, 1e308])))
def test_a_column_comes_back_bit_for_bit(values: list[float]) -> None:
    """Zero and minus zero, absent values and infinities included."""
    column = array("d", values)

    assert unpack(pack(column)).tobytes() == column.tobytes()


@given(st.integers(1, 5), st.lists(numbers, max_size=30))
def test_several_columns_come_back_apart(number: int, values: list[float]) -> None:
    """Rollups are four columns in one body."""
    columns = [array("d", values) for _ in range(number)]

    assert [one.tobytes() for one in unpack_many(pack_many(columns), number)] == [
        one.tobytes() for one in columns
    ]


def test_what_hosts_measure_takes_less_than_three_bytes_a_sample() -> None:
    """An hour of a load in percent, a power in tenths of a watt, and a memory that steps."""
    chance = random.Random(1)  # noqa: S311  (the same numbers every time)
    load = [round(50 + 45 * math.sin(i / 300) + chance.gauss(0, 8)) / 100 for i in range(1800)]
    power = [round(400 + 250 * math.sin(i / 300) + chance.gauss(0, 12), 1) for i in range(1800)]
    memory = [40e9 + 2097152 * (i // 97) for i in range(1800)]

    sizes = [len(pack(array("d", values))) / 1800 for values in (load, power, memory)]

    assert max(sizes) < 3
    assert sum(sizes) / 3 < 1.5


WHOLE = pack(array("d", [1.0, 2.0, 3.0]))


@pytest.mark.parametrize("body", [b"", b"junk", WHOLE[:-3], WHOLE[:-1] + b"\0"])
def test_bytes_that_are_no_column_are_told_apart(body: bytes) -> None:
    """A damaged file must not become a chart."""
    with pytest.raises(ValueError, match=r"."):
        unpack(body)


def test_absent_rows_are_left_out_of_all_columns() -> None:
    """The last column says which rows are there."""
    times, values = present([array("d", [1, 2, 3]), array("d", [5, ABSENT, 7])])

    assert (list(times), list(values)) == ([1, 3], [5, 7])
    assert struct.calcsize("d") == 8
