"""Stores and processes: what outlasts a restart, what processes may do at once, what a read-only folder says."""

import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import runstone
from runstone import Client
from runstone.entities import Metric
from runstone.errors import RunstoneError, StoreError
from tests.privileges import without_privileges
from tests.servers import RunningServer


def log_something(uri: str) -> str:
    with Client(uri) as client:
        experiment = client.create_experiment("kept")
        run = client.create_run(experiment, run_name="kept ✓").info.run_id
        client.log_batch(run, [Metric("m", n / 10, n, n) for n in range(1_000)])
        client.log_param(run, "p", "значение")
        client.log_text(run, "text", "a/b#1.txt")
        client.set_terminated(run)
        return run


def check_something(uri: str, run: str) -> None:
    with Client(uri) as client:
        kept = client.get_run(run)
        assert (kept.info.status, kept.info.run_name) == ("FINISHED", "kept ✓")
        assert kept.data.params == {"p": "значение"}
        assert kept.data.metrics == {"m": 99.9}
        assert client.get_series(run, "m")[0].values.tolist() == [n / 10 for n in range(1_000)]
        assert Path(client.download_artifacts(run, "a/b#1.txt")).read_text() == "text"
        assert client.get_experiment_by_name("kept")


def test_a_local_store_outlasts_its_clients(tmp_path: Path) -> None:
    run = log_something(str(tmp_path / "store"))
    check_something((tmp_path / "store").as_uri(), run)


def test_a_server_keeps_everything_over_a_restart(
    runstone_server: Callable[..., RunningServer],
) -> None:
    server = runstone_server()
    run = log_something(server.url)
    server.stop()
    server.restart()
    check_something(server.url, run)


def test_what_a_server_answered_for_outlasts_its_violent_end(
    runstone_server: Callable[..., RunningServer],
) -> None:
    server = runstone_server()
    run = log_something(server.url)
    server.kill()
    server.restart()
    check_something(server.url, run)


def test_a_servers_store_is_read_locally_and_the_reverse(
    runstone_server: Callable[..., RunningServer], tmp_path: Path
) -> None:
    server = runstone_server()
    run = log_something(server.url)
    server.stop()
    check_something(str(server.store), run)
    here = log_something(str(tmp_path / "store"))
    check_something(runstone_server(backend_store_uri=tmp_path / "store").url, here)


def test_spellings_of_one_store_share_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "link").symlink_to(tmp_path / "store")
    spellings = ["store", "./store", str(tmp_path / "store"), (tmp_path / "store").as_uri(), "link"]
    clients = [Client(spelling) for spelling in spellings]
    monkeypatch.chdir("/")
    runs = [client.create_run("0").info.run_id for client in clients]
    for client in clients:
        assert {run.info.run_id for run in client.search_runs(["0"])} == set(runs)
        client.close()
    assert [entry.name for entry in sorted(tmp_path.iterdir())] == ["link", "store"]


def test_the_default_store_is_the_folder_mlruns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    with Client() as client:
        assert client.tracking_uri == (tmp_path / "mlruns").as_uri()
        assert not (tmp_path / "mlruns").exists()
        run = client.create_run("0").info.run_id
        client.log_text(run, "x", "file")
    assert (tmp_path / "mlruns" / "artifacts" / "0" / run / "artifacts" / "file").read_text() == "x"
    check = [entry.name for entry in tmp_path.iterdir()]
    assert check == ["mlruns"]


def test_a_database_file_is_a_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run = log_something("sqlite:///tracking.db")
    check_something(f"sqlite:///{tmp_path}/tracking.db", run)
    assert (tmp_path / "tracking.db").is_file()


@pytest.mark.parametrize(
    ("uri", "made"),
    [
        ("sqlite:///tracking.db", "tracking.db"),
        ("sqlite:///of%20ours.db", "of ours.db"),
        ("file:store", "store"),
        ("file:./our%20store", "our store"),
        ("our%20store", "our%20store"),
    ],
)
def test_a_relative_uri_is_of_the_folder_where_it_was_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, uri: str, made: str
) -> None:
    here = tmp_path / "a%20b ?c#d"  # a folder whose name means something else in a URI
    here.mkdir()
    monkeypatch.chdir(here)
    client = Client(uri)
    monkeypatch.chdir(tmp_path)
    run = client.create_run("0").info.run_id
    client.log_text(run, "x", "file")
    assert [info.path for info in client.list_artifacts(run)] == ["file"]
    client.close()
    assert (here / made).exists()
    assert [entry.name for entry in tmp_path.iterdir()] == [here.name]


