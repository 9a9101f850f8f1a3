"""The fluent API: functions on the active run, with MLflow's names and signatures.

Each thread has active runs of its own. A logging function that finds none starts one.
"""

import logging
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, overload

from runstone.client import active
from runstone.client.active import ActiveRun, current_client
from runstone.client.client import Client
from runstone.client.convert import to_items
from runstone.client.fluent_artifacts import (
    flush_artifact_async_logging,
    get_artifact_uri,
    load_table,
    log_artifact,
    log_artifacts,
    log_data_files,
    log_dict,
    log_figure,
    log_image,
    log_stream,
    log_table,
    log_text,
)
from runstone.client.frames import runs_frame
from runstone.client.inputs import dataset_inputs, to_dataset
from runstone.client.paging import all_items
from runstone.client.pending import RunOperations
from runstone.client.uris import (
    get_registry_uri,
    get_tracking_uri,
    is_tracking_uri_set,
    set_registry_uri,
    set_tracking_uri,
)
from runstone.entities import (
    DatasetInput,
    Experiment,
    LoggedModelInput,
    LoggedModelOutput,
    Metric,
    Param,
    Run,
    RunTag,
    ViewType,
)
from runstone.errors import InvalidParameterValue, UnsupportedOperation

if TYPE_CHECKING:
    import pandas  # pyright: ignore[reportMissingTypeStubs]


__all__ = [
    "ActiveRun",
    "active_run",
    "create_experiment",
    "delete_experiment",
    "delete_experiment_tag",
    "delete_run",
    "delete_tag",
    "end_run",
    "flush_artifact_async_logging",
    "flush_async_logging",
    "get_artifact_uri",
    "get_experiment",
    "get_experiment_by_name",
    "get_parent_run",
    "get_registry_uri",
    "get_run",
    "get_tracking_uri",
    "is_tracking_uri_set",
    "last_active_run",
    "load_table",
    "log_artifact",
    "log_artifacts",
    "log_data_files",
    "log_dict",
    "log_figure",
    "log_image",
    "log_input",
    "log_inputs",
    "log_metric",
    "log_metrics",
    "log_outputs",
    "log_param",
    "log_parameter",
    "log_params",
    "log_stream",
    "log_table",
    "log_text",
    "restore_experiment",
    "restore_run",
    "search_experiments",
    "search_runs",
    "set_experiment",
    "set_experiment_tag",
    "set_experiment_tags",
    "set_registry_uri",
    "set_tag",
    "set_tags",
    "set_tracking_uri",
    "start_run",
]

_EXPERIMENTS_PER_PAGE = 1_000
_RUNS_PER_PAGE = 10_000
_KEPT_LINKS = 1_000
_linked: set[tuple[str, str, str]] = set()
"""The inputs (run, dataset name, digest) that metrics have made: a loop that measures tells of its dataset once."""
_log = logging.getLogger("runstone")


# --- experiments ----------------------------------------------------------------------------------


def set_experiment(
    experiment_name: str | None = None, experiment_id: str | None = None, trace_location: object | None = None
) -> Experiment:
    """Have the runs that are started from now on go to an experiment, and return it.

    Args:
        experiment_name: its name; it is created if there is none.
        experiment_id: its id, instead of the name. Raises ResourceDoesNotExist if there is none.
        trace_location: not supported.

    Processes that this one starts go on in the same experiment.
    """
    _unsupported("set_experiment", trace_location=trace_location)
    return active.activate_experiment(experiment_name, experiment_id)


def create_experiment(
    name: str,
    artifact_location: str | None = None,
    tags: dict[str, Any] | None = None,
    trace_location: object | None = None,
) -> str:
    """Create an experiment and return its id; see `Client.create_experiment`."""
    _unsupported("create_experiment", trace_location=trace_location)
    return current_client().create_experiment(name, artifact_location, tags)


def get_experiment(experiment_id: str) -> Experiment:
    """The experiment with this id. Raises ResourceDoesNotExist."""
    return current_client().get_experiment(experiment_id)


def get_experiment_by_name(name: str) -> Experiment | None:
    """The experiment with this name; None if there is none."""
    return current_client().get_experiment_by_name(name)


