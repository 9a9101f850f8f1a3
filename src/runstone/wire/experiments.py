"""Requests and responses about experiments."""

from runstone.wire.base import Int64, Name, Pair, Part, Request, Response


class ExperimentTag(Pair):
    """A tag of an experiment."""


class Experiment(Part):
    experiment_id: str
    name: str
    artifact_location: str
    lifecycle_stage: str
    last_update_time: int | None = None
    creation_time: int | None = None
    tags: list[ExperimentTag] = []
    workspace: str = ""


class CreateExperiment(Request):
    name: Name
    artifact_location: str | None = None
    tags: list[ExperimentTag] = []
    replace_deleted: bool = False
    """Take the name from a deleted experiment that has it; that one gets another."""


class CreateExperimentResponse(Response):
    experiment_id: str


class GetExperiment(Request):
    experiment_id: Name


class GetExperimentByName(Request):
    experiment_name: Name


class GetExperimentResponse(Response):
    experiment: Experiment


class UpdateExperiment(Request):
    experiment_id: Name
    new_name: Name


class DeleteExperiment(Request):
    experiment_id: Name


class RestoreExperiment(Request):
    experiment_id: Name


class SetExperimentTag(Request):
    experiment_id: Name
    key: Name
    value: str = ""


class DeleteExperimentTag(Request):
    experiment_id: Name
    key: Name


class SearchExperiments(Request):
    max_results: Int64 = 0
    page_token: str | None = None
    filter: str | None = None
    order_by: list[str] = []
    view_type: str | int | None = None


class CountRuns(Request):
    experiment_ids: list[str]


class RunCount(Part):
    """How many active runs an experiment has, how many of them are running, and when the latest one started."""

    experiment_id: str
    runs: int
    running: int
    last_start_time: int


class CountRunsResponse(Response):
    """One entry for each of the experiments that has an active run."""

    counts: list[RunCount] = []


class SearchExperimentsResponse(Response):
    experiments: list[Experiment] = []
    next_page_token: str | None = None
