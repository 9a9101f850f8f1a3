"""The client: every operation as a method, with MLflow's names and signatures."""

import json
import sys
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from os import PathLike
from typing import TYPE_CHECKING, Any, Self, TypeVar

from runstone import settings
from runstone.client.artifact_methods import ArtifactMethods
from runstone.client.convert import (
    from_experiment,
    from_info,
    from_metric,
    from_run,
    to_id,
    to_integer,
    to_items,
    to_list,
    to_metric,
    to_name,
    to_params,
    to_run_tags,
    to_status,
    to_tags,
    to_value,
    to_view,
)
from runstone.client.inputs import to_dataset_input, to_model_input, to_model_output
from runstone.client.pending import RunOperations, outcome
from runstone.client.series import Series, points_of, read_series
from runstone.client.transport import ArtifactFolder, Transport, connect
from runstone.client.uris import resolve_registry_uri, resolve_tracking_uri
from runstone.entities import (
    DatasetInput,
    Experiment,
    LoggedModelInput,
    LoggedModelOutput,
    Metric,
    PagedList,
    Param,
    Run,
    RunInfo,
    RunTag,
)
from runstone.entities.names import (
    MAX_ENTITIES_PER_BATCH,
    MAX_INPUTS_PER_BATCH,
    MAX_METRICS_PER_BATCH,
    MAX_PARAMS_PER_BATCH,
    MAX_SEARCH_RESULTS,
    MAX_TAGS_PER_BATCH,
    PARENT_RUN_TAG,
    USER_TAG,
)
from runstone.errors import EndpointNotFound, InvalidParameterValue, ResourceDoesNotExist
from runstone.search import parse_fields
from runstone.wire import experiments, metrics, runs
from runstone.wire.base import EmptyResponse, Request, Response
from runstone.wire.datasets import LogInputs, LogModel, LogOutputs
from runstone.wire.operations import BY_NAME

R = TypeVar("R", bound=Response)
T = TypeVar("T")
U = TypeVar("U")

_REMEMBERED_LOCATIONS = 1_000


