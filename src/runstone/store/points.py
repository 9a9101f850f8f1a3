"""Metric points in columns, and the three forms in which a row keeps them.

All numbers are little-endian. A form begins with a byte that names it and its version, the number of its points and a
checksum; neither the database nor pcodec would notice a flipped bit.

    u8 form · u32 number of points n · u32 CRC-32 of the five bytes before it and of the body · body

Segment, what one group of writes left of a run, in order of arrival (form 1: raw, 2: the body as one zlib stream):

    n × u32 key · n × u32 context · n × f64 value · n × i64 timestamp · n × i64 step

Chunk (form 3), many points of one key, ordered by step, timestamp and value:

    4 × (u32 length, pcodec column): context, value, timestamp, step

Block (form 4), the points of several keys, ordered by key and then as in a chunk:

    u32 number of keys k · k × (u32 key, u32 count) · 4 × (u32 length, pcodec column)

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
_CHECKSUM = struct.Struct("<I")
_LENGTH = struct.Struct("<I")
_PAIR = struct.Struct("<II")
_ONE_POINT = struct.Struct("<IIdqq")

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
    """The points by key, step, timestamp and value, each once: equal points are one point.

    NaN is equal to NaN, and -0.0 to 0.0. Points that differ in their context alone stay apart.
    """
    if _strictly_ordered(points):
        return points
    by = (points.contexts, points.values, points.timestamps, points.steps, points.keys)
    points = points.take(np.lexsort(by))
    fresh = np.ones(points.count, np.bool_)
    fresh[1:] = (np.diff(points.keys) != 0) | (np.diff(points.steps) != 0) | (np.diff(points.timestamps) != 0)
    one, other = points.values[1:], points.values[:-1]
    fresh[1:] |= ((one != other) & ~(np.isnan(one) & np.isnan(other))) | (np.diff(points.contexts) != 0)
    return points if fresh.all() else points.take(fresh)


def _strictly_ordered(points: Columns) -> bool:
    """Whether keys never fall and steps rise within each: the usual case, and far cheaper to see than to sort."""
    new_key = np.diff(points.keys)
    return bool(((new_key > 0) | ((new_key == 0) & (points.steps[1:] > points.steps[:-1]))).all())


# --- segments ---------------------------------------------------------------------------------


def encode_segment(points: Sequence[tuple[int, int, float, int, int]]) -> bytes:
    """A segment of points given as (key, context, value, timestamp, step)."""
    if len(points) == 1:
        return _enveloped(_RAW, 1, _ONE_POINT.pack(*points[0]))
    keys, contexts, values, timestamps, steps = zip(*points, strict=True)
    body = b"".join(
        _little_endian(array(code, column))
        for code, column in (("I", keys), ("I", contexts), ("d", values), ("q", timestamps), ("q", steps))
    )
    if len(points) < _DEFLATE_FROM:
        return _enveloped(_RAW, len(points), body)
    return _enveloped(_DEFLATED, len(points), zlib.compress(body, 1))


def _little_endian(column: "array[int] | array[float]") -> bytes:
    if sys.byteorder == "big":
        column.byteswap()
    return column.tobytes()


def decode_segment(data: bytes) -> Columns:
    """The points of a segment. Raises StoreError if it is damaged."""
    form, count, body = _opened(data, "segment", _RAW, _DEFLATED)
    if form == _DEFLATED:
        body = zlib.decompress(body)
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
    return _enveloped(_CHUNK, points.count, _pack(points))


def decode_chunk(data: bytes, key: int) -> Columns:
    """The points of a chunk, which all have this key. Raises StoreError if it is damaged."""
    _, count, body = _opened(data, "chunk", _CHUNK)
    return _unpack(body, 0, np.full(count, key, np.int64))


def encode_block(points: Columns) -> bytes:
    """A block of ordered points of several keys."""
    keys, counts = np.unique(points.keys, return_counts=True)
    directory = b"".join(_PAIR.pack(int(key), int(count)) for key, count in zip(keys, counts, strict=True))
    return _enveloped(_BLOCK, points.count, _LENGTH.pack(len(keys)) + directory + _pack(points))


def decode_block(data: bytes) -> Columns:
    """The points of a block. Raises StoreError if it is damaged."""
    _, _, body = _opened(data, "block", _BLOCK)
    (number,) = _LENGTH.unpack_from(body)
    directory = np.frombuffer(body, "<u4", 2 * number, _LENGTH.size).reshape(number, 2).astype(np.int64)
    keys = np.repeat(directory[:, 0], directory[:, 1])
    return _unpack(body, _LENGTH.size + _PAIR.size * number, keys)


_codec: Any = pcodec  # it has no type stubs


def _pack(points: Columns) -> bytes:
    packed: list[bytes] = []
    for column in (points.contexts, points.values, points.timestamps, points.steps):
        data: bytes = _codec.standalone.simple_compress(np.ascontiguousarray(column), _codec.ChunkConfig())
        packed += (_LENGTH.pack(len(data)), data)
    return b"".join(packed)


def _unpack(body: bytes, at: int, keys: Ints) -> Columns:
    columns: list[Any] = []
    for _ in range(4):
        (length,) = _LENGTH.unpack_from(body, at)
        at += _LENGTH.size
        try:
            column = _codec.standalone.simple_decompress(body[at : at + length])
        except RuntimeError as error:
            raise StoreError(
                f"Metric points cannot be read: {error}. If a newer Runstone wrote them, upgrade with "
                "`pip install --upgrade runstone pcodec`."
            ) from error
        columns.append(column)
        at += length
    return Columns(keys, *columns)


# --- the envelope -----------------------------------------------------------------------------


def _enveloped(form: int, count: int, body: bytes) -> bytes:
    head = _HEADER.pack(form, count)
    return head + _CHECKSUM.pack(zlib.crc32(body, zlib.crc32(head))) + body


def _opened(data: bytes, what: str, *forms: int) -> tuple[int, int, bytes]:
    """The form, the number of points and the body. Raises StoreError for another form, and for damage."""
    if data and data[0] not in forms:
        raise StoreError(
            f"A metric {what} has the unknown form {data[0]}: it was written by a newer Runstone, or is damaged."
        )
    start = _HEADER.size + _CHECKSUM.size
    body = data[start:]
    if len(data) < start or _CHECKSUM.unpack_from(data, _HEADER.size)[0] != zlib.crc32(
        body, zlib.crc32(data[: _HEADER.size])
    ):
        raise StoreError(f"A metric {what} is damaged. Restore the database from a backup.")
    form, count = _HEADER.unpack_from(data)
    return form, count, body
