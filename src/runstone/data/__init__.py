"""Datasets: what a run was trained or measured on, by name, digest, source, schema and profile.

    dataset = runstone.data.from_pandas(frame, source="s3://bucket/train.csv", targets="label", name="train")
    runstone.log_input(dataset, context="train")

The data themselves stay where they are: what is recorded describes them. Digests equal MLflow's.
"""

from runstone.data.arrays import NumpyDataset, from_numpy
from runstone.data.dataset import Dataset, get_source
from runstone.data.frames import PandasDataset, from_pandas
from runstone.data.sources import (
    CodeDatasetSource,
    DatasetSource,
    HTTPDatasetSource,
    LocalArtifactDatasetSource,
    RemoteDatasetSource,
)

__all__ = [
    "CodeDatasetSource",
    "Dataset",
    "DatasetSource",
    "HTTPDatasetSource",
    "LocalArtifactDatasetSource",
    "NumpyDataset",
    "PandasDataset",
    "RemoteDatasetSource",
    "from_numpy",
    "from_pandas",
    "get_source",
]
