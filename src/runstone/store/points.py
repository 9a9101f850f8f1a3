"""Metric points in columns, and the three forms in which a row keeps them.

All numbers are little-endian. A form begins with a byte that names it and its version.

Segment, what one group of writes left of a run, in order of arrival:

    u8 form (1: raw, 2: the columns as one zlib stream) · u32 count n ·
    n × u32 key · n × u32 context · n × f64 value · n × i64 timestamp · n × i64 step

Chunk, many points of one key, ordered by step, timestamp and value:

    u8 form (3) · u32 n · 4 × (u32 length, pcodec column): context, value, timestamp, step

Block, the points of several keys, ordered by key and then as in a chunk:

    u8 form (4) · u32 n · u32 number of keys k · k × (u32 key, u32 count) · 4 × (u32 length, pcodec column)

pcodec is Martin Loncaric's codec for numerical sequences (https://github.com/pcodec/pcodec), in its standalone format.
"""

import struct
import sys
import zlib
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pcodec  # pyright: ignore[reportMissingTypeStubs]
from numpy.typing import NDArray

from runstone.errors import StoreError

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

_RAW, _DEFLATED, _CHUNK, _BLOCK = 1, 2, 3, 4
_HEADER = struct.Struct("<BI")
_LENGTH = struct.Struct("<I")
_PAIR = struct.Struct("<II")
_ONE_POINT = struct.Struct("<BIIIdqq")

_DEFLATE_FROM = 64
"""Segments of fewer points are kept raw: deflating them saves little."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Points as five columns of one length: interned key and context, value, time in ms, step."""

    keys: Ints
    contexts: Ints
    values: Floats
    timestamps: Ints
    steps: Ints

    @property
    def count(self) -> int:
        """The number of points."""
        return len(self.values)

    def take(self, index: NDArray[np.intp] | NDArray[np.bool_] | slice) -> "Columns":
        """The points that `index` selects, in its order."""
        return Columns(
            self.keys[index],
            self.contexts[index],
            self.values[index],
            self.timestamps[index],
            self.steps[index],
        )


_NO_INTS = np.empty(0, np.int64)
EMPTY = Columns(_NO_INTS, _NO_INTS, np.empty(0, np.float64), _NO_INTS, _NO_INTS)


def concatenate(parts: Sequence[Columns]) -> Columns:
    """All points of several columns, one after the other."""
    if len(parts) < 2:
        return parts[0] if parts else EMPTY
    return Columns(
        np.concatenate([part.keys for part in parts]),
        np.concatenate([part.contexts for part in parts]),
        np.concatenate([part.values for part in parts]),
        np.concatenate([part.timestamps for part in parts]),
        np.concatenate([part.steps for part in parts]),
    )


def ordered(points: Columns) -> Columns:
    """The points by key, step, timestamp and value, each once: equal points are one point, NaN is equal to NaN."""
    if _strictly_ordered(points):
        return points
    points = points.take(np.lexsort((points.values, points.timestamps, points.steps, points.keys)))
    bits = points.values.view(np.int64)
    fresh = np.ones(points.count, np.bool_)
    fresh[1:] = (np.diff(points.keys) != 0) | (np.diff(points.steps) != 0) | (np.diff(points.timestamps) != 0)
    fresh[1:] |= (np.diff(bits) != 0) & ~(np.isnan(points.values[1:]) & np.isnan(points.values[:-1]))
    fresh[1:] |= np.diff(points.contexts) != 0
    return points if fresh.all() else points.take(fresh)


def _strictly_ordered(points: Columns) -> bool:
    """Whether keys never fall and steps rise within each: the usual case, and far cheaper to see than to sort."""
    new_key = np.diff(points.keys)
    return bool(((new_key > 0) | ((new_key == 0) & (points.steps[1:] > points.steps[:-1]))).all())


# --- segments ---------------------------------------------------------------------------------


def encode_segment(points: Sequence[tuple[int, int, float, int, int]]) -> bytes:
    """A segment of points given as (key, context, value, timestamp, step)."""
    if len(points) == 1:
        key, context, value, timestamp, step = points[0]
        return _ONE_POINT.pack(_RAW, 1, key, context, value, timestamp, step)
    keys, contexts, values, timestamps, steps = zip(*points, strict=True)
    body = b"".join(
        _little_endian(array(code, column))
        for code, column in (("I", keys), ("I", contexts), ("d", values), ("q", timestamps), ("q", steps))
    )
    if len(points) < _DEFLATE_FROM:
        return _HEADER.pack(_RAW, len(points)) + body
    return _HEADER.pack(_DEFLATED, len(points)) + zlib.compress(body, 1)


