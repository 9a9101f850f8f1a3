"""The fluent API: the active run, its nesting, its end, and what is logged to it."""

import os
import subprocess
import sys
import threading
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd
import pytest

from runstone import Client
from runstone.entities import Run
from runstone.errors import (
    InvalidParameterValue,
    InvalidState,
    ResourceDoesNotExist,
    RunstoneError,
    UnsupportedOperation,
)


def status(client: Client, run: Run) -> str:
    return client.get_run(run.info.run_id).info.status


def test_a_run_ends_with_its_block(mlflow: ModuleType, client: Client, experiment: str) -> None:
    with mlflow.start_run(run_name="a run ✓", tags={"team": 5}, description="why") as run:
        assert mlflow.active_run() is run
        assert status(client, run) == "RUNNING"
        mlflow.log_param("depth", 3)
        mlflow.log_metric("loss", 0.5, step=1)
    assert mlflow.active_run() is None
    ended = client.get_run(run.info.run_id)
    assert (ended.info.status, ended.info.experiment_id) == ("FINISHED", experiment)
    assert ended.info.end_time
    assert ended.info.end_time >= ended.info.start_time
    assert ended.data.params == {"depth": "3"}
    assert ended.data.metrics == {"loss": 0.5}
    assert ended.data.tags["team"] == "5"
    assert ended.data.tags["mlflow.note.content"] == "why"
    assert ended.data.tags["mlflow.runName"] == ended.info.run_name == "a run ✓"
    assert mlflow.last_active_run() == ended


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_a_run_whose_block_raises_has_failed(
    mlflow: ModuleType, client: Client, error: type[BaseException]
) -> None:
    run: Any = None

    def fail() -> None:
        nonlocal run
        with mlflow.start_run() as run:
            mlflow.log_metric("loss", 0.5)
            raise error("no")

    with pytest.raises(error, match="no"):
        fail()
    assert status(client, run) == "FAILED"
    assert client.get_run(run.info.run_id).data.metrics == {"loss": 0.5}
    assert mlflow.active_run() is None


def test_a_run_tells_of_its_surroundings(mlflow: ModuleType, client: Client) -> None:
    with mlflow.start_run() as run:
        pass
    tags = client.get_run(run.info.run_id).data.tags
    assert tags["mlflow.user"] == run.info.user_id != ""
    assert tags["mlflow.source.name"] == sys.argv[0]
    assert tags["mlflow.source.type"] == "LOCAL"
    with mlflow.start_run(tags={"mlflow.user": "ada", "mlflow.source.name": "mine"}) as run:
        pass
    assert client.get_run(run.info.run_id).data.tags["mlflow.source.name"] == "mine"
    assert run.info.user_id == "ada"


def test_runs_nest_and_each_ends_for_itself(mlflow: ModuleType, client: Client) -> None:
    with mlflow.start_run(run_name="outer") as outer:
        with mlflow.start_run(run_name="inner", nested=True) as inner:
            mlflow.log_param("where", "inner")
            with mlflow.start_run(nested=True) as innermost:
                assert mlflow.active_run() is innermost
        assert mlflow.active_run() is outer
        mlflow.log_param("where", "outer")
        assert (status(client, inner), status(client, outer)) == ("FINISHED", "RUNNING")
    assert client.get_run(outer.info.run_id).data.params == {"where": "outer"}
    assert client.get_run(inner.info.run_id).data.params == {"where": "inner"}
    parents = [
        client.get_run(run.info.run_id).data.tags.get("mlflow.parentRunId")
        for run in (outer, inner, innermost)
    ]
    assert parents == [None, outer.info.run_id, inner.info.run_id]
    children = mlflow.search_runs(
        filter_string=f"tags.mlflow.parentRunId = '{outer.info.run_id}'", output_format="list"
    )
    assert [run.info.run_id for run in children] == [inner.info.run_id]


