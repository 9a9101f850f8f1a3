"""Every public tracking method, called with whatever `mlflow` can be imported: MLflow's own, or Runstone's shim.

    python call_all.py URL FOLDER        against the server at URL, with FOLDER for files

Prints, as JSON, what each call returned or the error code that refused it, with ids, times and paths replaced by
what they stand for, so that two servers can be compared. `recorded.json` is what it prints of MLflow's own server.
The methods that belong elsewhere (registry, traces, …) are named in ELSEWHERE; the rest must be called.
"""

import io
import json
import math
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from PIL import Image

mpl.use("agg")

import matplotlib.pyplot as plt
import mlflow
from mlflow import MlflowClient
from mlflow.entities import (
    Dataset,
    DatasetInput,
    InputTag,
    LoggedModelOutput,
    Metric,
    Param,
    RunTag,
    ViewType,
)
from mlflow.exceptions import MlflowException

ELSEWHERE = re.compile(
    "trace|span|assessment|feedback|expectation|session|issue|label_schema|review|scorer|custom_view|prompt|dataset|"
    "registered_model|model_version|logged_model|latest_versions|model_artifact|model_params|register_model|"
    "external_model|active_model|checkpoints|webhook|skill|mcp|gateway|workspace|secret|endpoint|budget|guardrail|"
    "autolog|system_metrics|evaluat|login|pyfunc|doctor"
)
"""Names that have to do with the registry, logged models, traces, evaluation, gateways, or autologging."""
NOT_CALLED = {
    "ActiveModel",
    "ActiveRun",
    "Image",
    "MlflowClient",
    "MlflowException",
    "run",
    "test",
    "context",
}
"""Classes, and functions of projects and traces whose names do not tell."""

ARTIFACT_FUNCTIONS = ("download_artifacts", "list_artifacts", "load_dict", "load_image", "load_text")
"""What the documents name of `mlflow.artifacts`, which has no `__all__`."""

BLUE = np.zeros((4, 4, 3), dtype=np.uint8) + np.array([0, 0, 255], dtype=np.uint8)

seen: list[list[Any]] = []
called: set[str] = set()
stands_for: dict[str, str] = {}
experiment_ids: dict[str, str] = {}


def main() -> None:
    url, folder = sys.argv[1], Path(sys.argv[2])
    mlflow.set_tracking_uri(url)
    stands_for[str(folder)] = "<folder>"
    stands_for[url] = "<url>"
    client = MlflowClient()
    experiment_id = experiments(client)
    parent_id = runs(client, experiment_id)
    logging(client, parent_id)
    artifacts(client, experiment_id, parent_id, folder)
    datasets(client, parent_id)
    searching(client, experiment_id)
    fluent_experiments()
    fluent_runs(folder)
    fluent_artifacts(folder)
    ending(client, experiment_id, parent_id)
    print(json.dumps({"calls": seen, "missed": missed(client)}, indent=1))


def call(
    owner: Any, name: str, /, *arguments: Any, show: Callable[[Any], Any] | None = None, **named: Any
) -> Any:
    """Call a method, and note what it returned (or `show` of that), or the error code that refused it."""
    where = {MlflowClient: "Client"}.get(type(owner), getattr(owner, "__name__", ""))
    called.add(f"{where}.{name}")
    try:
        result = getattr(owner, name)(*arguments, **named)
        noted = (show or (lambda value: value))(result)
    except MlflowException as error:
        result, noted = None, f"refused: {error.error_code}"
    seen.append([f"{where}.{name}", plain(noted)])
    return result


def missed(client: MlflowClient) -> list[str]:
    """The public methods that belong to tracking and were not called."""
    public = {f"Client.{name}" for name in dir(client) if not name.startswith("_")}
    public |= {f"mlflow.{name}" for name in mlflow.__all__}
    public |= {f"mlflow.artifacts.{name}" for name in ARTIFACT_FUNCTIONS}
    expected = {
        name
        for name in public
        if not ELSEWHERE.search(name.rpartition(".")[2]) and name.rpartition(".")[2] not in NOT_CALLED
    }
    return sorted(expected - called - {"Client.tracking_uri"})


