"""The operations that read the points of metrics."""

import math
from collections.abc import Sequence

import numpy as np

from runstone.entities.names import MAX_SERIES_KEYS, MAX_SERIES_RUNS
from runstone.errors import InvalidParameterValue
from runstone.service.core import Service, operation
from runstone.service.paging import page_offset, page_token
from runstone.store import metrics, runs
from runstone.store.downsample import downsample
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
            return (
                wire.GetMetricHistoryResponse()
            )  # as MLflow answers for a run or a metric that does not exist
        points = metrics.read_one(connection, run, key)
    order = np.lexsort((points.values, points.steps, points.timestamps))
    last = None if limit is None else offset + limit
    token = None if limit is None else page_token(offset, limit, points.count - offset)
    page = points.take(order[offset:last])
    return wire.GetMetricHistoryResponse(_as_metrics(request.metric_key, page), token)


def _as_metrics(key: str, points: Columns) -> list[Metric]:
    rows = zip(_doubles(points.values), points.timestamps.tolist(), points.steps.tolist(), strict=True)
    return [Metric(key, value, timestamp, step) for value, timestamp, step in rows]


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
    first = 0 if request.start_step is None else np.searchsorted(points.steps, request.start_step, "left")
    last = (
        points.count if request.end_step is None else np.searchsorted(points.steps, request.end_step, "right")
    )
    inside = points.take(slice(int(first), max(int(first), int(last))))
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
