"""The table of operations. Routes, the HTTP client, authorisation, OpenAPI and the UI's types derive from it.

To add an operation: a row here, its structs beside the others of its resource, and a function of the row's name in
`runstone.service`. A row without a permission cannot be written.
"""

from typing import Literal

import msgspec

from runstone.wire import artifacts, datasets, experiments, importing, metrics, models, removal, runs
from runstone.wire.base import EmptyResponse, Request, Response

Level = Literal["READ", "USE", "EDIT", "MANAGE"]
Verb = Literal["GET", "POST", "PATCH", "DELETE"]
Resource = Literal["server", "experiment", "run"]

PREFIXES = ("/api/2.0", "/ajax-api/2.0")
"""Every operation answers under both: the first for clients, the second for the web UI."""


class Permission(msgspec.Struct, frozen=True):
    """The level that a caller needs on the resource that the request names.

    On an `experiment` or a `run` (a run's experiment decides), `field` is the request's field that holds its id or ids.
    A search has no field: it shows what the caller may read.
    """

    resource: Resource
    level: Level
    field: str = ""

    def __str__(self) -> str:
        return f"{self.resource}:{self.level}"


class Operation(msgspec.Struct, frozen=True):
    """One operation: the verbs and path it answers to, what goes in and out, and the permission it needs."""

    name: str
    verbs: tuple[Verb, ...]
    path: str
    request: type[Request]
    response: type[Response]
    permission: Permission
    heavy: bool = False
    """Whether it may take long enough to keep short requests waiting; such operations have threads of their own."""
    repeatable: bool = False
    """Whether doing it twice is the same as doing it once, so that a client may repeat it when no answer came.

    Reads are, and writes of what has an identity: a run under a chosen id, a point (equal points are one point)."""


def _run(level: Level, field: str = "run_id") -> Permission:
    return Permission("run", level, field)


def _experiment(level: Level, field: str = "experiment_id") -> Permission:
    return Permission("experiment", level, field)