def experiments(client: MlflowClient) -> str:
    experiment_id = call(
        client, "create_experiment", "one", tags={"team": "a", "n": "1"}, show=lambda _: "id"
    )
    experiment_ids[experiment_id] = "<one>"
    call(client, "create_experiment", "one")
    call(client, "create_experiment", "  ", show=lambda _: "id")
    other = call(client, "create_experiment", "other", show=lambda _: "id")
    experiment_ids[other] = "<other>"
    call(client, "get_experiment", experiment_id, show=experiment_shown)
    call(client, "get_experiment", "987654321")
    call(client, "get_experiment_by_name", "one", show=experiment_shown)
    call(client, "get_experiment_by_name", "absent")
    call(client, "rename_experiment", other, "renamed")
    call(client, "set_experiment_tag", experiment_id, "stage", 2)
    call(client, "delete_experiment_tag", experiment_id, "n")
    call(client, "delete_experiment_tag", experiment_id, "n")
    call(client, "delete_experiment", other)
    call(client, "get_experiment", other, show=experiment_shown)
    call(client, "search_experiments", view_type=ViewType.DELETED_ONLY, show=names)
    call(client, "restore_experiment", other)
    call(client, "search_experiments", order_by=["name ASC"], show=names)
    call(client, "search_experiments", filter_string="tags.team = 'a'", show=names)
    call(client, "search_experiments", filter_string="name LIKE 're%'", max_results=1, show=names)
    first = client.search_experiments(max_results=1, order_by=["name DESC"])
    call(
        client,
        "search_experiments",
        max_results=1,
        order_by=["name DESC"],
        page_token=first.token,
        show=names,
    )
    return experiment_id


def runs(client: MlflowClient, experiment_id: str) -> str:
    run = call(
        client,
        "create_run",
        experiment_id,
        start_time=1_700_000_000_000,
        tags={"a": "b", "mlflow.user": "me"},
        run_name="first",
        show=lambda created: run_shown(named(created, "<first>")),
    )
    child = client.create_run(experiment_id, tags={"mlflow.parentRunId": run.info.run_id}, run_name="child")
    stands_for[child.info.run_id] = "<child>"
    call(client, "create_run", "987654321")
    call(client, "get_run", run.info.run_id, show=run_shown)
    call(client, "get_run", "0" * 32)
    call(client, "get_parent_run", child.info.run_id, show=lambda parent: parent.info.run_id)
    call(client, "get_parent_run", run.info.run_id)
    call(client, "update_run", child.info.run_id, status="FAILED", name="second")
    call(client, "get_run", child.info.run_id, show=run_shown)
    call(client, "delete_run", child.info.run_id)
    call(client, "log_param", child.info.run_id, "late", 1)
    call(client, "get_run", child.info.run_id, show=run_shown)
    call(client, "restore_run", child.info.run_id)
    call(client, "set_terminated", child.info.run_id, status="KILLED", end_time=1_700_000_001_000)
    call(client, "get_run", child.info.run_id, show=run_shown)
    return run.info.run_id


def logging(client: MlflowClient, run_id: str) -> None:
    call(client, "log_metric", run_id, "loss", 0.5, timestamp=1_000, step=1)
    call(client, "log_metric", run_id, "loss", 0.25, timestamp=2_000, step=-3)
    call(client, "log_metric", run_id, "loss", math.nan, timestamp=3_000, step=1)
    call(client, "log_metric", run_id, "a\x00b", 1)
    call(client, "log_metric", run_id, "k" * 251, 1)
    call(client, "log_metric", run_id, "acc", np.float32(0.5), timestamp=1, step=0)
    call(client, "log_metric", run_id, "later", 1.0, synchronous=False, show=lambda pending: pending.wait())
    call(client, "get_metric_history", run_id, "loss", show=points)
    call(client, "get_metric_history", run_id, "absent", show=points)
    call(client, "log_param", run_id, "p", 1)
    call(client, "log_param", run_id, "p", 1)
    call(client, "log_param", run_id, "p", 2)
    call(client, "log_param", run_id, "long", "x" * 7_000, show=lambda value: len(value))
    call(client, "set_tag", run_id, "t", "v")
    call(client, "set_tag", run_id, "t", "w")
    call(client, "delete_tag", run_id, "a")
    call(client, "delete_tag", run_id, "a")
    call(
        client,
        "log_batch",
        run_id,
        metrics=[Metric("batch", step / 10, 1_000 + step, step) for step in range(1_500)],
        params=[Param(f"p{n}", str(n)) for n in range(120)],
        tags=[RunTag("x", "y")],
    )
    call(client, "log_batch", run_id, params=[Param("q", "1"), Param("q", "2")])
    call(client, "get_metric_history", run_id, "batch", show=len)
    call(client, "get_run", run_id, show=run_shown)