def _little_endian(column: "array[int] | array[float]") -> bytes:
    if sys.byteorder == "big":
        column.byteswap()
    return column.tobytes()


def decode_segment(data: bytes) -> Columns:
    """The points of a segment. Raises StoreError if it is damaged."""
    form, count = _header(data)
    body = data[_HEADER.size :]
    if form == _DEFLATED:
        body = zlib.decompress(body)
    elif form != _RAW:
        raise StoreError(
            f"A metric segment has the unknown form {form}: it was written by a newer Runstone, or is damaged."
        )
    if len(body) != 32 * count:
        raise StoreError(
            f"A metric segment of {count} points holds {len(body)} bytes instead of {32 * count}."
        )
    at = [0, 4 * count, 8 * count, 16 * count, 24 * count]
    return Columns(
        np.frombuffer(body, "<u4", count, at[0]).astype(np.int64),
        np.frombuffer(body, "<u4", count, at[1]).astype(np.int64),
        np.frombuffer(body, "<f8", count, at[2]),
        np.frombuffer(body, "<i8", count, at[3]),
        np.frombuffer(body, "<i8", count, at[4]),
    )


# --- chunks and blocks ------------------------------------------------------------------------


def encode_chunk(points: Columns) -> bytes:
    """A chunk of ordered points of one key."""
    return _HEADER.pack(_CHUNK, points.count) + _pack(points)


def decode_chunk(data: bytes, key: int) -> Columns:
    """The points of a chunk, which all have this key. Raises StoreError if it is damaged."""
    form, count = _header(data)
    if form != _CHUNK:
        raise StoreError(
            f"A metric chunk has the unknown form {form}: it was written by a newer Runstone, or is damaged."
        )
    return _unpack(data, _HEADER.size, np.full(count, key, np.int64))


def encode_block(points: Columns) -> bytes:
    """A block of ordered points of several keys."""
    keys, counts = np.unique(points.keys, return_counts=True)
    directory = b"".join(_PAIR.pack(int(key), int(count)) for key, count in zip(keys, counts, strict=True))
    return _HEADER.pack(_BLOCK, points.count) + _LENGTH.pack(len(keys)) + directory + _pack(points)


def decode_block(data: bytes) -> Columns:
    """The points of a block. Raises StoreError if it is damaged."""
    form, _ = _header(data)
    if form != _BLOCK:
        raise StoreError(
            f"A metric block has the unknown form {form}: it was written by a newer Runstone, or is damaged."
        )
    (number,) = _LENGTH.unpack_from(data, _HEADER.size)
    start = _HEADER.size + _LENGTH.size
    directory = np.frombuffer(data, "<u4", 2 * number, start).reshape(number, 2).astype(np.int64)
    keys = np.repeat(directory[:, 0], directory[:, 1])
    return _unpack(data, start + 8 * number, keys)


def _header(data: bytes) -> tuple[int, int]:
    """The form and the number of points at the beginning of a row's data."""
    form, count = _HEADER.unpack_from(data)
    return form, count


_codec: Any = pcodec  # it has no type stubs


def _pack(points: Columns) -> bytes:
    packed: list[bytes] = []
    for column in (points.contexts, points.values, points.timestamps, points.steps):
        data: bytes = _codec.standalone.simple_compress(np.ascontiguousarray(column), _codec.ChunkConfig())
        packed += (_LENGTH.pack(len(data)), data)
    return b"".join(packed)


def _unpack(data: bytes, at: int, keys: Ints) -> Columns:
    count = len(keys)
    columns: list[Any] = []
    for _ in range(4):
        (length,) = _LENGTH.unpack_from(data, at)
        at += _LENGTH.size
        column = _codec.standalone.simple_decompress(data[at : at + length])
        if column is None or len(column) != count:
            raise StoreError(f"A metric chunk or block of {count} points has a damaged column.")
        columns.append(column)
        at += length
    return Columns(keys, *columns)
