"""The operations that read the points of metrics."""

import math
from collections.abc import Iterator, Sequence

import numpy as np

from runstone.entities.names import MAX_BULK_HISTORY, MAX_BULK_INTERVAL, MAX_SERIES_KEYS, MAX_SERIES_RUNS
from runstone.errors import InvalidParameterValue
from runstone.service.core import Service, operation
from runstone.service.paging import page_offset, page_token
from runstone.store import metrics, runs
from runstone.store.downsample import downsample, thin
from runstone.store.points import Columns, Floats
from runstone.wire import metrics as wire
from runstone.wire.base import Double, to_double
from runstone.wire.runs import Metric


@operation
def get_metric_history(service: Service, request: wire.GetMetricHistory) -> wire.GetMetricHistoryResponse:
    limit = request.max_results
    if limit is not None and limit <= 0:
        raise InvalidParameterValue(
            f"Invalid value {limit} for parameter 'max_results' supplied. It must be a positive integer."
        )
    offset = page_offset(request.page_token)
    with service.store.read() as connection:
        run = runs.numbers(connection, [request.run_id]).get(request.run_id)
        key = service.store.keys.find(connection, [request.metric_key]).get(request.metric_key)
        if run is None or key is None:
            # as MLflow answers for a run or a metric that does not exist
            return wire.GetMetricHistoryResponse()
        points = metrics.read_one(connection, run, key)
    order = np.lexsort((points.values, points.steps, points.timestamps))
    last = None if limit is None else offset + limit
    token = None if limit is None else page_token(offset, limit, points.count - offset)
    page = points.take(order[offset:last])
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
    for run_id, points in _of_runs(service, request.run_id, request.metric_key):
        order = np.lexsort((points.values, points.steps, points.timestamps))
        found += _as_metrics(request.metric_key, points.take(order[: limit - len(found)]), run_id)
    return wire.GetMetricHistoryBulkResponse(found)


@operation
def get_metric_history_bulk_interval(
    service: Service, request: wire.GetMetricHistoryBulkInterval
) -> wire.GetMetricHistoryBulkIntervalResponse:
    most = MAX_BULK_INTERVAL if request.max_results is None else request.max_results
    _check_interval(request, most)
    found: list[Metric] = []
    for run_id, points in _of_runs(service, request.run_ids, request.metric_key):
        inside = _between(points, request.start_step, request.end_step)
        found += _as_metrics(request.metric_key, thin(inside, most), run_id)
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


def _of_runs(service: Service, run_ids: Sequence[str], key: str) -> Iterator[tuple[str, Columns]]:
    """The points of one metric of each of the runs that exist and have it, by run id, in one snapshot."""
    if len(run_ids) > MAX_SERIES_RUNS:
        raise InvalidParameterValue(
            f"{len(run_ids)} runs are named; ask for at most {MAX_SERIES_RUNS} at once."
        )
    with service.store.read() as connection:
        numbers = runs.numbers(connection, run_ids)
        number = service.store.keys.find(connection, [key]).get(key)
        for run_id in dict.fromkeys(run_ids):
            if number is not None and run_id in numbers:
                yield run_id, metrics.read_one(connection, numbers[run_id], number)


def _between(points: Columns, start: int | None, end: int | None) -> Columns:
    """The ordered points whose steps lie in a range, both ends included; an end that is None is open."""
    first = 0 if start is None else int(np.searchsorted(points.steps, start, "left"))
    last = points.count if end is None else int(np.searchsorted(points.steps, end, "right"))
    return points.take(slice(first, max(first, last)))


@operation
def get_series(service: Service, request: wire.GetSeries) -> wire.GetSeriesResponse:
    _check_series_request(request)
    keys = list(dict.fromkeys(request.metric_keys))
    found: list[wire.Series] = []
    with service.store.read() as connection:
        numbers = runs.numbers(connection, request.run_ids)
        ids = service.store.keys.find(connection, keys)
        for run_id in dict.fromkeys(request.run_ids):
            if run_id not in numbers:
                continue
            by_key = metrics.read(connection, numbers[run_id], list(ids.values()))
            found += [
                _series(run_id, key, by_key[ids[key]], request)
                for key in keys
                if key in ids and ids[key] in by_key
            ]
    return wire.GetSeriesResponse([series for series in found if series.count])


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


def _series(run_id: str, key: str, points: Columns, request: wire.GetSeries) -> wire.Series:
    inside = _between(points, request.start_step, request.end_step)
    kept = downsample(inside, request.buckets)
    return wire.Series(
        run_id=run_id,
        key=key,
        count=inside.count,
        steps=kept.steps.tolist(),
        timestamps=kept.timestamps.tolist(),
        values=_doubles(kept.values),
    )


def _doubles(values: Floats) -> list[Double]:
    numbers: Sequence[float] = values.tolist()
    if np.isfinite(values).all():
        return list(numbers)
    return [value if math.isfinite(value) else to_double(value) for value in numbers]
