"""Sealing: the segments of a run become chunks and blocks, which take a tenth of the room.

A series of many points is cut into chunks of its own; shorter ones share blocks, key by key, so that a read of one
metric opens few rows. A run is sealed when it has gathered enough segments or points, when it ends, and when it rests.
Blocks that pile up, since a run was sealed many times, are put together on such an occasion.

The points are compressed outside any transaction; a short one then puts the dense rows in and takes out, by their ids,
those that they replace: if another process was quicker, the rows do not match and everything stays as it was.
"""

from __future__ import annotations

import logging
import threading
import time
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate, pairwise
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Connection, Table, bindparam, delete, func, select

from runstone.errors import RunstoneError
from runstone.store.dialect import Prepared, among
from runstone.store.schema import metric_block, metric_chunk, metric_segment
from runstone.store.writer import Abandon

if TYPE_CHECKING:
    from runstone.store.engine import Store
    from runstone.wire.columns import Columns

_log = logging.getLogger("runstone.store")

SEGMENTS_TO_SEAL = 512
POINTS_TO_SEAL = 65_536
SEGMENTS_AT_REST = 16
"""A run that rests is sealed from so many on: fewer cost next to nothing to read."""

REST_S = 60.0
SEGMENTS_AT_ONCE = 4_096
POINTS_AT_ONCE = 1 << 20
CHUNK_FROM = 512  # points of one series; fewer go into a block
CHUNK_TO = 65_536
BLOCK_SERIES = 256
BLOCKS_TO_MERGE = 8  # that may all hold points of one metric
CHUNKS_TO_MERGE = 8  # of one metric and about one size


_count_segments = Prepared(
    select(func.count(), func.sum(metric_segment.c["count"])).where(metric_segment.c.run == bindparam("run"))
)


RUNS_COUNTED = 20_000
"""Runs whose segments are counted at once."""


class _Gathered(NamedTuple):
    """What a run has that is not sealed."""

    segments: int = 0
    points: int = 0

    def enough(self) -> bool:
        """Whether it is time to seal the run."""
        return self.segments >= SEGMENTS_TO_SEAL or self.points >= POINTS_TO_SEAL


class Sealer:
    """Seals the runs of a store when it is time.

    In the background, by a thread of its own, it also seals those that rest, whoever logged to them: a server's. Else
    whoever logs does it: when this process logs to a run for the first time, what others left of it is counted too; and
    what rests is sealed by `close`.
    """

    def __init__(self, store: Store, *, background: bool):
        self._store = store
        self._lock = threading.RLock()  # a signal's handler may log while its thread does
        self._gathered: dict[int, _Gathered] = {}
        self._thread = _Background(self) if background else None

    def start(self) -> None:
        """To be called once the store has its tables."""
        if self._thread:
            self._thread.start()

    def close(self) -> None:
        """Seal what rests now; the thread ends after the run that it is sealing."""
        if self._thread:
            self._thread.close()
            return
        with self._lock:
            resting = [run for run, (segments, _) in self._gathered.items() if segments >= SEGMENTS_AT_REST]
            self._gathered.clear()
        for run in resting:
            self.seal_now(run)

    def logged(self, run: int, points: int) -> None:
        """Note a segment of `points` points, and seal the run if it has gathered enough."""
        with self._lock:
            if len(self._gathered) >= RUNS_COUNTED:
                self._gathered.clear()  # what rests is found by what is stored
            known = self._gathered.get(run)
            segments, total = known or (0, 0)
            gathered = self._gathered[run] = _Gathered(segments + 1, total + points)
        if known is None and self._thread is None:
            gathered = self._count(run)
        if gathered.enough():
            self.seal(run)

    def seal(self, run: int) -> None:
        """Seal all segments of a run, now or as soon as the thread can."""
        with self._lock:
            self._gathered.pop(run, None)
        if self._thread:
            self._thread.seal(run)
        else:
            self.seal_now(run)

    def seal_now(self, run: int) -> None:
        """Seal all segments of a run.

        A failure is logged, not raised: what was logged is stored either way, and the next occasion tries again.
        """
        try:
            while _seal_some(self._store, run):
                pass
        except RunstoneError as error:
            _log.warning("The points of run %d are not sealed, and stay as they are: %s", run, error)

    def resting(self, before: Mapping[int, int]) -> tuple[Mapping[int, int], Sequence[int]]:
        """The latest segment of each run with several, and the runs where that is still the one from `before`."""
        of = metric_segment.c
        statement = (
            select(of.run, func.max(of.id).label("latest"))
            .group_by(of.run)
            .having(func.count() >= SEGMENTS_AT_REST)
        )
        try:
            with self._store.read() as connection:
                latest: dict[int, int] = {row.run: row.latest for row in connection.execute(statement)}
        except RunstoneError as error:
            _log.warning("Runs that rest cannot be looked for, and are left as they are: %s", error)
            return before, ()
        resting = [run for run, number in latest.items() if before.get(run) == number]
        with self._lock:
            for run in resting:
                self._gathered.pop(run, None)
        return latest, resting

    def _count(self, run: int) -> _Gathered:
        """What is stored of a run, whoever logged it."""
        try:
            with self._store.read() as connection:
                segments, points = _count_segments.row(connection, {"run": run})
        except RunstoneError as error:
            _log.warning("What is stored of run %d cannot be counted: %s", run, error)
            return _Gathered()
        gathered = _Gathered(segments, int(points or 0))
        with self._lock:
            self._gathered[run] = gathered
        return gathered


