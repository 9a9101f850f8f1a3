"""Reading the points of metrics: chunks, blocks and segments, in the connection's snapshot.

What is stored is found first, by statements that leave the points alone: they are the same few for one metric of one
run and for many. Then only the rows that can hold a point asked for are opened, one series after the other.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, NamedTuple, TypeVar

import numpy as np
from sqlalchemy import Connection, Executable, Table, select

from runstone.store.dialect import among
from runstone.store.points import decode_segment
from runstone.store.schema import metric_block, metric_chunk, metric_segment
from runstone.wire.columns import (
    EMPTY,
    EVERYTHING,
    Columns,
    Window,
    by_key,
    concatenate,
    decode_block,
    decode_chunk,
    decode_times,
    merged,
    ordered,
)

_ROWS_AT_ONCE = 64
"""Rows of points in one statement: at most some 16 MB of chunks, and 4 million points."""


class Chunk(NamedTuple):
    """A row of `metric_chunk` without its points."""

    id: int
    run: int
    key: int
    first_step: int
    last_step: int
    size: int


@dataclass(frozen=True, slots=True)
class Found:
    """The rows that can hold points of these metrics (by key id) of these runs within a window."""

    runs: Sequence[int]
    keys: Sequence[int]
    window: Window
    chunks: Mapping[tuple[int, int], Sequence[Chunk]]
    """By run and key, as they are to be read: in the order of the runs, then of the keys, then by step."""
    blocks: Mapping[int, Sequence[int]]
    """Their ids, by run."""


def find(
    connection: Connection, runs: Sequence[int], keys: Sequence[int], window: Window = EVERYTHING
) -> Found:
    """Find the rows to open for these metrics. The segments that are not sealed yet are left for later."""
    if not keys:
        return Found(runs, keys, window, {}, {})
    by_series: defaultdict[tuple[int, int], list[Chunk]] = defaultdict(list)
    for chunk in _find_chunks(connection, runs, keys, window):
        by_series[chunk.run, chunk.key].append(chunk)
    wanted = sorted(keys)
    blocks: defaultdict[int, list[int]] = defaultdict(list)
    for block in _find_blocks(connection, runs, keys):
        at = bisect_left(wanted, block.first_key)
        if at < len(wanted) and wanted[at] <= block.last_key:
            blocks[block.run].append(block.id)
    return Found(runs, keys, window, by_series, blocks)


def _find_chunks(
    connection: Connection, runs: Sequence[int], keys: Sequence[int], window: Window
) -> list[Chunk]:
    of = metric_chunk.c
    statement = select(of.id, of.run, of.key, of.first_step, of.last_step, of["count"]).where(
        among(of.run, runs), among(of.key, keys)
    )
    if window.start_step is not None:
        statement = statement.where(of.last_step >= window.start_step)
    if window.end_step is not None:
        statement = statement.where(of.first_step <= window.end_step)
    runs_at, keys_at = _places(runs), _places(keys)
    return sorted(
        (Chunk(*row) for row in _rows(connection, statement)),
        key=lambda chunk: (runs_at[chunk.run], keys_at[chunk.key], chunk.first_step, chunk.id),
    )


def _find_blocks(connection: Connection, runs: Sequence[int], keys: Sequence[int]) -> Sequence[Any]:
    of = metric_block.c
    overlapping = (of.first_key <= max(keys), of.last_key >= min(keys))
    statement = select(of.id, of.run, of.first_key, of.last_key)
    return _rows(connection, statement.where(among(of.run, runs), *overlapping))


def _rows(connection: Connection, statement: Executable) -> Sequence[Any]:
    return connection.execute(statement).all()


def _places(items: Sequence[int]) -> dict[int, int]:
    return {item: place for place, item in enumerate(items)}


# --- opening what was found -------------------------------------------------------------------


class Series(NamedTuple):
    """The points of a metric of a run in parts, ordered by step, timestamp and value, each point once.

    The parts are to be read before the next series is asked for. `most` is how many points there may be; `exact` says
    that it is their number.
    """

    run: int
    key: int
    most: int
    exact: bool
    parts: Iterator[Columns]


def read(connection: Connection, found: Found) -> Iterator[Series]:
    """The series that were found, by run and key, narrowed to the window. A part is opened when it is asked for.

    Chunks and other points whose steps overlap are one part, for their points may be the same.
    """
    contents = chunk_contents(connection, found)
    for run, unchunked in other_points(connection, found):
        for key in found.keys:
            chunks = found.chunks.get((run, key), ())
            pieces: list[tuple[int, int, Chunk | Columns]] = [(c.first_step, c.last_step, c) for c in chunks]
            most = sum(chunk.size for chunk in chunks)
            if key in unchunked:
                points = unchunked[key]
                pieces.append((int(points.steps[0]), int(points.steps[-1]), points))
                most += points.count
            groups = list(_overlapping(pieces))
            whole = not found.window.timed and all(found.window.covers(*piece[:2]) for piece in pieces)
            exact = whole and all(len(group) == 1 for group in groups)
            parts = _opened(groups, contents, key, found.window)
            if groups:
                yield Series(run, key, most, exact, parts)
            for _ in parts:
                pass  # so that the next series begins with its own chunk


def _opened(
    groups: Iterable[list[Chunk | Columns]], contents: Iterator[bytes], key: int, window: Window
) -> Iterator[Columns]:
    for group in groups:
        pieces = [decode_chunk(next(contents), key) if isinstance(one, Chunk) else one for one in group]
        points = window.of(merged(pieces))
        if points.count:
            yield points


def read_one(connection: Connection, run: int, key: int) -> Columns:
    """All points of one metric of a run."""
    for series in read(connection, find(connection, [run], [key])):
        return concatenate(list(series.parts))
    return EMPTY


def chunk_contents(connection: Connection, found: Found) -> Iterator[bytes]:
    """The chunks that were found, as they are stored, in the order of `found.chunks`."""
    ids = [chunk.id for chunks in found.chunks.values() for chunk in chunks]
    return _contents(connection, metric_chunk, ids)


def is_within(window: Window, chunk: Chunk, content: bytes) -> bool:
    """Whether every point of a chunk is in the window."""
    if not window.covers(chunk.first_step, chunk.last_step):
        return False
    return not window.timed or bool(window.in_time(decode_times(content)).all())


def other_points(connection: Connection, found: Found) -> Iterator[tuple[int, Mapping[int, Columns]]]:
    """For each of the runs, in their order, what its blocks and segments hold of the metrics, by key.

    The points of a key are in order, each once; they are not narrowed to the window.
    """
    if not found.keys:
        return
    wanted = np.array(found.keys, np.int64)
    ids = [block for run in found.runs for block in found.blocks.get(run, ())]
    contents = _contents(connection, metric_block, ids)
    segments = _segments(connection, found.runs)
    for run in found.runs:
        parts = [decode_block(next(contents)) for _ in found.blocks.get(run, ())]
        parts += map(decode_segment, segments.pop(run, ()))
        of_keys = [points.take(np.isin(points.keys, wanted)) for points in parts]
        yield run, by_key(ordered(concatenate(of_keys)))


def _contents(connection: Connection, table: Table, ids: Sequence[int]) -> Iterator[bytes]:
    """The points of rows, in the order of the ids."""
    for at in range(0, len(ids), _ROWS_AT_ONCE):
        some = ids[at : at + _ROWS_AT_ONCE]
        statement = select(table.c.id, table.c.data).where(table.c.id.in_(some))
        rows = {row.id: row.data for row in connection.execute(statement)}
        yield from (rows[number] for number in some)


def _segments(connection: Connection, runs: Sequence[int]) -> dict[int, list[bytes]]:
    of = metric_segment.c
    found: defaultdict[int, list[bytes]] = defaultdict(list)
    for run, data in connection.execute(select(of.run, of.data).where(among(of.run, runs)).order_by(of.id)):
        found[run].append(data)
    return found


# --- by time ----------------------------------------------------------------------------------


class _Part(NamedTuple):
    """Some of a metric's points, in order: a chunk that is not opened yet, or points that are."""

    size: int
    content: bytes | Columns

    def opened(self, key: int) -> Columns:
        """The points."""
        return decode_chunk(self.content, key) if isinstance(self.content, bytes) else self.content


