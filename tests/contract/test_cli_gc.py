"""`runstone gc` and `delete --permanently`, on a store of this machine and through a server."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from runstone import Client
from runstone.cli import run as run_command
from runstone.entities import Experiment
from runstone.errors import ResourceDoesNotExist
from tests.commands import refusal, runstone
from tests.databases import SERVERS

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run_here(
    tracking_uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """Runs a command in this process; gives its status, what it prints and what it says beside it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", tracking_uri)
    # The databases of the session have experiments of other tests, whose artifacts a server would have here.
    (tmp_path / "mlartifacts").mkdir(exist_ok=True)

    def run(*arguments: object) -> tuple[int, str, str]:
        capsys.readouterr()
        status = run_command([str(argument) for argument in arguments])
        printed, said = capsys.readouterr()
        return status, printed, said

    return run


def fill(client: Client, experiment_id: str) -> str:
    run_id = client.create_run(experiment_id).info.run_id
    client.log_metric(run_id, "loss", 0.5)
    client.log_text(run_id, "hello", "sub/a.txt")
    return run_id


def is_gone(client: Client, run_id: str) -> bool:
    try:
        client.get_run(run_id)
    except ResourceDoesNotExist:
        return True
    return False


def test_deleted_runs_that_are_named_are_removed_for_good(
    run_here: Run, client: Client, experiment: str
) -> None:
    gone, stays = fill(client, experiment), fill(client, experiment)
    client.delete_run(gone)
    sizes = "1 run, with 1 metric point (41 B) and 1 artifact (5 B)"
    told = run_here("gc", "--run-ids", gone, "--dry-run")
    assert told == (0, f"Would remove {sizes}.\n", "")
    assert not is_gone(client, gone)
    assert run_here("gc", "--run-ids", f"{gone}, ", "--dry-run")[0] == 2
    assert run_here("gc", "--run-ids", gone) == (0, f"Removed {sizes}.\n", "")
    assert is_gone(client, gone)
    status, printed, said = run_here("gc", "--run-ids", f"{stays}")
    assert (status, printed) == (1, "")
    assert f"Run {stays} is not in `deleted` lifecycle stage" in said
    assert client.get_run(stays).data.metrics == {"loss": 0.5}


def test_a_deleted_experiment_that_is_named_is_removed_for_good(
    run_here: Run, client: Client, new_name: Callable[[], str]
) -> None:
    name = new_name()
    number = client.create_experiment(name)
    inside = [fill(client, number) for _ in range(3)]
    client.delete_experiment(number)
    kept = run_here("gc", "--experiment-ids", number, "--older-than", "1h", "--output", "json")
    assert (kept[0], kept[1]) == (1, "")
    assert "not older than the required age" in kept[2]
    status, printed, _ = run_here("gc", "--experiment-ids", number, "--output", "json")
    done = json.loads(printed)
    assert status == 0
    assert (done["dry_run"], done["experiments"], done["runs"], done["artifacts"]) == (False, 1, 3, 3)
    assert done["kept"] == []
    assert all(is_gone(client, run_id) for run_id in inside)
    assert client.get_experiment_by_name(name) is None


