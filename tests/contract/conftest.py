"""The same tests over {a store within the process, a server reached over HTTP} × {SQLite, PostgreSQL, MariaDB}."""

import tempfile
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

import runstone
from runstone import Client
from runstone.client import active
from tests.databases import KINDS, SERVERS
from tests.servers import RunningServer

ENVIRONMENT = ("MLFLOW_TRACKING_URI", "MLFLOW_EXPERIMENT_ID", "MLFLOW_EXPERIMENT_NAME")


@pytest.fixture(autouse=True)
def downloads_end_with_the_test(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is downloaded to no particular place goes where pytest clears up."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path_factory.mktemp("downloads")))


@pytest.fixture(params=[f"{transport}-{kind}" for kind in KINDS for transport in ("local", "http")])
def tracking_uri(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A store's URI. A local folder is new; what is in a server is shared by the session, so tests use experiments of
    their own."""
    transport, _, kind = request.param.partition("-")
    if transport == "http":
        servers = {"sqlite": "shared_server"} | {name: f"shared_{name}_server" for name in SERVERS}
        server: RunningServer = request.getfixturevalue(servers[kind])
        return server.url
    if kind == "sqlite":
        return str(tmp_path / "store")
    monkeypatch.chdir(tmp_path)  # where the artifacts go
    url: str = request.getfixturevalue(f"shared_{kind}")
    return url


@pytest.fixture
def kind(request: pytest.FixtureRequest) -> str:
    """The kind of database behind `tracking_uri`."""
    return request.node.callspec.params["tracking_uri"].partition("-")[2]


@pytest.fixture
def client(tracking_uri: str) -> Iterator[Client]:
    with Client(tracking_uri) as client:
        yield client


@pytest.fixture
def new_name() -> Callable[[], str]:
    """A factory of names that nothing has yet."""
    return lambda: f"test-{uuid.uuid4().hex}"


@pytest.fixture
def experiment(client: Client, new_name: Callable[[], str]) -> str:
    """The id of a new experiment."""
    return client.create_experiment(new_name())


@pytest.fixture
def run(client: Client, experiment: str) -> str:
    """The id of a new run."""
    return client.create_run(experiment).info.run_id


@pytest.fixture
def mlflow(tracking_uri: str, experiment: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The package, as its users have it, with a store and a new experiment chosen."""
    for name in ENVIRONMENT:
        monkeypatch.setenv(name, "")  # so that what is set below ends with the test
    # What made a run is recorded in files for the first of a process: no test is to depend on which one that is.
    monkeypatch.setenv("RUNSTONE_CAPTURE", "tags")
    monkeypatch.setattr(active._process, "experiment_id", None)
    runstone.set_tracking_uri(tracking_uri)
    runstone.set_experiment(experiment_id=experiment)
    yield runstone
    while runstone.active_run():
        runstone.end_run()
    runstone.set_tracking_uri("")
