"""A service and the few calls that its tests make all the time."""

import math
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Literal

from runstone.service import Service, open_service
from runstone.wire import experiments, metrics, runs
from runstone.wire.base import from_double, to_double
from tests.databases import fresh_database

Point = tuple[str, float, int, int]
"""Key, value, timestamp, step."""


@contextmanager
def opened(folder: Path | str, mode: Literal["local", "server"] = "local") -> Iterator[Service]:
    """The service over the store in `folder`, closed at the end."""
    service = open_service(str(folder), mode=mode)
    try:
        yield service
    finally:
        service.close()


@contextmanager
def opened_in(kind: str, folder: Path) -> Iterator[Service]:
    """The service over a new store in a database of a kind, with its files in `folder`; closed at the end."""
    if kind == "sqlite":
        with opened(folder) as service:
            yield service
        return
    with fresh_database(kind) as url:
        service = open_service(url, mode="local", artifacts_destination=str(folder))
        try:
            yield service
        finally:
            service.close()


def new_run(service: Service, experiment_id: str = "0", **fields: Any) -> str:
    """Create a run; its id."""
    response: Any = service.call("create_run", runs.CreateRun(experiment_id=experiment_id, **fields))
    return response.run.info.run_id


def new_experiment(service: Service, name: str, **fields: Any) -> str:
    """Create an experiment; its id."""
    response: Any = service.call("create_experiment", experiments.CreateExperiment(name=name, **fields))
    return response.experiment_id


def log_points(service: Service, run_id: str, points: Iterable[Point]) -> None:
    """Log metric points in one request."""
    batch = [runs.Metric(key, to_double(value), timestamp, step) for key, value, timestamp, step in points]
    service.call("log_batch", runs.LogBatch(run_id=run_id, metrics=batch))


def log_param(service: Service, run_id: str, key: str, value: str) -> None:
    """Log one param."""
    service.call("log_param", runs.LogParam(run_id=run_id, key=key, value=value))


def set_tag(service: Service, run_id: str, key: str, value: str) -> None:
    """Set one tag."""
    service.call("set_tag", runs.SetTag(run_id=run_id, key=key, value=value))


def get_run(service: Service, run_id: str) -> runs.Run:
    """A run as a read shows it."""
    response: Any = service.call("get_run", runs.GetRun(run_id=run_id))
    return response.run


def latest(service: Service, run_id: str) -> dict[str, Point]:
    """The latest point of every metric of a run, by key."""
    shown = get_run(service, run_id).data.metrics
    return {m.key: (m.key, from_double(m.value), m.timestamp, m.step or 0) for m in shown}


def params(service: Service, run_id: str) -> dict[str, str]:
    """The params of a run."""
    return {param.key: param.value for param in get_run(service, run_id).data.params}


def tags(service: Service, run_id: str) -> dict[str, str]:
    """The tags of a run, its name left out."""
    shown = get_run(service, run_id).data.tags
    return {tag.key: tag.value for tag in shown if tag.key != "mlflow.runName"}


def history(service: Service, run_id: str, key: str, **fields: Any) -> list[Point]:
    """The points of a metric, in the order of the answer."""
    request = metrics.GetMetricHistory(run_id=run_id, metric_key=key, **fields)
    response: Any = service.call("get_metric_history", request)
    return [(m.key, from_double(m.value), m.timestamp, m.step or 0) for m in response.metrics]


def series(service: Service, run_id: str, *keys: str, **fields: Any) -> dict[str, list[Point]]:
    """The points of several metrics of a run, by key, in the order of the answer."""
    request = metrics.GetSeries(run_ids=[run_id], metric_keys=list(keys), **fields)
    response: Any = service.call("get_series", request)
    return {
        one.key: [
            (one.key, from_double(value), timestamp, step)
            for step, timestamp, value in zip(one.steps, one.timestamps, one.values, strict=True)
        ]
        for one in response.series
    }


def comparable(point: Point) -> tuple[str, int, int, int, float]:
    """A point such that equal ones are equal and the latest of a metric is the greatest: NaN is below every number."""
    key, value, timestamp, step = point
    nan = math.isnan(value)
    return key, step, timestamp, 0 if nan else 1, 0.0 if nan else value


def change(folder: Path, statement: str, *values: object) -> None:
    """Change the store's database behind its back."""
    with closing(sqlite3.connect(database(folder))) as connection, connection:
        connection.execute(statement, values)


def rows(folder: Path, query: str, *values: object) -> list[Any]:
    """What a query finds in the store's database."""
    with closing(sqlite3.connect(database(folder))) as connection:
        return connection.execute(query, values).fetchall()


def database(folder: Path) -> Path:
    """The database file of the store in a folder."""
    return folder / "runstone.db"


def open_files(folder: Path) -> list[str]:
    """The files below a folder that this process holds open."""
    held: list[str] = []
    for link in Path("/proc/self/fd").iterdir():
        try:
            held.append(str(link.readlink()))
        except FileNotFoundError:
            continue  # the descriptor that listed them
    return sorted(path for path in held if path.startswith(str(folder)))
