"""The commands on a store of this machine and on a server: what they do, what they print, how they refuse."""

import csv
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from runstone import Client
from runstone.cli import run as run_command
from runstone.entities import Dataset, DatasetInput, InputTag, Metric, Param

Cli = Callable[..., str]
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run_here(
    tracking_uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """Runs a command in this process; gives its status, what it prints and what it says beside it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", tracking_uri)
    for name in ("MLFLOW_EXPERIMENT_ID", "MLFLOW_EXPERIMENT_NAME"):
        monkeypatch.delenv(name, raising=False)

    def run(*arguments: object, **environment: str) -> tuple[int, str, str]:
        with monkeypatch.context() as more:
            for name, value in environment.items():
                more.setenv(name, value)
            capsys.readouterr()
            status = run_command([str(argument) for argument in arguments])
            printed, said = capsys.readouterr()
            return status, printed, said

    return run


@pytest.fixture
def cli(run_here: Run) -> Cli:
    """Runs a command that must succeed, and gives what it prints."""

    def run(*arguments: object, **environment: str) -> str:
        status, printed, said = run_here(*arguments, **environment)
        assert (status, said) == (0, "")
        return printed

    return run


@pytest.fixture
def refused(run_here: Run) -> Cli:
    """Runs a command that must fail, and gives the line that says why."""

    def run(*arguments: object, **environment: str) -> str:
        status, printed, said = run_here(*arguments, **environment)
        assert (status, printed) == (1, "")
        [line] = said.splitlines()
        assert line.startswith("Error: ")
        return line

    return run


def rows(printed: str) -> list[dict[str, str]]:
    """Tab-separated values by their heads."""
    return list(csv.DictReader(io.StringIO(printed), delimiter="\t", quoting=csv.QUOTE_NONE))


@pytest.fixture
def name(client: Client, experiment: str) -> str:
    """The name of the new experiment."""
    return client.get_experiment(experiment).name


# --- experiments ----------------------------------------------------------------------------------


@pytest.mark.parametrize("how", [[], ["-n"], ["--experiment-name"]])
def test_an_experiment_is_created_by_its_name_alone_or_with_the_flag(
    cli: Cli, client: Client, new_name: Callable[[], str], how: list[str]
) -> None:
    name = new_name()
    said = cli("experiments", "create", *how, name, "-t", "team=core", "-t", "note=a=b")
    made = client.get_experiment_by_name(name)
    assert made is not None
    assert said == f"Created experiment '{name}' with id {made.experiment_id}\n"
    assert made.tags == {"team": "core", "note": "a=b"}


def test_an_experiment_is_created_where_its_artifacts_are_to_be(
    cli: Cli, new_name: Callable[[], str], tmp_path: Path
) -> None:
    made = json.loads(cli("experiments", "create", new_name(), "-l", tmp_path.as_uri(), "--output", "json"))
    assert made["artifact_location"] == tmp_path.as_uri()
    assert made["lifecycle_stage"] == "active"


def test_a_taken_name_is_refused_in_one_line(refused: Cli, name: str) -> None:
    assert refused("experiments", "create", name) == f"Error: Experiment(name={name}) already exists."


def test_an_experiment_is_shown_by_id_and_by_name(
    cli: Cli, client: Client, experiment: str, name: str
) -> None:
    client.set_experiment_tag(experiment, "team", "core")
    shown = json.loads(cli("experiments", "get", "-x", experiment, "--output", "json"))
    assert shown == dict(client.get_experiment(experiment))
    assert json.loads(cli("experiments", "get", "-n", name, "--output", "json")) == shown
    plain = dict(line.split("\t") for line in cli("experiments", "get", "-n", name).splitlines())
    assert plain["experiment_id"] == experiment
    assert plain["tags.team"] == "core"
    table = cli("experiments", "get", "-n", name, "--output", "table")
    assert f"Name                {name}" in table
    assert "team  core" in table


def test_an_experiments_id_needs_no_flag(
    cli: Cli, client: Client, experiment: str, new_name: Callable[[], str]
) -> None:
    shown = json.loads(cli("experiments", "get", experiment, "--output", "json"))
    assert shown == dict(client.get_experiment(experiment))
    assert json.loads(cli("experiments", "get", experiment, "-x", experiment, "--output", "json")) == shown
    assert cli("experiments", "csv", experiment) == cli("experiments", "csv", "-x", experiment)
    name = new_name()
    cli("experiments", "rename", experiment, "--new-name", name)
    assert client.get_experiment(experiment).name == name
    cli("experiments", "delete", experiment)
    assert client.get_experiment(experiment).lifecycle_stage == "deleted"
    cli("experiments", "restore", experiment)
    assert client.get_experiment(experiment).lifecycle_stage == "active"


def test_an_experiment_is_renamed_deleted_and_restored(
    cli: Cli, refused: Cli, client: Client, experiment: str, new_name: Callable[[], str]
) -> None:
    name = new_name()
    said = cli("experiments", "rename", "-x", experiment, "--new-name", name)
    assert said == f"Experiment with id {experiment} has been renamed to '{name}'.\n"
    assert client.get_experiment(experiment).name == name

    assert cli("experiments", "delete", "-n", name) == f"Experiment with ID {experiment} has been deleted.\n"
    assert client.get_experiment(experiment).lifecycle_stage == "deleted"
    assert refused("experiments", "delete", "-x", experiment) == (
        f"Error: No Experiment with id={experiment} exists"
    )

    restored = json.loads(cli("experiments", "restore", "-x", experiment, "--output", "json"))
    assert restored["lifecycle_stage"] == "active"
    assert "Error" in refused("experiments", "restore", "-x", experiment)


def test_experiments_are_listed_by_view_and_filter(
    cli: Cli, client: Client, experiment: str, name: str
) -> None:
    only = ["--filter-string", f"name = '{name}'"]
    [row] = rows(cli("experiments", "search", *only))
    assert row["experiment_id"] == experiment
    assert row["creation_time"].endswith("Z")
    assert cli("experiments", "list", *only) == cli("experiments", "search", *only)
    client.delete_experiment(experiment)
    assert rows(cli("experiments", "search", *only)) == []
    assert json.loads(cli("experiments", "search", *only, "--output", "json")) == []
    for view in ("deleted_only", "all", "ALL"):
        [shown] = json.loads(cli("experiments", "search", "--view", view, *only, "--output", "json"))
        assert shown == dict(client.get_experiment(experiment))
    assert f"{name}  deleted" in cli("experiments", "search", "-v", "all", *only, "--output", "table")


def test_experiments_are_ordered_and_limited(cli: Cli, client: Client, new_name: Callable[[], str]) -> None:
    prefix = new_name()
    for letter in "bca":
        client.create_experiment(f"{prefix}-{letter}")
    found = cli(
        *("experiments", "search", "-f", f"name LIKE '{prefix}%'", "-s", "name DESC", "--max-results", 2)
    )
    assert [row["name"] for row in rows(found)] == [f"{prefix}-c", f"{prefix}-b"]


@pytest.mark.parametrize("command", ["get", "delete", "restore", "csv"])
@pytest.mark.usefixtures("experiment")
def test_an_unknown_experiment_is_named(refused: Cli, command: str) -> None:
    assert "987654321" in refused("experiments", command, "-x", "987654321")
    line = refused("experiments", command, "-n", "no such experiment")
    assert line == "Error: Experiment with name 'no such experiment' does not exist."


def test_runs_are_exported_as_csv_with_mlflows_columns(
    cli: Cli, client: Client, experiment: str, name: str, tmp_path: Path
) -> None:
    first = client.create_run(experiment, start_time=1_700_000_000_123, run_name='a, "b"\nc').info.run_id
    client.log_batch(
        first, [Metric("loss", float("nan"), 1, 0), Metric("acc", 0.1, 1, 0)], [Param("lr", "1e-3")]
    )
    client.set_terminated(first, end_time=1_700_000_001_000)
    second = client.create_run(experiment, start_time=1_600_000_000_000, tags={"team": "核"}).info.run_id

    printed = cli("experiments", "csv", "-x", experiment)
    lines = list(csv.DictReader(io.StringIO(printed)))
    columns = list(lines[0])
    assert columns[:6] == ["run_id", "experiment_id", "status", "artifact_uri", "start_time", "end_time"]
    assert [column.partition(".")[0] for column in columns[6:10]] == ["metrics", "metrics", "params", "tags"]
    assert [line["run_id"] for line in lines] == [first, second]
    assert lines[0]["start_time"] == "2023-11-14 22:13:20.123+00:00"
    assert lines[0]["end_time"] == "2023-11-14 22:13:21.000+00:00"
    assert (lines[0]["metrics.loss"], lines[0]["metrics.acc"]) == ("NaN", "0.1")
    assert lines[0]["tags.mlflow.runName"] == 'a, "b"\nc'
    assert (lines[1]["end_time"], lines[1]["metrics.loss"], lines[1]["params.lr"]) == ("", "", "")
    assert lines[1]["tags.team"] == "核"

    said = cli("experiments", "csv", "-n", name, "-o", "runs.csv")
    assert said == f"Experiment with ID {experiment} has been exported as a CSV to file: runs.csv.\n"
    assert (tmp_path / "runs.csv").read_text(encoding="utf-8") == printed


def test_an_experiment_without_runs_is_a_csv_of_one_line(cli: Cli, experiment: str) -> None:
    assert cli("experiments", "csv", "-x", experiment) == (
        "run_id,experiment_id,status,artifact_uri,start_time,end_time\n"
    )


# --- runs -----------------------------------------------------------------------------------------


def test_a_run_is_created_and_has_ended(cli: Cli, client: Client, experiment: str, run: str) -> None:
    made = json.loads(
        cli(
            *("runs", "create", "--experiment-id", experiment, "--run-name", "first", "--status", "failed"),
            *("-t", "a=1", "--tags", "b=2", "--description", "hey", "--parent-run-id", run),
        )
    )
    assert made == {
        "run_id": made["run_id"],
        "experiment_id": experiment,
        "status": "FAILED",
        "run_name": "first",
    }
    found = client.get_run(made["run_id"])
    assert found.info.status == "FAILED"
    assert found.info.end_time is not None
    tags = {"a": "1", "b": "2", "mlflow.note.content": "hey", "mlflow.parentRunId": run}
    assert found.data.tags.items() >= tags.items()


def test_a_runs_experiment_is_created_by_name_and_may_come_from_the_environment(
    cli: Cli, client: Client, experiment: str, new_name: Callable[[], str]
) -> None:
    name = new_name()
    made = json.loads(cli("runs", "create", "--experiment-name", name))
    found = client.get_experiment_by_name(name)
    assert found is not None
    assert made["experiment_id"] == found.experiment_id
    assert made["run_name"]
    for environment in ({"MLFLOW_EXPERIMENT_NAME": name}, {"MLFLOW_EXPERIMENT_ID": experiment}):
        made = json.loads(cli("runs", "create", **environment))
        assert made["experiment_id"] == environment.get("MLFLOW_EXPERIMENT_ID", found.experiment_id)
    made = json.loads(cli("runs", "create", "-n", name, MLFLOW_EXPERIMENT_ID=experiment))
    assert made["experiment_id"] == found.experiment_id


def test_an_unknown_parent_is_refused_and_nothing_is_created(
    refused: Cli, client: Client, experiment: str
) -> None:
    assert refused("runs", "create", "-x", experiment, "--parent-run-id", "none") == (
        "Error: Run with id=none not found"
    )
    assert client.search_runs([experiment]) == []


@pytest.fixture
def three(client: Client, experiment: str) -> list[str]:
    """The ids of three runs, the oldest first."""
    made: list[str] = []
    for number in range(3):
        run_id = client.create_run(
            experiment, start_time=1_700_000_000_000 + number, run_name=f"r{number}"
        ).info.run_id
        client.log_batch(run_id, [Metric("loss", number / 4, 1, 0)], [Param("depth", str(number))])
        made.append(run_id)
    return made


def test_runs_are_listed_the_latest_first(
    cli: Cli, client: Client, experiment: str, three: list[str]
) -> None:
    found = rows(cli("runs", "list", "--experiment-id", experiment))
    assert [row["run_id"] for row in found] == three[::-1]
    assert found[0] == {
        "run_id": three[2],
        "run_name": "r2",
        "status": "RUNNING",
        "start_time": "2023-11-14T22:13:20.002Z",
        "end_time": "",
        "experiment_id": experiment,
        "lifecycle_stage": "active",
    }
    assert rows(cli("runs", "list", MLFLOW_EXPERIMENT_ID=experiment)) == found
    in_json = json.loads(cli("runs", "list", "-x", experiment, "--output", "json", "--max-results", 2))
    assert in_json == [client.get_run(run_id).to_dictionary() for run_id in (three[2], three[1])]
    client.delete_run(three[0])
    assert [row["run_id"] for row in rows(cli("runs", "list", "-x", experiment))] == [three[2], three[1]]
    deleted = cli("runs", "list", "-x", experiment, "--view", "deleted_only")
    assert [(row["run_id"], row["lifecycle_stage"]) for row in rows(deleted)] == [(three[0], "deleted")]


def test_runs_are_found_by_filter_order_and_columns(cli: Cli, name: str, three: list[str]) -> None:
    found = cli(
        *("runs", "search", "-n", name, "-f", "metrics.loss > 0.1", "-s", "metrics.loss ASC"),
        *("-c", "metrics.loss", "-c", "params.depth", "-c", "tags.none"),
    )
    assert [row["run_id"] for row in rows(found)] == three[1:]
    assert [(row["metrics.loss"], row["params.depth"], row["tags.none"]) for row in rows(found)] == [
        ("0.25", "1", ""),
        ("0.5", "2", ""),
    ]
    assert rows(cli("runs", "search", "-n", name, "-f", "params.depth = 'none'")) == []


def test_without_an_experiment_runs_of_all_are_found(
    cli: Cli, client: Client, three: list[str], new_name: Callable[[], str]
) -> None:
    other = client.create_run(client.create_experiment(new_name())).info.run_id
    ids = ", ".join(f"'{run_id}'" for run_id in (three[0], other))
    found = cli("runs", "search", "-f", f"run_id IN ({ids})")
    assert {row["run_id"] for row in rows(found)} == {three[0], other}


def test_a_wrong_filter_is_refused_with_its_column(refused: Cli, experiment: str) -> None:
    line = refused("runs", "search", "-x", experiment, "-f", "metrics.loss >")
    assert "column" in line


def test_a_run_is_described(cli: Cli, client: Client, run: str) -> None:
    client.log_batch(
        run, [Metric("loss", float("nan"), 5, 2), Metric("top", float("inf"), 5, 2)], [Param("lr", "0.1")]
    )
    described = json.loads(cli("runs", "describe", "--run-id", run))
    expected = client.get_run(run).to_dictionary()
    assert described["data"]["metrics"] == {"loss": "NaN", "top": "Infinity"}
    assert {**described, "data": {**described["data"], "metrics": 0}} == {
        **expected,
        "data": {**expected["data"], "metrics": 0},
    }
    assert cli("runs", "describe", run) == cli("runs", "describe", "-r", run)
    plain = dict(line.split("\t") for line in cli("runs", "describe", run, "--output", "tsv").splitlines())
    assert (plain["run_id"], plain["params.lr"], plain["metrics.loss"]) == (run, "0.1", "NaN")
    table = cli("runs", "describe", run, "--output", "table")
    assert f"Run ID       {run}" in table
    assert "lr  0.1" in table


def test_a_runs_datasets_are_shown(cli: Cli, client: Client, run: str) -> None:
    digits = Dataset("digits", "abc123", "local", "{}")
    uses = [DatasetInput(digits, [InputTag("mlflow.data.context", use)]) for use in ("train", "test")]
    client.log_inputs(run, datasets=[*uses, DatasetInput(Dataset("more", "def456", "local", "{}"))])
    table = cli("runs", "describe", run, "--output", "table")
    assert "Datasets\n  digits  abc123 (train), abc123 (test)\n  more    def456\n" in table
    described = json.loads(cli("runs", "describe", run))
    assert described["inputs"] == client.get_run(run).to_dictionary()["inputs"]


def test_the_beginning_of_an_id_is_enough(cli: Cli, refused: Cli, client: Client, run: str) -> None:
    assert json.loads(cli("runs", "describe", run[:12]))["info"]["run_id"] == run
    client.delete_run(run)
    assert json.loads(cli("runs", "describe", run[:12]))["info"]["run_id"] == run
    absent = "f" * 20 + run[:8]
    assert refused("runs", "describe", absent) == f"Error: No run's id is '{absent}', or begins so."
    assert refused("runs", "describe", run[:3]) == f"Error: Run with id={run[:3]} not found"


def test_a_run_is_deleted_and_restored(cli: Cli, client: Client, run: str) -> None:
    assert cli("runs", "delete", "--run-id", run) == f"Run with ID {run} has been deleted.\n"
    assert client.get_run(run).info.lifecycle_stage == "deleted"
    assert cli("runs", "restore", run[:16]) == f"Run with id {run} has been restored.\n"
    deleted = json.loads(cli("runs", "delete", run, "--output", "json"))
    assert deleted["info"]["lifecycle_stage"] == "deleted"


@pytest.mark.parametrize(
    "command", [["runs", "describe"], ["runs", "delete"], ["runs", "restore"], ["artifacts", "list"]]
)
@pytest.mark.usefixtures("experiment")
def test_an_unknown_run_is_named(refused: Cli, command: list[str]) -> None:
    assert refused(*command, "--run-id", "nope") == "Error: Run with id=nope not found"


# --- artifacts ------------------------------------------------------------------------------------


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder with a file, and another file in a folder."""
    folder = tmp_path / "files"
    (folder / "sub").mkdir(parents=True)
    (folder / "a.txt").write_text("hello")
    (folder / "sub" / "plot #1.txt").write_text("deep")
    return folder


def test_files_are_logged_listed_and_downloaded(cli: Cli, run: str, files: Path, tmp_path: Path) -> None:
    said = cli("artifacts", "log-artifact", "-l", files / "a.txt", "-r", run)
    assert said == f"Logged {files / 'a.txt'} to the run {run}.\n"
    cli("artifacts", "log-artifacts", "--local-dir", files, "--run-id", run, "--artifact-path", "all/of it")
    assert json.loads(cli("artifacts", "list", "-r", run)) == [
        {"path": "a.txt", "is_dir": False, "file_size": 5},
        {"path": "all", "is_dir": True},
    ]
    assert rows(cli("artifacts", "list", run, "-a", "all/of it", "--output", "tsv")) == [
        {"path": "all/of it/a.txt", "is_dir": "false", "file_size": "5"},
        {"path": "all/of it/sub", "is_dir": "true", "file_size": ""},
    ]
    assert "5 B  a.txt" in cli("artifacts", "list", run, "--output", "table")

    where = Path(cli("artifacts", "download", "-r", run, "-a", "all/of it", "-d", "here").rstrip("\n"))
    assert where == tmp_path / "here" / "of it"
    assert (where / "sub" / "plot #1.txt").read_text() == "deep"
    whole = Path(cli("artifacts", "download", run[:10]).rstrip("\n"))
    assert (whole / "a.txt").read_text() == "hello"


def test_an_artifact_is_downloaded_by_its_uri(cli: Cli, run: str, files: Path, tmp_path: Path) -> None:
    cli("artifacts", "log-artifact", "-l", files / "a.txt", run, "-a", "deep")
    where = cli("artifacts", "download", "-u", f"runs:/{run}/deep/a.txt", "-d", "here", "-r", "not looked at")
    assert Path(where.rstrip("\n")).read_text() == "hello"
    assert cli("artifacts", "download", "--artifact-uri", files / "a.txt") == f"{files / 'a.txt'}\n"


def test_files_that_are_not_there_are_named(refused: Cli, run: str) -> None:
    assert "nothing.txt" in refused("artifacts", "log-artifact", "-l", "nothing.txt", "-r", run)
    assert "no folder" in refused("artifacts", "log-artifacts", "-l", "no folder", "-r", run)
    assert "none.txt" in refused("artifacts", "download", "-r", run, "-a", "none.txt")


# --- doctor ---------------------------------------------------------------------------------------


def test_the_doctor_finds_a_store_that_works(cli: Cli, run: str, tracking_uri: str, kind: str) -> None:
    shown = re.sub(r"//\w+@", "//***@", tracking_uri)
    found: dict[str, Any] = json.loads(cli("doctor", "--output", "json"))
    assert found["problems"] == []
    assert found["tracking"]["works"].startswith("yes, answered in ")
    assert shown in found["tracking"]["uri"]
    assert found["environment"]["MLFLOW_TRACKING_URI"] == shown
    assert ("protocol" in found["tracking"]) == tracking_uri.startswith("http")
    assert ("database" in found["tracking"]) == (kind == "sqlite" and not tracking_uri.startswith("http"))
    assert "No problem was found." in cli("doctor")