class _Background:
    """The thread that seals, one run after the other, and looks for those that rest."""

    def __init__(self, sealer: Sealer):
        self._sealer = sealer
        self._queue: SimpleQueue[int | None] = SimpleQueue()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="runstone-sealer", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def seal(self, run: int) -> None:
        self._queue.put(run)

    def close(self) -> None:
        self._closed = True
        self._queue.put(None)
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        latest: Mapping[int, int] = {}
        tried: Mapping[int, int] = {}
        look_at = time.monotonic()
        while not self._closed:
            try:
                run = self._queue.get(timeout=max(look_at - time.monotonic(), 0.0))
            except Empty:
                latest, resting = self._sealer.resting(latest)
                for one in resting:
                    if tried.get(one) != latest[one]:  # else it could not be sealed
                        self._queue.put(one)
                tried = {one: latest[one] for one in resting}
                look_at = time.monotonic() + REST_S
                continue
            if run is not None and not self._closed:
                self._seal(run)

    def _seal(self, run: int) -> None:
        try:
            self._sealer.seal_now(run)
        except Exception:  # noqa: BLE001 - logged with all of it; the thread goes on for the other runs
            _log.exception("Sealing the points of run %d failed, and they stay as they are.", run)


# --- one run ----------------------------------------------------------------------------------


def _seal_some(store: Store, run: int) -> bool:
    """Seal some of a run's segments; whether there may be more. A lone one of few points would not become smaller."""
    with store.read() as connection:
        segments, more = _some_segments(connection, run)
        if not segments:
            return False
        blocks = _piled_blocks(connection, run)
    # numpy and pcodec take a while to load, and many a process never seals
    from runstone.store.points import decode_segment
    from runstone.wire.columns import concatenate, decode_block, decode_chunk, ordered

    parts = [decode_block(data) for _, data in blocks]
    parts += [decode_segment(data) for _, data in segments]
    points = ordered(concatenate(parts))
    chunks = _piled_chunks(store, run, sorted(set(points.keys.tolist())))
    if chunks:
        points = ordered(concatenate([points, *(decode_chunk(data, key) for _, key, data in chunks)]))
    replaced = (
        (metric_segment, [row[0] for row in segments]),
        (metric_block, [row[0] for row in blocks]),
        (metric_chunk, [row[0] for row in chunks]),
    )
    _exchange(store, replaced, _dense_rows(run, points))
    return more


def _some_segments(connection: Connection, run: int) -> tuple[Sequence[Any], bool]:
    """The ids and contents of a run's first segments that fit the memory, and whether there are others."""
    of = metric_segment.c
    listed: Sequence[Any] = connection.execute(
        select(of.id, of["count"]).where(of.run == run).order_by(of.id).limit(SEGMENTS_AT_ONCE)
    ).all()
    if not listed or (len(listed) == 1 and listed[0][1] < CHUNK_FROM):
        return (), False
    sizes = list(accumulate(size for _, size in listed))
    taken = max(bisect_right(sizes, POINTS_AT_ONCE), 1)
    first = select(of.id, of.data).where(of.run == run, of.id <= listed[taken - 1][0])
    return connection.execute(first).all(), taken < len(listed) or len(listed) == SEGMENTS_AT_ONCE