def test_a_second_run_at_once_is_refused_and_not_created(
    mlflow: ModuleType, client: Client, experiment: str
) -> None:
    with mlflow.start_run() as run:
        with pytest.raises(InvalidState, match=f"Run with UUID {run.info.run_id} is already active"):
            mlflow.start_run()
        with pytest.raises(InvalidParameterValue, match="does not match the specified parent_run_id"):
            mlflow.start_run(nested=True, parent_run_id="0" * 32)
    assert [found.info.run_id for found in client.search_runs([experiment])] == [run.info.run_id]


def test_what_is_left_open_inside_a_block_ends_with_it(mlflow: ModuleType, client: Client) -> None:
    with mlflow.start_run() as outer:
        inner = mlflow.start_run(nested=True)
    assert mlflow.active_run() is None
    assert [status(client, run) for run in (outer, inner)] == ["FINISHED", "FINISHED"]


def test_a_run_that_was_ended_inside_its_block_stays_as_it_was_ended(
    mlflow: ModuleType, client: Client
) -> None:
    with mlflow.start_run() as run:
        mlflow.end_run("KILLED")
        assert mlflow.active_run() is None
    assert status(client, run) == "KILLED"


def test_an_unknown_status_leaves_the_run_open(mlflow: ModuleType, client: Client) -> None:
    run = mlflow.start_run()
    with pytest.raises(InvalidParameterValue, match="run status"):
        mlflow.end_run("NOPE")
    assert mlflow.active_run() is run
    mlflow.end_run()
    assert status(client, run) == "FINISHED"
    mlflow.end_run()


def test_a_parent_may_be_named(mlflow: ModuleType, client: Client) -> None:
    with mlflow.start_run() as parent:
        pass
    with mlflow.start_run(parent_run_id=parent.info.run_id) as child:
        pass
    assert client.get_run(child.info.run_id).data.tags["mlflow.parentRunId"] == parent.info.run_id
    with pytest.raises(ResourceDoesNotExist):
        mlflow.start_run(parent_run_id="0" * 32)
    assert mlflow.active_run() is None


def test_a_run_is_resumed_by_its_id(mlflow: ModuleType, client: Client) -> None:
    with mlflow.start_run(run_name="first") as run:
        mlflow.log_param("p", 1)
    with mlflow.start_run(run_id=run.info.run_id, tags={"again": "yes"}, description="more") as again:
        assert again.info.run_id == run.info.run_id
        assert status(client, run) == "RUNNING"
        mlflow.log_param("q", 2)
    resumed = client.get_run(run.info.run_id)
    assert (resumed.info.status, resumed.info.run_name) == ("FINISHED", "first")
    assert resumed.data.params == {"p": "1", "q": "2"}
    assert resumed.data.tags["again"] == "yes"
    assert resumed.data.tags["mlflow.note.content"] == "more"


def test_what_cannot_be_started_is_refused_and_nothing_is_open(
    mlflow: ModuleType, client: Client, experiment: str
) -> None:
    refused: list[tuple[dict[str, Any], type[RunstoneError]]] = [
        ({"run_id": "0" * 32}, ResourceDoesNotExist),
        ({"run_id": "../x"}, InvalidParameterValue),
        ({"experiment_id": "99999999999"}, ResourceDoesNotExist),
        ({"experiment_id": ["1"]}, InvalidParameterValue),
        ({"description": "d", "tags": {"mlflow.note.content": "e"}}, InvalidParameterValue),
        ({"log_system_metrics": True}, UnsupportedOperation),
    ]
    for arguments, error in refused:
        with pytest.raises(error):
            mlflow.start_run(**arguments)
        assert mlflow.active_run() is None
    assert client.search_runs([experiment]) == []


def test_logging_without_a_run_starts_one(mlflow: ModuleType, client: Client, experiment: str) -> None:
    mlflow.log_metric("loss", 0.5)
    run = mlflow.active_run()
    assert run is not None
    mlflow.log_params({"a": 1, "b": None})
    mlflow.log_metrics({"x": 1, "y": "2.5"}, step=3)
    mlflow.set_tags({"t": 1, "u": [2]})
    mlflow.set_tag("v", "w")
    mlflow.end_run()
    data = client.get_run(run.info.run_id).data
    assert data.params == {"a": "1", "b": "None"}
    assert data.metrics == {"loss": 0.5, "x": 1.0, "y": 2.5}
    assert {key: data.tags[key] for key in "tuv"} == {"t": "1", "u": "[2]", "v": "w"}
    assert client.get_metric_history(run.info.run_id, "x")[0].step == 3
    assert [found.info.run_id for found in client.search_runs([experiment])] == [run.info.run_id]


