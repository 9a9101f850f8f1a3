"""Writes experiments and runs with the real MLflow, and prints what its own client reads of them, as JSON.

python write.py URI [FOLDER]

Run with the interpreter of an environment that has MLflow 1.30, 2 or 3, and nothing of Runstone. FOLDER is for files
that are logged; without it, nothing is written, and what is there is read.
"""

import json
import logging
import math
import os
import sys
import warnings
from pathlib import Path

os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"
os.environ["MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT"] = "true"
warnings.simplefilter("ignore")
logging.disable(logging.WARNING)

import mlflow  # noqa: E402
from mlflow.entities import Metric, Param, ViewType  # noqa: E402
from mlflow.exceptions import MlflowException  # noqa: E402
from mlflow.tracking import MlflowClient  # noqa: E402

MAJOR = int(mlflow.__version__.split(".")[0])
BEGUN = 1_600_000_000_000


def write(client, folder):
    """One of everything that a run can have."""
    vision = client.create_experiment(
        "vision/größe №1", tags={"team": "core", "mlflow.note.content": "A note"}
    )
    gone = client.create_experiment("gone")
    client.rename_experiment(client.create_experiment("before"), "after")
    run_id = _full_run(client, vision, folder)
    child = client.create_run(vision, BEGUN + 7, {"mlflow.parentRunId": run_id, "mlflow.runName": "child"})
    client.log_metric(child.info.run_id, "loss", 0.5, BEGUN + 8, 3)
    client.set_terminated(child.info.run_id, "FAILED", BEGUN + 9)
    client.delete_run(client.create_run(vision, BEGUN + 10, {"why": "deleted alone"}).info.run_id)
    client.log_metric(client.create_run(gone, BEGUN + 11).info.run_id, "x", 1.0, BEGUN + 12)
    client.delete_experiment(gone)
    client.create_run("0", BEGUN + 13)  # goes on
    _register(client, run_id)


def _full_run(client, experiment, folder):
    tags = {"mlflow.user": "ann", "mlflow.source.name": "träin.py", "mlflow.source.type": "LOCAL"}
    run_id = client.create_run(experiment, BEGUN, tags).info.run_id
    client.set_tag(run_id, "mlflow.runName", "the first")
    client.set_tag(run_id, "empty", "")
    client.set_tag(run_id, "nested/tag", "two\nlines\n")
    client.set_tag(run_id, "long", "y" * 4_900)
    params = {"lr": "0.1", "nested/key": "a", "layers": "[64,\n 32]", "ünï": "cødé", "long": "x" * 450}
    client.log_batch(run_id, params=[Param(key, value) for key, value in params.items()])
    curve = [Metric("loss", math.exp(-i / 40) + i / 1e7, BEGUN + 10 * i, i) for i in range(200)]
    client.log_batch(run_id, metrics=curve)
    for at, value in enumerate((math.nan, math.inf, -math.inf, 1e-300, -0.5)):
        client.log_metric(run_id, "odd values", value, BEGUN + at, -at)
    client.log_metric(run_id, "a/b/c", 2**53 + 1, BEGUN, 2**40)
    client.log_metric(run_id, "again", 1.0, BEGUN, 1)
    client.log_metric(run_id, "again", 1.0, BEGUN, 1)
    client.log_metric(run_id, "again", 2.0, BEGUN, 1)
    _log_files(client, run_id, folder)
    if MAJOR >= 2:
        _log_datasets(client, run_id)
    if MAJOR >= 3:
        _log_models(client, experiment, run_id)
    client.set_terminated(run_id, "FINISHED", BEGUN + 60_000)
    return run_id


def _log_files(client, run_id, folder):
    folder.mkdir(parents=True, exist_ok=True)
    text, blob = folder / "plot #1 ä.txt", folder / "blob.bin"
    text.write_text("hello\n", encoding="utf-8")
    blob.write_bytes(bytes(range(256)) * 20)
    client.log_artifact(run_id, str(text))
    client.log_artifact(run_id, str(blob), "deep/er")


