"""Between what users hand over, what the protocol carries and the entities that users get back."""

import math
from collections.abc import Iterable, Mapping
from typing import Any, SupportsFloat, SupportsIndex, TypeVar, cast

from msgspec import UNSET

from runstone import entities
from runstone.client.inputs import from_inputs, from_outputs
from runstone.entities import RunStatus, ViewType
from runstone.errors import InvalidParameterValue
from runstone.search import EVERYTHING, Fields
from runstone.wire import experiments, runs
from runstone.wire.base import Double, from_double, to_double

_SHOWN = 60

_Keyed = TypeVar("_Keyed", runs.Metric, runs.Param, runs.RunTag)

# --- from users to the protocol -------------------------------------------------------------------


def to_name(value: object, parameter: str) -> str:
    """A text that names something. Raises InvalidParameterValue for anything but a text."""
    if isinstance(value, str):
        return value
    raise InvalidParameterValue(
        f"Invalid value {_short(value)} for parameter '{parameter}' supplied: expected a text, "
        f"not a value of type '{type(value).__name__}'."
    )


def to_items(value: object, parameter: str) -> list[tuple[str, Any]]:
    """The pairs of a dict, or of what has `items` as one. Raises InvalidParameterValue for anything else."""
    items = getattr(value, "items", None)
    if callable(items) and not isinstance(value, type):
        return list(cast("Iterable[tuple[str, Any]]", items()))
    raise InvalidParameterValue(
        f"Invalid value {_short(value)} for parameter '{parameter}' supplied: expected a dict, "
        f"not a value of type '{type(value).__name__}'."
    )


def to_id(value: object, parameter: str = "experiment_id") -> str:
    """An experiment's id, which may be given as a number."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return to_name(value, parameter)


def to_value(key: str, value: object) -> Double:
    """The wire's form of a metric's value; see `to_number`."""
    return to_double(value if type(value) is float else to_number(key, value))


def to_number(key: str, value: object) -> float:
    """A metric's value: a number, a numeric text, or an array or tensor with a single element.

    True and False are 1 and 0. Raises InvalidParameterValue for anything else.
    """
    if value is None:
        raise InvalidParameterValue.missing("value")
    item = getattr(value, "item", None)
    try:
        return float(cast("SupportsFloat | str", item() if callable(item) else value))
    except (TypeError, ValueError, OverflowError, RuntimeError) as error:
        raise InvalidParameterValue(
            f"Invalid value {_short(value)} for parameter 'value' supplied: metric '{key}'. Please specify value as a "
            f"valid double (64-bit floating point): {error}."
        ) from error


def to_integer(value: object, parameter: str, key: str) -> int:
    """A step or a timestamp: an integer of any type, or a float, whose fraction is dropped as MLflow's client does."""
    if isinstance(value, float) and math.isfinite(value):
        return int(value)
    try:
        return cast("SupportsIndex", value).__index__()
    except (AttributeError, TypeError) as error:
        raise InvalidParameterValue(
            f"Invalid value {_short(value)} for parameter '{parameter}' supplied: metric '{key}'. "
            "Please specify it as an integer (64-bit)."
        ) from error


def to_metric(metric: entities.Metric) -> runs.Metric:
    """A point as log-batch carries it."""
    return runs.Metric(
        key=to_name(metric.key, "key"),
        value=to_value(metric.key, metric.value),
        timestamp=to_integer(metric.timestamp, "timestamp", metric.key),
        step=to_integer(metric.step, "step", metric.key),
        dataset_name=metric.dataset_name,
        dataset_digest=metric.dataset_digest,
        model_id=metric.model_id,
    )


def to_params(params: Iterable[entities.Param]) -> list[runs.Param]:
    """Params as log-batch carries them: their values as texts."""
    return [runs.Param(to_name(param.key, "key"), str(param.value)) for param in params]


def to_tags(tags: Iterable[entities.RunTag]) -> list[runs.RunTag]:
    """Tags as log-batch carries them: their values as texts."""
    return [runs.RunTag(to_name(tag.key, "key"), str(tag.value)) for tag in tags]


def to_run_tags(tags: Mapping[str, Any] | None) -> list[runs.RunTag]:
    """A dict of tags as runs/create carries them."""
    return [runs.RunTag(to_name(key, "key"), str(value)) for key, value in to_items(tags or {}, "tags")]


def to_status(status: str) -> str:
    """A run's status. Raises InvalidParameterValue for a name that is none."""
    if status in RunStatus.NAMES:
        return status
    raise InvalidParameterValue(
        f"Could not get run status corresponding to string {status}. "
        f"Valid run status strings: {list(RunStatus.NAMES)}"
    )


def to_view(view: int | str) -> str:
    """A view's name, from its name or its number."""
    if isinstance(view, int):
        try:
            return ViewType.to_string(view)
        except ValueError as error:
            raise InvalidParameterValue(f"Invalid view type {view}: {error}.") from error
    return to_name(view, "view_type")


def to_list(value: object, parameter: str) -> list[str]:
    """A list of texts, from one or several."""
    if value is None:
        return []
    if isinstance(value, str):
        return [value]
    if not isinstance(value, Iterable):
        raise InvalidParameterValue(
            f"Invalid value {_short(value)} for parameter '{parameter}' supplied: not a list."
        )
    return [to_id(item, parameter) for item in cast("Iterable[object]", value)]


def _short(value: object) -> str:
    text = f'"{value}"' if isinstance(value, str) else repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


# --- from the protocol to users -------------------------------------------------------------------


def from_experiment(experiment: experiments.Experiment) -> entities.Experiment:
    """An experiment as users get it."""
    return entities.Experiment(
        experiment_id=experiment.experiment_id,
        name=experiment.name,
        artifact_location=experiment.artifact_location,
        lifecycle_stage=experiment.lifecycle_stage,
        tags={tag.key: tag.value for tag in experiment.tags},
        creation_time=experiment.creation_time,
        last_update_time=experiment.last_update_time,
        workspace=experiment.workspace or None,
    )


def from_run(run: runs.Run, fields: Fields = EVERYTHING) -> entities.Run:
    """A run as users get it. An MLflow server sends everything: what is beside the fields is left out here."""
    return entities.Run(
        from_info(run.info),
        entities.RunData(
            [from_metric(metric) for metric in _shown(run.data.metrics, fields.metrics)],
            [entities.Param(param.key, param.value) for param in _shown(run.data.params, fields.params)],
            [entities.RunTag(tag.key, tag.value) for tag in _shown(run.data.tags, fields.tags)],
        ),
        from_inputs(run.inputs if fields.inputs else UNSET),
        from_outputs(run.outputs if fields.outputs else UNSET),
    )


def _shown(items: list[_Keyed], keys: frozenset[str] | None) -> list[_Keyed]:
    return items if keys is None else [item for item in items if item.key in keys]


def from_info(info: runs.RunInfo) -> entities.RunInfo:
    """A run's info as users get it."""
    return entities.RunInfo(
        run_id=info.run_id,
        experiment_id=info.experiment_id,
        user_id=info.user_id or "",
        status=info.status,
        start_time=info.start_time or 0,
        end_time=info.end_time,
        lifecycle_stage=info.lifecycle_stage,
        artifact_uri=info.artifact_uri,
        run_name=info.run_name,
    )


def from_metric(metric: runs.Metric) -> entities.Metric:
    """A point as users get it."""
    return entities.Metric(
        metric.key,
        from_double(metric.value),
        metric.timestamp,
        metric.step or 0,
        metric.model_id,
        metric.dataset_name,
        metric.dataset_digest,
        metric.run_id,
    )
