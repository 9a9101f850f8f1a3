"""The operations that log to a run: metrics, params and tags, one by one or in batches."""

from collections.abc import Iterable, Sequence

from runstone.entities.metric import check_step, check_timestamp
from runstone.entities.names import (
    MAX_DATASET_DIGEST_LENGTH,
    MAX_DATASET_NAME_LENGTH,
    MAX_KEY_LENGTH,
    MAX_PARAM_LENGTH,
    MAX_RUN_NAME_LENGTH,
    MAX_TAG_LENGTH,
    RUN_NAME_TAG,
    check_batch_size,
    check_key,
    check_length,
    check_text,
)
from runstone.errors import BadRequest, InvalidParameterValue
from runstone.service.core import Service, operation
from runstone.store.logs import NO_CONTEXT, Point, RunLog
from runstone.wire import runs as wire
from runstone.wire.base import EmptyResponse, from_double


@operation
def log_metric(service: Service, request: wire.LogMetric) -> EmptyResponse:
    service.store.log(RunLog(request.run_id, metrics=[_point(request)]))
    return EmptyResponse()


@operation
def log_param(service: Service, request: wire.LogParam) -> EmptyResponse:
    check_key(request.key, what="Param key")
    param = (request.key, _param_value(service, request.key, request.value))
    service.store.log(RunLog(request.run_id, params=[param], batch=False))
    return EmptyResponse()


@operation
def set_tag(service: Service, request: wire.SetTag) -> EmptyResponse:
    check_key(request.key)
    tag = (request.key, tag_value(service, request.key, request.value))
    service.store.log(RunLog(request.run_id, tags=[tag]))
    return EmptyResponse()


@operation
def log_batch(service: Service, request: wire.LogBatch) -> EmptyResponse:
    check_batch_size(len(request.metrics), len(request.params), len(request.tags))
    log = RunLog(
        request.run_id,
        [_point(metric) for metric in request.metrics],
        _params(service, request.params),
        _tags(service, request.tags),
    )
    service.store.log(log)
    return EmptyResponse()


def _point(metric: wire.LogMetric | wire.Metric) -> Point:
    key = metric.key
    check_key(key, parameter="name", what="Metric name")
    value = from_double(metric.value)
    step = metric.step or 0
    check_timestamp(key, value, metric.timestamp)
    check_step(key, value, step)
    context = NO_CONTEXT
    if metric.model_id or metric.dataset_name or metric.dataset_digest:
        context = _context(metric)
    return Point(key, value, metric.timestamp, step, context)


def _context(metric: wire.LogMetric | wire.Metric) -> tuple[str, str, str]:
    """What the point belongs to beside its run: a dataset. There are no logged models to name yet."""
    if metric.model_id:
        raise BadRequest(
            f"The metric '{metric.key}' names the logged model '{metric.model_id}', which does not exist."
        )
    if not (metric.dataset_name and metric.dataset_digest):
        raise InvalidParameterValue(
            "Both dataset_name and dataset_digest must be provided if one is provided"
        )
    for text, limit, what in (
        (metric.dataset_name, MAX_DATASET_NAME_LENGTH, "dataset_name"),
        (metric.dataset_digest, MAX_DATASET_DIGEST_LENGTH, "dataset_digest"),
    ):
        check_length(text, limit, what)
        check_text(text, what)
    return "", metric.dataset_name, metric.dataset_digest


def _params(service: Service, params: Sequence[wire.Param]) -> list[tuple[str, str]]:
    seen: set[str] = set()
    repeated = [p.key for p in params if p.key in seen or seen.add(p.key)]
    if repeated:
        raise InvalidParameterValue(
            f"Duplicate parameter keys have been submitted: {repeated}. "
            "Please ensure the request contains only one param value per param key."
        )
    for param in params:
        check_key(param.key, what="Param key")
    return [(param.key, _param_value(service, param.key, param.value)) for param in params]


def _tags(service: Service, tags: Iterable[wire.RunTag]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for tag in tags:
        check_key(tag.key)
        found.append((tag.key, tag_value(service, tag.key, tag.value)))
    return found


def _param_value(service: Service, key: str, value: str) -> str:
    check_text(value, "value", of=f"the param '{key}'")
    return _fitting(service, value, MAX_PARAM_LENGTH, "Param value")


def tag_value(service: Service, key: str, value: str) -> str:
    """A run tag's value as it may be stored. Raises InvalidParameterValue, unless too long a value is to be cut."""
    check_length(key, MAX_KEY_LENGTH, "key")
    if key == RUN_NAME_TAG:
        return run_name(service, value)
    check_text(value, "value", of=f"the tag '{key}'")
    return _fitting(service, value, MAX_TAG_LENGTH, "Tag value")


def run_name(service: Service, name: str) -> str:
    """A run's name as it may be stored. Raises InvalidParameterValue, unless too long a name is to be cut."""
    check_text(name, "run_name")
    return _fitting(service, name, MAX_RUN_NAME_LENGTH, "run_name")


def _fitting(service: Service, value: str, limit: int, what: str) -> str:
    if service.truncate_long_values:
        return value[:limit]
    check_length(value, limit, what)
    return value