def history(
    connection: Connection, run: int, key: int, first: int = 0, last: int | None = None
) -> tuple[Columns, bool]:
    """A metric's points ordered by timestamp, step and value: those from rank `first` up to `last`, which is left out.

    And whether any follow. Chunks whose times do not overlap others' are opened only if such a point is in them.
    """
    taken: list[Columns] = []
    passed = 0
    for group in _overlapping(_by_time(connection, run, key)):
        if last is not None and passed >= last:
            return concatenate(taken), True
        if len(group) == 1 and passed + group[0].size <= first:
            passed += group[0].size
            continue
        points = in_time(merged(part.opened(key) for part in group))
        taken.append(points.take(slice(max(first - passed, 0), None if last is None else last - passed)))
        passed += points.count
    return concatenate(taken), last is not None and passed > last


def in_time(points: Columns) -> Columns:
    """Points ordered by step, timestamp and value, in the order of timestamp, step and value."""
    if (points.timestamps[1:] >= points.timestamps[:-1]).all():
        return points
    return points.take(np.lexsort((points.values, points.steps, points.timestamps)))


def _by_time(connection: Connection, run: int, key: int) -> Iterator[tuple[int, int, _Part]]:
    """The parts of a metric's points, each with its first and its last time."""
    found = find(connection, [run], [key])
    for content in chunk_contents(connection, found):
        times = decode_times(content)
        yield int(times.min()), int(times.max()), _Part(len(times), content)
    for _, unchunked in other_points(connection, found):
        for points in unchunked.values():
            times = points.timestamps
            yield int(times.min()), int(times.max()), _Part(points.count, points)


T = TypeVar("T")


def _overlapping(pieces: Iterable[tuple[int, int, T]]) -> Iterator[list[T]]:
    """The pieces, given with where each begins and ends, in order and in groups that do not touch."""
    group: list[T] = []
    reach = 0
    for begin, end, piece in sorted(pieces, key=itemgetter(0)):
        if group and begin > reach:
            yield group
            group = []
        reach = max(reach, end) if group else end
        group.append(piece)
    if group:
        yield group