def test_logging_to_another_run_leaves_the_active_one_alone(
    mlflow: ModuleType, client: Client, run: str
) -> None:
    with mlflow.start_run() as active:
        mlflow.log_metric("m", 1.0, timestamp=7, step=2, run_id=run)
        mlflow.log_metrics({"n": 2.0}, timestamp=8, run_id=run)
        mlflow.log_params({"p": 1}, run_id=run)
        mlflow.log_text("text", "a.txt", run_id=run)
        mlflow.log_dict({"k": 1}, "b.json", run_id=run)
    there, here = client.get_run(run), client.get_run(active.info.run_id)
    assert (there.data.metrics, there.data.params) == ({"m": 1.0, "n": 2.0}, {"p": "1"})
    assert [info.path for info in client.list_artifacts(run)] == ["a.txt", "b.json"]
    assert (here.data.metrics, here.data.params, client.list_artifacts(active.info.run_id)) == ({}, {}, [])
    assert [m.timestamp for m in client.get_metric_history(run, "m")] == [7]
    mlflow.log_metric("m", 1.0, run_id=run)
    assert mlflow.active_run() is None


def test_what_is_logged_badly_is_refused_and_the_run_goes_on(mlflow: ModuleType, client: Client) -> None:
    with mlflow.start_run() as run:
        mlflow.log_param("p", 1)
        for act in (
            lambda: mlflow.log_param("p", 2),
            lambda: mlflow.log_metric("a*b", 1.0),
            lambda: mlflow.log_metric("m", "text"),
            lambda: mlflow.log_metrics({"m": 1.0, "n": None}),
            lambda: mlflow.log_metric("m", 1.0, dataset=object()),
            lambda: mlflow.log_text("x", "../y"),
        ):
            with pytest.raises(RunstoneError):
                act()
        mlflow.log_metric("after", 1.0)
    ended = client.get_run(run.info.run_id)
    assert (ended.data.params, ended.data.metrics) == ({"p": "1"}, {"after": 1.0})
    assert ended.info.status == "FINISHED"


def test_what_is_no_dict_is_refused_by_its_argument_and_starts_no_run(
    mlflow: ModuleType, client: Client, experiment: str
) -> None:
    for argument, act in (
        ("metrics", lambda: mlflow.log_metrics([1])),
        ("params", lambda: mlflow.log_params([1])),
        ("tags", lambda: mlflow.set_tags(None)),
        ("tags", lambda: mlflow.set_experiment_tags("a")),
        ("tags", lambda: mlflow.start_run(tags=["a"])),
        ("tags", lambda: mlflow.create_experiment("unborn", tags=["a"])),
        ("tags", lambda: client.create_run(experiment, tags=["a"])),  # pyright: ignore[reportArgumentType]
    ):
        with pytest.raises(
            InvalidParameterValue, match=f"for parameter '{argument}' supplied: expected a dict"
        ):
            act()
    assert mlflow.active_run() is None
    assert client.search_runs([experiment]) == []
    mlflow.log_params(pd.Series({"depth": 3}))  # whatever has items
    assert mlflow.last_active_run().data.params == {}
    assert client.get_run(mlflow.active_run().info.run_id).data.params == {"depth": "3"}


def test_files_and_figures_are_logged_to_the_active_run(
    mlflow: ModuleType, client: Client, tmp_path: Path
) -> None:
    from matplotlib.figure import Figure

    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "file").write_text("x")
    with mlflow.start_run() as run:
        mlflow.log_artifact(tmp_path / "in" / "file", "one")
        mlflow.log_artifacts(tmp_path / "in", "all")
        mlflow.log_text("text", "t.txt")
        mlflow.log_dict({"a": 1}, "d.yaml")
        mlflow.log_figure(Figure(), "f.png")
    paths = [info.path for info in client.list_artifacts(run.info.run_id)]
    assert paths == ["all", "d.yaml", "f.png", "one", "t.txt"]


