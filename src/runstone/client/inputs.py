"""What runs read and made, between users and the protocol: datasets, and references to logged models."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import msgspec

from runstone import entities
from runstone.entities.names import DATASET_CONTEXT_TAG
from runstone.errors import InvalidParameterValue
from runstone.wire import datasets as wire

# --- from users to the protocol -------------------------------------------------------------------


def to_dataset(dataset: object) -> entities.Dataset:
    """A dataset's entity: itself, or what `_to_mlflow_entity()` of one from `runstone.data` (or MLflow's) gives.

    Raises InvalidParameterValue for anything else.
    """
    described = getattr(dataset, "_to_mlflow_entity", None)
    entity = described() if callable(described) else dataset
    try:
        return entities.Dataset(
            *(_text(getattr(entity, name)) for name in ("name", "digest", "source_type", "source")),
            schema=getattr(entity, "schema", None),
            profile=getattr(entity, "profile", None),
        )
    except (AttributeError, TypeError) as error:
        raise InvalidParameterValue(
            f"A value of type '{type(dataset).__name__}' is no dataset. Make one of it: "
            "runstone.data.from_pandas(frame) or runstone.data.from_numpy(array)."
        ) from error


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"a text is needed, not {type(value).__name__}")
    return value


def dataset_input(
    dataset: object | None, context: str | None, tags: Mapping[str, Any] | None
) -> entities.DatasetInput | None:
    """A dataset with the tags of its use; None for no dataset. Raises InvalidParameterValue for tags of none."""
    if dataset is None:
        if context or tags:
            raise InvalidParameterValue("`dataset` must be specified if `context` or `tags` is specified.")
        return None
    texts = {key: str(value) for key, value in (tags or {}).items()}
    if context:
        texts[DATASET_CONTEXT_TAG] = str(context)
    return entities.DatasetInput(to_dataset(dataset), [entities.InputTag(*pair) for pair in texts.items()])


def dataset_inputs(
    datasets: Sequence[object | None] | None,
    contexts: Sequence[str | None] | None,
    tags_list: Sequence[Mapping[str, Any] | None] | None,
) -> list[entities.DatasetInput]:
    """Datasets with their contexts and tags. A list that is left out has nothing for any of them.

    Raises InvalidParameterValue for lists of different lengths.
    """
    datasets = datasets or []
    contexts = contexts or [None] * len(datasets)
    tags_list = tags_list or [None] * len(datasets)
    if not len(datasets) == len(contexts) == len(tags_list):
        raise InvalidParameterValue(
            f"`datasets`, `contexts` and `tags_list` must have the same length; they have {len(datasets)}, "
            f"{len(contexts)} and {len(tags_list)}."
        )
    used = map(dataset_input, datasets, contexts, tags_list)
    return [one for one in used if one is not None]


def to_dataset_input(used: object) -> wire.DatasetInput:
    """A dataset's use as log-inputs carries it."""
    if not isinstance(used, entities.DatasetInput):
        raise InvalidParameterValue(
            f"log_inputs takes DatasetInput entities, not a value of type '{type(used).__name__}'."
        )
    return wire.DatasetInput(
        dataset=wire.Dataset(**msgspec.structs.asdict(to_dataset(used.dataset))),
        tags=[wire.InputTag(tag.key, tag.value) for tag in used.tags],
    )


def to_model_input(model: object) -> wire.ModelInput:
    """A model that was read as log-inputs carries it."""
    return wire.ModelInput(_model_id(model, "LoggedModelInput"))


def to_model_output(model: object) -> wire.ModelOutput:
    """A model that was made as runs/outputs carries it."""
    return wire.ModelOutput(_model_id(model, "LoggedModelOutput"), int(cast("Any", model).step))


def _model_id(model: object, kind: str) -> str:
    model_id = getattr(model, "model_id", None)
    if isinstance(model_id, str):
        return model_id
    raise InvalidParameterValue(f"Expected a {kind}, not a value of type '{type(model).__name__}'.")


# --- from the protocol to users -------------------------------------------------------------------


def from_inputs(inputs: wire.RunInputs | msgspec.UnsetType) -> entities.RunInputs:
    """What a run read, as users get it."""
    if not inputs:
        return entities.RunInputs()
    uses = [
        entities.DatasetInput(
            entities.Dataset(**msgspec.structs.asdict(used.dataset)),
            [entities.InputTag(tag.key, tag.value) for tag in used.tags],
        )
        for used in inputs.dataset_inputs
    ]
    return entities.RunInputs(uses, [entities.LoggedModelInput(m.model_id) for m in inputs.model_inputs])


def from_outputs(outputs: wire.RunOutputs | msgspec.UnsetType) -> entities.RunOutputs:
    """What a run made, as users get it."""
    if not outputs:
        return entities.RunOutputs()
    return entities.RunOutputs(
        [entities.LoggedModelOutput(model.model_id, model.step) for model in outputs.model_outputs]
    )
