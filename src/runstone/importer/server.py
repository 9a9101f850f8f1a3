"""A running server of MLflow's, by its REST protocol."""

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TypeVar

import msgspec

from runstone.artifact_store.location import is_proxied
from runstone.client.connection import Connection
from runstone.client.http import HttpTransport
from runstone.entities.kinds import RunStatus
from runstone.errors import EndpointNotFound, InternalError, RunstoneError, ServerUnreachable
from runstone.importer.artifacts import folder_at, is_remote, remote_files
from runstone.importer.records import Files, SourceError, SourceExperiment, SourceRun
from runstone.importer.report import Report
from runstone.importer.server_files import RunArtifacts, ServedFiles, named_files
from runstone.importer.server_rest import leave_rest
from runstone.importer.values import unclamped
from runstone.wire.artifacts import ListArtifactsResponse
from runstone.wire.base import Request, Response
from runstone.wire.experiments import CountRuns, SearchExperiments, SearchExperimentsResponse
from runstone.wire.importing import ImportedRun
from runstone.wire.metrics import GetMetricHistory, GetMetricHistoryResponse
from runstone.wire.operations import BY_NAME
from runstone.wire.runs import GetRun, GetRunResponse, Metric, Run, SearchRuns, SearchRunsResponse

R = TypeVar("R", bound=Response)

_EXPERIMENTS = 1_000
_RUNS = 100
_POINTS = 10_000
_AT_ONCE = 6
"""Histories asked for at the same time: MLflow's server has several processes, each slow."""


class ServerSource:
    """The source behind a server; see the module."""

    def __init__(self, uri: str, report: Report, artifacts_from: Path | None):
        self._report, self._artifacts_from = report, artifacts_from
        self.connection = Connection(uri)
        self._transport = HttpTransport(uri, self.connection)
        self._askers = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="runstone-import")
        self._experiment_ids: list[str] = []
        self.uri = self.connection.url
        self._check_is_mlflows()

    def experiments(self) -> Iterator[SourceExperiment]:
        """See Source."""
        token = None
        while True:
            request = SearchExperiments(_EXPERIMENTS, token, view_type="ALL")
            response = self.send("search_experiments", request, SearchExperimentsResponse)
            for one in response.experiments:
                self._experiment_ids.append(one.experiment_id)
                yield SourceExperiment(
                    experiment_id=one.experiment_id,
                    name=one.name,
                    location=one.artifact_location,
                    lifecycle=one.lifecycle_stage,
                    created=one.creation_time or 0,
                    updated=one.last_update_time or 0,
                    tags={tag.key: tag.value for tag in one.tags},
                )
            token = response.next_page_token
            if not token:
                return

    def count_runs(self, experiment: SourceExperiment) -> None:
        """See Source. MLflow's servers do not tell."""

    def runs(self, experiment: SourceExperiment) -> Iterator[SourceRun]:
        """See Source. Oldest first: one that begins meanwhile moves no page."""
        token = None
        while True:
            request = SearchRuns(
                experiment_ids=[experiment.experiment_id],
                run_view_type="ALL",
                max_results=_RUNS,
                order_by=["attributes.start_time ASC"],
                page_token=token,
            )
            response = self.send("search_runs", request, SearchRunsResponse)
            for run in response.runs:
                yield SourceRun(
                    run.info.run_id,
                    _state(run),
                    partial(self._read, run),
                    partial(self._points, run),
                    partial(self._files, run),
                )
            token = response.next_page_token
            if not token:
                return

    def leave_rest(self) -> None:
        """See Source."""
        leave_rest(self.connection, self._experiment_ids, self._report)

    def close(self) -> None:
        """See Source."""
        self._askers.shutdown(cancel_futures=True)
        self._transport.close()

    # --- reading ----------------------------------------------------------------------------------

    def _read(self, run: Run) -> ImportedRun:
        """The run, with the models that it read, of which MLflow's search says nothing."""
        response = self.send("get_run", GetRun(run_id=run.info.run_id), GetRunResponse)
        return _imported(response.run)

    def _points(self, run: Run) -> Iterator[Metric]:
        """The points of all metrics; the first page of some is asked for while others are read."""
        keys = [metric.key for metric in run.data.metrics]
        for at in range(0, len(keys), _AT_ONCE):
            some = keys[at : at + _AT_ONCE]
            for key, page in zip(
                some, self._askers.map(partial(self._page, run.info.run_id), some), strict=True
            ):
                yield from self._series(run.info.run_id, key, page)

    def _series(self, run_id: str, key: str, page: GetMetricHistoryResponse) -> Iterator[Metric]:
        while True:
            for metric in page.metrics:
                metric.value = unclamped(metric.value, self._report)
                metric.model_id = metric.run_id = None
                yield metric
            if not page.next_page_token:
                return
            page = self._page(run_id, key, page.next_page_token)

    def _page(self, run_id: str, key: str, token: str | None = None) -> GetMetricHistoryResponse:
        request = GetMetricHistory(run_id=run_id, metric_key=key, max_results=_POINTS, page_token=token)
        return self.send("get_metric_history", request, GetMetricHistoryResponse)

    def _files(self, run: Run) -> Files | None:
        uri = run.info.artifact_uri
        if not uri:
            return None
        if files := named_files(uri, self._artifacts_from):
            return files
        if is_proxied(uri):
            return ServedFiles(lambda: self._transport.artifacts(uri))
        if is_remote(uri):
            return remote_files(uri)
        place = folder_at(uri)
        listed = partial(self.send, "list_artifacts", response_type=ListArtifactsResponse)
        return ServedFiles(
            lambda: RunArtifacts(self.connection, listed, run.info.run_id),
            place if place and place.is_absolute() else None,
        )

    # --- beneath ----------------------------------------------------------------------------------

    def _check_is_mlflows(self) -> None:
        try:
            self._transport.send(BY_NAME["count_runs"], CountRuns([]))
        except ServerUnreachable:
            raise
        except RunstoneError:
            return
        raise SourceError(
            f"{self.uri} is a server of Runstone's own: there is nothing to import. Use it where it is, or have its "
            "administrator move the store's folder as a whole."
        )

    def send(self, name: str, request: Request, response_type: type[R]) -> R:
        """Run an operation at the server."""
        try:
            response = self._transport.send(BY_NAME[name], request)
        except (EndpointNotFound, InternalError) as error:
            raise SourceError(f"{self.uri} does not answer as MLflow's server: {error.message}") from error
        assert isinstance(response, response_type)
        return response


def _imported(run: Run) -> ImportedRun:
    """A run without its points."""
    info, inputs, outputs = run.info, run.inputs or None, run.outputs or None
    return ImportedRun(
        run_id=info.run_id,
        run_name=info.run_name or "",
        user_id=info.user_id or "",
        status=info.status,
        start_time=info.start_time or 0,
        end_time=info.end_time,
        lifecycle_stage=info.lifecycle_stage,
        artifact_uri=info.artifact_uri,
        params=run.data.params,
        tags=run.data.tags,
        dataset_inputs=inputs.dataset_inputs if inputs else [],
        model_inputs=inputs.model_inputs if inputs else [],
        model_outputs=outputs.model_outputs if outputs else [],
    )


def _state(run: Run) -> str:
    """A digest of all that MLflow tells of a run that has ended; one that goes on is never done with."""
    if run.info.status not in RunStatus.TERMINATED:
        return ""
    return hashlib.blake2b(msgspec.json.encode(run, order="deterministic"), digest_size=16).hexdigest()
