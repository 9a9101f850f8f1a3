"""A run: one execution of some code, with what it was given and what it measured."""

from typing import Any

from runstone.entities.base import Entity
from runstone.entities.dataset import DatasetInput, LoggedModelInput, LoggedModelOutput
from runstone.entities.metric import Metric


class Param(Entity, frozen=True):
    """An input of a run: a key and a text, written once."""

    key: str
    value: str


class RunTag(Entity, frozen=True):
    """A key and a text on a run, which may change."""

    key: str
    value: str


class RunInfo(Entity, frozen=True):
    """A run's identity and state. Times are in milliseconds since the Unix epoch."""

    run_id: str
    experiment_id: str
    user_id: str
    status: str
    start_time: int
    end_time: int | None
    lifecycle_stage: str
    artifact_uri: str | None = None
    run_name: str | None = None

    @property
    def run_uuid(self) -> str:
        """The same as `run_id`: its old name."""
        return self.run_id


class RunData:
    """A run's latest metrics, its params and its tags, each as a dict by key."""

    __slots__ = ("metrics", "params", "tags")

    def __init__(
        self,
        metrics: list[Metric] | None = None,
        params: list[Param] | None = None,
        tags: list[RunTag] | None = None,
    ):
        self.metrics = {metric.key: metric.value for metric in metrics or ()}
        self.params = {param.key: param.value for param in params or ()}
        self.tags = {tag.key: tag.value for tag in tags or ()}

    def to_dictionary(self) -> dict[str, dict[str, Any]]:
        """Metrics, params and tags as plain dicts."""
        return {"metrics": self.metrics, "params": self.params, "tags": self.tags}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RunData) and self.to_dictionary() == other.to_dictionary()

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<RunData: metrics={self.metrics!r}, params={self.params!r}, tags={self.tags!r}>"


class RunInputs(Entity, frozen=True):
    """The datasets and models that a run read, in the order in which they were logged."""

    dataset_inputs: list[DatasetInput] = []
    model_inputs: list[LoggedModelInput] = []

    def to_dictionary(self) -> dict[str, Any]:
        """The inputs as nested plain dicts."""
        return {
            "dataset_inputs": [used.to_dictionary() for used in self.dataset_inputs],
            "model_inputs": [{"model_id": model.model_id} for model in self.model_inputs],
        }


class RunOutputs(Entity, frozen=True):
    """The models that a run made, in the order in which they were logged."""

    model_outputs: list[LoggedModelOutput] = []

    def to_dictionary(self) -> dict[str, Any]:
        """The outputs as nested plain dicts."""
        return {"model_outputs": [model.to_dictionary() for model in self.model_outputs]}


class Run(Entity, frozen=True):
    """A run as it was when it was read: its info and its data."""

    info: RunInfo
    data: RunData
    inputs: RunInputs = RunInputs()
    outputs: RunOutputs = RunOutputs()

    def to_dictionary(self) -> dict[str, Any]:
        """The run as nested plain dicts."""
        return {
            "info": dict(self.info),
            "data": self.data.to_dictionary(),
            "inputs": self.inputs.to_dictionary(),
            "outputs": self.outputs.to_dictionary(),
        }
