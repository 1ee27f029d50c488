"""Compression of columns is lossless, and good enough."""

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
def test_packing_is_lossless(values: list[float]) -> None:
    """Also for minus zero, absent values and infinities."""
    column = array("d", values)

    assert unpack(pack(column)).tobytes() == column.tobytes()


@given(st.integers(1, 5), st.lists(numbers, max_size=30))
def test_packing_several_columns_is_lossless(number: int, values: list[float]) -> None:
    columns = [array("d", values) for _ in range(number)]

    assert [one.tobytes() for one in unpack_many(pack_many(columns), number)] == [
        one.tobytes() for one in columns
    ]


def test_typical_samples_take_less_than_three_bytes_each() -> None:
    """An hour of load in percent, of power in tenths of a watt, and of memory in steps."""
    chance = random.Random(1)  # noqa: S311  (the same numbers every time)
    load = [round(50 + 45 * math.sin(i / 300) + chance.gauss(0, 8)) / 100 for i in range(1800)]
    power = [round(400 + 250 * math.sin(i / 300) + chance.gauss(0, 12), 1) for i in range(1800)]
    memory = [40e9 + 2097152 * (i // 97) for i in range(1800)]

    sizes = [len(pack(array("d", values))) / 1800 for values in (load, power, memory)]

    assert max(sizes) < 3
    assert sum(sizes) / 3 < 1.5


WHOLE = pack(array("d", [1.0, 2.0, 3.0]))


@pytest.mark.parametrize("body", [b"", b"junk", WHOLE[:-3], WHOLE[:-1] + b"\0"])
def test_unpacking_damaged_bytes_raises_value_error(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        unpack(body)


def test_rows_that_are_absent_in_the_last_column_are_removed_from_all() -> None:
    times, values = present([array("d", [1, 2, 3]), array("d", [5, ABSENT, 7])])

    assert (list(times), list(values)) == ([1, 3], [5, 7])
    assert struct.calcsize("d") == 8