class Client(ArtifactMethods):
    """Reads and writes a tracking store: a server's, or one of this machine.

    Args:
        tracking_uri: a server's http(s) URL, a folder, a `file:` URI, `sqlite:///FILE`, `postgresql://…` or
            `mysql://…`. By default what `set_tracking_uri` or the environment variable MLFLOW_TRACKING_URI says, else
            the folder ./mlruns.
        registry_uri: the same, for registered models; by default what `set_registry_uri` or MLFLOW_REGISTRY_URI says,
            else the tracking URI.

    Thread-safe, and usable in a forked child. Every method raises RunstoneError: InvalidParameterValue for an argument
    that makes no sense, ResourceDoesNotExist for an unknown id, ServerUnreachable when no answer came.
    Times are integers in milliseconds since the Unix epoch.
    """

    def __init__(self, tracking_uri: str | PathLike[str] | None = None, registry_uri: str | None = None):
        self._tracking_uri = resolve_tracking_uri(tracking_uri)
        self._registry_uri = resolve_registry_uri(registry_uri, self._tracking_uri)
        self._transport: Transport = connect(self._tracking_uri)
        self._locations: dict[str, str] = {}

    @property
    def tracking_uri(self) -> str:
        """Where this client reads and writes."""
        return self._tracking_uri

    def close(self) -> None:
        """Give up connections and files. The client must not be used afterwards."""
        self._transport.close()

    def __reduce__(self) -> tuple[type[Self], tuple[str, str]]:
        """A pickled client reaches the same stores from another process."""
        return type(self), (self._tracking_uri, self._registry_uri)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    if not TYPE_CHECKING:  # or they would believe in every name

        def __getattr__(self, name: str) -> Any:
            raise AttributeError(
                f"'{type(self).__name__}' has no '{name}'. If MLflow's client has it, it is not there yet: "
                "docs/deviations.md says what is missing."
            )

    # --- experiments ------------------------------------------------------------------------------

    def create_experiment(
        self,
        name: str,
        artifact_location: str | None = None,
        tags: Mapping[str, Any] | None = None,
        *,
        replace_deleted: bool = False,
    ) -> str:
        """Create an experiment and return its id.

        Args:
            name: 1 to 500 characters, unique in the store.
            artifact_location: where its runs keep their artifacts; the store's own place by default.
            tags: texts by key; other values are made texts.
            replace_deleted: take the name from a deleted experiment that has it. That one is called "NAME (deleted, id
                ID)" from then on, and can still be restored.

        Raises ResourceAlreadyExists if the name is taken, be it by a deleted experiment.
        """
        request = experiments.CreateExperiment(
            name=to_name(name, "name"),
            artifact_location=artifact_location,
            tags=[
                experiments.ExperimentTag(to_name(key, "key"), str(value))
                for key, value in to_items(tags or {}, "tags")
            ],
            replace_deleted=replace_deleted,
        )
        return self._send("create_experiment", request, experiments.CreateExperimentResponse).experiment_id

    def get_experiment(self, experiment_id: str) -> Experiment:
        """The experiment with this id, deleted or not. Raises ResourceDoesNotExist."""
        request = experiments.GetExperiment(to_id(experiment_id))
        return from_experiment(
            self._send("get_experiment", request, experiments.GetExperimentResponse).experiment
        )

    def get_experiment_by_name(self, name: str) -> Experiment | None:
        """The experiment with this name, deleted or not; None if there is none."""
        request = experiments.GetExperimentByName(to_name(name, "experiment_name"))
        try:
            response = self._send("get_experiment_by_name", request, experiments.GetExperimentResponse)
        except ResourceDoesNotExist:
            return None
        return from_experiment(response.experiment)

    def search_experiments(
        self,
        view_type: int | str = 1,
        max_results: int | None = 1_000,
        filter_string: str | None = None,
        order_by: list[str] | None = None,
        page_token: str | None = None,
    ) -> PagedList[Experiment]:
        """A page of the experiments that match.

        Args:
            view_type: a `ViewType`: active ones (default), deleted ones or all.
            max_results: the page's size, 1 to 50,000.
            filter_string: such as `name LIKE 'vision%' AND tags.team = 'core'`.
            order_by: such as `["last_update_time DESC"]`; the newest first by default.
            page_token: the `token` of the page before.
        """
        request = experiments.SearchExperiments(
            max_results=1_000 if max_results is None else max_results,
            page_token=page_token,
            filter=filter_string,
            order_by=to_list(order_by, "order_by"),
            view_type=to_view(view_type),
        )
        response = self._send("search_experiments", request, experiments.SearchExperimentsResponse)
        return PagedList(map(from_experiment, response.experiments), response.next_page_token)

    def rename_experiment(self, experiment_id: str, new_name: str) -> None:
        """Give an active experiment another name, 1 to 500 characters, unique in the store."""
        request = experiments.UpdateExperiment(to_id(experiment_id), to_name(new_name, "new_name"))
        self._send("update_experiment", request, EmptyResponse)

    def delete_experiment(self, experiment_id: str) -> None:
        """Delete an experiment and its runs; `restore_experiment` brings them back. Its name stays reserved."""
        self._send("delete_experiment", experiments.DeleteExperiment(to_id(experiment_id)), EmptyResponse)

    def restore_experiment(self, experiment_id: str) -> None:
        """Bring a deleted experiment back, with all its runs. Raises ResourceDoesNotExist if it is not deleted."""
        self._send("restore_experiment", experiments.RestoreExperiment(to_id(experiment_id)), EmptyResponse)

    def set_experiment_tag(self, experiment_id: str, key: str, value: Any) -> None:
        """Set a tag of an experiment to a text, or something that is made one; at most 20,000 characters."""
        request = experiments.SetExperimentTag(to_id(experiment_id), to_name(key, "key"), str(value))
        self._send("set_experiment_tag", request, EmptyResponse)

    def delete_experiment_tag(self, experiment_id: str, key: str) -> None:
        """Delete a tag of an experiment. Raises ResourceDoesNotExist if there is none."""
        request = experiments.DeleteExperimentTag(to_id(experiment_id), to_name(key, "key"))
        self._send("delete_experiment_tag", request, EmptyResponse)

    # --- runs -------------------------------------------------------------------------------------

    def create_run(
        self,
        experiment_id: str,
        start_time: int | None = None,
        tags: Mapping[str, Any] | None = None,
        run_name: str | None = None,
    ) -> Run:
        """Create a run, in the state RUNNING, and return it. A run without a name is given one.

        The id is chosen here, so that the request can be repeated when an answer was lost.
        """
        tags = dict(to_items(tags or {}, "tags"))
        request = runs.CreateRun(
            experiment_id=to_id(experiment_id),
            user_id=str(tags.get(USER_TAG, "unknown")),
            run_name=None if run_name is None else str(run_name),
            start_time=_now_ms() if start_time is None else start_time,
            tags=to_run_tags(tags),
            run_id=uuid.uuid4().hex,
        )
        return self._seen(from_run(self._send("create_run", request, runs.CreateRunResponse).run))

    def get_run(self, run_id: str, *, fields: Sequence[str] | None = None) -> Run:
        """The run with this id, deleted or not: its info, params, tags and the latest value of each metric.

        The latest value is the one at the largest step; of several there, that with the latest time. `fields` is what
        to show beside the info, as in `search_runs`.
        """
        wanted = to_list(fields, "fields")
        shown = parse_fields(wanted)
        request = runs.GetRun(run_id=to_name(run_id, "run_id"), fields=wanted)
        return self._seen(from_run(self._send("get_run", request, runs.GetRunResponse).run, shown))

    def get_parent_run(self, run_id: str) -> Run | None:
        """The run that this one is a child of; None if it is nobody's."""
        parent = self.get_run(run_id).data.tags.get(PARENT_RUN_TAG)
        return self.get_run(parent) if parent else None

    def update_run(self, run_id: str, status: str | None = None, name: str | None = None) -> None:
        """Give a run another status (a name of `RunStatus`), another name, or both."""
        if status is None and name is None:
            return
        self._update_run(run_id, status=None if status is None else to_status(status), run_name=name)

    def set_terminated(self, run_id: str, status: str | None = None, end_time: int | None = None) -> None:
        """End a run: with the status FINISHED and the present time, if nothing else is given.

        Where a server keeps the run, its page's address is printed, unless MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT
        is true.
        """
        info = self._update_run(
            run_id,
            status=to_status(status or "FINISHED"),
            end_time=_now_ms() if end_time is None else end_time,
        )
        self._print_addresses(info)

    def delete_run(self, run_id: str) -> None:
        """Delete a run; `restore_run` brings it back."""
        self._send("delete_run", runs.DeleteRun(to_name(run_id, "run_id")), EmptyResponse)

    def restore_run(self, run_id: str) -> None:
        """Bring a deleted run back."""
        self._send("restore_run", runs.RestoreRun(to_name(run_id, "run_id")), EmptyResponse)

    def search_runs(
        self,
        experiment_ids: Sequence[str] | str,
        filter_string: str = "",
        run_view_type: int | str = 1,
        max_results: int = 1_000,
        order_by: list[str] | None = None,
        page_token: str | None = None,
        *,
        fields: Sequence[str] | None = None,
    ) -> PagedList[Run]:
        """A page of the runs that match.

        Args:
            experiment_ids: where to search.
            filter_string: such as `metrics.accuracy > 0.9 AND params.model = 'tree'`.
            run_view_type: a `ViewType`: active ones (default), deleted ones or all.
            max_results: the page's size, 1 to 50,000.
            order_by: such as `["metrics.loss ASC", "start_time DESC"]`; the latest first by default.
            page_token: the `token` of the page before.
            fields: what to show of the runs beside their info, such as `["metrics.loss", "params.*"]`, or `["info"]`
                for nothing else; everything by default.
        """
        wanted = to_list(fields, "fields")
        shown = parse_fields(wanted)
        whole = isinstance(max_results, int)  # pyright: ignore[reportUnnecessaryIsInstance]
        if whole and max_results > MAX_SEARCH_RESULTS:  # MLflow's servers do not tell the limit
            raise InvalidParameterValue(
                f"Invalid value {max_results} for parameter 'max_results' supplied. It must be at most "
                f"{MAX_SEARCH_RESULTS}; page_token asks for the next page."
            )
        request = runs.SearchRuns(
            experiment_ids=to_list(experiment_ids, "experiment_ids"),
            filter=filter_string,
            run_view_type=to_view(run_view_type),
            max_results=max_results,
            order_by=to_list(order_by, "order_by"),
            page_token=page_token,
            fields=wanted,
        )
        response = self._send("search_runs", request, runs.SearchRunsResponse)
        return PagedList((from_run(run, shown) for run in response.runs), response.next_page_token)

    # --- logging ----------------------------------------------------------------------------------

    def log_metric(
        self,
        run_id: str,
        key: str,
        value: float,
        timestamp: int | None = None,
        step: int | None = None,
        synchronous: bool | None = None,
        dataset_name: str | None = None,
        dataset_digest: str | None = None,
        model_id: str | None = None,
    ) -> RunOperations | None:
        """Log one point of a metric.

        Args:
            run_id: the run.
            key: the metric's name, at most 250 characters.
            value: a number (NaN and infinities are kept), a numeric text, or an array or tensor of one element.
            timestamp: when it was measured; now by default.
            step: a 64-bit integer, 0 by default. Steps may repeat, skip and go backwards.
            synchronous: with False, something to `wait()` for is returned.
            dataset_name: what it was measured on; together with `dataset_digest`.
            model_id: the logged model that was measured.
        """
        request = runs.LogMetric(
            run_id=to_name(run_id, "run_id"),
            key=to_name(key, "key"),
            value=to_value(key, value),
            timestamp=_now_ms() if timestamp is None else to_integer(timestamp, "timestamp", key),
            step=None if step is None else to_integer(step, "step", key),
            model_id=model_id,
            dataset_name=dataset_name,
            dataset_digest=dataset_digest,
        )
        self._send("log_metric", request, EmptyResponse)
        return outcome(synchronous)

    def log_param(self, run_id: str, key: str, value: Any, synchronous: bool | None = None) -> Any:
        """Log a param: a text, or something that is made one; at most 6,000 characters. Returns `value`.

        A param is written once: raises InvalidParameterValue if it has another value already.
        """
        request = runs.LogParam(run_id=to_name(run_id, "run_id"), key=to_name(key, "key"), value=str(value))
        self._send("log_param", request, EmptyResponse)
        return outcome(synchronous) or value

    def set_tag(
        self, run_id: str, key: str, value: Any, synchronous: bool | None = None
    ) -> RunOperations | None:
        """Set a tag of a run to a text, or something that is made one; at most 8,000 characters."""
        request = runs.SetTag(run_id=to_name(run_id, "run_id"), key=to_name(key, "key"), value=str(value))
        self._send("set_tag", request, EmptyResponse)
        return outcome(synchronous)

    def delete_tag(self, run_id: str, key: str) -> None:
        """Delete a tag of a run. Raises ResourceDoesNotExist if there is none."""
        self._send(
            "delete_tag", runs.DeleteTag(to_name(run_id, "run_id"), to_name(key, "key")), EmptyResponse
        )

    def log_batch(
        self,
        run_id: str,
        metrics: Sequence[Metric] = (),
        params: Sequence[Param] = (),
        tags: Sequence[RunTag] = (),
        synchronous: bool | None = None,
    ) -> RunOperations | None:
        """Log any number of metrics, params and tags.

        They are sent in batches of at most 1,000 items, 100 params and 100 tags. A batch is stored whole or, if
        anything in it is refused, not at all; those before it stay.
        """
        points = [to_metric(metric) for metric in metrics]
        param_groups = _groups(to_params(params), MAX_PARAMS_PER_BATCH)
        tag_groups = _groups(to_tags(tags), MAX_TAGS_PER_BATCH)
        for some_params, some_tags in _abreast(param_groups, tag_groups):
            room = min(MAX_METRICS_PER_BATCH, MAX_ENTITIES_PER_BATCH - len(some_params) - len(some_tags))
            self._log_batch(run_id, points[:room], some_params, some_tags)
            points = points[room:]
        for some_points in _groups(points, MAX_METRICS_PER_BATCH):
            self._log_batch(run_id, some_points, [], [])
        return outcome(synchronous)

    # --- what a run read and made -----------------------------------------------------------------

    def log_inputs(
        self,
        run_id: str,
        datasets: Sequence[DatasetInput] | None = None,
        models: Sequence[LoggedModelInput] | None = None,
    ) -> None:
        """Tell which datasets and logged models a run read.

        The same dataset with the same tags again is nothing new; with other tags, such as another
        `mlflow.data.context`, it is another input.
        """
        uses = _groups([to_dataset_input(used) for used in datasets or ()], MAX_INPUTS_PER_BATCH)
        references = _groups([to_model_input(model) for model in models or ()], MAX_INPUTS_PER_BATCH)
        for some, others in _abreast(uses, references):
            request = LogInputs(run_id=to_name(run_id, "run_id"), datasets=some, models=others)
            self._send("log_inputs", request, EmptyResponse)

    def log_outputs(self, run_id: str, models: Sequence[LoggedModelOutput]) -> None:
        """Tell which logged models a run made, and at which step."""
        for some in _groups([to_model_output(model) for model in models], MAX_INPUTS_PER_BATCH):
            self._send(
                "log_outputs", LogOutputs(run_id=to_name(run_id, "run_id"), models=some), EmptyResponse
            )

    def _record_model_in_tag(self, run_id: str, model: Mapping[str, Any]) -> None:
        """Append a model to the run's tag `mlflow.log-model.history`, as MLflow 2 told of models.

        `model` is the content of an MLmodel file: `artifact_path`, `flavors`, `run_id`, `utc_time_created`.
        """
        request = LogModel(run_id=to_name(run_id, "run_id"), model_json=json.dumps(model))
        self._send("log_model", request, EmptyResponse)

    # --- metrics ----------------------------------------------------------------------------------

    def get_metric_history(self, run_id: str, key: str) -> list[Metric]:
        """Every point of a metric of a run, ordered by time; [] if there is none.

        `get_series` gives the same in columns, in a fraction of the time and memory.
        """
        run_id, key = to_name(run_id, "run_id"), to_name(key, "metric_key")
        try:
            found = self.get_series(run_id, key)
        except (EndpointNotFound, InvalidParameterValue):
            return self._paged_history(
                run_id, key
            )  # of MLflow's server; or too much for one answer, or refused anew
        return points_of(found[0]) if found else []

    def get_series(
        self,
        run_ids: Sequence[str] | str,
        keys: Sequence[str] | str,
        *,
        buckets: int = 0,
        start_step: int | None = None,
        end_step: int | None = None,
        start_time: int | None = None,
        end_time: int | None = None,
    ) -> list[Series]:
        """The points of several metrics of several runs, in columns, ordered by step and then by time.

        Args:
            run_ids: one run or several.
            keys: one metric or several. A run's metric without points in the range is left out.
            buckets: down-sample each series to that many ranges of its points, of which each keeps its first, last,
                smallest and largest point and what is not finite in it; 0 gives every point.
            start_step, end_step: the range of steps, both inclusive.
            start_time, end_time: the range of times in milliseconds since the Unix epoch, both inclusive.

        The order is that of `run_ids`, then of `keys`. Raises InvalidParameterValue for more than 20 million points of
        100 runs; EndpointNotFound if the server is MLflow's, which has no such operation.
        """
        request = metrics.GetSeries(
            run_ids=to_list(run_ids, "run_ids"),
            metric_keys=to_list(keys, "keys"),
            buckets=buckets,
            start_step=start_step,
            end_step=end_step,
            start_time=start_time,
            end_time=end_time,
        )
        return read_series(self._columns, request)

    # --- beneath ----------------------------------------------------------------------------------

    def _columns(self, request: metrics.GetSeries) -> metrics.GetSeriesColumnsResponse:
        return self._send("get_series_columns", request, metrics.GetSeriesColumnsResponse)

    def _paged_history(self, run_id: str, key: str) -> list[Metric]:
        found: list[Metric] = []
        token = None
        while True:
            request = metrics.GetMetricHistory(run_id=run_id, metric_key=key, page_token=token)
            response = self._send("get_metric_history", request, metrics.GetMetricHistoryResponse)
            found += map(from_metric, response.metrics)
            token = response.next_page_token
            if not token:
                return found

    def _send(self, name: str, request: Request, response_type: type[R]) -> R:
        response = self._transport.send(BY_NAME[name], request)
        assert isinstance(response, response_type)
        return response

    def _update_run(
        self,
        run_id: str,
        *,
        status: str | None = None,
        run_name: str | None = None,
        end_time: int | None = None,
    ) -> RunInfo:
        request = runs.UpdateRun(
            run_id=to_name(run_id, "run_id"), status=status, end_time=end_time, run_name=run_name
        )
        return from_info(self._send("update_run", request, runs.UpdateRunResponse).run_info)

    def _log_batch(
        self, run_id: str, points: list[runs.Metric], params: list[runs.Param], tags: list[runs.RunTag]
    ) -> None:
        request = runs.LogBatch(run_id=to_name(run_id, "run_id"), metrics=points, params=params, tags=tags)
        self._send("log_batch", request, EmptyResponse)

    def _runs(self) -> Self:
        return self

    def _artifacts(self, run_id: str) -> ArtifactFolder:
        location = self._locations.get(run_id) or self.get_run(run_id).info.artifact_uri
        if not location:
            raise ResourceDoesNotExist(f"The run {run_id} names no place for artifacts.")
        return self._transport.artifacts(location)

    def _seen(self, run: Run) -> Run:
        """Remember where a run keeps its artifacts; it never changes."""
        if run.info.artifact_uri:
            if len(self._locations) >= _REMEMBERED_LOCATIONS:
                self._locations.clear()
            self._locations[run.info.run_id] = run.info.artifact_uri
        return run

    def _print_addresses(self, info: RunInfo) -> None:
        base = self._transport.web_url
        if base is None or sys.stdout is None or settings.SUPPRESS_URL.read():
            return
        experiment = f"{base}/#/experiments/{info.experiment_id}"
        text = f"View run {info.run_name} at: {experiment}/runs/{info.run_id}\nView experiment at: {experiment}\n"
        encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
        sys.stdout.write(text.encode(encoding, "replace").decode(encoding))


def _groups(items: Sequence[T], size: int) -> list[list[T]]:
    return [list(items[start : start + size]) for start in range(0, len(items), size)]


def _abreast(first: list[list[T]], second: list[list[U]]) -> Iterator[tuple[list[T], list[U]]]:
    """The groups of both, side by side; where one has no more, an empty one."""
    return ((some or [], others or []) for some, others in zip_longest(first, second))


def _now_ms() -> int:
    return int(time.time() * 1_000)