@pytest.mark.parametrize(
    "uri",
    [
        "databricks",
        "databricks://profile",
        "uc:workspace",
        "ftp://host/x",
        "http://",
        "sqlite:///",
        "sqlite:///:memory:",
        "sqlite:///x.db?timeout=5",
    ],
)
def test_a_tracking_uri_that_leads_nowhere_is_refused(
    uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(RunstoneError):
        Client(uri).search_experiments()
    assert list(tmp_path.iterdir()) == []


# --- processes that share a store -----------------------------------------------------------------


def train(uri: str, experiment: str, number: int, results: Connection) -> None:
    runstone.set_tracking_uri(uri)
    runstone.set_experiment(experiment_id=experiment)
    assert runstone.active_run() is None
    with runstone.start_run(run_name=f"child {number}") as run:
        for step in range(50):
            runstone.log_metric("m", number, step=step)
    results.send(run.info.run_id)


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_child_processes_log_to_the_store_of_their_parent(
    mlflow: ModuleType, client: Client, tracking_uri: str, experiment: str, method: str
) -> None:
    context: Any = multiprocessing.get_context(method)
    with mlflow.start_run() as parent:
        mlflow.log_metric("before", 1.0)
        pipes = [context.Pipe(duplex=False) for _ in range(3)]
        children = [
            context.Process(target=train, args=(tracking_uri, experiment, n, sender))
            for n, (_, sender) in enumerate(pipes)
        ]
        for child in children:
            child.start()
        for step in range(50):
            mlflow.log_metric("meanwhile", 1.0, step=step)
        for child in children:
            child.join(40)
        assert [child.exitcode for child in children] == [0, 0, 0]
        mlflow.log_metric("after", 1.0)
        assert mlflow.active_run() is parent
    runs = [receiver.recv() for receiver, _ in pipes]
    for number, run in enumerate(runs):
        found = client.get_run(run)
        assert (found.info.status, found.info.run_name) == ("FINISHED", f"child {number}")
        assert [m.value for m in client.get_metric_history(run, "m")] == [float(number)] * 50
    ended = client.get_run(parent.info.run_id)
    assert (ended.info.status, set(ended.data.metrics)) == ("FINISHED", {"before", "meanwhile", "after"})
    assert len(client.get_metric_history(parent.info.run_id, "meanwhile")) == 50
    for receiver, sender in pipes:
        receiver.close()
        sender.close()


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_client_made_before_a_fork_works_on_both_sides(client: Client, run: str) -> None:
    client.log_metric(run, "m", 0.0, timestamp=1, step=0)
    child = os.fork()
    if child == 0:
        try:
            for step in range(1, 51):
                client.log_metric(run, "m", 1.0, timestamp=1, step=step)
        except BaseException:  # noqa: BLE001  (a child must not run on into the tests)
            os._exit(1)
        os._exit(0)
    for step in range(51, 101):
        client.log_metric(run, "m", 2.0, timestamp=1, step=step)
    assert os.waitpid(child, 0)[1] == 0
    assert [m.step for m in client.get_metric_history(run, "m")] == list(range(101))


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_fork_in_the_midst_of_logging_leaves_neither_side_waiting(client: Client, run: str) -> None:
    stop = threading.Event()
    logged: list[int] = []

    def log(number: int) -> None:
        step = 0
        while not stop.is_set():
            client.log_metric(run, f"thread{number}", 1.0, timestamp=1, step=step)
            step += 1
        logged.append(step)

    threads = [threading.Thread(target=log, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    try:
        for number in range(12):
            child = os.fork()
            if child == 0:
                try:
                    client.log_metric(run, "child", 1.0, timestamp=1, step=number)
                except BaseException:  # noqa: BLE001  (a child must not run on into the tests)
                    os._exit(1)
                os._exit(0)
            assert ended(child)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert [m.step for m in client.get_metric_history(run, "child")] == list(range(12))
    found = [len(client.get_metric_history(run, f"thread{number}")) for number in range(3)]
    assert sorted(found) == sorted(logged)


def ended(child: int) -> bool:
    """Whether the child ends well within some seconds; one that hangs is ended."""
    for _ in range(1_000):
        if (done := os.waitpid(child, os.WNOHANG))[0]:
            return done[1] == 0
        time.sleep(0.01)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return False


ENDS_LATE = """
import runstone as mlflow
runs = [mlflow.start_run(nested=True) for _ in range(3)]
print("ready", flush=True)
input()
"""


def test_a_process_says_once_that_its_runs_could_not_be_ended(
    runstone_server: Callable[..., RunningServer], tmp_path: Path
) -> None:
    server = runstone_server()
    environment = {"MLFLOW_TRACKING_URI": server.url, "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0"}
    environment["RUNSTONE_CAPTURE"] = "off"  # which has a warning of its own
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-c", ENDS_LATE],
        cwd=tmp_path,
        env=os.environ | environment,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout
    assert process.stdout.readline() == "ready\n"
    server.stop()
    _, printed = process.communicate("\n", timeout=30)
    assert process.returncode == 0
    [line] = printed.splitlines()
    assert line.startswith("The run ")
    assert f"could not be ended: POST {server.url}" in line


# --- folders that cannot be written ---------------------------------------------------------------


def test_a_read_only_place_gives_an_error_that_names_it(tmp_path: Path) -> None:
    with Client(str(tmp_path / "elsewhere")) as client:
        client.create_run("0")  # all that is imported at first use is imported now
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        Path(name).chmod(0o555)
        for place in (name, f"{name}/mlruns", f"sqlite:///{name}/file.db"):
            with without_privileges(), pytest.raises(StoreError, match=name), Client(place) as client:
                client.create_run("0")
        assert list(Path(name).iterdir()) == []
