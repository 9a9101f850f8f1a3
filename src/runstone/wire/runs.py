"""Requests and responses about runs: their lifecycle, what is logged to them, and the search for them."""

import msgspec

from runstone.wire.base import Double, Int64, Name, Pair, Part, Request, Response
from runstone.wire.datasets import RunInputs, RunOutputs


class Param(Pair):
    """A param of a run."""


class RunTag(Pair):
    """A tag of a run."""


class Metric(Part, gc=False):
    key: str
    value: Double
    timestamp: Int64
    step: Int64 | None = None
    dataset_name: str | None = None
    dataset_digest: str | None = None
    model_id: str | None = None
    run_id: str | None = None


class RunInfo(Part, kw_only=True, gc=False):
    run_id: str
    run_uuid: str
    experiment_id: str
    run_name: str | None = None
    user_id: str | None = None
    status: str
    start_time: int | None = None
    end_time: int | None = None
    artifact_uri: str | None = None
    lifecycle_stage: str


class RunData(Part):
    metrics: list[Metric] = []
    params: list[Param] = []
    tags: list[RunTag] = []


class Run(Part):
    info: RunInfo
    data: RunData
    inputs: RunInputs | msgspec.UnsetType = msgspec.UNSET
    outputs: RunOutputs | msgspec.UnsetType = msgspec.UNSET


class CreateRun(Request, kw_only=True):
    experiment_id: str | None = None
    user_id: str | None = None
    run_name: str | None = None
    start_time: Int64 | None = None
    tags: list[RunTag] = []
    run_id: str | None = None
    """Chosen by the client, so that the request can be repeated. Not in MLflow's protocol."""


class CreateRunResponse(Response):
    run: Run


class GetRun(Request, kw_only=True):
    run_id: Name
    run_uuid: str | None = None
    fields: list[str] = []
    """What to show beside the info, such as `metrics.loss`, `params.*` or `info` for nothing else; everything by
    default. Not in MLflow's protocol."""


class GetRunResponse(Response):
    run: Run


class UpdateRun(Request, kw_only=True):
    run_id: Name
    run_uuid: str | None = None
    status: str | int | None = None
    end_time: Int64 | None = None
    run_name: str | None = None


class UpdateRunResponse(Response):
    run_info: RunInfo


class SearchRuns(Request, kw_only=True):
    experiment_ids: list[str] = []
    filter: str | None = None
    run_view_type: str | int | None = None
    max_results: Int64 = 1_000
    order_by: list[str] = []
    page_token: str | None = None
    fields: list[str] = []
    """As in `GetRun`. Not in MLflow's protocol."""


class SearchRunsResponse(Response):
    runs: list[Run] = []
    next_page_token: str | None = None


class DeleteRun(Request):
    run_id: Name


class RestoreRun(Request):
    run_id: Name


class DeleteTag(Request):
    run_id: Name
    key: Name


class ListRuns(SearchRuns, kw_only=True):
    """A search for a page of a table; it has what `SearchRuns` has."""


class ListRunsResponse(Response):
    """A page of a search, and what a table shows beside it.

    `total` is how many runs match in all. `numbers` are the runs' numbers in their store, which count up and never
    change: the web UI gives runs their colours by them.
    """

    total: int
    runs: list[Run] = []
    numbers: list[int] = []
    next_page_token: str | None = None


class LogMetric(Request, kw_only=True):
    run_id: Name
    run_uuid: str | None = None
    key: Name
    value: Double
    timestamp: Int64
    step: Int64 | None = None
    model_id: str | None = None
    dataset_name: str | None = None
    dataset_digest: str | None = None


class LogParam(Request, kw_only=True):
    run_id: Name
    run_uuid: str | None = None
    key: Name
    value: str = ""


class SetTag(Request, kw_only=True):
    run_id: Name
    run_uuid: str | None = None
    key: Name
    value: str = ""


class LogBatch(Request, kw_only=True):
    run_id: Name
    metrics: list[Metric] = []
    params: list[Param] = []
    tags: list[RunTag] = []
