"""Servers over a database that others use too, and that goes away."""

import http.client
import json
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.engine import make_url

from runstone import Client
from runstone.entities import Metric, Param
from runstone.errors import InvalidParameterValue, RunstoneError
from tests.databases import KINDS, SERVERS, end_connections, fresh_database
from tests.gates import Gate, gate
from tests.servers import RunningServer

Start = Callable[..., RunningServer]
API = "/api/2.0/mlflow"


@contextmanager
def fresh_store(kind: str, tmp_path: Path) -> Iterator[str]:
    """The URI of a new store."""
    if kind == "sqlite":
        yield f"sqlite:///{tmp_path}/shared.db"
        return
    with fresh_database(kind) as url:
        yield url


@pytest.fixture(params=KINDS)
def pair(request: pytest.FixtureRequest, tmp_path: Path, runstone_server: Start) -> Iterator[list[Client]]:
    """Clients of two servers over one store."""
    with fresh_store(request.param, tmp_path) as uri:
        servers = [runstone_server(backend_store_uri=uri) for _ in range(2)]
        clients = [Client(server.url) for server in servers]
        yield clients
        for client, server in zip(clients, servers, strict=True):
            client.close()
            server.stop()


def together(*works: Callable[[], None]) -> None:
    """Do all at once, each in a thread; raise what one raised."""
    failed: list[BaseException] = []

    def guarded(work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - raised below
            failed.append(error)

    threads = [threading.Thread(target=guarded, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]


def test_two_servers_log_to_the_same_runs_at_once_and_nothing_is_lost(pair: list[Client]) -> None:
    runs = [pair[0].create_run("0").info.run_id for _ in range(3)]

    def log(client: Client, mine: int) -> None:
        order = runs if mine % 2 else runs[::-1]
        for step in range(25):
            for run in order:
                metrics = [Metric(f"m{key}", mine + step, 1_000 + mine, step) for key in range(4)]
                client.log_batch(run, metrics, [Param(f"p{mine}-{step}", str(step))], [])

    together(*(lambda c=client, n=number: log(c, n) for number, client in enumerate(pair * 3)))
    for run in runs:
        read = pair[1].get_run(run)
        assert len(read.data.params) == 25 * 6
        assert read.data.metrics == {f"m{key}": 5 + 24 for key in range(4)}
        for key in range(4):
            points = {(p.value, p.timestamp, p.step) for p in pair[0].get_metric_history(run, f"m{key}")}
            assert points == {(n + step, 1_000 + n, step) for n in range(6) for step in range(25)}


def test_of_two_servers_one_alone_may_set_a_param(pair: list[Client]) -> None:
    run = pair[0].create_run("0").info.run_id
    refused: list[str] = []
    stored: list[str] = []

    def set_params(client: Client, value: str) -> None:
        for number in range(40):
            try:
                client.log_param(run, f"p{number}", value)
                stored.append(f"p{number}={value}")
            except InvalidParameterValue as error:
                refused.append(error.message)

    together(*(lambda c=client, v=value: set_params(c, v) for client, value in zip(pair, "ab", strict=True)))
    params = pair[0].get_run(run).data.params
    assert sorted(stored) == sorted(f"{key}={value}" for key, value in params.items())
    assert len(stored) == len(refused) == 40
    assert all("Changing param values is not allowed" in message for message in refused)


@pytest.mark.parametrize("kind", KINDS)
def test_servers_that_start_at_once_make_the_tables_of_a_database_once(
    kind: str, tmp_path: Path, runstone_server: Start
) -> None:
    with fresh_store(kind, tmp_path) as uri:
        started: list[RunningServer] = []
        together(*[lambda: started.append(runstone_server(backend_store_uri=uri))] * 3)
        assert len(started) == 3
        for server in started:
            with Client(server.url) as client:
                assert [one.name for one in client.search_experiments()] == ["Default"]
            server.stop()


# --- a database that goes away --------------------------------------------------------------------


@pytest.fixture(params=list(SERVERS))
def gated(
    request: pytest.FixtureRequest, runstone_server: Start
) -> Iterator[tuple[RunningServer, Gate, str, str]]:
    """A server whose database is behind a gate; the database's kind and URL."""
    with fresh_database(request.param) as url:
        direct = make_url(url)
        with gate(str(direct.host), int(direct.port or 0)) as between:
            behind = direct.set(host="127.0.0.1", port=between.port).render_as_string(hide_password=False)
            server = runstone_server(backend_store_uri=behind)
            yield server, between, request.param, url
            server.stop()


def ask(server: RunningServer, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """One request, sent once: its status and what the answer says."""
    connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=60)
    connection.request("POST", API + path, json.dumps(body), {"Content-Type": "application/json"})
    answer = connection.getresponse()
    found = json.loads(answer.read())
    connection.close()
    return answer.status, found


def test_a_database_that_goes_away_is_a_503_and_is_found_again(
    gated: tuple[RunningServer, Gate, str, str],
) -> None:
    server, between, _, _ = gated
    _, made = ask(server, "/runs/create", {"experiment_id": "0"})
    run = made["run"]["info"]["run_id"]
    metric = {"run_id": run, "key": "m", "value": 1.0, "timestamp": 1, "step": 1}
    assert ask(server, "/runs/log-metric", metric)[0] == 200
    between.shut()
    for path, body in (("/runs/log-metric", metric), ("/runs/search", {"experiment_ids": ["0"]})):
        status, refused = ask(server, path, body)
        assert (status, refused["error_code"]) == (503, "TEMPORARILY_UNAVAILABLE")
        assert refused["message"] == "The server's database cannot be reached. Try again in a while."
    between.open()
    assert ask(server, "/runs/log-metric", metric | {"step": 2})[0] == 200
    status, found = ask(server, "/runs/search", {"experiment_ids": ["0"]})
    assert status == 200
    assert [one["data"]["metrics"][0]["step"] for one in found["runs"]] == [2]


def test_a_database_that_ends_its_connections_costs_no_answer(
    gated: tuple[RunningServer, Gate, str, str],
) -> None:
    server, _, kind, url = gated
    _, made = ask(server, "/runs/create", {"experiment_id": "0"})
    run = made["run"]["info"]["run_id"]
    for step in range(3):
        end_connections(kind, url)
        metric = {"run_id": run, "key": "m", "value": 1.0, "timestamp": 1, "step": step}
        assert ask(server, "/runs/log-metric", metric)[0] == 200
        assert ask(server, "/runs/search", {"experiment_ids": ["0"]})[0] == 200


@pytest.mark.parametrize(
    ("kind", "scheme"),
    [("postgresql", "postgres"), ("postgresql", "postgresql+psycopg2"), ("mariadb", "mysql+pymysql")],
)
def test_a_client_may_name_the_database_itself(
    kind: str, scheme: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with fresh_database(kind) as url:
        with Client(f"{scheme}://{url.partition('://')[2]}") as client:
            run = client.create_run("0").info
            client.log_text(run.run_id, "kept here", "note.txt")
            assert str(run.artifact_uri).startswith((tmp_path / "mlartifacts" / "0").as_uri())
        with Client(url) as other:
            assert other.get_run(run.run_id).info.run_name == run.run_name


@pytest.mark.parametrize("kind", list(SERVERS))
def test_what_a_server_keeps_is_not_looked_for_on_the_machine_of_who_names_its_database(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, runstone_server: Start
) -> None:
    monkeypatch.chdir(tmp_path)
    with fresh_database(kind) as url:
        server = runstone_server(backend_store_uri=url)
        with Client(server.url) as client:
            run = client.create_run("0").info.run_id
            client.log_text(run, "with the server", "note.txt")
        with Client(url) as direct:
            for act in (lambda: direct.log_text(run, "lost", "lost.txt"), lambda: direct.list_artifacts(run)):
                with pytest.raises(RunstoneError, match=r"kept by a server .*Use the server's URL"):
                    act()
        assert not (tmp_path / "mlartifacts").exists()
        server.stop()


# --- a database that another program locks --------------------------------------------------------


def test_while_a_file_is_locked_writes_are_refused_together_and_reads_go_on(
    tmp_path: Path, runstone_server: Start
) -> None:
    server = runstone_server(backend_store_uri=f"sqlite:///{tmp_path}/locked.db")
    _, made = ask(server, "/runs/create", {"experiment_id": "0"})
    run = made["run"]["info"]["run_id"]
    answers: list[tuple[int, str]] = []

    def write(number: int) -> None:
        metric = {"run_id": run, "key": f"m{number}", "value": 1.0, "timestamp": 1, "step": 1}
        status, body = ask(server, "/runs/log-metric", metric)
        answers.append((status, body["error_code"]))

    with closing(sqlite3.connect(tmp_path / "locked.db")) as other:
        other.execute("BEGIN IMMEDIATE")
        threads = [threading.Thread(target=write, args=(number,)) for number in range(40)]
        for thread in threads:
            thread.start()
        while threads[0].is_alive():  # the pool of writers is full, and yet:
            status, found = ask(server, "/runs/search", {"experiment_ids": ["0"]})
            assert (status, len(found["runs"])) == (200, 1)
        assert len(answers) >= 1
        for thread in threads:
            thread.join()
        other.rollback()
    assert answers == [(503, "TEMPORARILY_UNAVAILABLE")] * 40
    status, _ = ask(server, "/runs/log-metric", {"run_id": run, "key": "m", "value": 1.0, "timestamp": 1})
    assert status == 200