def search_experiments(
    view_type: int = ViewType.ACTIVE_ONLY,
    max_results: int | None = None,
    filter_string: str | None = None,
    order_by: list[str] | None = None,
) -> list[Experiment]:
    """The experiments that match, all of them by default; see `Client.search_experiments`."""
    client = current_client()
    found = all_items(
        lambda size, token: client.search_experiments(view_type, size, filter_string, order_by, token),
        _EXPERIMENTS_PER_PAGE,
        max_results,
    )
    return list(found)


def delete_experiment(experiment_id: str) -> None:
    """Delete an experiment and its runs; see `Client.delete_experiment`."""
    current_client().delete_experiment(experiment_id)


def restore_experiment(experiment_id: str) -> None:
    """Bring a deleted experiment back, with all its runs; see `Client.restore_experiment`."""
    current_client().restore_experiment(experiment_id)


def set_experiment_tag(key: str, value: Any) -> None:
    """Set a tag of the experiment that new runs go to."""
    client = current_client()
    client.set_experiment_tag(active.current_experiment_id(client), key, value)


def set_experiment_tags(tags: Mapping[str, Any]) -> None:
    """Set several tags of the experiment that new runs go to."""
    for key, value in to_items(tags, "tags"):
        set_experiment_tag(key, value)


def delete_experiment_tag(key: str) -> None:
    """Delete a tag of the experiment that new runs go to. Raises ResourceDoesNotExist if there is none."""
    client = current_client()
    client.delete_experiment_tag(active.current_experiment_id(client), key)


# --- runs -----------------------------------------------------------------------------------------


def start_run(
    run_id: str | None = None,
    experiment_id: str | None = None,
    run_name: str | None = None,
    nested: bool = False,
    parent_run_id: str | None = None,
    tags: dict[str, Any] | None = None,
    description: str | None = None,
    log_system_metrics: bool | None = None,
) -> ActiveRun:
    """Start a run and make it this thread's active one. Best used as `with start_run() as run:`.

    Args:
        run_id: resume this run, with the status RUNNING again, instead of creating one. Without it the environment
            variable MLFLOW_RUN_ID names the run that the first call in a process resumes.
        experiment_id: the new run's experiment. By default that of `set_experiment`, then of the environment variables
            MLFLOW_EXPERIMENT_ID and MLFLOW_EXPERIMENT_NAME, then the experiment "0".
        run_name: the new run's name; it is given one otherwise.
        nested: start it although a run is active, as that one's child.
        parent_run_id: the run that it is a child of, if not the active one.
        tags: tags to set on it, beside those that tell of its surroundings (`mlflow.user`, `mlflow.source.*`).
        description: a text shown on its page; the tag `mlflow.note.content`.
        log_system_metrics: True is not supported.

    Raises InvalidState if a run is active and `nested` is not True.
    """
    _unsupported("start_run", log_system_metrics=log_system_metrics or None)
    return active.start(
        run_id=run_id,
        experiment_id=experiment_id,
        run_name=run_name,
        nested=nested,
        parent_run_id=parent_run_id,
        tags=tags,
        description=description,
    ).run


def end_run(status: str = "FINISHED") -> None:
    """End this thread's active run, if there is one, with a status of `RunStatus`."""
    active.end(status)


def active_run() -> ActiveRun | None:
    """This thread's active run, as it was when it began; None if there is none."""
    opened = active.current()
    return opened.run if opened else None


def last_active_run() -> Run | None:
    """This thread's active run; without one, that which ended last here; None if there was none."""
    opened = active.current()
    if opened:
        return opened.run
    ended = active.last_ended()
    return ended[0].get_run(ended[1]) if ended else None


def get_run(run_id: str, *, fields: Sequence[str] | None = None) -> Run:
    """The run with this id, as it is now; see `Client.get_run`."""
    return current_client().get_run(run_id, fields=fields)


def get_parent_run(run_id: str) -> Run | None:
    """The run that this one is a child of; None if it is nobody's."""
    return current_client().get_parent_run(run_id)


def delete_run(run_id: str) -> None:
    """Delete a run; see `Client.delete_run`."""
    current_client().delete_run(run_id)


def restore_run(run_id: str) -> None:
    """Bring a deleted run back; see `Client.restore_run`."""
    current_client().restore_run(run_id)


@overload
def search_runs(
    experiment_ids: list[str] | None = None,
    filter_string: str = "",
    run_view_type: int = ViewType.ACTIVE_ONLY,
    max_results: int = 100_000,
    order_by: list[str] | None = None,
    output_format: Literal["pandas"] = "pandas",
    search_all_experiments: bool = False,
    experiment_names: list[str] | None = None,
    *,
    fields: Sequence[str] | None = None,
) -> "pandas.DataFrame": ...