def test_everything_that_is_deleted_goes_if_nothing_is_named(
    run_here: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Client(str(tmp_path / "own")) as client:
        number = client.create_experiment("gone")
        runs = [fill(client, number), fill(client, "0")]
        active = fill(client, "0")
        client.delete_experiment(number)
        client.delete_run(runs[1])
    here = ("--backend-store-uri", tmp_path / "own")
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    assert run_here("gc", *here, "--older-than", "10d5h")[1] == "There was nothing to remove.\n"
    assert run_here("gc", *here, "--dry-run")[1].startswith("Would remove 1 experiment and 2 runs, with ")
    assert run_here("gc", *here)[1].startswith("Removed 1 experiment and 2 runs, with ")
    assert run_here("gc", *here)[1] == "There was nothing to remove.\n"
    with Client(str(tmp_path / "own")) as client:
        assert client.get_run(active).data.metrics == {"loss": 0.5}
    files = [file.name for file in (tmp_path / "own" / "artifacts").rglob("*") if file.is_file()]
    assert files == ["a.txt"]


def test_a_run_and_an_experiment_are_deleted_permanently(
    run_here: Run, client: Client, new_name: Callable[[], str]
) -> None:
    name = new_name()
    number = client.create_experiment(name)
    first, second = fill(client, number), fill(client, number)
    sizes = "1 run, with 1 metric point (41 B) and 1 artifact (5 B)"
    assert run_here("runs", "delete", first, "--permanently") == (0, f"Removed {sizes}.\n", "")
    assert is_gone(client, first)
    client.delete_run(second)
    status, printed, _ = run_here("experiments", "delete", "-n", name, "--permanently")
    assert (status, printed) == (0, f"Removed 1 experiment and {sizes}.\n")
    assert client.get_experiment_by_name(name) is None
    assert client.create_experiment(name) != number


def test_the_name_of_a_deleted_experiment_is_taken_by_choice_alone(
    run_here: Run, client: Client, new_name: Callable[[], str]
) -> None:
    name = new_name()
    old = client.create_experiment(name)
    inside = fill(client, old)
    client.delete_experiment(old)
    deleted = client.get_experiment(old).last_update_time
    status, printed, said = run_here("experiments", "create", name)
    assert (status, printed) == (1, "")
    assert f"Experiment(name={name}) already exists. It is deleted: " in said
    assert "--permanently" in said
    status, printed, _ = run_here("experiments", "create", name, "--replace-deleted")
    assert status == 0
    new = client.get_experiment_by_name(name)
    assert isinstance(new, Experiment)
    assert new.experiment_id in printed
    aside: Any = client.get_experiment(old)
    assert (aside.name, aside.last_update_time) == (f"{name} (deleted, id {old})", deleted)
    client.restore_experiment(old)
    assert client.get_run(inside).data.metrics == {"loss": 0.5}
    status, _, said = run_here("experiments", "create", name, "--replace-deleted")
    assert (status, said) == (1, f"Error: Experiment(name={name}) already exists.\n")  # it is active


def test_a_long_name_is_cut_when_it_is_set_aside(client: Client, new_name: Callable[[], str]) -> None:
    name = (new_name() + "x" * 500)[:500]
    old = client.create_experiment(name)
    client.delete_experiment(old)
    assert client.create_experiment(name, replace_deleted=True) != old
    aside = client.get_experiment(old).name
    assert len(aside) == 500
    assert aside.endswith(f"(deleted, id {old})")


def test_a_store_on_the_command_line_counts_more_than_one_in_the_environment(tmp_path: Path) -> None:
    stores = {name: str(tmp_path / name) for name in ("meant", "other")}
    runs: dict[str, str] = {}
    for name, store in stores.items():
        with Client(store) as client:
            runs[name] = fill(client, "0")
            client.delete_run(runs[name])
    forgotten = {"MLFLOW_BACKEND_STORE_URI": stores["other"], "MLFLOW_TRACKING_URI": stores["other"]}
    for arguments in (
        ("--tracking-uri", stores["meant"], "gc", "--dry-run"),
        ("gc", "--dry-run", "--tracking-uri", stores["meant"]),
        ("gc", "--backend-store-uri", stores["meant"]),
    ):
        assert " 1 run, with 1 metric point" in runstone(*arguments, folder=tmp_path, **forgotten).stdout
    with Client(stores["meant"]) as meant, Client(stores["other"]) as other:
        assert is_gone(meant, runs["meant"])
        assert not is_gone(other, runs["other"])
    assert "Removed 1 run" in runstone("gc", folder=tmp_path, **forgotten).stdout


@pytest.mark.parametrize("age", ["", "10", "soon", "1.2.3d", "5h3d", "-1d"])
def test_an_age_that_is_none_is_refused(age: str, tmp_path: Path) -> None:
    done = runstone("gc", f"--older-than={age}", folder=tmp_path)
    assert done.returncode == 2
    assert "is no age. Write days, hours, minutes and seconds" in " ".join(done.stderr.split())


@pytest.mark.parametrize("age", ["9" * 400 + "d", "9" * 20 + "d", "9" * 19 + "s"])
def test_an_age_beyond_all_times_is_refused(age: str, tmp_path: Path) -> None:
    done = runstone("gc", f"--older-than={age}", folder=tmp_path)
    assert done.returncode == 2
    assert "longer than all time. Write at most" in " ".join(done.stderr.split())


def test_a_store_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    assert "There is no store at" in refusal(runstone("gc", folder=tmp_path))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", SERVERS)
def test_a_database_needs_to_be_told_where_its_artifacts_are(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    url: str = request.getfixturevalue(f"shared_{kind}")
    said = refusal(runstone("gc", "--backend-store-uri", url, "--run-ids", "x", folder=tmp_path))
    assert "--artifacts-destination" in said
    (tmp_path / "there").mkdir()
    place = ("--artifacts-destination", tmp_path / "there")
    said = refusal(runstone("gc", "--backend-store-uri", url, *place, "--run-ids", "x", folder=tmp_path))
    assert "Run with id=x not found" in said
