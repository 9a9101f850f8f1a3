"""Runs: made, read, updated, searched, and what is refused."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from runstone import Client
from runstone.entities import Metric, Param, Run
from runstone.errors import InvalidParameterValue, ResourceDoesNotExist, RunstoneError

UNKNOWN = "0" * 32


def ids(runs: list[Run]) -> list[str]:
    return [run.info.run_id for run in runs]


def test_a_new_run_is_read_back(client: Client, experiment: str) -> None:
    tags = {"mlflow.user": "ada", "number": 5, "日本語": "значение 🏃"}
    created = client.create_run(experiment, start_time=1_000, tags=tags, run_name="a run ✓")
    info = created.info
    assert len(info.run_id) == 32
    assert info.run_uuid == info.run_id
    assert (info.experiment_id, info.run_name, info.user_id) == (experiment, "a run ✓", "ada")
    assert (info.status, info.start_time, info.end_time) == ("RUNNING", 1_000, None)
    assert info.lifecycle_stage == "active"
    assert (info.artifact_uri or "").endswith(f"/{experiment}/{info.run_id}/artifacts")
    assert created.data.tags == {k: str(v) for k, v in tags.items()} | {"mlflow.runName": "a run ✓"}
    assert client.get_run(info.run_id) == created


def test_a_run_begins_now_and_is_given_a_name_of_its_own(client: Client, experiment: str) -> None:
    before = int(time.time() * 1_000)
    runs = [client.create_run(experiment) for _ in range(5)]
    after = int(time.time() * 1_000)
    assert all(before <= run.info.start_time <= after for run in runs)
    names = [run.info.run_name for run in runs]
    assert all(names)
    assert len(set(names)) > 1
    assert all(run.data.tags["mlflow.runName"] == run.info.run_name for run in runs)


def test_a_name_that_is_too_long_is_cut(client: Client, experiment: str) -> None:
    created = client.create_run(experiment, run_name="x" * 300)
    assert created.info.run_name == "x" * 250
    client.update_run(created.info.run_id, name="y" * 300)
    renamed = client.get_run(created.info.run_id)
    assert renamed.info.run_name == renamed.data.tags["mlflow.runName"] == "y" * 250


def test_what_is_read_becomes_a_dict_by_name(client: Client, experiment: str) -> None:
    run = client.create_run(experiment, run_name="r", start_time=5)
    assert dict(run.info)["start_time"] == 5
    assert dict(client.get_experiment(experiment))["experiment_id"] == experiment
    assert run.to_dictionary()["info"]["run_name"] == "r"
    assert run.to_dictionary()["inputs"] == {"dataset_inputs": [], "model_inputs": []}


@pytest.mark.parametrize("number", ["0", 0], ids=repr)
def test_an_experiment_id_may_be_a_number(client: Client, number: str) -> None:
    assert client.create_run(number).info.experiment_id == "0"


@pytest.mark.parametrize(
    ("experiment_id", "arguments", "error", "message"),
    [
        ("99999999999", {}, ResourceDoesNotExist, "No Experiment with id=99999999999 exists"),
        ("abc", {}, InvalidParameterValue, "Invalid experiment ID 'abc'"),
        ("", {}, RunstoneError, "experiment"),
        (None, {}, InvalidParameterValue, "experiment_id"),
        ("0", {"start_time": "soon"}, InvalidParameterValue, "'start_time'"),
        ("0", {"start_time": 2**63}, InvalidParameterValue, "'start_time'"),
        ("0", {"run_name": "x", "tags": {"mlflow.runName": "y"}}, InvalidParameterValue, "different values"),
        ("0", {"tags": {"k" * 251: "v"}}, InvalidParameterValue, "exceeds the maximum length of 250"),
        ("0", {"tags": {"nul": "\0"}}, InvalidParameterValue, "NUL"),
    ],
)
def test_a_bad_run_is_refused_and_not_created(
    client: Client, experiment_id: str, arguments: dict[str, Any], error: type[RunstoneError], message: str
) -> None:
    before = ids(client.search_runs(["0"], max_results=50_000))
    with pytest.raises(error, match=message):
        client.create_run(experiment_id, **arguments)
    assert ids(client.search_runs(["0"], max_results=50_000)) == before


def test_a_run_is_ended_renamed_and_begun_again(client: Client, run: str) -> None:
    client.set_terminated(run, end_time=0)
    assert client.get_run(run).info.end_time == 0
    client.set_terminated(run, end_time=5_000)
    assert (client.get_run(run).info.status, client.get_run(run).info.end_time) == ("FINISHED", 5_000)
    client.update_run(run, status="RUNNING", name="renamed")
    again = client.get_run(run)
    assert (again.info.status, again.info.run_name) == ("RUNNING", "renamed")
    assert again.data.tags["mlflow.runName"] == "renamed"
    client.update_run(run)
    client.update_run(run, name="")
    assert client.get_run(run).info.run_name == "renamed"
    before = int(time.time() * 1_000)
    client.set_terminated(run, "KILLED")
    ended = client.get_run(run).info
    assert ended.status == "KILLED"
    assert before <= (ended.end_time or 0) <= int(time.time() * 1_000)


@pytest.mark.parametrize("status", ["NOPE", "finished", "", 17])
def test_an_unknown_status_is_refused_and_changes_nothing(client: Client, run: str, status: str) -> None:
    before = client.get_run(run)
    with pytest.raises(InvalidParameterValue, match="run status"):
        client.update_run(run, status=status, name="changed")
    assert client.get_run(run) == before


def test_an_unknown_run_is_an_error(client: Client) -> None:
    for act in (
        lambda: client.get_run(UNKNOWN),
        lambda: client.get_run("../etc"),
        lambda: client.update_run(UNKNOWN, name="x"),
        lambda: client.set_terminated(UNKNOWN),
        lambda: client.log_metric(UNKNOWN, "k", 1.0),
        lambda: client.log_param(UNKNOWN, "k", "v"),
        lambda: client.set_tag(UNKNOWN, "k", "v"),
        lambda: client.log_batch(UNKNOWN, params=[Param("k", "v")]),
        lambda: client.list_artifacts(UNKNOWN),
        lambda: client.log_text(UNKNOWN, "text", "file.txt"),
        lambda: client.download_artifacts(UNKNOWN, "file.txt"),
    ):
        with pytest.raises(ResourceDoesNotExist, match=r"Run with id=.* not found"):
            act()


@pytest.mark.parametrize("run_id", [None, 5, b"bytes"])
def test_a_run_id_is_a_text(client: Client, run_id: str) -> None:
    for act in (client.get_run, client.set_terminated, client.list_artifacts):
        with pytest.raises(InvalidParameterValue, match="'run_id'"):
            act(run_id)


@pytest.fixture
def seven(client: Client, experiment: str) -> list[str]:
    """Runs that begin at 0, 1 … 6 s, with a metric that falls, a param and a tag; the fourth has none of them."""
    made: list[str] = []
    for n in range(7):
        run_id = client.create_run(experiment, start_time=n * 1_000, run_name=f"run {n}").info.run_id
        if n != 3:
            client.log_metric(run_id, "loss", 1.0 - n / 10)
            client.log_param(run_id, "parity", "odd" if n % 2 else "even")
            client.set_tag(run_id, "группа", f"g{n % 3}")
        made.append(run_id)
    client.log_metric(made[6], "loss", float("nan"), step=1)
    client.set_terminated(made[0])
    return made


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [6, 5, 4, 3, 2, 1, 0]),
        ("metrics.loss <= 0.8", [5, 4, 2]),
        ("metrics.loss < 0.95 AND params.parity = 'odd'", [5, 1]),
        ("params.parity != 'odd'", [6, 4, 2, 0]),
        ("params.parity = 'odd' OR tags.`группа` = 'g0'", [6, 5, 1, 0]),
        ("tags.`группа` LIKE 'g%' and status = 'FINISHED'", [0]),
        ("attributes.run_name = 'run 3'", [3]),
        ("start_time >= 5000", [6, 5]),
        ("params.nothing = 'x'", []),
    ],
)
def test_a_search_finds_what_its_filter_says(
    client: Client, experiment: str, seven: list[str], text: str, expected: list[int]
) -> None:
    assert ids(client.search_runs([experiment], text)) == [seven[n] for n in expected]


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (["start_time ASC"], [0, 1, 2, 3, 4, 5, 6]),
        (["metrics.loss"], [5, 4, 2, 1, 0, 6, 3]),
        (["metrics.loss DESC"], [0, 1, 2, 4, 5, 6, 3]),
        (["params.parity ASC", "start_time ASC"], [0, 2, 4, 6, 1, 5, 3]),
    ],
)
def test_a_search_orders_with_nan_and_absence_at_the_end(
    client: Client, experiment: str, seven: list[str], order: list[str], expected: list[int]
) -> None:
    assert ids(client.search_runs([experiment], order_by=order)) == [seven[n] for n in expected]


@pytest.mark.parametrize("order", [None, ["metrics.loss DESC"], ["params.parity", "run_name DESC"]])
def test_pages_make_up_the_whole(
    client: Client, experiment: str, seven: list[str], order: list[str] | None
) -> None:
    whole = client.search_runs([experiment], order_by=order)
    assert sorted(ids(whole)) == sorted(seven)
    paged: list[Run] = []
    token = None
    while True:
        page = client.search_runs([experiment], order_by=order, max_results=2, page_token=token)
        assert 1 <= len(page) <= 2
        paged += page
        token = page.token
        if not token:
            break
    assert [repr(found) for found in paged] == [repr(found) for found in whole]  # NaN is not equal to itself


def test_a_search_sees_the_experiments_named_and_no_others(
    client: Client, experiment: str, seven: list[str], new_name: Callable[[], str]
) -> None:
    other = client.create_experiment(new_name())
    there = client.create_run(other, start_time=500).info.run_id
    assert ids(client.search_runs([experiment, other])) == [*seven[:0:-1], there, seven[0]]
    assert ids(client.search_runs(other)) == [there]
    assert client.search_runs([]) == []


def test_a_search_answers_with_whole_runs(client: Client, experiment: str, seven: list[str]) -> None:
    found = client.search_runs([experiment], "run_name = 'run 5'")
    assert found == [client.get_run(seven[5])]
    assert found[0].data.metrics == {"loss": 0.5}
    assert found[0].data.params == {"parity": "odd"}
    assert found[0].data.tags == {"mlflow.runName": "run 5", "группа": "g2"}


@pytest.mark.parametrize(
    "arguments",
    [
        {"max_results": 0},
        {"max_results": -3},
        {"max_results": 50_001},
        {"max_results": "two"},
        {"filter_string": "metrics.loss >"},
        {"filter_string": "loss = 'x'"},
        {"filter_string": "metrics.loss = 'text'"},
        {"order_by": ["metrics.loss SIDEWAYS"]},
        {"page_token": "nonsense"},
        {"run_view_type": 9},
        {"experiment_ids": ["abc"]},
        {"experiment_ids": 5.5},
    ],
)
def test_a_bad_search_is_refused(client: Client, experiment: str, arguments: dict[str, Any]) -> None:
    with pytest.raises(InvalidParameterValue):
        client.search_runs(**{"experiment_ids": [experiment], **arguments})


def test_what_is_logged_to_one_run_is_not_seen_in_another(client: Client, experiment: str) -> None:
    first, second = (client.create_run(experiment).info.run_id for _ in range(2))
    client.log_batch(first, [Metric("m", 1.0, 1)], [Param("p", "1")])
    assert client.get_run(second).data.metrics == {}
    assert client.get_run(second).data.params == {}
    assert client.get_metric_history(second, "m") == []
