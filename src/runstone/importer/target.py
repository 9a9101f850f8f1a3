"""Where an import goes: a store of Runstone's, on this machine or behind a server."""

import json
from collections.abc import Iterator, Sequence
from typing import NamedTuple, TypeVar

from runstone.client.transport import ArtifactFolder, connect
from runstone.entities.names import IMPORT_TAG, is_run_id
from runstone.errors import EndpointNotFound, ResourceDoesNotExist
from runstone.importer.records import SourceError
from runstone.urls import without_secrets
from runstone.wire.base import Request, Response
from runstone.wire.experiments import Experiment
from runstone.wire.importing import (
    ImportedRun,
    ImportExperiment,
    ImportExperimentResponse,
    ImportRuns,
    ImportRunsResponse,
)
from runstone.wire.metrics import GetMetricHistory, GetMetricHistoryResponse
from runstone.wire.operations import BY_NAME
from runstone.wire.runs import Metric, Run, SearchRuns, SearchRunsResponse

R = TypeVar("R", bound=Response)

_POINTS_PER_PAGE = 50_000


class Mark(NamedTuple):
    """What the tag of an imported run says: its source, its state there, and the moment (ms) its import began.

    The state is "" until all of the run is there.
    """

    source: str
    state: str
    began: int

    def text(self) -> str:
        """The tag's value."""
        return json.dumps({"from": self.source, "state": self.state, "at": self.began})

    @staticmethod
    def of(run: Run) -> "Mark | None":
        """The mark of a run; None if it has none."""
        value = next((tag.value for tag in run.data.tags if tag.key == IMPORT_TAG), None)
        try:
            said = json.loads(value or "")
            return Mark(str(said["from"]), str(said["state"]), int(said["at"]))
        except (ValueError, KeyError, TypeError):
            return None


class StoreTarget:
    """A store of Runstone's."""

    def __init__(self, uri: str):
        self.uri = without_secrets(uri)
        self._transport = connect(uri)

    def take_experiment(self, request: ImportExperiment) -> tuple[Experiment, bool]:
        """Have an experiment there; it, and whether it is new."""
        try:
            response = self._send("import_experiment", request, ImportExperimentResponse)
        except (EndpointNotFound, ResourceDoesNotExist) as error:
            raise SourceError(
                f"{self.uri} cannot take over runs: it is no Runstone server, or one of an older version. Name another "
                "place with --to."
            ) from error
        return response.experiment, response.created

    def take_runs(self, experiment_id: str, runs: list[ImportedRun]) -> dict[str, str]:
        """Store runs, or parts of them; where each keeps its artifacts, by its id."""
        request = ImportRuns(experiment_id=experiment_id, runs=runs)
        response = self._send("import_runs", request, ImportRunsResponse)
        return {place.run_id: place.artifact_uri for place in response.places}

    def known_runs(self, experiment_id: str, run_ids: Sequence[str]) -> dict[str, Run]:
        """Those of the runs that are in the experiment already, by their ids. What can be no run's id names none."""
        listed = ", ".join(f"'{run_id}'" for run_id in run_ids if is_run_id(run_id))
        if not listed:
            return {}
        request = SearchRuns(
            experiment_ids=[experiment_id], filter=f"attributes.run_id IN ({listed})", run_view_type="ALL"
        )
        found = self._send("search_runs", request, SearchRunsResponse).runs
        return {run.info.run_id: run for run in found}

    def points(self, run_id: str, key: str) -> Iterator[Metric]:
        """The points of a metric that are there."""
        token = None
        while True:
            request = GetMetricHistory(
                run_id=run_id, metric_key=key, page_token=token, max_results=_POINTS_PER_PAGE
            )
            response = self._send("get_metric_history", request, GetMetricHistoryResponse)
            yield from response.metrics
            token = response.next_page_token
            if not token:
                return

    def artifacts(self, location: str) -> ArtifactFolder:
        """The artifacts at a place that a run names."""
        return self._transport.artifacts(location)

    def close(self) -> None:
        """Give up files and connections."""
        self._transport.close()

    def _send(self, name: str, request: Request, response_type: type[R]) -> R:
        response = self._transport.send(BY_NAME[name], request)
        assert isinstance(response, response_type)
        return response


class NoTarget:
    """Takes everything, and keeps nothing: for trying an import out."""

    uri = ""

    def take_experiment(self, request: ImportExperiment) -> tuple[Experiment, bool]:
        """See StoreTarget."""
        number = request.experiment_id or ""
        return Experiment(
            number, request.name, request.artifact_location or "", request.lifecycle_stage
        ), True

    def take_runs(self, experiment_id: str, runs: list[ImportedRun]) -> dict[str, str]:
        """See StoreTarget."""
        return {}

    def known_runs(self, experiment_id: str, run_ids: Sequence[str]) -> dict[str, Run]:
        """See StoreTarget."""
        return {}

    def points(self, run_id: str, key: str) -> Iterator[Metric]:
        """See StoreTarget."""
        return iter(())

    def artifacts(self, location: str) -> ArtifactFolder:
        """See StoreTarget."""
        raise AssertionError("nothing is copied when an import is only tried out")

    def close(self) -> None:
        """See StoreTarget."""


Target = StoreTarget | NoTarget
