"""Writes a database with the tables that MLflow 0.9 had, before any migration. Run with MLflow 1's interpreter."""

import sys

from mlflow.store.tracking.dbmodels import initial_models as tables
from sqlalchemy import create_engine, insert

RUN = "0123456789abcdef0123456789abcdef"


def main(file):
    """An experiment and a run, as rows."""
    engine = create_engine(f"sqlite:///{file}")
    tables.Base.metadata.create_all(engine)
    with engine.begin() as connection:
        for model, values in ROWS:
            connection.execute(insert(model.__table__).values(**values))


ROWS = (
    (tables.SqlExperiment, {"experiment_id": 0, "name": "Default", "artifact_location": "./mlruns/0"}),
    (
        tables.SqlExperiment,
        {"experiment_id": 1, "name": "old", "artifact_location": "./mlruns/1", "lifecycle_stage": "deleted"},
    ),
    (
        tables.SqlRun,
        {
            "run_uuid": RUN,
            "name": "",
            "source_type": "PROJECT",
            "source_name": "git@example.com/project",
            "entry_point_name": "main",
            "user_id": "ann",
            "status": "FINISHED",
            "start_time": 1_500_000_000_000,
            "end_time": 1_500_000_060_000,
            "source_version": "deadbeef",
            "lifecycle_stage": "active",
            "artifact_uri": f"./mlruns/1/{RUN}/artifacts",
            "experiment_id": 1,
        },
    ),
    (tables.SqlTag, {"run_uuid": RUN, "key": "team", "value": "core"}),
    (tables.SqlParam, {"run_uuid": RUN, "key": "lr", "value": "0.1"}),
    (tables.SqlMetric, {"run_uuid": RUN, "key": "loss", "value": 0.5, "timestamp": 1_500_000_000_001}),
    (tables.SqlMetric, {"run_uuid": RUN, "key": "loss", "value": 0.25, "timestamp": 1_500_000_000_002}),
)

if __name__ == "__main__":
    main(sys.argv[1])
