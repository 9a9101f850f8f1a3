"""The operations on what runs read and made: datasets, and references to logged models."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from runstone.entities.names import (
    MAX_DATASET_DIGEST_LENGTH,
    MAX_DATASET_EXPERIMENTS,
    MAX_DATASET_NAME_LENGTH,
    MAX_DATASET_PROFILE_LENGTH,
    MAX_DATASET_SCHEMA_LENGTH,
    MAX_DATASET_SOURCE_LENGTH,
    MAX_DATASET_SOURCE_TYPE_LENGTH,
    MAX_DATASET_SUMMARIES,
    MAX_INPUT_TAG_KEY_LENGTH,
    MAX_INPUT_TAG_VALUE_LENGTH,
    MAX_INPUTS_PER_BATCH,
    MAX_MODEL_HISTORY_LENGTH,
    MAX_MODEL_ID_LENGTH,
    MODEL_HISTORY_TAG,
    check_length,
    check_text,
    experiment_number,
)
from runstone.errors import BadRequest, InvalidParameterValue
from runstone.service.core import Service, operation
from runstone.service.runs import active_run
from runstone.store import Connection, datasets, runs
from runstone.store.datasets import DatasetRow, Use
from runstone.wire import datasets as wire
from runstone.wire.base import EmptyResponse

_REQUIRED = ("name", "digest", "source_type", "source")
_DATASET_LIMITS = {
    "name": MAX_DATASET_NAME_LENGTH,
    "digest": MAX_DATASET_DIGEST_LENGTH,
    "source_type": MAX_DATASET_SOURCE_TYPE_LENGTH,
    "source": MAX_DATASET_SOURCE_LENGTH,
    "schema": MAX_DATASET_SCHEMA_LENGTH,
    "profile": MAX_DATASET_PROFILE_LENGTH,
}
_MODEL_FIELDS = ("artifact_path", "flavors", "run_id", "utc_time_created")
_KEPT_MODEL_FIELDS = ("run_id", "artifact_path", "utc_time_created", "model_uuid")


@operation
def log_inputs(service: Service, request: wire.LogInputs) -> EmptyResponse:
    _check_count(len(request.datasets), "datasets")
    uses = [checked_use(entry) for entry in request.datasets]
    models = checked_models((model.model_id, 0) for model in request.models)

    def add(connection: Connection, _keys: Mapping[str, int]) -> None:
        row = active_run(connection, request.run_id)
        datasets.add_uses(connection, row.experiment, row.id, uses)
        datasets.add_models(connection, row.id, "input", models)

    service.store.write(add)
    return EmptyResponse()


@operation
def log_outputs(service: Service, request: wire.LogOutputs) -> EmptyResponse:
    models = checked_models((model.model_id, model.step) for model in request.models)

    def add(connection: Connection, _keys: Mapping[str, int]) -> None:
        row = active_run(connection, request.run_id)
        datasets.add_models(connection, row.id, "output", models)

    service.store.write(add)
    return EmptyResponse()


def checked_use(entry: wire.DatasetInput) -> Use:
    """A dataset that a run read, as it is stored. Raises InvalidParameterValue for one that makes no sense."""
    row = DatasetRow(*(getattr(entry.dataset, name) for name in DatasetRow._fields))
    for name, limit in _DATASET_LIMITS.items():
        text: str | None = getattr(row, name)
        if not text and name in _REQUIRED:
            raise InvalidParameterValue.missing(f"dataset.{name}")
        if text is not None:
            check_length(text, limit, name)
            check_text(text, name)
    tags = {tag.key: tag.value for tag in entry.tags}
    for key, value in tags.items():
        if not key:
            raise InvalidParameterValue.missing("tags.key")
        check_length(key, MAX_INPUT_TAG_KEY_LENGTH, "key")
        check_length(value, MAX_INPUT_TAG_VALUE_LENGTH, "value")
        check_text(key, "key")
        check_text(value, "value")
    return Use(row, tags)


def checked_models(models: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
    """References to models, each an id and a step. Raises InvalidParameterValue for what can be none."""
    found = list(models)
    _check_count(len(found), "models")
    for model_id, _ in found:
        if not model_id:
            raise InvalidParameterValue.missing("models.model_id")
        check_length(model_id, MAX_MODEL_ID_LENGTH, "model_id")
        check_text(model_id, "model_id")
    return found


def _check_count(count: int, what: str) -> None:
    if count > MAX_INPUTS_PER_BATCH:
        raise InvalidParameterValue(
            f"A request can name at most {MAX_INPUTS_PER_BATCH} {what}. Got {count}. Split it into several requests."
        )


@operation
def search_datasets(service: Service, request: wire.SearchDatasets) -> wire.SearchDatasetsResponse:
    count = len(request.experiment_ids)
    if count == 0:
        raise InvalidParameterValue("SearchDatasets request must specify at least one experiment_id.")
    if count > MAX_DATASET_EXPERIMENTS:
        raise InvalidParameterValue(
            f"SearchDatasets request cannot specify more than {MAX_DATASET_EXPERIMENTS} experiment_ids. "
            f"Received {count} experiment_ids."
        )
    numbers = [experiment_number(number) for number in request.experiment_ids]
    with service.store.read() as connection:
        found = datasets.summaries(connection, numbers, MAX_DATASET_SUMMARIES)
    return wire.SearchDatasetsResponse(
        [wire.DatasetSummary(str(number), name, digest, context) for number, name, digest, context in found]
    )


# --- the models of a run, as MLflow 2 told of them: in one of its tags ---------------------------


@operation
def log_model(service: Service, request: wire.LogModel) -> EmptyResponse:
    entry = _history_entry(request.model_json)

    def append(connection: Connection, keys: Mapping[str, int]) -> None:
        row = active_run(connection, request.run_id)
        key = keys[MODEL_HISTORY_TAG]
        history = _history(runs.get_tag(connection, row, key), request.run_id)
        value = json.dumps([*history, entry])
        if len(value) > MAX_MODEL_HISTORY_LENGTH:
            raise InvalidParameterValue(
                f"The tag '{MODEL_HISTORY_TAG}' of the run {request.run_id} would exceed "
                f"{MAX_MODEL_HISTORY_LENGTH} characters. Log further models to another run."
            )
        runs.set_tags(connection, row.experiment, row.id, {key: value})

    service.store.write(append, keys=(MODEL_HISTORY_TAG,))
    return EmptyResponse()


def _history_entry(model_json: str) -> dict[str, Any]:
    """What the tag tells of a model. Raises InvalidParameterValue for what describes none."""
    check_text(model_json, "model_json")
    try:
        parsed = json.loads(model_json)
    except (ValueError, RecursionError) as error:
        raise InvalidParameterValue(
            f"Malformed model info. \n {model_json} \n is not a valid JSON."
        ) from error
    if not isinstance(parsed, dict):
        raise InvalidParameterValue(f"Model json must be an object, not {type(parsed).__name__}.")
    model = cast("dict[str, Any]", parsed)
    missing = [name for name in _MODEL_FIELDS if name not in model]
    if missing:
        listed = ", ".join(repr(name) for name in missing)
        raise InvalidParameterValue(f"Model json is missing mandatory fields: {{{listed}}}")
    flavors: object = model["flavors"] or {}
    if not isinstance(flavors, dict):
        raise InvalidParameterValue("The field 'flavors' of a model json must be an object.")
    kept: dict[str, Any] = {name: model.get(name) for name in _KEPT_MODEL_FIELDS}
    named = cast("dict[str, Any]", flavors).items()
    return kept | {"flavors": {flavor: _without_config(about) for flavor, about in named}}


def _without_config(flavor: Any) -> Any:
    if not isinstance(flavor, dict):
        return flavor
    return {name: value for name, value in cast("dict[str, Any]", flavor).items() if name != "config"}


def _history(tag: str | None, run_id: str) -> Sequence[Any]:
    try:
        history = json.loads(tag or "[]")
    except (ValueError, RecursionError):
        history = None
    if not isinstance(history, list):
        raise BadRequest(
            f"The tag '{MODEL_HISTORY_TAG}' of the run {run_id} does not hold a list of models. "
            "Somebody else has set it: delete it, then log the model again."
        )
    return cast("list[Any]", history)
