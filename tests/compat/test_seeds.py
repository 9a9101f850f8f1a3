"""Code that people copy from documents about MLflow runs unchanged, and records what the documents say."""

import json
import subprocess
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import runstone
from runstone.entities import Run
from tests.compat.seeds.playing import BLOCKS, PREPARED, Played, play, quiet, recorded
from tests.servers import RunningServer, free_port, wait_until_healthy
from tests.tiers import tier_missing
from tools import envs

Playing = Callable[..., Played]


@pytest.fixture
def played(tmp_path: Path, shim_environment: dict[str, str]) -> Playing:
    """A function that runs a block through the shim and gives what it recorded."""
    return lambda block, **more: play(block, tmp_path, shim_environment, **more)


def test_every_block_is_played() -> None:
    assert {path.stem for path in BLOCKS.glob("*.txt")} == PREPARED.keys()


def test_manual_logging_records_every_step(played: Playing) -> None:
    result = played("001_manual_logging")
    [run] = result.runs
    history = result.client.get_metric_history(run.info.run_id, "quality")
    assert [(point.step, point.value) for point in history] == [(0, 0), (1, 2), (2, 4)]
    assert run.info.status == "FINISHED"


def test_the_data_of_the_active_run_are_read_through_a_client(played: Playing) -> None:
    [run] = played("001_active_run").runs
    assert run.data.params == {"depth": "3"}


def test_step_and_timestamp_are_recorded_as_given(played: Playing) -> None:
    result = played("001_step_and_timestamp")
    [run] = result.runs
    [point] = result.client.get_metric_history(run.info.run_id, "train_loss")
    assert (point.value, point.step, point.timestamp) == (0.25, 3, 1_700_000_000_000)


def test_the_experiment_that_a_command_made_comes_from_the_environment(played: Playing) -> None:
    result = played("001_environment")
    [run] = result.experiments["fraud-detection"]
    assert (run.data.params, run.data.metrics) == ({"a": "1"}, {"b": 2})
    assert result.experiments["Default"] == ()


@pytest.mark.parametrize("command", ["ui", "server"])
def test_the_command_that_shows_the_runs_serves_them(
    command: str, tmp_path: Path, shim_environment: dict[str, str]
) -> None:
    url = f"http://127.0.0.1:{(port := free_port())}"
    serving = subprocess.Popen(["mlflow", command, "--port", str(port)], cwd=tmp_path, env=shim_environment)
    try:
        wait_until_healthy(url, serving)
        with urllib.request.urlopen(f"{url}/version") as answer:
            assert answer.read() == b"3.17.2"
    finally:
        serving.terminate()
        serving.wait(20)


def test_child_runs_know_their_parent(played: Playing) -> None:
    parent, *children = played("001_child_runs").runs
    assert [run.data.params for run in children] == [{"p": "0.01"}, {"p": "0.02"}, {"p": "0.03"}]
    assert {run.data.tags["mlflow.parentRunId"] for run in children} == {parent.info.run_id}
    assert {run.data.metrics["val_loss"] for run in children} == {0.5}
    assert parent.data.params == {}


def test_sequential_runs_are_two(played: Playing) -> None:
    first, second = played("001_sequential_runs").runs
    assert (first.data.params, first.data.metrics) == ({"x": "1"}, {"y": 2})
    assert (second.data.params, second.data.metrics) == ({"x": "2"}, {"y": 3})
    assert first.info.run_name != second.info.run_name


def test_forked_processes_record_a_run_each(played: Playing) -> None:
    runs = played("001_fork").runs
    assert sorted(run.data.params["p"] for run in runs) == ["0.01", "0.02", "Ellipsis"]
    assert {run.info.status for run in runs} == {"FINISHED"}


def test_spawned_processes_record_to_the_database_and_experiment_that_they_choose(
    played: Playing, tmp_path: Path
) -> None:
    played("001_spawn")
    runs = recorded(f"sqlite:///{tmp_path}/runs.db").experiments["spawned"]
    assert sorted(run.data.params["p"] for run in runs) == ["0.01", "0.02", "Ellipsis"]


def test_threads_record_a_run_each(played: Playing) -> None:
    runs = played("001_threads").runs
    assert sorted(run.data.params["p"] for run in runs) == ["0.01", "0.02", "Ellipsis"]


def test_a_client_sets_a_tag(played: Playing) -> None:
    [run] = played("001_tags").runs
    assert run.data.tags["tag_key"] == "tag_value"


def test_a_first_run_records_params_a_metric_and_a_model_that_loads(played: Playing) -> None:
    result = played("003_first_run")
    [run] = result.experiments["Iris Classification"]
    assert run.data.params == {"n_estimators": "100", "max_depth": "5", "random_state": "42"}
    assert run.data.metrics["accuracy"] > 0.8
    assert loaded(result, run, "model").n_estimators == 100


def test_artifacts_of_every_kind_are_recorded(played: Playing, tmp_path: Path) -> None:
    result = played("003_artifacts")
    [run] = result.experiments["Iris with Artifacts"]
    found = {file.path for file in result.client.list_artifacts(run.info.run_id)}
    assert {"confusion_matrix.png", "metadata.json"} <= found
    plot = Path(result.client.download_artifacts(run.info.run_id, "confusion_matrix.png"))
    assert plot.read_bytes() == (tmp_path / "confusion_matrix.png").read_bytes()
    metadata = Path(result.client.download_artifacts(run.info.run_id, "metadata.json"))
    assert json.loads(metadata.read_text()) == {"class_names": ["setosa", "versicolor", "virginica"]}
    assert loaded(result, run, "model").n_estimators == 100