@overload
def search_runs(
    experiment_ids: list[str] | None = None,
    filter_string: str = "",
    run_view_type: int = ViewType.ACTIVE_ONLY,
    max_results: int = 100_000,
    order_by: list[str] | None = None,
    *,
    output_format: Literal["list"],
    search_all_experiments: bool = False,
    experiment_names: list[str] | None = None,
    fields: Sequence[str] | None = None,
) -> list[Run]: ...


def search_runs(
    experiment_ids: list[str] | None = None,
    filter_string: str = "",
    run_view_type: int = ViewType.ACTIVE_ONLY,
    max_results: int = 100_000,
    order_by: list[str] | None = None,
    output_format: Literal["pandas", "list"] = "pandas",
    search_all_experiments: bool = False,
    experiment_names: list[str] | None = None,
    *,
    fields: Sequence[str] | None = None,
) -> "list[Run] | pandas.DataFrame":
    """The runs that match, as a pandas DataFrame or a list.

    Args:
        experiment_ids: where to search; by default the experiment that new runs go to.
        filter_string: such as `metrics.accuracy > 0.9 AND params.model = 'tree'`.
        run_view_type: a `ViewType`: active ones (default), deleted ones or all.
        max_results: how many at most.
        order_by: such as `["metrics.loss ASC"]`; the latest first by default.
        output_format: "pandas" or "list". The frame has the columns run_id, experiment_id, status, artifact_uri,
            start_time, end_time, and one for each metric, param and tag: `metrics.loss`, `params.depth`, `tags.x`.
        search_all_experiments: search all active ones, if none is named.
        experiment_names: where to search, by name; an unknown one is passed over with a warning.
        fields: what to show of the runs beside their info, such as `["metrics.loss", "params.*"]`, or `["info"]` for
            nothing else; everything by default.
    """
    if output_format not in ("pandas", "list"):
        raise InvalidParameterValue(
            f"Unsupported output format: {output_format}. Supported string values are 'pandas' or 'list'"
        )
    client = current_client()
    ids = _experiments_to_search(client, experiment_ids, experiment_names, search_all_experiments)
    pages = all_items(
        lambda size, token: client.search_runs(
            ids, filter_string, run_view_type, size, order_by, token, fields=fields
        ),
        _RUNS_PER_PAGE,
        max_results if ids else 0,
    )
    found = list(pages)
    return found if output_format == "list" else runs_frame(found)


# --- logging --------------------------------------------------------------------------------------


def log_metric(
    key: str,
    value: float,
    step: int | None = None,
    synchronous: bool | None = None,
    timestamp: int | None = None,
    run_id: str | None = None,
    model_id: str | None = None,
    dataset: object | None = None,
) -> RunOperations | None:
    """Log one point of a metric to the active run, or to the run `run_id`; see `Client.log_metric`.

    `dataset`, from `runstone.data`, is what it was measured on; it becomes one of the run's inputs.
    """
    client, target = active.target(run_id)
    name, digest = _measured_on(client, target, dataset)
    return client.log_metric(target, key, value, timestamp, step, synchronous, name, digest, model_id)


def log_metrics(
    metrics: Mapping[str, float],
    step: int | None = None,
    synchronous: bool | None = None,
    run_id: str | None = None,
    timestamp: int | None = None,
    model_id: str | None = None,
    dataset: object | None = None,
) -> RunOperations | None:
    """Log one point of each of several metrics, all at the same step and time, and of the same `dataset`."""
    items = to_items(metrics, "metrics")
    client, target = active.target(run_id)
    at = int(time.time() * 1_000) if timestamp is None else timestamp
    context = (model_id, *_measured_on(client, target, dataset))
    points = [Metric(key, value, at, step or 0, *context) for key, value in items]
    return client.log_batch(target, metrics=points, synchronous=synchronous)


def log_param(key: str, value: Any, synchronous: bool | None = None) -> Any:
    """Log a param to the active run and return its value; see `Client.log_param`."""
    client, target = active.target(None)
    return client.log_param(target, key, value, synchronous)


def log_parameter(key: str, value: Any, synchronous: bool | None = None) -> Any:
    """The same as `log_param`, by the name that MLflow's first documents have."""
    return log_param(key, value, synchronous)