def _piled_blocks(connection: Connection, run: int) -> Sequence[Any]:
    """The ids and contents of blocks of the run that may hold the same metrics, where so many do that it is time to
    merge them; no more than fit the memory."""
    of = metric_block.c
    bounds = select(of.id, of.first_key, of.last_key, of["count"]).where(of.run == run).order_by(of.id)
    left: list[Any] = list(connection.execute(bounds))
    room = POINTS_AT_ONCE  # what is left waits for the next occasion
    chosen: list[int] = []
    while room > 0:
        depth, key = _deepest([(first, last) for _, first, last, _ in left])
        if depth < BLOCKS_TO_MERGE:
            break
        for block in [block for block in left if block.first_key <= key <= block.last_key]:
            left.remove(block)
            if room > 0:
                chosen.append(block.id)
                room -= block.count
    return connection.execute(select(of.id, of.data).where(among(of.id, chosen))).all() if chosen else ()


def _deepest(ranges: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """How many of the ranges overlap at most, and a number where they do."""
    edges = sorted([(first, 1) for first, _ in ranges] + [(last + 1, -1) for _, last in ranges])
    depths = accumulate(change for _, change in edges)
    return max(((depth, key) for depth, (key, _) in zip(depths, edges, strict=True)), default=(0, 0))


def _piled_chunks(store: Store, run: int, keys: Sequence[int]) -> Sequence[Any]:
    """The ids, keys and contents of small chunks of these metrics, where a metric has several of about one size.

    Merged by their size, eight into one, no point is merged more than twice before its chunk is long enough.
    """
    of = metric_chunk.c
    small = (of.run == run, among(of.key, keys), of["count"] < CHUNK_TO // 2)
    alike: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
    room = POINTS_AT_ONCE  # what is left waits for the next occasion
    chosen: list[int] = []
    with store.read() as connection:
        for number, key, size in connection.execute(select(of.id, of.key, of["count"]).where(*small)):
            alike[key, size.bit_length() // 3].append(number)
        for (_, power), ids in alike.items():
            if len(ids) >= CHUNKS_TO_MERGE and room > 0:
                chosen += ids
                room -= len(ids) << 3 * power
        if not chosen:
            return ()
        return connection.execute(select(of.id, of.key, of.data).where(among(of.id, chosen))).all()


Rows = list[dict[str, Any]]


def _exchange(store: Store, old: Sequence[tuple[Table, list[int]]], new: tuple[Rows, Rows]) -> None:
    """Put the new chunks and blocks in the place of old rows, unless some of those are gone."""

    def exchange(connection: Connection, _keys: Mapping[str, int]) -> None:
        for table, rows in zip((metric_chunk, metric_block), new, strict=True):
            if rows:
                connection.execute(table.insert(), rows)
        for table, ids in old:
            if ids and connection.execute(delete(table).where(among(table.c.id, ids))).rowcount != len(ids):
                raise Abandon  # another sealer took some of them first

    try:
        store.write(exchange)
    except Abandon:
        return  # the other one's rows hold these points


def _dense_rows(run: int, points: Columns) -> tuple[Rows, Rows]:
    """The rows of chunks and of blocks that hold ordered points."""
    from runstone.wire.columns import by_key, concatenate, encode_block, encode_chunk

    series = by_key(points)
    chunks: Rows = []
    for key, of_key in series.items():
        for part in _pieces(of_key) if of_key.count >= CHUNK_FROM else ():
            steps = {"first_step": int(part.steps[0]), "last_step": int(part.steps[-1])}
            row = {"run": run, "key": key, "count": part.count, "data": encode_chunk(part)}
            chunks.append(row | steps)
    blocks: Rows = []
    for group in _shared([of_key for of_key in series.values() if of_key.count < CHUNK_FROM]):
        keys = {"first_key": int(group[0].keys[0]), "last_key": int(group[-1].keys[0])}
        inside = concatenate(group)
        blocks.append({"run": run, "count": inside.count, "data": encode_block(inside)} | keys)
    return chunks, blocks


def _shared(short: Sequence[Columns]) -> Iterator[list[Columns]]:
    """Short series in groups, each for one block."""
    group: list[Columns] = []
    size = 0
    for series in short:
        if len(group) == BLOCK_SERIES or size >= CHUNK_TO:
            yield group
            group, size = [], 0
        group.append(series)
        size += series.count
    if group:
        yield group


def _pieces(series: Columns) -> Iterator[Columns]:
    """A long series in as few parts as may be, of about the same length."""
    parts = -(-series.count // CHUNK_TO)
    edges = [series.count * part // parts for part in range(parts + 1)]
    return (series.take(slice(start, stop)) for start, stop in pairwise(edges))
