"""Sealing: the segments of a run become chunks and blocks, which take a tenth of the room.

A series of many points is cut into chunks of its own; shorter ones share blocks, key by key, so that a read of one
metric opens few rows. Sealing happens when a run has gathered enough segments or points, and when it ends. The points
are compressed outside any transaction; a short one then puts the dense rows in and takes the segments out, by id: if
another process was quicker, the rows do not match and everything stays as it was.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, delete, func, select

from runstone.errors import RunstoneError
from runstone.store.schema import metric_block, metric_chunk, metric_segment
from runstone.store.writer import Abandon

if TYPE_CHECKING:
    from runstone.store.engine import Store
    from runstone.wire.columns import Columns

_log = logging.getLogger("runstone.store")

SEGMENTS_TO_SEAL = 512
POINTS_TO_SEAL = 65_536
CHUNK_FROM = 512  # points of one series; fewer go into a block
CHUNK_TO = 65_536
BLOCK_SERIES = 256


class Sealer:
    """Counts what this process logged to each run, and seals a run when it is enough."""

    def __init__(self, store: Store):
        self._store = store
        self._lock = threading.RLock()  # a signal's handler may log while its thread does
        self._gathered: dict[int, tuple[int, int]] = {}

    def logged(self, run: int, points: int) -> None:
        """Note a segment of `points` points, and seal the run if it has gathered enough."""
        with self._lock:
            segments, total = self._gathered.get(run, (0, 0))
            enough = segments + 1 >= SEGMENTS_TO_SEAL or total + points >= POINTS_TO_SEAL
            if enough:
                self._gathered.pop(run, None)
            else:
                self._gathered[run] = (segments + 1, total + points)
        if enough:
            self.seal(run)

    def seal(self, run: int) -> None:
        """Seal all segments of a run. One lone segment is left: it would not become smaller by much.

        A failure is logged, not raised: what was logged is stored either way, and the next occasion tries again.
        """
        with self._lock:
            self._gathered.pop(run, None)
        try:
            self._seal(run)
        except RunstoneError as error:
            _log.warning("The points of run %d are not sealed, and stay as they are: %s", run, error)

    def _seal(self, run: int) -> None:
        with self._store.read() as connection:
            segments = connection.execute(
                select(metric_segment.c.id, metric_segment.c.data).where(metric_segment.c.run == run)
            ).all()
        if len(segments) < 2:
            return
        # numpy and pcodec take a while to load, and many a process never seals
        from runstone.store.points import decode_segment
        from runstone.wire.columns import concatenate, ordered

        points = ordered(concatenate([decode_segment(data) for _, data in segments]))
        chunks, blocks = _dense_rows(run, points)
        ids = [number for number, _ in segments]

        def exchange(connection: Connection, _keys: Mapping[str, int]) -> None:
            if chunks:
                connection.execute(metric_chunk.insert(), chunks)
            if blocks:
                connection.execute(metric_block.insert(), blocks)
            if _delete_segments(connection, run, ids) != len(ids):
                raise Abandon  # another sealer took some of them first

        try:
            self._store.write(exchange)
        except Abandon:
            return  # the other one's rows hold these points


def _delete_segments(connection: Connection, run: int, ids: list[int]) -> int:
    """Delete the run's segments with these ids; how many there were."""
    of = metric_segment.c
    inside = (of.run == run, of.id >= min(ids), of.id <= max(ids))
    if connection.scalar(select(func.count()).where(*inside)) == len(ids):
        return connection.execute(delete(metric_segment).where(*inside)).rowcount
    return sum(connection.execute(delete(metric_segment).where(of.id == number)).rowcount for number in ids)


def _dense_rows(run: int, points: Columns) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The rows of chunks and of blocks that hold ordered points."""
    from runstone.wire.columns import concatenate, encode_block, encode_chunk

    chunks: list[dict[str, Any]] = []
    blocks: list[dict[str, Any]] = []
    short: list[slice] = []

    def flush() -> None:
        if short:
            inside = concatenate([points.take(series) for series in short])
            keys = {"first_key": int(inside.keys[0]), "last_key": int(inside.keys[-1])}
            blocks.append({"run": run, "count": inside.count, "data": encode_block(inside)} | keys)
            short.clear()

    for series in _series(points):
        if series.stop - series.start < CHUNK_FROM:
            short.append(series)
            if len(short) == BLOCK_SERIES:
                flush()
            continue
        for at in range(series.start, series.stop, CHUNK_TO):
            part = points.take(slice(at, min(at + CHUNK_TO, series.stop)))
            steps = {"first_step": int(part.steps[0]), "last_step": int(part.steps[-1])}
            row = {"run": run, "key": int(part.keys[0]), "count": part.count, "data": encode_chunk(part)}
            chunks.append(row | steps)
    flush()
    return chunks, blocks


def _series(points: Columns) -> Iterator[slice]:
    """Where each key's points lie in ordered points."""
    import numpy as np

    edges = np.flatnonzero(np.diff(points.keys)) + 1
    bounds = [0, *edges.tolist(), points.count]
    yield from (slice(start, stop) for start, stop in pairwise(bounds))
