"""What one group of writes left of a run: a segment of its points, raw and in order of arrival.

It begins as the other forms do, see `runstone.wire.columns`. All numbers are little-endian.

Form 1 is raw, in form 2 the body is one zlib stream:

    n × u32 key · n × u32 context · n × f64 value · n × i64 timestamp · n × i64 step
"""

import struct
import sys
import zlib
from array import array
from collections.abc import Sequence

import numpy as np

from runstone.wire.columns import Columns, enveloped, opened

_RAW, _DEFLATED = 1, 2
_ONE_POINT = struct.Struct("<IIdqq")

_DEFLATE_FROM = 64
"""Segments of fewer points are kept raw: deflating them saves little."""


def encode_segment(points: Sequence[tuple[int, int, float, int, int]]) -> bytes:
    """A segment of points given as (key, context, value, timestamp, step)."""
    if len(points) == 1:
        return enveloped(_RAW, 1, _ONE_POINT.pack(*points[0]))
    keys, contexts, values, timestamps, steps = zip(*points, strict=True)
    body = b"".join(
        _little_endian(array(code, column))
        for code, column in (("I", keys), ("I", contexts), ("d", values), ("q", timestamps), ("q", steps))
    )
    if len(points) < _DEFLATE_FROM:
        return enveloped(_RAW, len(points), body)
    return enveloped(_DEFLATED, len(points), zlib.compress(body, 1))


def _little_endian(column: "array[int] | array[float]") -> bytes:
    if sys.byteorder == "big":
        column.byteswap()
    return column.tobytes()


def decode_segment(data: bytes) -> Columns:
    """The points of a segment. Raises StoreError if it is damaged."""
    form, count, body = opened(data, "segment", _RAW, _DEFLATED)
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
