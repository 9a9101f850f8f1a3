"""Fill a database of MLflow's with the runs of a shape, in bulk: `fill.py mlflow URI SHAPE`.

MLflow's own store writes a few hundred points a second and 30 runs: 100,000 runs would take it an hour, a million
points longer. So its own classes make the schema and the experiments, and SQLAlchemy inserts rows into its tables
that are the ones its store would have written, in large transactions.
"""

import json
import math
import sys
import time
from pathlib import Path
from typing import Any

import sqlalchemy
from mlflow.store.tracking.dbmodels import models
from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

from benchmarks.progress import Progress
from benchmarks.shapes import USER, RunData, Shape, run_data

ROWS = 50_000
"""Points in one transaction, about."""
TABLES = (models.SqlRun, models.SqlParam, models.SqlTag, models.SqlMetric, models.SqlLatestMetric)

Rows = dict[str, list[dict[str, Any]]]


def fill(uri: str, shape: Shape) -> int:
    """Write all runs; how many."""
    store = SqlAlchemyStore(uri, Path("artifacts").absolute().as_uri())
    experiments = [
        store.create_experiment(shape.experiment_name(index)) for index in range(shape.experiments)
    ]
    together = max(1, min(1_000, ROWS // max(1, shape.points_of_run)))
    with Progress(f"filling with {shape.total_runs:,} runs", shape.total_runs) as progress:
        for first in range(0, shape.total_runs, together):
            numbers = range(first, min(first + together, shape.total_runs))
            _insert(store.engine, shape, numbers, experiments)
            progress.advance(len(numbers))
    return shape.total_runs


def _insert(engine: sqlalchemy.Engine, shape: Shape, numbers: range, experiments: list[str]) -> None:
    rows: Rows = {model.__tablename__: [] for model in TABLES}
    for number in numbers:
        _add_run(rows, shape, run_data(shape, number), experiments)
    with engine.begin() as connection:
        for model in TABLES:
            if found := rows[model.__tablename__]:
                connection.execute(model.__table__.insert(), found)


def _add_run(rows: Rows, shape: Shape, data: RunData, experiments: list[str]) -> None:
    of_run = {"run_uuid": data.run_id}
    about = of_run | {
        "name": data.name,
        "source_type": "UNKNOWN",
        "source_name": "",
        "entry_point_name": "",
        "user_id": USER,
        "status": "FINISHED",
        "start_time": data.started,
        "end_time": data.ended,
        "deleted_time": None,
        "source_version": "",
        "lifecycle_stage": "active",
        "artifact_uri": f"mlflow-artifacts:/{experiments[data.experiment]}/{data.run_id}/artifacts",
        "experiment_id": int(experiments[data.experiment]),
    }
    rows["runs"].append(about)
    rows["params"] += [of_run | {"key": key, "value": value} for key, value in data.params]
    tags = [*data.tags, ("mlflow.runName", data.name)]
    rows["tags"] += [of_run | {"key": key, "value": value} for key, value in tags]
    for key, values, timestamps in zip(shape.metric_keys(), data.values, data.timestamps, strict=True):
        points = [
            of_run
            | {"key": key, "value": value, "timestamp": timestamp, "step": step, "is_nan": math.isnan(value)}
            for step, (value, timestamp) in enumerate(zip(values.tolist(), timestamps.tolist(), strict=True))
        ]
        rows["metrics"] += points
        rows["latest_metrics"] += points[-1:]


began = time.perf_counter()
written = fill(sys.argv[2], Shape(**json.loads(sys.argv[3])))
print(json.dumps({"runs": written, "seconds": time.perf_counter() - began}))