def _log_datasets(client, run_id):
    from mlflow.entities import Dataset, DatasetInput, InputTag

    train = Dataset("träin", "abc123", "local", '{"uri": "x"}', '{"mlflow_colspec": []}', '{"num_rows": 3}')
    bare = Dataset("test set", "d2", "code", "{}")
    used = [DatasetInput(train, [InputTag("mlflow.data.context", "training")]), DatasetInput(bare, [])]
    client.log_inputs(run_id, used)


def _log_models(client, experiment, run_id):
    from mlflow.entities import LoggedModelInput, LoggedModelOutput

    model = client.create_logged_model(experiment, name="m1", source_run_id=run_id)
    client.log_outputs(run_id, [LoggedModelOutput(model.model_id, 3)])
    client.log_inputs(run_id, models=[LoggedModelInput(model.model_id)])
    on = {"dataset_name": "träin", "dataset_digest": "abc123"}
    client.log_metric(run_id, "of a model", 0.75, timestamp=BEGUN, step=4, model_id=model.model_id, **on)


def _register(client, run_id):
    try:
        client.create_registered_model("fraud")
    except MlflowException:  # a folder had no registry in 1.x
        return
    source = client.get_run(run_id).info.artifact_uri + "/model"
    client.create_model_version("fraud", source, run_id)


# --- what MLflow says of it -----------------------------------------------------------------------


def read(client):
    """All experiments and runs as MLflow's client gives them."""
    return {
        "mlflow": mlflow.__version__,
        "experiments": [_experiment(client, one) for one in _experiments(client)],
    }


def _experiments(client):
    return list(client.search_experiments(view_type=ViewType.ALL, max_results=100))


def _experiment(client, one):
    runs = client.search_runs([one.experiment_id], run_view_type=ViewType.ALL, max_results=100)
    return {
        "id": one.experiment_id,
        "name": one.name,
        "lifecycle": one.lifecycle_stage,
        "created": one.creation_time,
        "updated": one.last_update_time,
        "tags": dict(one.tags),
        "runs": {run.info.run_id: _run(client, client.get_run(run.info.run_id)) for run in runs},
    }


def _run(client, run):
    info = run.info
    inputs, outputs = getattr(run, "inputs", None), getattr(run, "outputs", None)
    return {
        "name": info.run_name,
        "user": info.user_id,
        "status": info.status,
        "start": info.start_time,
        "end": info.end_time,
        "lifecycle": info.lifecycle_stage,
        "artifact_uri": info.artifact_uri,
        "params": run.data.params,
        "tags": run.data.tags,
        "latest": {key: repr(value) for key, value in run.data.metrics.items()},
        "histories": {key: _history(client, info.run_id, key) for key in run.data.metrics},
        "datasets": [_dataset(used) for used in inputs.dataset_inputs] if inputs else [],
        "model_inputs": [one.model_id for one in getattr(inputs, "model_inputs", None) or ()],
        "model_outputs": [[one.model_id, one.step] for one in outputs.model_outputs] if outputs else [],
        "artifacts": sorted(_artifacts(client, info.run_id, "")),
    }


def _history(client, run_id, key):
    return sorted(
        [point.timestamp, point.step, repr(point.value)] for point in client.get_metric_history(run_id, key)
    )


def _dataset(used):
    fields = ("name", "digest", "source_type", "source", "schema", "profile")
    return [{name: getattr(used.dataset, name) for name in fields}, {tag.key: tag.value for tag in used.tags}]


def _artifacts(client, run_id, path):
    try:
        found = client.list_artifacts(run_id, path)
    except OSError:  # 1.x lists no folder that was never made
        return
    for file in found:
        if file.is_dir:
            yield from _artifacts(client, run_id, file.path)
        else:
            yield [file.path, file.file_size]


if __name__ == "__main__":
    uri, *folders = sys.argv[1:]
    mlflow.set_tracking_uri(uri)
    the_client = MlflowClient(uri)
    for folder in folders:
        write(the_client, Path(folder))
    print(json.dumps(read(the_client), ensure_ascii=False, indent=1, sort_keys=True))
