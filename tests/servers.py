"""Real servers for the tests: `runstone server` as a process, on a free port, with a store of its own."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

START_S = 20
STOP_S = 15


class ServerFailed(Exception):
    """The server did not start, or did not end as it should; the message carries what it printed."""


@dataclass
class RunningServer:
    """A server process. `folder` holds its store (`store`), its artifacts and its log."""

    url: str
    folder: Path
    command: list[str]
    environment: dict[str, str]
    process: subprocess.Popen[bytes] = field(repr=False)

    @property
    def store(self) -> Path:
        return self.folder / "mlruns"

    @property
    def log(self) -> str:
        """Everything that the server printed so far."""
        return (self.folder / "server.log").read_text()

    def stop(self) -> None:
        """End the server as an administrator would, and check that it went quietly."""
        if self.process.poll() is not None:
            raise ServerFailed(f"the server ended by itself, status {self.process.returncode}:\n{self.log}")
        self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.kill()
            raise ServerFailed(f"the server did not end within {STOP_S} s:\n{self.log}") from None
        if status not in (0, -signal.SIGTERM):
            raise ServerFailed(f"the server ended with status {status}:\n{self.log}")
        if "Traceback" in self.log:
            raise ServerFailed(f"the server printed a traceback:\n{self.log}")

    def kill(self) -> None:
        """End the server with SIGKILL, as a crash would."""
        self.process.kill()
        self.process.wait(STOP_S)

    def restart(self) -> None:
        """Start the same server again on the same store and port, after `stop` or `kill`."""
        self.process = _spawn(self.command, self.folder, self.environment)
        _wait_until_healthy(self)


def start_server(
    folder: Path, *, environment: dict[str, str] | None = None, **options: object
) -> RunningServer:
    """Start `runstone server` and return when it answers.

    Options are the command's, with underscores: `artifacts_destination=…` for `--artifacts-destination=…`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    chosen = {"host": "127.0.0.1", "port": free_port(), "backend_store_uri": folder / "mlruns"} | options
    executable = str(Path(sys.executable).with_name("runstone"))
    arguments = [f"--{name.replace('_', '-')}={value}" for name, value in chosen.items()]
    command = [executable, "server", *arguments]
    variables = {**os.environ, "PYTHONWARNINGS": "error", **(environment or {})}
    process = _spawn(command, folder, variables)
    url = f"http://{chosen['host']}:{chosen['port']}"
    server = RunningServer(url, folder, command, variables, process)
    try:
        _wait_until_healthy(server)
    except BaseException:
        if process.poll() is None:
            server.kill()
        raise
    return server


def free_port() -> int:
    """A port that nothing listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _spawn(command: list[str], folder: Path, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    with (folder / "server.log").open("ab") as log:
        return subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )


def _wait_until_healthy(server: RunningServer) -> None:
    try:
        wait_until_healthy(server.url, server.process)
    except ServerFailed as error:
        raise ServerFailed(f"{error}:\n{server.log}") from None


def wait_until_healthy(url: str, process: subprocess.Popen[bytes], within_s: float = START_S) -> None:
    """Return when the server answers at `url`. Raises ServerFailed if its process ends, or takes too long."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise ServerFailed(f"the server ended with status {process.returncode}")
        try:
            with urllib.request.urlopen(f"{url}/health", timeout=2) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.02)
    raise ServerFailed(f"the server did not answer within {within_s} s")