def artifacts(client: MlflowClient, experiment_id: str, run_id: str, folder: Path) -> None:
    (folder / "tree" / "deep").mkdir(parents=True)
    (folder / "tree" / "a.txt").write_text("a")
    (folder / "tree" / "deep" / "größe 100%.txt").write_text("b")
    call(client, "log_artifact", run_id, str(folder / "tree" / "a.txt"), "top")
    call(client, "log_artifacts", run_id, str(folder / "tree"), "whole")
    call(client, "log_text", run_id, "hello", "notes/hello.txt")
    call(client, "log_text", run_id, "no", "../escapes.txt")
    call(client, "log_dict", run_id, {"a": [1, 2]}, "dict.json")
    call(client, "log_dict", run_id, {"a": [1, 2]}, "dict.yaml")
    call(client, "log_figure", run_id, figure(), "figure.png")
    call(client, "log_image", run_id, BLUE, "image.png")
    call(client, "log_image", run_id, Image.fromarray(BLUE), key="frame", step=3, timestamp=5)
    client_images = folder / "images"
    call(client, "log_stream", run_id, io.BytesIO(b"x" * 100_000), "streamed.bin")
    call(client, "log_table", run_id, {"in": ["a", "b"], "out": [1, 2]}, "table.json")
    call(client, "log_table", run_id, pd.DataFrame({"in": ["c"], "out": [3]}), "table.json")
    call(client, "load_table", experiment_id, "table.json", show=lambda frame: frame.to_dict("list"))
    call(
        client,
        "load_table",
        experiment_id,
        "table.json",
        run_ids=[run_id],
        extra_columns=["run_id"],
        show=lambda frame: frame.to_dict("list"),
    )
    wait_for(lambda: len(client.list_artifacts(run_id, "images")) == 2)  # log_image has threads of its own
    call(client, "list_artifacts", run_id, show=files)
    call(client, "list_artifacts", run_id, "whole/deep", show=files)
    call(client, "list_artifacts", run_id, "absent", show=files)
    call(client, "list_artifacts", run_id, "images", show=lambda found: len(found))
    call(client, "download_artifacts", run_id, "whole", str(made(client_images)), show=tree)
    call(client, "download_artifacts", run_id, "absent", str(client_images))


def datasets(client: MlflowClient, run_id: str) -> None:
    dataset = Dataset("train", "d1", "local", "{}", schema="{}", profile='{"rows": 3}')
    tagged = DatasetInput(dataset, [InputTag("mlflow.data.context", "training")])
    call(client, "log_inputs", run_id, datasets=[tagged])
    call(client, "log_inputs", run_id, datasets=[DatasetInput(Dataset("n" * 501, "d", "local", "{}"))])
    call(client, "log_outputs", run_id, models=[])
    call(client, "log_outputs", run_id, models=[LoggedModelOutput("m-" + "0" * 32, step=1)])
    call(client, "get_run", run_id, show=inputs)


def searching(client: MlflowClient, experiment_id: str) -> None:
    for filter_string in (
        "",
        "metrics.acc > 0.1",
        "metrics.loss = 0.5",
        "params.p = '1' and tags.t = 'w'",
        "attributes.run_name LIKE 'f%'",
        "dataset.name = 'train'",
        "status = 'KILLED'",
        "params.p IN ('1')",
        "metrics.",
        "nonsense = 3",
    ):
        call(client, "search_runs", [experiment_id], filter_string, show=run_names)
    call(client, "search_runs", [experiment_id], order_by=["metrics.acc DESC"], show=run_names)
    call(client, "search_runs", [experiment_id], order_by=["start_time ASC"], max_results=1, show=run_names)
    call(client, "search_runs", [experiment_id], run_view_type=ViewType.DELETED_ONLY, show=run_names)


