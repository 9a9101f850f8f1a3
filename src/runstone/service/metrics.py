"""The operations that read the points of metrics."""

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby, product
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from runstone.entities.names import (
    MAX_BULK_HISTORY,
    MAX_BULK_INTERVAL,
    MAX_COLUMN_POINTS,
    MAX_SERIES_KEYS,
    MAX_SERIES_POINTS,
    MAX_SERIES_RUNS,
)
from runstone.errors import InvalidParameterValue
from runstone.service.core import Service, operation
from runstone.service.paging import page_offset, page_token
from runstone.store import metrics, runs
from runstone.store.downsample import downsample, downsample_parts, thin
from runstone.wire import metrics as wire
from runstone.wire.base import Double, to_double
from runstone.wire.columns import Columns, Floats, Window, concatenate, decode_chunk, encode_block, ordered
from runstone.wire.runs import Metric

if TYPE_CHECKING:
    from sqlalchemy import Connection


@operation
def get_metric_history(service: Service, request: wire.GetMetricHistory) -> wire.GetMetricHistoryResponse:
    limit = request.max_results
    if limit is not None and limit <= 0:
        raise InvalidParameterValue(
            f"Invalid value {limit} for parameter 'max_results' supplied. It must be a positive integer."
        )
    offset = page_offset(request.page_token)
    last = None if limit is None else offset + limit
    with service.store.read() as connection:
        run = runs.numbers(connection, [request.run_id]).get(request.run_id)
        key = service.store.keys.find(connection, [request.metric_key]).get(request.metric_key)
        if run is None or key is None:
            # as MLflow answers for a run or a metric that does not exist
            return wire.GetMetricHistoryResponse()
        page, more = metrics.history(connection, run, key, offset, last)
    token = page_token(offset, limit, limit + 1) if limit is not None and more else None
    return wire.GetMetricHistoryResponse(_as_metrics(request.metric_key, page), token)


def _as_metrics(key: str, points: Columns, run_id: str | None = None) -> list[Metric]:
    rows = zip(_doubles(points.values), points.timestamps.tolist(), points.steps.tolist(), strict=True)
    return [Metric(key, value, timestamp, step, run_id=run_id) for value, timestamp, step in rows]


@operation
def get_metric_history_bulk(
    service: Service, request: wire.GetMetricHistoryBulk
) -> wire.GetMetricHistoryBulkResponse:
    if not request.run_id:
        raise InvalidParameterValue("GetMetricHistoryBulk request must specify at least one run_id.")
    limit = MAX_BULK_HISTORY if request.max_results is None else min(request.max_results, MAX_BULK_HISTORY)
    if limit <= 0:
        raise InvalidParameterValue(f"'max_results' is {limit}; it must be a positive integer.")
    found: list[Metric] = []
    with service.store.read() as connection:
        asked = _asked(service, connection, request.run_id, [request.metric_key])
        for (number, run_id), (key, name) in product(asked.run_ids.items(), asked.keys.items()):
            points, _ = metrics.history(connection, number, key, 0, limit - len(found))
            found += _as_metrics(name, points, run_id)
            if len(found) == limit:
                break
    return wire.GetMetricHistoryBulkResponse(found)


@operation
def get_metric_history_bulk_interval(
    service: Service, request: wire.GetMetricHistoryBulkInterval
) -> wire.GetMetricHistoryBulkIntervalResponse:
    most = MAX_BULK_INTERVAL if request.max_results is None else request.max_results
    _check_interval(request, most)
    window = Window(request.start_step, request.end_step)
    found: list[Metric] = []
    with service.store.read() as connection:
        asked = _asked(service, connection, request.run_ids, [request.metric_key])
        rows = metrics.find(connection, list(asked.run_ids), list(asked.keys), window)
        for series in metrics.read(connection, rows):
            points = concatenate(list(series.parts))
            found += _as_metrics(asked.keys[series.key], thin(points, most), asked.run_ids[series.run])
    return wire.GetMetricHistoryBulkIntervalResponse(found)


def _check_interval(request: wire.GetMetricHistoryBulkInterval, most: int) -> None:
    if not 1 <= most <= MAX_BULK_INTERVAL:
        raise InvalidParameterValue(
            f"max_results must be between 1 and {MAX_BULK_INTERVAL}. "
            "See the API docs for more information about request parameters."
        )
    start, end = request.start_step, request.end_step
    if (start is None) != (end is None):
        raise InvalidParameterValue("If either start step or end step are specified, both must be specified.")
    if start is not None and end is not None and start > end:
        raise InvalidParameterValue(
            f"end_step must be greater than start_step. Found start_step={start} and end_step={end}."
        )


class _Asked(NamedTuple):
    """The runs and metrics of a request that exist, by their integer ids."""

    run_ids: Mapping[int, str]
    keys: Mapping[int, str]


def _asked(service: Service, connection: "Connection", run_ids: Sequence[str], keys: Sequence[str]) -> _Asked:
    if len(run_ids) > MAX_SERIES_RUNS:
        raise InvalidParameterValue(
            f"{len(run_ids)} runs are named; ask for at most {MAX_SERIES_RUNS} at once."
        )
    numbers = runs.numbers(connection, run_ids)
    ids = service.store.keys.find(connection, keys)
    return _Asked(
        {numbers[run_id]: run_id for run_id in dict.fromkeys(run_ids) if run_id in numbers},
        {ids[key]: key for key in dict.fromkeys(keys) if key in ids},
    )


# --- columns ----------------------------------------------------------------------------------


