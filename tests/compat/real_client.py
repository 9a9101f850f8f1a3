"""What MLflow's own client does with a tracking server; run by its interpreter, not by ours.

    python real_client.py URL FOLDER

Logs a run with a nested child, reads everything back and prints what it read as JSON, NaN as a text.
"""

import json
import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mlflow
from mlflow import MlflowClient
from mlflow.entities import Dataset, DatasetInput, InputTag, LoggedModelInput, LoggedModelOutput
from mlflow.exceptions import MlflowException

EXPERIMENT = "compat/größe №1"


def main() -> None:
    url, folder = sys.argv[1], Path(sys.argv[2])
    mlflow.set_tracking_uri(url)
    experiment = mlflow.set_experiment(EXPERIMENT)
    parent_id, child_id = log_runs(folder)
    client = MlflowClient()
    seen = {
        "mlflow": mlflow.__version__,
        "experiment": dict(client.get_experiment(experiment.experiment_id)),
        "experiment_by_name": client.get_experiment_by_name(EXPERIMENT).experiment_id,
        "experiments": [found.name for found in client.search_experiments()],
        "parent": run_as_data(client, parent_id),
        "child": run_as_data(client, child_id),
        "history": history(client, parent_id, "loss"),
        "searches": searches(experiment.experiment_id),
        "pages": pages(client, experiment.experiment_id),
        "artifacts": artifacts(client, parent_id, folder),
        "errors": errors(client, parent_id),
        "ids": {"parent": parent_id, "child": child_id},
    }
    print(json.dumps(plain(seen)))


def log_runs(folder: Path) -> tuple[str, str]:
    with mlflow.start_run(run_name="parent", tags={"team": "vision"}, description="A note") as parent:
        mlflow.log_param("lr", 0.01)
        mlflow.log_params({"optimizer": "adam", "layers": [64, 32], "empty": ""})
        for step, loss in enumerate([1.0, 0.5, math.nan, 0.25]):
            mlflow.log_metric("loss", loss, step=step)
        mlflow.log_metrics({"acc": 0.75, "deep/er key": -1e-300}, step=3)
        mlflow.set_tags({"stage": "test", "ünï": "cødé"})
        (folder / "data.csv").write_text("a,b\n1,2\n")
        mlflow.log_artifact(str(folder / "data.csv"), "tables")
        mlflow.log_dict({"a": [1, 2]}, "config.json")
        mlflow.log_text("hello", "notes/größe of a plot.txt")
        tree = folder / "tree"
        (tree / "deep").mkdir(parents=True)
        (tree / "deep" / "blob.bin").write_bytes(bytes(range(256)))
        mlflow.log_artifacts(str(tree), "tree")
        with mlflow.start_run(run_name="child", nested=True) as child:
            mlflow.log_metric("acc", 0.9)
            log_inputs(child.info.run_id)
    return parent.info.run_id, child.info.run_id


def log_inputs(run_id: str) -> None:
    dataset = Dataset("träin", "d1", "local", '{"uri": "x"}', profile='{"num_rows": 3}')
    client = MlflowClient()
    used = DatasetInput(dataset, [InputTag("mlflow.data.context", "training")])
    client.log_inputs(run_id, [used], [LoggedModelInput("m-1")])
    mlflow.log_metric("loss", 0.5, dataset=dataset)
    client.log_outputs(run_id, [LoggedModelOutput("m-2", 3)])


def run_as_data(client: MlflowClient, run_id: str) -> dict[str, Any]:
    run = client.get_run(run_id)
    return {
        "name": run.info.run_name,
        "status": run.info.status,
        "stage": run.info.lifecycle_stage,
        "timed": 0 < run.info.start_time <= run.info.end_time,
        "artifact_uri": run.info.artifact_uri,
        "params": run.data.params,
        "metrics": run.data.metrics,
        "tags": run.data.tags,
        "datasets": [used.to_dictionary() for used in run.inputs.dataset_inputs],
        "models": [model.model_id for model in run.inputs.model_inputs],
        "made": [[model.model_id, model.step] for model in run.outputs.model_outputs],
    }


def history(client: MlflowClient, run_id: str, key: str) -> list[list[Any]]:
    return [[point.step, point.value] for point in client.get_metric_history(run_id, key)]


def searches(experiment_id: str) -> dict[str, list[str]]:
    def names(filter_string: str, order_by: list[str] | None = None) -> list[str]:
        runs = mlflow.search_runs([experiment_id], filter_string, order_by=order_by, output_format="list")
        return [run.info.run_name for run in runs]

    return {
        "all": sorted(names("")),
        "by metric": names("metrics.acc > 0.8"),
        "by param and tag": names("params.optimizer = 'adam' and tags.team = 'vision'"),
        "by odd key": names("metrics.`deep/er key` < 0"),
        "by dataset": names("dataset.name = 'träin' and dataset.context LIKE 'train%'"),
        "nothing": names("params.optimizer = 'sgd'"),
        "ordered": names("", ["metrics.acc DESC"]),
    }


def pages(client: MlflowClient, experiment_id: str) -> list[list[str]]:
    first = client.search_runs([experiment_id], order_by=["metrics.acc ASC"], max_results=1)
    rest = client.search_runs(
        [experiment_id], order_by=["metrics.acc ASC"], max_results=1, page_token=first.token
    )
    return [[run.info.run_name for run in page] for page in (first, rest)]


def artifacts(client: MlflowClient, run_id: str, folder: Path) -> dict[str, Any]:
    downloads = folder / "downloads"
    downloads.mkdir()
    uri = client.get_run(run_id).info.artifact_uri
    whole = Path(mlflow.artifacts.download_artifacts(artifact_uri=uri, dst_path=str(downloads)))
    return {
        "root": [[found.path, found.is_dir, found.file_size] for found in client.list_artifacts(run_id)],
        "notes": [found.path for found in mlflow.artifacts.list_artifacts(f"{uri}/notes")],
        "notes of the run": attempt(lambda: [f.path for f in client.list_artifacts(run_id, "notes")]),
        "text": mlflow.artifacts.load_text(f"runs:/{run_id}/notes/größe of a plot.txt"),
        "downloaded": sorted(str(f.relative_to(whole)) for f in whole.rglob("*") if f.is_file()),
        "blob intact": (whole / "tree" / "deep" / "blob.bin").read_bytes() == bytes(range(256)),
    }


def errors(client: MlflowClient, run_id: str) -> dict[str, Any]:
    """The error code of each request that must be refused."""
    refused = {
        "unknown run": lambda: client.get_run("0" * 32),
        "changed param": lambda: client.log_param(run_id, "optimizer", "sgd"),
        "malformed filter": lambda: client.search_runs(["0"], "metrics.acc >"),
        "existing experiment": lambda: client.create_experiment(EXPERIMENT),
    }
    return {name: attempt(request) for name, request in refused.items()}


def attempt(request: Callable[[], Any]) -> Any:
    """What a request returned, or the error code that refused it."""
    try:
        return request()
    except MlflowException as error:
        return error.error_code


def plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return "NaN" if isinstance(value, float) and math.isnan(value) else value


if __name__ == "__main__":
    main()
