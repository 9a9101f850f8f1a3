"""What Runstone records, as frozen values, with their limits and the rules of their names beside them."""

from runstone.entities.artifact import FileInfo
from runstone.entities.dataset import (
    Dataset,
    DatasetInput,
    InputTag,
    LoggedModelInput,
    LoggedModelOutput,
)
from runstone.entities.experiment import Experiment, ExperimentTag
from runstone.entities.kinds import LifecycleStage, RunStatus, SourceType, ViewType
from runstone.entities.metric import Metric
from runstone.entities.paging import PagedList
from runstone.entities.run import Param, Run, RunData, RunInfo, RunInputs, RunOutputs, RunTag

__all__ = [
    "Dataset",
    "DatasetInput",
    "Experiment",
    "ExperimentTag",
    "FileInfo",
    "InputTag",
    "LifecycleStage",
    "LoggedModelInput",
    "LoggedModelOutput",
    "Metric",
    "PagedList",
    "Param",
    "Run",
    "RunData",
    "RunInfo",
    "RunInputs",
    "RunOutputs",
    "RunStatus",
    "RunTag",
    "SourceType",
    "ViewType",
]
