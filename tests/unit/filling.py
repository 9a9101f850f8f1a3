"""Thousands of runs in a second: written in few transactions, by what every write goes through in the end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from runstone.service import Service
from runstone.store import Connection, logs, runs
from runstone.store.logs import Point, RunLog

_AT_ONCE = 1_000


@dataclass(frozen=True)
class Filled:
    """A run to be written, with the latest values of its metrics."""

    run_id: str
    experiment: int
    started: int
    lifecycle: str = "active"
    status: str = "FINISHED"
    metrics: Mapping[str, float] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)

    def row(self) -> runs.RunRow:
        return runs.RunRow(
            id=0,
            run_id=self.run_id,
            experiment=self.experiment,
            name=self.run_id,
            user_id="",
            status=self.status,
            lifecycle="active",
            started=self.started,
            ended=None,
            deleted=None,
            artifact_uri=f"mlflow-artifacts:/{self.experiment}/{self.run_id}/artifacts",
        )

    def log(self) -> RunLog:
        points = [Point(key, value, 0, 0) for key, value in self.metrics.items()]
        return RunLog(self.run_id, points, list(self.params.items()), list(self.tags.items()))


def fill(service: Service, wanted: Sequence[Filled]) -> None:
    """Write runs into their experiments, which are there."""
    names = {key for run in wanted for kind in (run.metrics, run.params, run.tags) for key in kind}
    for at in range(0, len(wanted), _AT_ONCE):
        some = wanted[at : at + _AT_ONCE]

        def write(connection: Connection, keys: Mapping[str, int], some: Sequence[Filled] = some) -> None:
            for run in some:
                runs.insert(connection, run.row(), {})
            logs.apply(connection, keys, [run.log() for run in some])
            for run in some:
                if run.lifecycle != "active":
                    row = runs.get(connection, run.run_id)
                    assert row is not None
                    runs.update(connection, row.id, {"lifecycle": run.lifecycle, "deleted": 1})

        service.store.write(write, keys=names)
