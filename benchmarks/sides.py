"""The two sides: Runstone in this environment, MLflow in one of its own."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.processes import settle
from tools import envs

SCRIPTS = Path(__file__).parent / "scripts"
START_S = 120
STOP_S = 30


@dataclass(frozen=True)
class Side:
    """A product under measurement: what to import, with which interpreter, and how its server is started."""

    name: str
    module: str
    python: Path
    server_command: tuple[str, ...]
    folder: Path

    def script(self, name: str, *arguments: object, seconds: float = 300) -> dict[str, Any]:
        """Run `scripts/NAME.py MODULE …` in a fresh process and folder; the last line it prints is its JSON."""
        command = [str(self.python), str(SCRIPTS / f"{name}.py"), self.module, *map(str, arguments)]
        done = subprocess.run(
            command,
            cwd=self.fresh_folder(name),
            env=clean_environment(),
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
        if done.returncode != 0:
            raise RuntimeError(f"{self.name}: {name} failed:\n{done.stderr[-2000:]}")
        return json.loads(done.stdout.splitlines()[-1])

    def fresh_folder(self, purpose: str) -> Path:
        number = sum(1 for _ in self.folder.glob(f"{purpose}-*"))
        folder = self.folder / f"{purpose}-{number}"
        folder.mkdir(parents=True)
        return folder

    @contextmanager
    def server(self, folder: Path | None = None) -> Iterator["Server"]:
        """A running server of this side, with its default options, that has finished starting.

        MLflow's answers before all of its processes are there, and they would be measured instead.
        """
        server = start_server(self, folder or self.fresh_folder("server"))
        try:
            settle(server.process.pid)
            yield server
        finally:
            server.stop()


@dataclass
class Server:
    url: str
    process: subprocess.Popen[bytes]
    start_seconds: float

    def stop(self) -> None:
        """End the whole process group: MLflow's server has several processes."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            try:
                self.process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait(STOP_S)


def start_server(side: Side, folder: Path) -> Server:
    """Start a server and wait for its first 200 on /health."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [part.format(port=port, folder=folder) for part in side.server_command]
    with (folder / "server.log").open("ab") as log:
        started = time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=clean_environment(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    server = Server(f"http://127.0.0.1:{port}", process, 0.0)
    try:
        _wait_for_health(server, started)
    except BaseException:
        server.stop()
        raise
    server.start_seconds = time.perf_counter() - started
    return server


def _wait_for_health(server: Server, started: float) -> None:
    while time.perf_counter() - started < START_S:
        if server.process.poll() is not None:
            raise RuntimeError(f"the server ended with status {server.process.returncode}")
        try:
            with urllib.request.urlopen(f"{server.url}/health", timeout=5) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.005)
    raise RuntimeError(f"the server did not answer within {START_S} s")


def runstone(folder: Path) -> Side:
    program = str(Path(sys.executable).with_name("runstone"))
    command = (program, "server", "--host", "127.0.0.1", "--port", "{port}")
    command += ("--backend-store-uri", "{folder}/mlruns")
    return Side("Runstone", "runstone", Path(sys.executable), command, folder / "runstone")


def mlflow(folder: Path) -> Side:
    python = envs.create("mlflow")
    command = (str(python), "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", "{port}")
    command += ("--backend-store-uri", "sqlite:///{folder}/mlflow.db")
    command += ("--artifacts-destination", "{folder}/artifacts")
    return Side(f"MLflow {envs.MLFLOW_VERSION}", "mlflow", python, command, folder / "mlflow")


def clean_environment() -> dict[str, str]:
    """The environment without settings of either side that would change what is measured."""
    return {
        name: value for name, value in os.environ.items() if not name.startswith(("MLFLOW_", "RUNSTONE_"))
    }
