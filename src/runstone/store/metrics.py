"""Reading the points of metrics: chunks, blocks and segments, in the connection's snapshot."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from sqlalchemy import Connection, or_, select

from runstone.store.points import (
    EMPTY,
    Columns,
    concatenate,
    decode_block,
    decode_chunk,
    decode_segment,
    ordered,
)
from runstone.store.schema import metric_block, metric_chunk, metric_segment

_LIMIT = 400  # keys in one statement


def read(connection: Connection, run: int, keys: Collection[int]) -> Mapping[int, Columns]:
    """The points of these metrics (by key id) of a run, ordered by step, timestamp and value; each point once.

    A metric without points is left out. Opens the chunks of these keys, the blocks that may hold one of them, and the
    segments that are not sealed yet.
    """
    if not keys:
        return {}
    wanted = np.array(sorted(keys), np.int64)
    parts = [
        points.take(np.isin(points.keys, wanted))
        for points in (*_blocks(connection, run, wanted), *_segments(connection, run))
    ]
    points = ordered(concatenate([*_chunks(connection, run, wanted), *parts]))
    starts = np.searchsorted(points.keys, wanted, "left")
    stops = np.searchsorted(points.keys, wanted, "right")
    return {
        int(key): points.take(slice(start, stop))
        for key, start, stop in zip(wanted, starts, stops, strict=True)
        if stop > start
    }


def read_one(connection: Connection, run: int, key: int) -> Columns:
    """The points of one metric of a run."""
    return read(connection, run, [key]).get(key, EMPTY)


def _chunks(connection: Connection, run: int, keys: Any) -> Iterator[Columns]:
    of = metric_chunk.c
    for some in _portions(keys.tolist()):
        for key, data in connection.execute(select(of.key, of.data).where(of.run == run, of.key.in_(some))):
            yield decode_chunk(data, key)


def _blocks(connection: Connection, run: int, keys: Any) -> Iterator[Columns]:
    of = metric_block.c
    statement = select(of.data).where(of.run == run)
    if len(keys) <= _LIMIT:
        statement = statement.where(
            or_(*((of.first_key <= key) & (of.last_key >= key) for key in keys.tolist()))
        )
    for (data,) in connection.execute(statement):
        yield decode_block(data)


def _segments(connection: Connection, run: int) -> Iterator[Columns]:
    for (data,) in connection.execute(select(metric_segment.c.data).where(metric_segment.c.run == run)):
        yield decode_segment(data)


def _portions(items: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (items[at : at + _LIMIT] for at in range(0, len(items), _LIMIT))