def fluent_experiments() -> None:
    call(mlflow, "set_tracking_uri", mlflow.get_tracking_uri())
    call(mlflow, "get_tracking_uri")
    call(mlflow, "is_tracking_uri_set")
    call(mlflow, "get_registry_uri")
    call(mlflow, "set_registry_uri", mlflow.get_tracking_uri())
    created = call(mlflow, "create_experiment", "fluent", tags={"k": "v"}, show=lambda _: "id")
    experiment_ids[created] = "<fluent>"
    call(mlflow, "set_experiment", "fluent", show=experiment_shown)
    call(mlflow, "set_experiment_tag", "a", 1)
    call(mlflow, "set_experiment_tags", {"b": 2, "c": 3})
    call(mlflow, "delete_experiment_tag", "c")
    call(mlflow, "get_experiment", created, show=experiment_shown)
    call(mlflow, "get_experiment_by_name", "fluent", show=experiment_shown)
    call(mlflow, "search_experiments", filter_string="name = 'fluent'", show=names)
    gone = mlflow.create_experiment("gone")
    call(mlflow, "delete_experiment", gone)
    call(mlflow, "set_experiment", "gone")
    call(mlflow, "restore_experiment", gone)
    call(mlflow, "set_experiment", experiment_id=created, show=experiment_shown)


def fluent_runs(folder: Path) -> None:
    call(mlflow, "active_run")
    run = call(
        mlflow,
        "start_run",
        run_name="parent",
        tags={"a": "b"},
        description="note",
        show=lambda started: run_shown(named(started, "<parent>")),
    )
    call(mlflow, "active_run", show=lambda active: active.info.run_id)
    with mlflow.start_run(nested=True, run_name="nested") as nested:
        stands_for[nested.info.run_id] = "<nested>"
        call(mlflow, "log_metric", "m", 1, step=2)
    call(mlflow, "get_parent_run", nested.info.run_id, show=lambda parent: parent.info.run_id)
    call(mlflow, "log_param", "p", 1)
    call(mlflow, "log_params", {"q": 2, "r": [1, 2]})
    call(mlflow, "log_params", {"q": 3})
    call(mlflow, "log_metric", "m", 0.5, step=1, timestamp=10)
    call(mlflow, "log_metrics", {"m": 0.75, "n": 1}, step=2, timestamp=20)
    call(mlflow, "set_tag", "t", 1)
    call(mlflow, "set_tags", {"u": 2, "w": 3})
    call(mlflow, "delete_tag", "w")
    call(mlflow, "flush_async_logging")
    dataset = mlflow.data.from_pandas(pd.DataFrame({"x": [1, 2]}), source="data.csv", name="frame")
    call(mlflow, "log_input", dataset, context="training", tags={"k": "v"})
    call(mlflow, "log_inputs", [dataset], contexts=["validation"], tags_list=[{"a": "b"}])
    call(mlflow, "log_outputs", [LoggedModelOutput("m-" + "0" * 32, step=1)])
    call(mlflow, "get_run", run.info.run_id, show=run_shown)
    call(mlflow, "get_run", run.info.run_id, show=inputs)


def fluent_artifacts(folder: Path) -> None:
    run_id = mlflow.active_run().info.run_id
    call(mlflow, "log_artifact", str(folder / "tree" / "a.txt"))
    call(mlflow, "log_artifacts", str(folder / "tree"), "tree")
    call(mlflow, "log_text", "text", "text.txt")
    call(mlflow, "log_dict", {"k": "v"}, "k.json")
    call(mlflow, "log_figure", figure(), "figures/f.svg")
    call(mlflow, "log_image", BLUE, "blue.png")
    call(mlflow, "log_stream", io.BytesIO(b"stream"), "stream.bin")
    call(mlflow, "log_table", {"a": [1]}, "t.json")
    call(mlflow, "load_table", "t.json", run_ids=[run_id], show=lambda frame: frame.to_dict("list"))
    call(mlflow, "flush_artifact_async_logging")
    call(mlflow, "get_artifact_uri")
    call(mlflow, "get_artifact_uri", "text.txt")
    own = mlflow.artifacts
    call(own, "list_artifacts", run_id=run_id, show=files)
    call(own, "list_artifacts", f"runs:/{run_id}/tree", show=files)
    call(own, "load_text", f"runs:/{run_id}/text.txt")
    call(own, "load_dict", f"runs:/{run_id}/k.json")
    call(
        own, "load_image", f"runs:/{run_id}/blue.png", show=lambda image: [image.size, image.getpixel((0, 0))]
    )
    target = made(folder / "fluent")
    call(own, "download_artifacts", run_id=run_id, artifact_path="tree", dst_path=str(target), show=tree)
    call(own, "download_artifacts", f"runs:/{run_id}/absent", dst_path=str(target))
    call(own, "load_text", f"runs:/{run_id}/absent.txt")


