"""Imports from a real, running MLflow server, and what MLflow's own client says of it before and after."""

import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from runstone import Client, RunstoneError
from runstone.importer import Options, Report, StoreTarget, open_source, transfer
from tests.commands import refusal, runstone
from tests.compat.importing import stores
from tests.imports import CLAMPED, MARK, as_we_keep_it, imported, seen, without
from tests.servers import RunningServer, free_port, wait_until_healthy
from tests.tiers import tier_missing
from tools import envs

WRITE = Path(__file__).parent / "importing" / "write.py"
START_S = 120

pytestmark = pytest.mark.timeout(300)


class MlflowServer:
    """MLflow's own server, with a SQLite database and a folder of artifacts."""

    def __init__(self, python: Path, folder: Path):
        self._python, self._folder = python, folder
        self._port = free_port()
        self.url = f"http://127.0.0.1:{self._port}"
        self.start()

    def start(self) -> None:
        database, artifacts = self._folder / "mlflow.db", self._folder / "mlartifacts"
        options = ["--backend-store-uri", f"sqlite:///{database}", "--artifacts-destination", artifacts]
        command = [
            self._python,
            "-m",
            "mlflow",
            "server",
            *options,
            "--port",
            str(self._port),
            "--workers",
            "1",
        ]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                command, cwd=self._folder, env=quiet(), stdout=log, stderr=log, start_new_session=True
            )
        wait_until_healthy(self.url, self._process, START_S)

    def kill(self) -> None:
        """End the server with all its processes."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(10)

    def told(self, uri: str, *folder: Path) -> dict[str, Any]:
        """What MLflow's client reads of a store, after it has written to it if a folder is given."""
        command = [self._python, WRITE, uri, *folder]
        done = subprocess.run(command, env=quiet(), capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


def quiet() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("MLFLOW_")}


@pytest.fixture(scope="module")
def python() -> Path:
    """An interpreter with MLflow, its server included."""
    found = envs.interpreter("mlflow-skinny")
    needs = "import aiohttp, alembic, flask, flask_cors, huey, mlflow, pandas, sqlalchemy"
    if found is None or subprocess.run([found, "-c", needs], capture_output=True, check=False).returncode:
        enable = "python tools/envs.py mlflow-skinny"
        tier_missing("compat", "the environment with MLflow's own server is not there", enable)
    return found


@pytest.fixture(scope="module")
def mlflow_server(python: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MlflowServer]:
    server = MlflowServer(python, tmp_path_factory.mktemp("mlflow"))
    yield server
    server.kill()


@pytest.fixture(scope="module")
def told(mlflow_server: MlflowServer, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What MLflow's client wrote to MLflow's server, and read of it."""
    return mlflow_server.told(mlflow_server.url, tmp_path_factory.mktemp("logged"))


def test_what_a_server_tells_is_told_alike_afterwards(
    mlflow_server: MlflowServer, told: dict[str, Any], tmp_path: Path
) -> None:
    target = tmp_path / "target"
    report = imported(mlflow_server.url, target)
    assert [(entry["what"], entry["count"]) for entry in report["left_out"]] == [
        ("registered models", 1),
        ("model versions", 1),
        ("logged models", 1),
    ]
    assert report["taken"]["artifacts"] == 2
    again = imported(mlflow_server.url, target)
    assert again["taken"]["unchanged_runs"] == 5
    with Client(str(target)) as client:
        assert without(seen(client)) == without(as_we_keep_it(json.loads(json.dumps(told))))


def test_mlflows_client_finds_the_same_at_both_servers(
    mlflow_server: MlflowServer,
    told: dict[str, Any],
    tmp_path: Path,
    runstone_server: Callable[..., RunningServer],
) -> None:
    server = runstone_server()
    imported(mlflow_server.url, server.url)
    found = comparable(mlflow_server.told(server.url))
    assert found == comparable(told)


def comparable(told: dict[str, Any]) -> dict[str, Any]:
    """What MLflow's client tells, without the places of artifacts and what is otherwise on purpose."""
    experiments = json.loads(json.dumps(told["experiments"]))
    for experiment in experiments:
        for run in experiment["runs"].values():
            del run["artifact_uri"]
            run["tags"].pop(MARK, None)
            run["datasets"].sort(key=lambda used: used[0]["name"])
            for points in run["histories"].values():
                points[:] = sorted([at, step, CLAMPED.get(value, value)] for at, step, value in points)
    return without(experiments)


class KillsServer:
    """A progress that ends the source's server as soon as it is told anything."""

    def __init__(self, server: MlflowServer):
        self._server = server

    def begin(self, runs: int | None) -> None:
        assert runs is None

    def step(self, experiment: str, runs: int = 0) -> None:
        self._server.kill()


def test_a_server_that_goes_away_ends_the_import_which_goes_on_later(
    mlflow_server: MlflowServer, told: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    uri, report = str(tmp_path / "target"), Report()
    source, target = open_source(mlflow_server.url, report), StoreTarget(uri)
    try:
        with pytest.raises(RunstoneError) as gone:
            transfer(source, target, report, Options(), KillsServer(mlflow_server))
    finally:
        source.close()
        target.close()
        mlflow_server.kill()
        mlflow_server.start()
    assert mlflow_server.url in gone.value.message
    imported(mlflow_server.url, uri)
    with Client(uri) as client:
        assert without(seen(client)) == without(as_we_keep_it(json.loads(json.dumps(told))))


def test_a_server_of_mlflows_is_no_target(mlflow_server: MlflowServer, tmp_path: Path) -> None:
    stores.unpack("folder-3", tmp_path)
    done = runstone("import", tmp_path / "mlruns", "--to", mlflow_server.url, folder=tmp_path)
    assert "cannot take over runs: it is no Runstone server" in refusal(done)
