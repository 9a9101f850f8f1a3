"""Requests and responses about what runs read and made: datasets, and references to logged models."""

import msgspec

from runstone.wire.base import Int64, Name, Pair, Part, Request, Response


class Dataset(Part):
    name: str
    digest: str
    source_type: str
    source: str
    schema: str | None = None
    profile: str | None = None


class InputTag(Pair):
    """A tag of a dataset's use by a run."""


class DatasetInput(Part, kw_only=True):
    tags: list[InputTag] = []
    dataset: Dataset


class ModelInput(Part):
    model_id: str


class ModelOutput(msgspec.Struct):
    """A model and the step it was made at. Both are always sent."""

    model_id: str
    step: Int64 = 0


class RunInputs(Part):
    """What a run read. Sent even when empty, as MLflow does."""

    dataset_inputs: list[DatasetInput] = []
    model_inputs: list[ModelInput] = []


class RunOutputs(Part):
    """The models a run made. Sent even when empty, as MLflow does."""

    model_outputs: list[ModelOutput] = []


class LogInputs(Request, kw_only=True):
    run_id: Name
    datasets: list[DatasetInput] = []
    models: list[ModelInput] = []


class LogOutputs(Request, kw_only=True):
    run_id: Name
    models: list[ModelOutput]


class LogModel(Request, kw_only=True):
    run_id: Name
    model_json: Name


class SearchDatasets(Request):
    experiment_ids: list[str] = []


class DatasetSummary(Part):
    experiment_id: str
    name: str
    digest: str
    context: str | None = None


class SearchDatasetsResponse(Response):
    dataset_summaries: list[DatasetSummary] = []