def ending(client: MlflowClient, experiment_id: str, run_id: str) -> None:
    active_id = mlflow.active_run().info.run_id
    call(mlflow, "end_run", "FAILED")
    call(mlflow, "last_active_run", show=lambda run: [run.info.run_id, run.info.status])
    call(mlflow, "search_runs", output_format="list", show=run_names)
    call(
        mlflow,
        "search_runs",
        experiment_names=["fluent"],
        order_by=["start_time"],
        show=lambda frame: [sorted(c for c in frame.columns if "mlflow." not in c), frame["status"].tolist()],
    )
    call(mlflow, "delete_run", active_id)
    call(mlflow, "search_runs", output_format="list", show=run_names)
    call(mlflow, "restore_run", active_id)
    call(client, "delete_experiment", experiment_id)
    call(client, "log_metric", run_id, "late", 1.0)
    call(client, "get_run", run_id, show=lambda run: run.info.lifecycle_stage)


# --- what is shown of a result ------------------------------------------------------------------


def named(run: Any, name: str) -> Any:
    stands_for[run.info.run_id] = name
    return run


def experiment_shown(experiment: Any) -> dict[str, Any]:
    return {
        "id": experiment_ids[experiment.experiment_id],
        "name": experiment.name,
        "artifacts": experiment.artifact_location,
        "stage": experiment.lifecycle_stage,
        "tags": experiment.tags,
    }


def run_shown(run: Any) -> dict[str, Any]:
    tags = {key: value for key, value in run.data.tags.items() if not key.startswith("mlflow.source")}
    params = {key: value if len(value) < 100 else len(value) for key, value in run.data.params.items()}
    return {
        "id": run.info.run_id,
        "name": run.info.run_name,
        "experiment": experiment_ids[run.info.experiment_id],
        "status": run.info.status,
        "stage": run.info.lifecycle_stage,
        "ended": run.info.end_time is not None,
        "artifacts": run.info.artifact_uri,
        "params": params if len(params) < 20 else len(params),
        "metrics": run.data.metrics,
        "tags": tags,
    }


def inputs(run: Any) -> list[Any]:
    shown: list[Any] = []
    for found in run.inputs.dataset_inputs:
        dataset, tags = found.dataset, sorted((tag.key, tag.value) for tag in found.tags)
        shown.append(
            [dataset.name, dataset.digest, dataset.source_type, dataset.schema, dataset.profile, tags]
        )
    return sorted(shown)


def names(found: Any) -> list[str]:
    return [experiment.name for experiment in found]


def run_names(found: Any) -> list[str]:
    return [run.info.run_name for run in found]


def points(history: Any) -> list[Any]:
    return [[point.timestamp, point.step, point.value] for point in history]


def files(found: Any) -> list[Any]:
    """Names and kinds; the sizes of pictures and of folders are nobody's promise."""
    return [[f.path, f.is_dir, None if f.path.endswith((".png", ".svg")) else f.file_size] for f in found]


def tree(path: str) -> list[str]:
    root = Path(path)
    return sorted(str(file.relative_to(root)) for file in root.rglob("*") if file.is_file())


def figure() -> Any:
    drawn, axes = plt.subplots(figsize=(1, 1))
    axes.plot([0, 1], [1, 0])
    plt.close(drawn)
    return drawn


def wait_for(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not done() and time.monotonic() < deadline:
        time.sleep(0.05)


def made(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    return folder


def plain(value: Any) -> Any:
    """As JSON has it, and with what stands for ids, times and paths."""
    if isinstance(value, dict):
        return {
            plain(str(key)): plain(item) for key, item in sorted(value.items(), key=lambda pair: str(pair[0]))
        }
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, str):
        value = re.sub(r"(?<=^mlflow-artifacts:/)\d+", lambda found: experiment_ids[found[0]], value)
        for concrete, name in stands_for.items():
            value = value.replace(concrete, name)
    return value if isinstance(value, bool | int | float | str | None) else repr(value)


if __name__ == "__main__":
    main()
