"""What the tests of `runstone import` compare."""

import hashlib
import io
import json
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

from runstone import Client
from runstone.cli import run as run_command
from runstone.entities import DatasetInput, Run

MARK = "runstone.import"
CLAMPED = {"1.7976931348623157e+308": "inf", "-1.7976931348623157e+308": "-inf"}


def imported(source: object, target: object, *options: object, status: int = 3) -> dict[str, Any]:
    """The report of an import, by the command, which ends with `status`."""
    printed = io.StringIO()
    arguments = ("import", source, "--to", target, "--output", "json", *options)
    with redirect_stdout(printed):
        ended = run_command([str(argument) for argument in arguments])
    assert ended == status, printed.getvalue()
    return json.loads(printed.getvalue())


def seen(client: Client) -> list[dict[str, Any]]:
    """All that is in a store, in the form in which MLflow's client told of it; see `compat/importing/write.py`."""
    return [
        {
            "id": one.experiment_id,
            "name": one.name,
            "lifecycle": one.lifecycle_stage,
            "created": one.creation_time,
            "updated": one.last_update_time,
            "tags": one.tags,
            "runs": {
                run.info.run_id: seen_run(client, run)
                for run in client.search_runs([one.experiment_id], run_view_type="ALL")
            },
        }
        for one in client.search_experiments(view_type="ALL")
    ]


def seen_run(client: Client, run: Run) -> dict[str, Any]:
    """A run as a read shows it, with its histories and the names and sizes of its artifacts."""
    info, data = run.info, run.data
    return {
        "name": info.run_name,
        "user": info.user_id,
        "status": info.status,
        "start": info.start_time,
        "end": info.end_time,
        "lifecycle": info.lifecycle_stage,
        "params": data.params,
        "tags": {key: value for key, value in data.tags.items() if key != MARK},
        "latest": {key: repr(value) for key, value in data.metrics.items()},
        "histories": {
            key: sorted(
                [point.timestamp, point.step, repr(point.value)]
                for point in client.get_metric_history(info.run_id, key)
            )
            for key in data.metrics
        },
        "datasets": _in_order([_dataset(used) for used in run.inputs.dataset_inputs]),
        "model_inputs": [model.model_id for model in run.inputs.model_inputs],
        "model_outputs": [[model.model_id, model.step] for model in run.outputs.model_outputs],
        "artifacts": sorted(_artifacts(client, info.run_id, "")),
    }


def _dataset(used: DatasetInput) -> list[Any]:
    fields = ("name", "digest", "source_type", "source", "schema", "profile")
    return [{name: getattr(used.dataset, name) for name in fields}, {tag.key: tag.value for tag in used.tags}]


def _in_order(datasets: list[list[Any]]) -> list[list[Any]]:
    return sorted(datasets, key=lambda used: (used[0]["name"], used[0]["digest"], sorted(used[1])))


def _artifacts(client: Client, run_id: str, path: str) -> list[list[Any]]:
    found: list[list[Any]] = []
    for file in client.list_artifacts(run_id, path):
        found += _artifacts(client, run_id, file.path) if file.is_dir else [[file.path, file.file_size]]
    return found


def as_we_keep_it(told: dict[str, Any]) -> list[dict[str, Any]]:
    """What MLflow said of a store, but for what Runstone does otherwise on purpose.

    Points that are equal in everything are one. What a database holds for infinity is infinity. The step of a point
    that was measured on a dataset counts, which MLflow loses when it reads a folder.
    """
    for experiment in told["experiments"]:
        for run in experiment["runs"].values():
            del run["artifact_uri"]
            run["datasets"] = _in_order(run["datasets"])
            for key, points in run["histories"].items():
                steps = [
                    [at, 4 if key == "of a model" else step, CLAMPED.get(v, v)] for at, step, v in points
                ]
                run["histories"][key] = sorted(
                    point for at, point in enumerate(steps) if point not in steps[:at]
                )
    return told["experiments"]


def without(experiments: list[dict[str, Any]], *fields: str) -> dict[str, dict[str, Any]]:
    """Experiments by name, without some of their fields."""
    return {
        one["name"]: {field: value for field, value in one.items() if field not in fields}
        for one in experiments
    }


def checksums(folder: Path) -> dict[str, str]:
    """What is in each of the files in a folder and below; the folders, too."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        if path.is_file()
        else "folder"
        for path in folder.rglob("*")
    }
