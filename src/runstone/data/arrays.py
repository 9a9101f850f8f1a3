"""Datasets of numpy arrays."""

import json
from collections.abc import Mapping
from functools import cached_property
from os import PathLike
from typing import TYPE_CHECKING, Any, cast

from runstone.data.dataset import Dataset
from runstone.data.sources import DatasetSource, resolved
from runstone.errors import InvalidParameterValue

if TYPE_CHECKING:
    from runstone.data.digests import Arrays
    from runstone.data.schema import TensorDatasetSchema


class NumpyDataset(Dataset):
    """Features and perhaps targets, each a numpy array or a dict of them. See `from_numpy`."""

    def __init__(
        self,
        features: "Arrays",
        source: DatasetSource,
        targets: "Arrays | None" = None,
        name: str | None = None,
        digest: str | None = None,
    ):
        self._features = features
        self._targets = targets
        super().__init__(source, name, digest)

    def _compute_digest(self) -> str:
        from runstone.data import digests

        return digests.of_arrays(self._features, self._targets)

    def to_dict(self) -> dict[str, str | None]:
        """See Dataset."""
        schema = None if self.schema is None else json.dumps(self.schema.to_dict())
        return super().to_dict() | {"schema": schema, "profile": json.dumps(self.profile)}

    @property
    def features(self) -> "Arrays":
        """What a model reads."""
        return self._features

    @property
    def targets(self) -> "Arrays | None":
        """What it is to predict, if that is known."""
        return self._targets

    @property
    def profile(self) -> dict[str, Any]:
        """The shapes, numbers of elements and bytes of features and targets; by name where they have names."""
        groups = {"features": self._features} | ({} if self._targets is None else {"targets": self._targets})
        return {
            f"{what}_{measure}": _measured(arrays, measure)
            for what, arrays in groups.items()
            for measure in ("shape", "size", "nbytes")
        }

    @property
    def schema(self) -> "TensorDatasetSchema | None":
        """The tensors; None if one has no dimensions."""
        return self._schema

    @cached_property
    def _schema(self) -> "TensorDatasetSchema | None":
        from runstone.data import schema

        try:
            targets = None if self._targets is None else schema.of_tensors(self._targets)
            return schema.TensorDatasetSchema(schema.of_tensors(self._features), targets)
        except schema.UnknownType:
            return None


def _measured(arrays: "Arrays", measure: str) -> Any:
    if isinstance(arrays, Mapping):
        return {name: getattr(array, measure) for name, array in arrays.items()}
    return getattr(arrays, measure)


def from_numpy(
    features: "Arrays",
    source: str | PathLike[str] | DatasetSource | None = None,
    targets: "Arrays | None" = None,
    name: str | None = None,
    digest: str | None = None,
) -> NumpyDataset:
    """A dataset of numpy arrays.

    Args:
        features: what a model reads: an array, or a dict of arrays by name.
        source: where they come from: a path, a URL or URI, or a DatasetSource; the running program by default.
        targets: what it is to predict, in the same form.
        name: "dataset" by default.
        digest: at most 36 characters that tell these data from others; computed from them by default, as MLflow does.

    Raises InvalidParameterValue for anything but arrays.
    """
    _check_arrays(features, "features")
    if targets is not None:
        _check_arrays(targets, "targets")
    return NumpyDataset(features, resolved(source), targets, name, digest)


def _check_arrays(data: object, what: str) -> None:
    import numpy as np

    arrays = cast("Mapping[str, object]", data).values() if isinstance(data, Mapping) else [data]
    for array in arrays:
        if not isinstance(array, np.ndarray):
            raise InvalidParameterValue(
                f"from_numpy takes numpy arrays, and '{what}' has a value of type '{type(array).__name__}'. "
                "Make an array of it with numpy.asarray."
            )