def test_an_existing_pipeline_records_its_configuration_metrics_and_model(played: Playing) -> None:
    result = played("003_pipeline")
    [run] = result.experiments["Production Pipeline"]
    assert run.data.params == {"train_path": "train.csv", "test_path": "test.csv", "n_estimators": "5"}
    assert run.data.metrics["accuracy"] > 0.8
    assert loaded(result, run, "model").n_estimators == 5


def loaded(played: Played, run: Run, name: str) -> Any:
    """The model that a run logged, from its own artifacts."""
    return runstone.sklearn.load_model(played.client.download_artifacts(run.info.run_id, name))


def test_tuning_records_twelve_runs_with_three_metrics(played: Playing) -> None:
    runs = played("003_tuning").experiments["Iris Hyperparameter Tuning"]
    assert {(run.data.params["max_depth"], run.data.params["n_estimators"]) for run in runs} == {
        (depth, number) for depth in ("5", "10", "15", "20") for number in ("50", "100", "200")
    }
    assert len(runs) == 12
    for run in runs:
        assert run.data.metrics.keys() == {"accuracy", "precision", "recall"}
        assert all(0.8 < value <= 1 for value in run.data.metrics.values())


def test_a_team_records_to_its_server(played: Playing, runstone_server: Callable[..., RunningServer]) -> None:
    [run] = played("003_team_server", store=runstone_server().url).experiments["Team Experiment"]
    assert run.data.metrics["accuracy"] > 0.8


def test_tags_are_set_on_a_run_that_starts_by_itself(played: Playing) -> None:
    [run] = played("003_set_tags").runs
    expected = {"team": "data-science", "feature_set": "v2_with_embeddings", "status": "baseline"}
    assert expected.items() <= run.data.tags.items()


def test_the_commit_is_recorded(played: Playing, tmp_path: Path) -> None:
    commit = make_repository(tmp_path)
    [run] = played("003_git_commit").runs
    assert run.data.tags["git_commit"] == commit


def test_artifacts_are_organised_in_folders(played: Playing) -> None:
    result = played("003_log_artifacts")
    [run] = result.runs
    found = [
        file.path
        for folder in result.client.list_artifacts(run.info.run_id)
        if folder.is_dir and folder.path != "runstone"  # where what made the run is recorded
        for file in result.client.list_artifacts(run.info.run_id, folder.path)
    ]
    assert found == ["data-summary/class_distribution.json", "visualizations/confusion_matrix.png"]


# --- beside MLflow --------------------------------------------------------------------------------

# MLflow tells that a repository has changes only where it is asked to version models by git.
ALSO_OURS = {"mlflow.source.git.dirty"}

# Slow ones that call nothing which the others do not call; one that needs MLflow's command; and those with models,
# which MLflow's client logs as entities that are not there yet.
SLOW = {"001_spawn", "003_tuning"}
WITH_A_COMMAND = {"001_environment"}
WITH_MODELS = {"003_artifacts", "003_first_run", "003_pipeline"}


@pytest.mark.parametrize("block", sorted(PREPARED.keys() - SLOW - WITH_A_COMMAND - WITH_MODELS))
def test_mlflows_own_client_records_the_same(
    block: str,
    tmp_path: Path,
    shim_environment: dict[str, str],
    runstone_server: Callable[..., RunningServer],
) -> None:
    python = envs.interpreter("mlflow-skinny")
    if python is None:
        enable = "python tools/envs.py mlflow-skinny"
        tier_missing("compat", "the environment with MLflow's own client is not there", enable)
    folders = {name: tmp_path / name for name in ("ours", "theirs")}
    for folder in folders.values():
        folder.mkdir()
        if block == "003_git_commit":
            make_repository(folder)
    # In the default store, as a reader of the documents has it; where a block names a server, it has one.
    names_a_store = block == "003_team_server"
    ours = play(
        block, folders["ours"], shim_environment, store=runstone_server().url if names_a_store else "mlruns"
    )
    theirs = play(block, folders["theirs"], quiet(), store=runstone_server().url, python=python)
    assert outline(ours) == outline(theirs)


def outline(played: Played) -> object:
    """What two recordings have in common: experiments, statuses, params, and the names of metrics and MLflow's tags."""
    return {
        name: sorted(
            (
                run.info.status,
                sorted(run.data.params.items()),
                sorted(run.data.metrics),
                sorted(
                    tag for tag in run.data.tags if not tag.startswith("runstone.") and tag not in ALSO_OURS
                ),
            )
            for run in runs
        )
        for name, runs in played.experiments.items()
    }


def make_repository(folder: Path) -> str:
    """Make a folder a git repository with a commit, and return the commit."""
    git = ["git", "-C", str(folder), "-c", "user.name=A", "-c", "user.email=a@example.org"]
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "first"], check=True)
    return subprocess.check_output([*git, "rev-parse", "HEAD"], text=True).strip()
