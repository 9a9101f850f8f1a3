"""Metric points in columns, and the forms that hold those of one metric or of several.

A store keeps these forms, and clients get them as they are stored. All numbers are little-endian. A form begins with a
byte that names it and its version, the number of its points and a checksum; neither a database nor pcodec would notice
a flipped bit.

    u8 form · u32 number of points n · u32 CRC-32 of the five bytes before it and of the body · body

Chunk (form 3), many points of one key, ordered by step, timestamp and value:

    4 × (u32 length, pcodec column): context, value, timestamp, step

Block (form 4), the points of several keys, ordered by key and then as in a chunk:

    u32 number of keys k · k × (u32 key, u32 count) · 4 × (u32 length, pcodec column)

pcodec is Martin Loncaric's codec for numerical sequences (https://github.com/pcodec/pcodec), in its standalone format.
Forms 1 and 2 are those of `runstone.store.points`.
"""

import struct
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pcodec  # pyright: ignore[reportMissingTypeStubs]
from numpy.typing import NDArray

from runstone.errors import StoreError

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

_CHUNK, _BLOCK = 3, 4
_HEADER = struct.Struct("<BI")
_CHECKSUM = struct.Struct("<I")
_LENGTH = struct.Struct("<I")
_PAIR = struct.Struct("<II")
_COLUMNS = ("contexts", "values", "timestamps", "steps")


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


def merged(parts: Iterable[Columns]) -> Columns:
    """The points of one metric from several ordered parts: in their order, each once."""
    by_step = sorted((part for part in parts if part.count), key=lambda part: int(part.steps[0]))
    whole = concatenate(by_step)
    apart = all(one.steps[-1] < other.steps[0] for one, other in pairwise(by_step))
    return whole if apart else ordered(whole)


def by_key(points: Columns) -> dict[int, Columns]:
    """The points of each key, of points ordered by key."""
    if not points.count:
        return {}
    edges = [0, *(np.flatnonzero(np.diff(points.keys)) + 1).tolist(), points.count]
    return {int(points.keys[start]): points.take(slice(start, stop)) for start, stop in pairwise(edges)}


@dataclass(frozen=True, slots=True)
class Window:
    """A range of steps and a range of times in ms, which a point must both be in. Ends are inclusive; None is open."""

    start_step: int | None = None
    end_step: int | None = None
    start_time: int | None = None
    end_time: int | None = None

    @property
    def timed(self) -> bool:
        """Whether it bounds the time."""
        return self.start_time is not None or self.end_time is not None

    def covers(self, first_step: int, last_step: int) -> bool:
        """Whether all steps from the first to the last are in its range."""
        after = self.start_step is None or first_step >= self.start_step
        return after and (self.end_step is None or last_step <= self.end_step)

    def of(self, points: Columns) -> Columns:
        """Those of one metric's ordered points that are in it."""
        first, last = 0, points.count
        if self.start_step is not None:
            first = int(np.searchsorted(points.steps, self.start_step, "left"))
        if self.end_step is not None:
            last = int(np.searchsorted(points.steps, self.end_step, "right"))
        inside = points if last - first == points.count else points.take(slice(first, max(first, last)))
        if not self.timed:
            return inside
        within = self.in_time(inside.timestamps)
        return inside if within.all() else inside.take(within)

    def in_time(self, timestamps: Ints) -> NDArray[np.bool_]:
        """Which of these times are in its range."""
        within = np.ones(len(timestamps), np.bool_)
        if self.start_time is not None:
            within &= timestamps >= self.start_time
        if self.end_time is not None:
            within &= timestamps <= self.end_time
        return within


EVERYTHING = Window()


# --- chunks and blocks ------------------------------------------------------------------------


def encode_chunk(points: Columns) -> bytes:
    """A chunk of ordered points of one key."""
    return enveloped(_CHUNK, points.count, _pack(points))


def decode_chunk(data: bytes, key: int) -> Columns:
    """The points of a chunk, which all have this key. Raises StoreError if it is damaged."""
    _, count, body = opened(data, "chunk", _CHUNK)
    return Columns(np.full(count, key, np.int64), *_unpack(body, 0, _COLUMNS))


def decode_times(data: bytes) -> Ints:
    """The timestamps alone of a chunk's points, in the points' order. Raises StoreError if it is damaged."""
    return _unpack(opened(data, "chunk", _CHUNK)[2], 0, ("timestamps",))[0]


def encode_block(points: Columns) -> bytes:
    """A block of ordered points of several keys."""
    keys, counts = np.unique(points.keys, return_counts=True)
    directory = b"".join(_PAIR.pack(int(key), int(count)) for key, count in zip(keys, counts, strict=True))
    return enveloped(_BLOCK, points.count, _LENGTH.pack(len(keys)) + directory + _pack(points))


def decode_block(data: bytes) -> Columns:
    """The points of a block. Raises StoreError if it is damaged."""
    _, _, body = opened(data, "block", _BLOCK)
    (number,) = _LENGTH.unpack_from(body)
    directory = np.frombuffer(body, "<u4", 2 * number, _LENGTH.size).reshape(number, 2).astype(np.int64)
    keys = np.repeat(directory[:, 0], directory[:, 1])
    return Columns(keys, *_unpack(body, _LENGTH.size + _PAIR.size * number, _COLUMNS))


_codec: Any = pcodec  # it has no type stubs


def _pack(points: Columns) -> bytes:
    packed: list[bytes] = []
    for name in _COLUMNS:
        column = np.ascontiguousarray(getattr(points, name))
        data: bytes = _codec.standalone.simple_compress(column, _codec.ChunkConfig())
        packed += (_LENGTH.pack(len(data)), data)
    return b"".join(packed)


def _unpack(body: bytes, at: int, wanted: Sequence[str]) -> list[Any]:
    """The wanted ones of the columns that begin at `at`."""
    columns: list[Any] = []
    for name in _COLUMNS:
        (length,) = _LENGTH.unpack_from(body, at)
        at += _LENGTH.size
        if name in wanted:
            columns.append(_decompressed(body[at : at + length]))
        at += length
    return columns


def _decompressed(data: bytes) -> Any:
    try:
        return _codec.standalone.simple_decompress(data)
    except RuntimeError as error:
        raise StoreError(
            f"Metric points cannot be read: {error}. If a newer Runstone wrote them, upgrade with "
            "`pip install --upgrade runstone pcodec`."
        ) from error


# --- the envelope -----------------------------------------------------------------------------


def enveloped(form: int, count: int, body: bytes) -> bytes:
    """A form: what every one begins with, and its body."""
    head = _HEADER.pack(form, count)
    return head + _CHECKSUM.pack(zlib.crc32(body, zlib.crc32(head))) + body


def opened(data: bytes, what: str, *forms: int) -> tuple[int, int, bytes]:
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