@operation
def get_series(service: Service, request: wire.GetSeries) -> wire.GetSeriesResponse:
    _check_series_request(request)
    room = _Room(MAX_SERIES_POINTS)
    found: list[wire.Series] = []
    with service.store.read() as connection:
        asked = _asked(service, connection, request.run_ids, request.metric_keys)
        rows = _find(connection, asked, request)
        for series in metrics.read(connection, rows):
            count, kept = _kept(series, request.buckets)
            room.take(kept.count)
            if count:
                found.append(_series(asked.run_ids[series.run], asked.keys[series.key], count, kept))
    return wire.GetSeriesResponse(found)


@operation
def get_series_columns(service: Service, request: wire.GetSeries) -> wire.GetSeriesColumnsResponse:
    _check_series_request(request)
    room = _Room(MAX_COLUMN_POINTS)
    answer: list[wire.RunColumns] = []
    told: set[int] = set()
    with service.store.read() as connection:
        asked = _asked(service, connection, request.run_ids, request.metric_keys)
        rows = _find(connection, asked, request)
        found = (
            _thinned(connection, rows, room, request.buckets)
            if request.buckets
            else _stored(connection, rows, room)
        )
        for run, chunks, rest, counts in found:
            told |= {chunk.key for chunk in chunks} | set(rest.keys.tolist())
            block = encode_block(rest) if rest.count else b""
            answer.append(wire.RunColumns(asked.run_ids[run], chunks, block, counts))
    return wire.GetSeriesColumnsResponse({asked.keys[key]: key for key in asked.keys if key in told}, answer)


def _check_series_request(request: wire.GetSeries) -> None:
    for name, items, limit in (
        ("run_ids", request.run_ids, MAX_SERIES_RUNS),
        ("metric_keys", request.metric_keys, MAX_SERIES_KEYS),
    ):
        if not items:
            raise InvalidParameterValue.missing(name)
        if len(items) > limit:
            raise InvalidParameterValue(
                f"'{name}' has {len(items)} entries; ask for at most {limit} at once."
            )
    if request.buckets < 0:
        raise InvalidParameterValue(f"'buckets' is {request.buckets}; it must be 0 (every point) or more.")


def _find(connection: "Connection", asked: _Asked, request: wire.GetSeries) -> metrics.Found:
    window = Window(request.start_step, request.end_step, request.start_time, request.end_time)
    return metrics.find(connection, list(asked.run_ids), list(asked.keys), window)


def _kept(series: metrics.Series, buckets: int) -> tuple[int, Columns]:
    """How many points a series has, and those that stay of it. Raises InvalidParameterValue if they fit no memory."""
    if buckets and series.exact:
        return series.most, downsample_parts(series.parts, series.most, buckets)
    if series.most > MAX_COLUMN_POINTS:
        raise InvalidParameterValue(
            f"A series asked for has more than {MAX_COLUMN_POINTS:,} points. Ask for all of it with 'buckets', into "
            "which it is down-sampled, or for a narrower range of steps, by 'start_step' and 'end_step'."
        )
    points = concatenate(list(series.parts))
    return points.count, downsample(points, buckets)


class _Room:
    """How many points an answer may still take."""

    def __init__(self, limit: int):
        self._limit, self._taken = limit, 0

    def take(self, count: int) -> None:
        """Make room for so many. Raises InvalidParameterValue if there is none."""
        self._taken += count
        if self._taken > self._limit:
            raise InvalidParameterValue(
                f"The series asked for have more than {self._limit:,} points. Ask for fewer runs or metrics at once, "
                "for a range of steps or times, or for fewer 'buckets', into which each series is down-sampled."
            )


def _series(run_id: str, key: str, count: int, kept: Columns) -> wire.Series:
    return wire.Series(
        run_id=run_id,
        key=key,
        count=count,
        steps=kept.steps.tolist(),
        timestamps=kept.timestamps.tolist(),
        values=_doubles(kept.values),
    )


class _RunPoints(NamedTuple):
    """What becomes a `wire.RunColumns`: `rest` are the points for its block."""

    run: int
    chunks: list[wire.StoredChunk]
    rest: Columns
    counts: dict[int, int]


def _stored(connection: "Connection", rows: metrics.Found, room: _Room) -> Iterator[_RunPoints]:
    """Chunks that are within the window pass as they are; of the others, and of what is in none, the points within."""
    contents = metrics.chunk_contents(connection, rows)
    for run, unchunked in metrics.other_points(connection, rows):
        whole: list[wire.StoredChunk] = []
        parts: list[Columns] = []
        for key in rows.keys:
            for chunk in rows.chunks.get((run, key), ()):
                content = next(contents)
                if metrics.is_within(rows.window, chunk, content):
                    room.take(chunk.size)
                    whole.append(wire.StoredChunk(key, content))
                else:
                    parts.append(rows.window.of(decode_chunk(content, key)))
            if key in unchunked:
                parts.append(rows.window.of(unchunked[key]))
        rest = ordered(concatenate(parts))
        room.take(rest.count)
        if whole or rest.count:
            yield _RunPoints(run, whole, rest, {})


def _thinned(
    connection: "Connection", rows: metrics.Found, room: _Room, buckets: int
) -> Iterator[_RunPoints]:
    """The points down-sampled, with how many each series had."""
    for run, group in groupby(metrics.read(connection, rows), key=itemgetter(0)):
        kept: list[Columns] = []
        counts: dict[int, int] = {}
        for series in group:
            counts[series.key], points = _kept(series, buckets)
            room.take(points.count)
            kept.append(points)
        yield _RunPoints(run, [], ordered(concatenate(kept)), counts)


def _doubles(values: Floats) -> list[Double]:
    numbers: Sequence[float] = values.tolist()
    if np.isfinite(values).all():
        return list(numbers)
    return [value if math.isfinite(value) else to_double(value) for value in numbers]
