"""Datasets and logged models as runs refer to them: what they read, and what they made."""

import msgspec

from runstone.entities.base import Entity


class Dataset(Entity, frozen=True):
    """A dataset as it is recorded: texts alone. `runstone.data` makes them of the data themselves.

    Within an experiment its name and digest tell it from others. `source` is JSON, whose form `source_type` says;
    `schema` and `profile` are JSON too.
    """

    name: str
    digest: str
    source_type: str
    source: str
    schema: str | None = None
    profile: str | None = None

    def to_dictionary(self) -> dict[str, str | None]:
        """Its fields as a plain dict."""
        return {
            "name": self.name,
            "digest": self.digest,
            "source_type": self.source_type,
            "source": self.source,
            "schema": self.schema,
            "profile": self.profile,
        }


class InputTag(Entity, frozen=True):
    """A key and a text on a dataset's use by a run; `mlflow.data.context` says what it was used for."""

    key: str
    value: str


class DatasetInput(Entity, frozen=True):
    """A dataset that a run read, and the tags of that use; None are none."""

    dataset: Dataset
    tags: list[InputTag] = []

    def __post_init__(self) -> None:
        if self.tags is None:  # pyright: ignore[reportUnnecessaryComparison] - as MLflow's signature has it
            msgspec.structs.force_setattr(self, "tags", [])

    def to_dictionary(self) -> dict[str, dict[str, str | None]]:
        """The dataset and its tags as plain dicts."""
        return {
            "dataset": self.dataset.to_dictionary(),
            "tags": {tag.key: tag.value for tag in self.tags},
        }


class LoggedModelInput(Entity, frozen=True):
    """A logged model that a run read."""

    model_id: str


class LoggedModelOutput(Entity, frozen=True):
    """A logged model that a run made, and the step it made it at."""

    model_id: str
    step: int

    def to_dictionary(self) -> dict[str, str | int]:
        """Its fields as a plain dict."""
        return {"model_id": self.model_id, "step": self.step}