def log_params(
    params: Mapping[str, Any], synchronous: bool | None = None, run_id: str | None = None
) -> RunOperations | None:
    """Log several params to the active run, or to the run `run_id`."""
    entities = [Param(key, str(value)) for key, value in to_items(params, "params")]
    client, target = active.target(run_id)
    return client.log_batch(target, params=entities, synchronous=synchronous)


def set_tag(key: str, value: Any, synchronous: bool | None = None) -> RunOperations | None:
    """Set a tag of the active run; see `Client.set_tag`."""
    client, target = active.target(None)
    return client.set_tag(target, key, value, synchronous)


def set_tags(tags: Mapping[str, Any], synchronous: bool | None = None) -> RunOperations | None:
    """Set several tags of the active run."""
    entities = [RunTag(key, str(value)) for key, value in to_items(tags, "tags")]
    client, target = active.target(None)
    return client.log_batch(target, tags=entities, synchronous=synchronous)


def delete_tag(key: str) -> None:
    """Delete a tag of the active run. Raises ResourceDoesNotExist if there is none."""
    client, target = active.target(None)
    client.delete_tag(target, key)


# --- what a run read and made ---------------------------------------------------------------------


def log_input(
    dataset: object | None = None,
    context: str | None = None,
    tags: Mapping[str, Any] | None = None,
    model: LoggedModelInput | None = None,
) -> None:
    """Tell that the active run reads a dataset, a logged model, or both.

    Args:
        dataset: made by `runstone.data`, or an entity `Dataset`.
        context: what it is used for, such as "train"; the input's tag `mlflow.data.context`.
        tags: further tags of this use.
        model: the logged model.
    """
    log_inputs([dataset], [context], [tags], [model])


def log_inputs(
    datasets: Sequence[object | None] | None = None,
    contexts: Sequence[str | None] | None = None,
    tags_list: Sequence[Mapping[str, Any] | None] | None = None,
    models: Sequence[LoggedModelInput | None] | None = None,
) -> None:
    """Tell that the active run reads several datasets, each with its context and tags, and several logged models.

    The lists belong together, and have the same length; only `models` is a list of its own. See `log_input`.
    """
    uses = dataset_inputs(datasets, contexts, tags_list)
    client, target = active.target(None)
    client.log_inputs(target, uses, [model for model in models or () if model is not None])


def log_outputs(models: Sequence[LoggedModelOutput] | None = None) -> None:
    """Tell which logged models the active run made, and at which step."""
    client, target = active.target(None)
    client.log_outputs(target, models or [])


# --- waiting --------------------------------------------------------------------------------------


def flush_async_logging() -> None:
    """Return once everything that was logged with `synchronous=False` is stored: at once, since each call waits."""


# --- beneath --------------------------------------------------------------------------------------


def _measured_on(client: Client, run_id: str, dataset: object | None) -> tuple[str | None, str | None]:
    """The name and digest of the dataset of a metric, which the run has among its inputs from now on."""
    if dataset is None:
        return None, None
    name, digest = getattr(dataset, "name", None), getattr(dataset, "digest", None)
    if isinstance(name, str) and isinstance(digest, str) and (run_id, name, digest) in _linked:
        return name, digest  # to describe a wide dataset at every step would cost more than the metric
    used = to_dataset(dataset)
    identity = run_id, used.name, used.digest
    if identity not in _linked:
        client.log_inputs(run_id, [DatasetInput(used)])
        if len(_linked) >= _KEPT_LINKS:
            _linked.clear()
        _linked.add(identity)
    return used.name, used.digest


def _unsupported(function: str, **arguments: object) -> None:
    for name, value in arguments.items():
        if value is not None:
            raise UnsupportedOperation(
                f"{function} does not support the argument '{name}' in this version. Leave it out."
            )


def _experiments_to_search(
    client: Client, ids: list[str] | None, names: list[str] | None, everywhere: bool
) -> list[str]:
    if ids and names:
        raise InvalidParameterValue("Only experiment_ids or experiment_names can be used, but not both")
    if ids:
        return ids
    if names:
        found = {name: client.get_experiment_by_name(name) for name in names}
        for name in [name for name, experiment in found.items() if experiment is None]:
            _log.warning("Cannot retrieve experiment by name %s", name)
        return [experiment.experiment_id for experiment in found.values() if experiment]
    if everywhere:
        return [experiment.experiment_id for experiment in search_experiments()]
    return [active.current_experiment_id(client)]
