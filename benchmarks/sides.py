"""The two sides: Runstone in this environment, MLflow in one of its own."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.backends import Backend
from benchmarks.processes import settle
from tools import envs

SCRIPTS = Path(__file__).parent / "scripts"
ROOT = Path(__file__).resolve().parents[1]
CACHE = ROOT / ".cache" / "bench"
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
    backend: Backend

    @property
    def is_ours(self) -> bool:
        return self.module == "runstone"

    def script(
        self, name: str, *arguments: object, seconds: float = 300, shown: bool = False
    ) -> dict[str, Any]:
        """Run `scripts/NAME.py MODULE …` in a fresh process and folder; the last line it prints is its JSON.

        `shown` lets its stderr through, for its progress. Raises TimeoutExpired when it takes longer than that.
        """
        command = [str(self.python), str(SCRIPTS / f"{name}.py"), self.module, *map(str, arguments)]
        process = subprocess.Popen(
            command,
            cwd=self.fresh_folder(name),
            env=clean_environment() | {"PYTHONPATH": str(ROOT)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=None if shown else subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        try:
            out, err = process.communicate(timeout=seconds)
        finally:
            end_group(process)
        if process.returncode != 0:
            raise RuntimeError(f"{self.name}: {name} failed:\n{(err or '')[-2000:]}")
        return json.loads(out.splitlines()[-1])

    def fresh_folder(self, purpose: str) -> Path:
        number = sum(1 for _ in self.folder.glob(f"{purpose}-*"))
        folder = self.folder / f"{purpose}-{number}"
        folder.mkdir(parents=True)
        return folder

    @contextmanager
    def server(self, folder: Path | None = None, store: str | None = None) -> Iterator["Server"]:
        """A running server of this side over a store (by default a new one), with its default options, at rest.

        MLflow's answers before all of its processes are there, and they would be measured instead.
        """
        folder = folder or self.fresh_folder("server")
        server = start_server(self, folder, store or self.backend.store(folder, self.module))
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
        end_group(self.process)


def end_group(process: subprocess.Popen[Any]) -> None:
    """End a process that leads its group, and all of the group that are left."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(STOP_S)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(STOP_S)


def start_server(side: Side, folder: Path, store: str) -> Server:
    """Start a server over a store and wait for its first 200 on /health."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [part.format(port=port, folder=folder, store=store) for part in side.server_command]
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


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder for what is thrown away, where there is room: /tmp may be memory."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE, ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def runstone(folder: Path, backend: Backend) -> Side:
    program = str(Path(sys.executable).with_name("runstone"))
    command = (program, "server", "--host", "127.0.0.1", "--port", "{port}", "--backend-store-uri", "{store}")
    return Side("Runstone", "runstone", Path(sys.executable), command, folder / "runstone", backend)


def mlflow(folder: Path, backend: Backend) -> Side:
    python = envs.create("mlflow")
    command = (str(python), "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", "{port}")
    command += ("--backend-store-uri", "{store}", "--artifacts-destination", "{folder}/artifacts")
    return Side(f"MLflow {envs.MLFLOW_VERSION}", "mlflow", python, command, folder / "mlflow", backend)


def clean_environment() -> dict[str, str]:
    """The environment without settings of either side that would change what is measured."""
    return {
        name: value for name, value in os.environ.items() if not name.startswith(("MLFLOW_", "RUNSTONE_"))
    }
