"""MLflow's own client, in an environment of its own, against a live server."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.servers import start_server
from tests.tiers import tier_missing
from tools import envs

SCRIPT = Path(__file__).with_name("real_client.py")

Seen = dict[str, Any]


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """What the client read back of the runs that it logged."""
    python = envs.interpreter("mlflow-skinny")
    if python is None:
        enable = "python tools/envs.py mlflow-skinny"
        tier_missing("compat", "the environment with MLflow's own client is not there", enable)
    server = start_server(tmp_path_factory.mktemp("server"))
    command = [python, SCRIPT, server.url, tmp_path_factory.mktemp("client")]
    quiet = {name: value for name, value in os.environ.items() if not name.startswith("MLFLOW_")}
    done = subprocess.run(command, capture_output=True, text=True, env=quiet, timeout=50, check=False)
    server.stop()
    assert done.returncode == 0, f"{done.stderr}\n--- the server's log ---\n{server.log}"
    return json.loads(done.stdout.splitlines()[-1])


def test_the_client_is_the_version_that_we_match(seen: Seen) -> None:
    assert seen["mlflow"] == envs.MLFLOW_VERSION


def test_an_experiment_with_an_unusual_name_is_found_by_id_name_and_search(seen: Seen) -> None:
    experiment = seen["experiment"]
    assert experiment["name"] == "compat/größe №1"
    assert experiment["lifecycle_stage"] == "active"
    assert experiment["artifact_location"] == f"mlflow-artifacts:/{experiment['experiment_id']}"
    assert seen["experiment_by_name"] == experiment["experiment_id"]
    assert seen["experiments"] == ["compat/größe №1", "Default"]


def test_a_run_comes_back_with_everything_that_was_logged(seen: Seen) -> None:
    run = seen["parent"]
    assert (run["name"], run["status"], run["stage"], run["timed"]) == ("parent", "FINISHED", "active", True)
    assert run["params"] == {"lr": "0.01", "optimizer": "adam", "layers": "[64, 32]", "empty": ""}
    assert run["metrics"] == {"loss": 0.25, "acc": 0.75, "deep/er key": -1e-300}
    assert run["artifact_uri"].startswith("mlflow-artifacts:/")
    own = {"team": "vision", "stage": "test", "ünï": "cødé", "mlflow.note.content": "A note"}
    assert own.items() <= run["tags"].items()


def test_a_nested_run_knows_its_parent(seen: Seen) -> None:
    assert seen["child"]["tags"]["mlflow.parentRunId"] == seen["ids"]["parent"]
    assert seen["child"]["metrics"] == {"acc": 0.9, "loss": 0.5}


def test_a_run_tells_what_it_read_and_made(seen: Seen) -> None:
    child = seen["child"]
    dataset = {"name": "träin", "digest": "d1", "source_type": "local", "source": '{"uri": "x"}'}
    dataset |= {"schema": None, "profile": '{"num_rows": 3}'}
    assert child["datasets"] == [{"dataset": dataset, "tags": {"mlflow.data.context": "training"}}]
    assert (child["models"], child["made"]) == (["m-1"], [["m-2", 3]])
    assert (seen["parent"]["datasets"], seen["parent"]["models"], seen["parent"]["made"]) == ([], [], [])


def test_a_metric_keeps_its_history_and_its_nan(seen: Seen) -> None:
    assert seen["history"] == [[0, 1.0], [1, 0.5], [2, "NaN"], [3, 0.25]]


def test_runs_are_found_by_metric_param_and_tag(seen: Seen) -> None:
    assert seen["searches"] == {
        "all": ["child", "parent"],
        "by metric": ["child"],
        "by param and tag": ["parent"],
        "by odd key": ["parent"],
        "by dataset": ["child"],
        "nothing": [],
        "ordered": ["child", "parent"],
    }


def test_a_search_goes_on_where_its_page_ended(seen: Seen) -> None:
    assert seen["pages"] == [["parent"], ["child"]]


def test_artifacts_are_listed_and_come_back_unchanged(seen: Seen) -> None:
    artifacts = seen["artifacts"]
    assert artifacts["root"] == [
        ["config.json", False, len('{\n  "a": [\n    1,\n    2\n  ]\n}')],
        ["notes", True, None],
        ["tables", True, None],
        ["tree", True, None],
    ]
    assert artifacts["notes"] == ["notes/größe of a plot.txt"]
    assert artifacts["text"] == "hello"
    assert artifacts["blob intact"]
    assert artifacts["downloaded"] == [
        "config.json",
        "notes/größe of a plot.txt",
        "tables/data.csv",
        "tree/deep/blob.bin",
    ]


def test_a_folder_of_a_run_is_listed(seen: Seen) -> None:
    assert seen["artifacts"]["notes of the run"] == ["notes/größe of a plot.txt"]


def test_what_must_be_refused_is_refused_with_mlflows_codes(seen: Seen) -> None:
    assert seen["errors"] == {
        "unknown run": "RESOURCE_DOES_NOT_EXIST",
        "changed param": "INVALID_PARAMETER_VALUE",
        "malformed filter": "INVALID_PARAMETER_VALUE",
        "existing experiment": "RESOURCE_ALREADY_EXISTS",
    }
