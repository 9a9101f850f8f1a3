"""The histories of several runs at once, as MLflow's web pages ask for them."""

import json
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

import pytest

from runstone import Client
from runstone.entities import Metric
from tests.servers import RunningServer

BULK = "/ajax-api/2.0/mlflow/metrics/get-history-bulk"
INTERVAL = "/ajax-api/2.0/mlflow/metrics/get-history-bulk-interval"


def ask(server: RunningServer, path: str, **arguments: Any) -> tuple[int, dict[str, Any]]:
    query = urllib.parse.urlencode(arguments, doseq=True)
    try:
        with urllib.request.urlopen(f"{server.url}{path}?{query}") as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


@pytest.fixture
def runs(shared_server: RunningServer) -> list[str]:
    """Two runs: one with the steps 0 … 202, one with -50, -47 … 247 and twenty more points at 7."""
    with Client(shared_server.url) as client:
        first, second = (client.create_run("0").info.run_id for _ in range(2))
        client.log_batch(first, [Metric("m", float(i), i, i) for i in range(203)])
        spread = [Metric("m", float(i), i, i * 3 - 50) for i in range(100)]
        client.log_batch(second, spread + [Metric("m", float(i), 500 + i, 7) for i in range(20)])
    return [first, second]


def steps(answer: dict[str, Any], run_id: str) -> list[int]:
    return [metric["step"] for metric in answer.get("metrics", []) if metric["run_id"] == run_id]


@pytest.mark.parametrize(
    ("most", "expected"),
    [
        (10, [0, 21, 42, 63, 83, 103, 123, 143, 163, 202]),
        (7, [0, 29, 58, 87, 116, 145, 202]),
        (2, [0, 202]),
        (1, [202]),
    ],
)
def test_a_long_history_is_thinned_as_mlflow_thins_it(
    shared_server: RunningServer, runs: list[str], most: int, expected: list[int]
) -> None:
    status, answer = ask(shared_server, INTERVAL, run_ids=runs[0], metric_key="m", max_results=most)
    assert (status, steps(answer, runs[0])) == (200, expected)


def test_each_run_is_thinned_by_itself(shared_server: RunningServer, runs: list[str]) -> None:
    _, answer = ask(shared_server, INTERVAL, run_ids=runs, metric_key="m", max_results=10)
    assert steps(answer, runs[0]) == [0, 21, 42, 63, 83, 103, 123, 143, 163, 202]
    assert steps(answer, runs[1]) == [-50, -14, 7, 7, 34, 70, 106, 142, 178, 247]


def test_a_range_of_steps_includes_its_ends(shared_server: RunningServer, runs: list[str]) -> None:
    asked = {"run_ids": runs[0], "metric_key": "m", "start_step": 5, "end_step": 77}
    _, answer = ask(shared_server, INTERVAL, **asked, max_results=10)
    assert steps(answer, runs[0]) == [5, 13, 21, 29, 36, 43, 50, 57, 64, 77]
    _, answer = ask(shared_server, INTERVAL, **asked)
    assert steps(answer, runs[0]) == list(range(5, 78))


def test_the_plain_bulk_history_is_cut_at_its_limit(shared_server: RunningServer, runs: list[str]) -> None:
    _, answer = ask(shared_server, BULK, run_id=runs, metric_key="m", max_results=210)
    assert steps(answer, runs[0]) == list(range(203))
    assert len(steps(answer, runs[1])) == 7


@pytest.mark.parametrize(
    ("path", "arguments", "message"),
    [
        (INTERVAL, {"metric_key": "m"}, "'run_ids'"),
        (INTERVAL, {"run_ids": "x"}, "'metric_key'"),
        (INTERVAL, {"run_ids": "x", "metric_key": "m", "max_results": 2501}, "between 1 and 2500"),
        (INTERVAL, {"run_ids": "x", "metric_key": "m", "start_step": 1}, "both must be specified"),
        (INTERVAL, {"run_ids": "x", "metric_key": "m", "start_step": 9, "end_step": 5}, "greater than"),
        (INTERVAL, {"run_ids": ["x"] * 101, "metric_key": "m"}, "at most 100"),
        (BULK, {"metric_key": "m"}, "at least one run_id"),
        (BULK, {"run_id": "x", "metric_key": "m", "max_results": 0}, "positive"),
    ],
)
def test_what_makes_no_sense_is_refused(
    shared_server: RunningServer, path: str, arguments: dict[str, Any], message: str
) -> None:
    status, answer = ask(shared_server, path, **arguments)
    assert (status, answer["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
    assert message in answer["message"]


@pytest.mark.parametrize("path", [BULK, INTERVAL])
def test_what_is_unknown_has_no_history(shared_server: RunningServer, runs: list[str], path: str) -> None:
    name = "run_id" if path == BULK else "run_ids"
    for unknown in ({name: "0" * 32, "metric_key": "m"}, {name: runs[0], "metric_key": "never logged"}):
        assert ask(shared_server, path, **unknown) == (200, {})