def test_each_thread_has_a_run_of_its_own(mlflow: ModuleType, client: Client) -> None:
    barrier = threading.Barrier(4)
    runs: dict[int, Run] = {}
    problems: list[BaseException] = []

    def train(number: int) -> None:
        try:
            assert mlflow.active_run() is None
            with mlflow.start_run(nested=True) as run:
                barrier.wait(20)
                for step in range(20):
                    mlflow.log_metric("m", number, step=step)
                mlflow.log_param("number", number)
                assert mlflow.active_run() is run
                barrier.wait(20)
            runs[number] = run
        except BaseException as error:  # noqa: BLE001  (shown by the main thread)
            problems.append(error)

    with mlflow.start_run() as parent:
        threads = [threading.Thread(target=train, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert mlflow.active_run() is parent
    assert not problems
    assert len({run.info.run_id for run in runs.values()}) == 4
    for number, run in runs.items():
        found = client.get_run(run.info.run_id)
        assert (found.info.status, found.data.params) == ("FINISHED", {"number": str(number)})
        assert [m.value for m in client.get_metric_history(run.info.run_id, "m")] == [float(number)] * 20


def test_a_run_stays_where_it_began_when_the_tracking_uri_changes(
    mlflow: ModuleType, client: Client, tmp_path: Path
) -> None:
    uri = mlflow.get_tracking_uri()
    with mlflow.start_run() as run:
        mlflow.set_tracking_uri(tmp_path / "other store")
        assert mlflow.get_tracking_uri() == (tmp_path / "other store").as_uri()
        mlflow.log_metric("m", 1.0)
        mlflow.set_tracking_uri(uri)
        mlflow.log_metric("n", 1.0)
    ended = client.get_run(run.info.run_id)
    assert (ended.info.status, set(ended.data.metrics)) == ("FINISHED", {"m", "n"})
    assert not (tmp_path / "other store").exists()


def test_an_experiment_is_set_by_name_and_created_if_absent(
    mlflow: ModuleType, client: Client, new_name: Any
) -> None:
    name = new_name()
    created = mlflow.set_experiment(name)
    assert client.get_experiment_by_name(name) == created
    assert mlflow.set_experiment(name) == created
    with mlflow.start_run() as run:
        assert run.info.experiment_id == created.experiment_id
    assert os.environ["MLFLOW_EXPERIMENT_ID"] == created.experiment_id
    with pytest.raises(ResourceDoesNotExist):
        mlflow.set_experiment(experiment_id="99999999999")
    for wrong in ({}, {"experiment_name": name, "experiment_id": "0"}):
        with pytest.raises(InvalidParameterValue, match="exactly one of"):
            mlflow.set_experiment(**wrong)
    with mlflow.start_run() as run:
        assert run.info.experiment_id == created.experiment_id


def test_experiments_are_reached_through_the_fluent_api(mlflow: ModuleType, new_name: Any) -> None:
    name = new_name()
    experiment_id = mlflow.create_experiment(name, tags={"k": "v"})
    assert mlflow.get_experiment(experiment_id) == mlflow.get_experiment_by_name(name)
    found = mlflow.search_experiments(filter_string=f"name = '{name}'")
    assert [experiment.experiment_id for experiment in found] == [experiment_id]
    assert len(mlflow.search_experiments(max_results=1)) == 1
    assert mlflow.search_experiments(max_results=0) == []


def test_runs_are_searched_into_a_frame(mlflow: ModuleType, experiment: str) -> None:
    ids: list[str] = []
    for n in range(3):
        with mlflow.start_run(run_name=f"run {n}") as run:
            ids.insert(0, run.info.run_id)
            if n:
                mlflow.log_metric("loss", float("nan") if n == 2 else 0.5)
                mlflow.log_param("p", n)
    frame = mlflow.search_runs(order_by=["run_name DESC"])
    assert list(frame["run_id"]) == ids
    assert list(frame.columns[:6]) == [
        "run_id",
        "experiment_id",
        "status",
        "artifact_uri",
        "start_time",
        "end_time",
    ]
    assert set(frame["experiment_id"]) == {experiment}
    assert frame["metrics.loss"].isna().tolist() == [True, False, True]
    assert frame["params.p"].tolist()[:2] == ["2", "1"]
    assert frame["params.p"].isna().tolist() == [False, False, True]
    assert frame["tags.mlflow.runName"].tolist() == ["run 2", "run 1", "run 0"]
    assert str(frame["start_time"].dt.tz) == "UTC"
    assert (frame["end_time"] >= frame["start_time"]).all()
    as_list = mlflow.search_runs(order_by=["run_name DESC"], output_format="list")
    assert [run.info.run_id for run in as_list] == ids
    assert len(mlflow.search_runs(max_results=2)) == 2
    assert mlflow.search_runs(max_results=0, output_format="list") == []


def test_a_frame_of_no_runs_has_its_columns(mlflow: ModuleType) -> None:
    frame = mlflow.search_runs()
    assert isinstance(frame, pd.DataFrame)
    assert frame.empty
    assert "start_time" in frame.columns


def test_a_run_that_has_not_ended_has_no_end_time_in_a_frame(mlflow: ModuleType) -> None:
    with mlflow.start_run():
        assert mlflow.search_runs()["end_time"].isna().tolist() == [True]


def test_runs_are_searched_by_the_names_of_experiments(
    mlflow: ModuleType, new_name: Any, caplog: pytest.LogCaptureFixture
) -> None:
    name = new_name()
    mlflow.set_experiment(name)
    with mlflow.start_run() as run:
        pass
    found = mlflow.search_runs(experiment_names=[name, "no such experiment"], output_format="list")
    assert [one.info.run_id for one in found] == [run.info.run_id]
    assert "Cannot retrieve experiment by name no such experiment" in caplog.text
    everywhere = mlflow.search_runs(search_all_experiments=True, output_format="list")
    assert run.info.run_id in [one.info.run_id for one in everywhere]
    assert mlflow.search_runs(experiment_names=["no such experiment"], output_format="list") == []
    with pytest.raises(InvalidParameterValue, match="but not both"):
        mlflow.search_runs(experiment_ids=["0"], experiment_names=[name])
    with pytest.raises(InvalidParameterValue, match="Unsupported output format: nope"):
        mlflow.search_runs(output_format="nope")


def test_a_runs_address_is_printed_where_there_is_a_page(
    mlflow: ModuleType, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with mlflow.start_run(run_name="naïve ✓") as run:
        capsys.readouterr()
    uri, info = mlflow.get_tracking_uri(), run.info
    page = f"{uri}/#/experiments/{info.experiment_id}"
    expected = f"View run naïve ✓ at: {page}/runs/{info.run_id}\nView experiment at: {page}\n"
    assert capsys.readouterr().out == (expected if uri.startswith("http") else "")
    monkeypatch.setenv("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")
    with mlflow.start_run():
        pass
    assert capsys.readouterr().out == ""


SCRIPT = """
import runstone as mlflow
mlflow.log_metric("m", 1.0)
nested = mlflow.start_run(nested=True)
"""


def test_a_param_is_logged_by_its_oldest_name_too(mlflow: ModuleType) -> None:
    with mlflow.start_run() as run:
        assert mlflow.log_parameter("x", 1) == 1
    assert mlflow.get_run(run.info.run_id).data.params == {"x": "1"}


def test_models_are_registered_where_runs_are_recorded_unless_said_otherwise(
    mlflow: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_REGISTRY_URI", "")  # so that what is set below ends with the test
    assert mlflow.get_registry_uri() == mlflow.get_tracking_uri()
    monkeypatch.setenv("MLFLOW_REGISTRY_URI", "http://registry:1")
    assert mlflow.get_registry_uri() == "http://registry:1"
    mlflow.set_registry_uri("http://registry:2")
    try:
        assert mlflow.get_registry_uri() == "http://registry:2"
        assert os.environ["MLFLOW_REGISTRY_URI"] == "http://registry:2"
    finally:
        mlflow.set_registry_uri("")
    assert mlflow.get_registry_uri() == mlflow.get_tracking_uri()


def in_process(script: str, folder: Path, uri: str, **environment: str) -> str:
    variables = {key: value for key, value in os.environ.items() if not key.startswith("MLFLOW_")}
    variables |= {"MLFLOW_TRACKING_URI": uri, "PYTHONWARNINGS": "error", **environment}
    (folder / "script.py").write_text(script)
    done = subprocess.run(
        [sys.executable, "script.py"], cwd=folder, env=variables, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


@pytest.mark.parametrize("by", ["id", "name", "new name"])
def test_the_environment_chooses_store_and_experiment_and_open_runs_end_with_the_process(
    client: Client, tracking_uri: str, tmp_path: Path, new_name: Any, by: str
) -> None:
    name = new_name()
    if by != "new name":
        chosen = client.create_experiment(name)
        environment = {"MLFLOW_EXPERIMENT_ID": chosen} if by == "id" else {"MLFLOW_EXPERIMENT_NAME": name}
        in_process(SCRIPT, tmp_path, tracking_uri, **environment)
    else:
        in_process(SCRIPT, tmp_path, tracking_uri, MLFLOW_EXPERIMENT_NAME=name)
    experiment = client.get_experiment_by_name(name)
    assert experiment
    runs = client.search_runs([experiment.experiment_id])
    assert [run.info.status for run in runs] == ["FINISHED", "FINISHED"]
    assert {run.data.tags["mlflow.source.name"] for run in runs} == {"script.py"}


def test_a_wrong_experiment_in_the_environment_is_named(tracking_uri: str, tmp_path: Path) -> None:
    script = """
import runstone as mlflow
try:
    mlflow.start_run()
except mlflow.MlflowException as error:
    print(error)
"""
    output = in_process(script, tmp_path, tracking_uri, MLFLOW_EXPERIMENT_ID="99999999999")
    assert "MLFLOW_EXPERIMENT_ID is '99999999999'" in output


def test_the_run_that_the_environment_names_is_resumed_once(
    mlflow: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    with mlflow.start_run() as first:
        pass
    monkeypatch.setenv("MLFLOW_RUN_ID", first.info.run_id)
    with mlflow.start_run() as resumed:
        mlflow.log_metric("m", 1.0, step=1.7)
    assert resumed.info.run_id == first.info.run_id
    assert mlflow.get_run(first.info.run_id).data.metrics == {"m": 1.0}
    with mlflow.start_run() as second:
        pass
    assert second.info.run_id != first.info.run_id


def test_what_was_flushed_is_there_for_others(mlflow: ModuleType, client: Client) -> None:
    with mlflow.start_run() as run:
        mlflow.log_metric("loss", 0.5, synchronous=False)
        mlflow.log_text("x", "x.txt")
        mlflow.flush_async_logging()
        mlflow.flush_artifact_async_logging()
        assert client.get_run(run.info.run_id).data.metrics == {"loss": 0.5}
        assert "x.txt" in {file.path for file in client.list_artifacts(run.info.run_id)}


def test_logging_that_need_not_wait_can_be_switched_on(
    mlflow: ModuleType, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_ENABLE_ASYNC_LOGGING", "")  # so that what is set below ends with the test
    mlflow.config.enable_async_logging()
    with mlflow.start_run() as run:
        for pending in (mlflow.log_metric("loss", 0.5), mlflow.log_param("p", 1), mlflow.set_tag("t", 1)):
            pending.wait()
        assert mlflow.log_metric("loss", 0.25, step=1, synchronous=True) is None
    mlflow.config.enable_async_logging(False)
    assert client.log_param(run.info.run_id, "q", 2) == 2
    logged = client.get_run(run.info.run_id).data
    assert (logged.metrics, logged.params) == ({"loss": 0.25}, {"p": "1", "q": "2"})


def test_a_method_that_is_not_there_says_where_that_is_told(client: Client) -> None:
    with pytest.raises(
        AttributeError, match=r"'Client' has no 'create_registered_model'.*docs/deviations\.md"
    ):
        getattr(client, "create_registered_model")  # noqa: B009
    assert not hasattr(client, "create_webhook")
