"""Datasets of pandas DataFrames."""

import json
from functools import cached_property
from os import PathLike
from typing import TYPE_CHECKING, Any

from runstone.data.dataset import Dataset
from runstone.data.sources import DatasetSource, resolved
from runstone.errors import InvalidParameterValue

if TYPE_CHECKING:
    import pandas  # pyright: ignore[reportMissingTypeStubs]

    from runstone.data.schema import Schema


class PandasDataset(Dataset):
    """A pandas DataFrame, and which of its columns are the targets and a model's predictions. See `from_pandas`."""

    def __init__(
        self,
        df: "pandas.DataFrame",
        source: DatasetSource,
        targets: str | None = None,
        name: str | None = None,
        digest: str | None = None,
        predictions: str | None = None,
    ):
        for column, what in ((targets, "targets"), (predictions, "predictions")):
            if column is not None and column not in df.columns:
                raise InvalidParameterValue(
                    f"The specified pandas DataFrame does not contain the specified {what} column '{column}'."
                )
        self._df = df
        self._targets = targets
        self._predictions = predictions
        super().__init__(source, name, digest)

    def _compute_digest(self) -> str:
        from runstone.data import digests

        return digests.of_frame(self._df)

    def to_dict(self) -> dict[str, str | None]:
        """See Dataset."""
        schema = None if self.schema is None else json.dumps({"mlflow_colspec": self.schema.to_dict()})
        return super().to_dict() | {"schema": schema, "profile": json.dumps(self.profile)}

    @property
    def df(self) -> "pandas.DataFrame":
        """The data."""
        return self._df

    @property
    def targets(self) -> str | None:
        """The column to be predicted, if one was named."""
        return self._targets

    @property
    def predictions(self) -> str | None:
        """The column with a model's predictions, if one was named."""
        return self._predictions

    @property
    def profile(self) -> dict[str, int]:
        """The numbers of rows and of cells."""
        return {"num_rows": len(self._df), "num_elements": int(self._df.size)}

    @property
    def schema(self) -> "Schema | None":
        """The columns; None if one holds something that has no type there."""
        return self._schema

    @cached_property
    def _schema(self) -> "Schema | None":
        from runstone.data import schema

        try:
            return schema.of_frame(self._df)
        except schema.UnknownType:
            return None


def from_pandas(
    df: "pandas.DataFrame",
    source: str | PathLike[str] | DatasetSource | None = None,
    targets: str | None = None,
    name: str | None = None,
    digest: str | None = None,
    predictions: str | None = None,
) -> PandasDataset:
    """A dataset of a pandas DataFrame.

    Args:
        df: the data.
        source: where they come from: a path, a URL or URI, or a DatasetSource; the running program by default.
        targets: the column to be predicted.
        name: "dataset" by default.
        digest: at most 36 characters that tell these data from others; computed from them by default, as MLflow does.
        predictions: the column with a model's predictions.

    Raises InvalidParameterValue if it is no DataFrame, or lacks a column that is named.
    """
    given: Any = df
    if not (hasattr(given, "select_dtypes") and hasattr(given, "columns")):
        raise InvalidParameterValue(
            f"from_pandas takes a pandas DataFrame, not a value of type '{type(df).__name__}'."
        )
    return PandasDataset(df, resolved(source), targets, name, digest, predictions)
