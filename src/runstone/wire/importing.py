"""Requests and responses that take over what another tracker recorded: ids, times and states as they were.

Not in MLflow's protocol. Both may be repeated: what is there already stays, and is brought up to date.
"""

from runstone.wire.base import Int64, Name, Part, Request, Response
from runstone.wire.datasets import DatasetInput, ModelInput, ModelOutput
from runstone.wire.experiments import Experiment, ExperimentTag
from runstone.wire.runs import Metric, Param, RunTag


class ImportExperiment(Request, kw_only=True):
    """Asks for an experiment as it was elsewhere.

    It is the one with this id and creation time, else the one with this name, else a new one. A new one has this id if
    that is free. One that is there gets the tags, and keeps its name and state unless this was updated later.
    """

    name: Name
    experiment_id: str | None = None
    artifact_location: str | None = None
    lifecycle_stage: str = "active"
    creation_time: Int64 = 0
    last_update_time: Int64 = 0
    tags: list[ExperimentTag] = []


class ImportExperimentResponse(Response):
    """The experiment as it is here. `created` tells a new one from one that was there."""

    experiment: Experiment
    created: bool = False


class ImportedRun(Part, kw_only=True):
    """A run as it was elsewhere, or a part of it.

    A part has the whole info, and some of the rest; `more` says that another part follows. Params that are there stay,
    tags are set anew, points are added (equal ones are one point).
    """

    run_id: Name
    run_name: str = ""
    user_id: str = ""
    status: str = "RUNNING"
    start_time: Int64 = 0
    end_time: Int64 | None = None
    lifecycle_stage: str = "active"
    deleted_time: Int64 | None = None
    artifact_uri: str | None = None
    params: list[Param] = []
    tags: list[RunTag] = []
    metrics: list[Metric] = []
    dataset_inputs: list[DatasetInput] = []
    model_inputs: list[ModelInput] = []
    model_outputs: list[ModelOutput] = []
    more: bool = False


class ImportRuns(Request, kw_only=True):
    """Runs of one experiment, or parts of them: all are stored, or none is."""

    experiment_id: Name
    runs: list[ImportedRun]


class RunPlace(Part):
    """Where a run keeps its artifacts."""

    run_id: str
    artifact_uri: str


class ImportRunsResponse(Response):
    """One entry for each run of the request."""

    places: list[RunPlace] = []
