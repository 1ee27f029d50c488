"""Lossless compression of columns of numbers, without numpy (memory of the sampler).

A column with few distinct values is stored as a palette and one byte per row. Any other column is
stored as all first bytes, all second bytes and so on, because neighbouring values differ in few of
their eight bytes. Both are then compressed with zstd and a checksum.
"""

import math
from array import array
from collections.abc import Iterable, Sequence
from operator import ne

import zstandard

ABSENT = math.nan
_WIDTH = 8
_LEVEL = 3
_MAX_BYTES = 1 << 26
_MAX_PALETTE = 256
_ROWS_PER_ENTRY = 4
_NO_PALETTE = b"\xff\xff"


def pack(column: "array[float]") -> bytes:
    """Return the column compressed; NaN means absent."""
    raw = column.tobytes()
    # As integers: NaN differs from itself, and 0.0 equals -0.0.
    words = array("Q", raw)
    palette = array("Q", set(words))
    if len(palette) <= min(_MAX_PALETTE, len(column) // _ROWS_PER_ENTRY):
        index = {word: place for place, word in enumerate(palette)}
        rows = bytes(map(index.__getitem__, words))
        plain = len(palette).to_bytes(2, "little") + palette.tobytes() + rows
    else:
        planes = (raw[offset::_WIDTH] for offset in range(_WIDTH))
        plain = b"".join((_NO_PALETTE, *planes))
    return zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True).compress(plain)


def unpack(body: bytes) -> "array[float]":
    """Return the column that `pack` compressed; raises ValueError for damaged bytes."""
    try:
        plain = zstandard.ZstdDecompressor().decompress(body, max_output_size=_MAX_BYTES)
    except zstandard.ZstdError as error:
        raise ValueError(str(error)) from error
    if plain[:2] != _NO_PALETTE:
        start = 2 + _WIDTH * int.from_bytes(plain[:2], "little")
        return array("d", map(array("d", plain[2:start]).__getitem__, plain[start:]))
    planes = plain[2:]
    length = len(planes) // _WIDTH
    raw = bytearray(len(planes))
    for offset in range(_WIDTH):
        raw[offset::_WIDTH] = planes[offset * length : (offset + 1) * length]
    return array("d", bytes(raw))


def pack_many(columns: Iterable["array[float]"]) -> bytes:
    """Return several columns of equal length as one compressed body."""
    joined = array("d")
    for column in columns:
        joined.extend(column)
    return pack(joined)


def unpack_many(body: bytes, number: int) -> list["array[float]"]:
    """Return the `number` columns that `pack_many` compressed."""
    joined = unpack(body)
    length = len(joined) // number
    return [joined[index * length : (index + 1) * length] for index in range(number)]


def is_absent(value: float) -> bool:
    """Whether a value is absent."""
    return value != value  # noqa: PLR0124  (NaN alone differs from itself; math.isnan is slower)


def present(columns: Sequence["array[float]"]) -> list["array[float]"]:
    """Return the columns without the rows that are absent in the last column."""
    last = columns[-1]
    if not any(map(ne, last, last)):
        return list(columns)
    keep = [index for index, value in enumerate(last) if not is_absent(value)]
    return [array("d", (column[index] for index in keep)) for column in columns]
