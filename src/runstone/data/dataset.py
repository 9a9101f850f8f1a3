"""What every kind of dataset is made of."""

import json
from abc import ABC, abstractmethod
from typing import Any, cast

from runstone import entities
from runstone.data.sources import DatasetSource, recorded_source
from runstone.errors import InvalidParameterValue


class Dataset(ABC):
    """Data with a name, a digest and a source. A subclass holds the data, and says what they look like.

    Args:
        source: where the data come from.
        name: "dataset" by default.
        digest: at most 36 characters that tell these data from others; computed from them by default.

    A subclass sets what `_compute_digest` needs before it calls this constructor.
    """

    def __init__(self, source: DatasetSource, name: str | None = None, digest: str | None = None):
        self._name = name
        self._source = source
        self._digest = digest or self._compute_digest()

    @abstractmethod
    def _compute_digest(self) -> str:
        """A short text that tells these data from others."""

    @property
    @abstractmethod
    def schema(self) -> Any:
        """The names and types of what the data hold; None if that cannot be said."""

    @property
    @abstractmethod
    def profile(self) -> Any:
        """Sizes and the like, as JSON can hold them; None if there is nothing to say."""

    @property
    def name(self) -> str:
        """The dataset's name."""
        return "dataset" if self._name is None else self._name

    @property
    def digest(self) -> str:
        """What tells these data from others of the same name."""
        return self._digest

    @property
    def source(self) -> DatasetSource:
        """Where the data come from."""
        return self._source

    @property
    def source_type(self) -> str:
        """The kind of source, such as "code", "local" or "s3"."""
        return self._source._get_source_type()  # pyright: ignore[reportPrivateUsage] - MLflow's name

    def to_dict(self) -> dict[str, str | None]:
        """What is recorded of the dataset, as texts by name; a subclass adds `schema` and `profile`."""
        return {
            "name": self.name,
            "digest": self.digest,
            "source": self.source.to_json(),
            "source_type": self.source_type,
        }

    def to_json(self) -> str:
        """`to_dict` as JSON."""
        return json.dumps(self.to_dict())

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: name={self.name!r}, digest={self.digest!r}, source={self.source!r}>"

    def _to_mlflow_entity(self) -> entities.Dataset:
        """What is recorded of the dataset, as an entity: MLflow's name for it."""
        recorded: dict[str, Any] = self.to_dict()
        return entities.Dataset(
            name=recorded["name"],
            digest=recorded["digest"],
            source_type=recorded["source_type"],
            source=recorded["source"],
            schema=recorded.get("schema"),
            profile=recorded.get("profile"),
        )


def get_source(dataset: entities.Dataset | entities.DatasetInput | Dataset) -> DatasetSource:
    """Where a dataset comes from: one of this module, or one that was read from a run.

    Raises InvalidParameterValue for anything else, ResourceDoesNotExist for a kind of source that is not known here.
    """
    given = cast("object", dataset)
    found = given.dataset if isinstance(given, entities.DatasetInput) else given
    if isinstance(found, entities.Dataset):
        return recorded_source(found.source_type, found.source)
    if isinstance(found, Dataset):
        return found.source
    raise InvalidParameterValue(
        f"Unrecognized dataset type {type(found)}. Expected a Dataset of runstone.data, or an entity Dataset or "
        "DatasetInput."
    )