OPERATIONS: tuple[Operation, ...] = (
    # Experiments
    Operation(
        "create_experiment",
        ("POST",),
        "/mlflow/experiments/create",
        experiments.CreateExperiment,
        experiments.CreateExperimentResponse,
        Permission("server", "EDIT"),
    ),
    Operation(
        "get_experiment",
        ("GET",),
        "/mlflow/experiments/get",
        experiments.GetExperiment,
        experiments.GetExperimentResponse,
        _experiment("READ"),
        repeatable=True,
    ),
    Operation(
        "get_experiment_by_name",
        ("GET",),
        "/mlflow/experiments/get-by-name",
        experiments.GetExperimentByName,
        experiments.GetExperimentResponse,
        _experiment("READ", "experiment_name"),
        repeatable=True,
    ),
    Operation(
        "search_experiments",
        ("POST", "GET"),
        "/mlflow/experiments/search",
        experiments.SearchExperiments,
        experiments.SearchExperimentsResponse,
        _experiment("READ", ""),
        repeatable=True,
    ),
    Operation(
        "count_runs",
        ("POST",),
        "/runstone/experiments/count-runs",
        experiments.CountRuns,
        experiments.CountRunsResponse,
        _experiment("READ", "experiment_ids"),
        heavy=True,
        repeatable=True,
    ),
    Operation(
        "update_experiment",
        ("POST",),
        "/mlflow/experiments/update",
        experiments.UpdateExperiment,
        EmptyResponse,
        _experiment("EDIT"),
        repeatable=True,
    ),
    Operation(
        "delete_experiment",
        ("POST",),
        "/mlflow/experiments/delete",
        experiments.DeleteExperiment,
        EmptyResponse,
        _experiment("MANAGE"),
    ),
    Operation(
        "restore_experiment",
        ("POST",),
        "/mlflow/experiments/restore",
        experiments.RestoreExperiment,
        EmptyResponse,
        _experiment("MANAGE"),
    ),
    Operation(
        "set_experiment_tag",
        ("POST",),
        "/mlflow/experiments/set-experiment-tag",
        experiments.SetExperimentTag,
        EmptyResponse,
        _experiment("EDIT"),
        repeatable=True,
    ),
    Operation(
        "delete_experiment_tag",
        ("POST",),
        "/mlflow/experiments/delete-experiment-tag",
        experiments.DeleteExperimentTag,
        EmptyResponse,
        _experiment("EDIT"),
    ),
    # Runs
    Operation(
        "create_run",
        ("POST",),
        "/mlflow/runs/create",
        runs.CreateRun,
        runs.CreateRunResponse,
        _experiment("EDIT"),
        repeatable=True,
    ),
    Operation(
        "get_run",
        ("GET",),
        "/mlflow/runs/get",
        runs.GetRun,
        runs.GetRunResponse,
        _run("READ"),
        repeatable=True,
    ),
    Operation(
        "update_run",
        ("POST",),
        "/mlflow/runs/update",
        runs.UpdateRun,
        runs.UpdateRunResponse,
        _run("EDIT"),
        repeatable=True,
    ),
    Operation(
        "search_runs",
        ("POST",),
        "/mlflow/runs/search",
        runs.SearchRuns,
        runs.SearchRunsResponse,
        _experiment("READ", "experiment_ids"),
        heavy=True,
        repeatable=True,
    ),
    Operation(
        "list_runs",
        ("POST",),
        "/runstone/runs/list",
        runs.ListRuns,
        runs.ListRunsResponse,
        _experiment("READ", "experiment_ids"),
        heavy=True,
        repeatable=True,
    ),
    Operation(
        "delete_run",
        ("POST",),
        "/mlflow/runs/delete",
        runs.DeleteRun,
        EmptyResponse,
        _run("EDIT"),
        repeatable=True,
    ),
    Operation(
        "restore_run",
        ("POST",),
        "/mlflow/runs/restore",
        runs.RestoreRun,
        EmptyResponse,
        _run("EDIT"),
        repeatable=True,
    ),
    # Logging
    Operation(
        "log_metric",
        ("POST",),
        "/mlflow/runs/log-metric",
        runs.LogMetric,
        EmptyResponse,
        _run("EDIT"),
        repeatable=True,
    ),
    Operation(
        "log_param",
        ("POST",),
        "/mlflow/runs/log-parameter",
        runs.LogParam,
        EmptyResponse,
        _run("EDIT"),
        repeatable=True,
    ),
    Operation(
        "set_tag",
        ("POST",),
        "/mlflow/runs/set-tag",
        runs.SetTag,
        EmptyResponse,
        _run("EDIT"),
        repeatable=True,
    ),
    Operation(
        "log_batch",
        ("POST",),
        "/mlflow/runs/log-batch",
        runs.LogBatch,
        EmptyResponse,
        _run("EDIT"),
        repeatable=True,
    ),
    Operation(
        "delete_tag",
        ("POST",),
        "/mlflow/runs/delete-tag",
        runs.DeleteTag,
        EmptyResponse,
        _run("EDIT"),
    ),
    # Datasets and models
    Operation(
        "log_inputs",
        ("POST",),
        "/mlflow/runs/log-inputs",
        datasets.LogInputs,
        EmptyResponse,
        _run("EDIT"),
        repeatable=True,
    ),
    Operation(
        "log_outputs",
        ("POST",),
        "/mlflow/runs/outputs",
        datasets.LogOutputs,
        EmptyResponse,
        _run("EDIT"),
        repeatable=True,
    ),
    Operation(
        "log_model",
        ("POST",),
        "/mlflow/runs/log-model",
        datasets.LogModel,
        EmptyResponse,
        _run("EDIT"),
    ),
    Operation(
        "search_datasets",
        ("POST",),
        "/mlflow/experiments/search-datasets",
        datasets.SearchDatasets,
        datasets.SearchDatasetsResponse,
        _experiment("READ", "experiment_ids"),
        heavy=True,
        repeatable=True,
    ),
    # Metrics
    Operation(
        "get_metric_history",
        ("GET",),
        "/mlflow/metrics/get-history",
        metrics.GetMetricHistory,
        metrics.GetMetricHistoryResponse,
        _run("READ"),
        heavy=True,
        repeatable=True,
    ),
    Operation(
        "get_metric_history_bulk",
        ("GET",),
        "/mlflow/metrics/get-history-bulk",
        metrics.GetMetricHistoryBulk,
        metrics.GetMetricHistoryBulkResponse,
        _run("READ", "run_id"),
        heavy=True,
        repeatable=True,
    ),
    Operation(
        "get_metric_history_bulk_interval",
        ("GET",),
        "/mlflow/metrics/get-history-bulk-interval",
        metrics.GetMetricHistoryBulkInterval,
        metrics.GetMetricHistoryBulkIntervalResponse,
        _run("READ", "run_ids"),
        heavy=True,
        repeatable=True,
    ),
    Operation(
        "get_series",
        ("POST",),
        "/runstone/metrics/get-series",
        metrics.GetSeries,
        metrics.GetSeriesResponse,
        _run("READ", "run_ids"),
        heavy=True,
        repeatable=True,
    ),
    Operation(
        "get_series_columns",
        ("POST",),
        "/runstone/metrics/get-series-columns",
        metrics.GetSeries,
        metrics.GetSeriesColumnsResponse,
        _run("READ", "run_ids"),
        heavy=True,
        repeatable=True,
    ),
    # Artifacts
    Operation(
        "list_artifacts",
        ("GET",),
        "/mlflow/artifacts/list",
        artifacts.ListArtifacts,
        artifacts.ListArtifactsResponse,
        _run("READ"),
        repeatable=True,
    ),
    # Removing for good
    Operation(
        "collect_garbage",
        ("POST",),
        "/runstone/collect-garbage",
        removal.CollectGarbage,
        removal.CollectGarbageResponse,
        Permission("server", "MANAGE"),
        heavy=True,
        repeatable=True,
    ),
    # Logged models
    Operation(
        "search_logged_models",
        ("POST",),
        "/mlflow/logged-models/search",
        models.SearchLoggedModels,
        models.SearchLoggedModelsResponse,
        _experiment("READ", "experiment_ids"),
        repeatable=True,
    ),
    # Taking over what another tracker recorded
    Operation(
        "import_experiment",
        ("POST",),
        "/runstone/import/experiment",
        importing.ImportExperiment,
        importing.ImportExperimentResponse,
        Permission("server", "MANAGE"),
        repeatable=True,
    ),
    Operation(
        "import_runs",
        ("POST",),
        "/runstone/import/runs",
        importing.ImportRuns,
        importing.ImportRunsResponse,
        _experiment("MANAGE"),
        heavy=True,
        repeatable=True,
    ),
)

BY_NAME: dict[str, Operation] = {operation.name: operation for operation in OPERATIONS}
