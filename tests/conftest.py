"""Fixtures for every tier, and the closing report of the tiers that this machine could not run."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from runstone.shim import installing
from tests import shims, tiers
from tests.databases import fresh_database
from tests.servers import RunningServer, start_server


def pytest_configure() -> None:
    tiers.required_tiers()  # a misspelt tier is refused before anything runs


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not tiers.missing:
        return
    terminalreporter.section("tiers that were not run")
    for tier, (reason, enable) in sorted(tiers.missing.items()):
        terminalreporter.line(f"{tier}: {reason}. To enable: {enable}")


@pytest.fixture
def runstone_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., RunningServer]]:
    """A factory of running servers; `runstone_server(port=…)` takes the command's own options.

    Servers that the test left running are ended after it, and the test fails if one does not go quietly.
    """
    started: list[RunningServer] = []

    def start(
        folder: Path | None = None, environment: dict[str, str] | None = None, **options: object
    ) -> RunningServer:
        folder = folder or tmp_path_factory.mktemp("server")
        started.append(start_server(folder, environment=environment, **options))
        return started[-1]

    yield start
    running = [server for server in started if server.process.poll() is None]
    try:
        while running:
            running[0].stop()
            running.pop(0)
    finally:
        for server in running:
            if server.process.poll() is None:
                server.kill()


@pytest.fixture(scope="session")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """One server for the whole session, for tests that touch nothing but experiments of their own."""
    server = start_server(tmp_path_factory.mktemp("shared-server"))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def shared_postgresql() -> Iterator[str]:
    """The URL of one PostgreSQL database for the whole session, for tests that touch only what is theirs."""
    with fresh_database("postgresql") as url:
        yield url


@pytest.fixture(scope="session")
def shared_mariadb() -> Iterator[str]:
    """The URL of one MariaDB database for the whole session, for tests that touch only what is theirs."""
    with fresh_database("mariadb") as url:
        yield url


@pytest.fixture(scope="session")
def shared_postgresql_server(
    shared_postgresql: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningServer]:
    """One server over PostgreSQL for the whole session, as `shared_server`."""
    server = start_server(tmp_path_factory.mktemp("postgresql"), backend_store_uri=shared_postgresql)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def shared_mariadb_server(
    shared_mariadb: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningServer]:
    """One server over MariaDB for the whole session, as `shared_server`."""
    server = start_server(tmp_path_factory.mktemp("mariadb"), backend_store_uri=shared_mariadb)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def shim_environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment variables of a process where `import mlflow` and the command `mlflow` are the shim's."""
    place = shims.place(tmp_path_factory.mktemp("shim"))
    installing.install(place)
    return shims.environment(place)
