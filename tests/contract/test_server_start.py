"""`runstone server` and `runstone ui` as commands: how they begin, what they say, how they end."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.commands import RUNSTONE, refusal, runstone
from tests.contract.asking import API, ask, connect, new_run, post, raw_socket
from tests.servers import free_port

# --- what cannot begin ----------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["server", "ui"])
def test_a_port_in_use_is_named_with_the_way_out(tmp_path: Path, command: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        line = refusal(runstone(command, "--port", port, folder=tmp_path))
    assert f"Port {port} of 127.0.0.1 is in use" in line
    assert "--port" in line
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("host", ["203.0.113.77", "no.such.host.invalid"])
def test_an_address_of_another_machine_is_refused(tmp_path: Path, host: str) -> None:
    line = refusal(runstone("server", "--host", host, "--port", 0, folder=tmp_path))
    assert f"'{host}' is no address of this machine" in line
    assert "--host" in line


def test_a_place_that_cannot_hold_a_store_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    line = refusal(runstone("server", "-p", 0, "--backend-store-uri", tmp_path / "file", folder=tmp_path))
    assert str(tmp_path / "file") in line


def test_a_folder_that_mlflow_made_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mlruns" / "0").mkdir(parents=True)
    (tmp_path / "mlruns" / "0" / "meta.yaml").write_text("name: Default")
    line = refusal(runstone("ui", "-p", 0, folder=tmp_path))
    assert "MLflow" in line
    assert [path.name for path in (tmp_path / "mlruns").iterdir()] == ["0"]


def test_a_kind_of_store_that_is_not_supported_is_named(tmp_path: Path) -> None:
    line = refusal(runstone("server", "-p", 0, "--backend-store-uri", "mysql://host/db", folder=tmp_path))
    assert "mysql" in line


@pytest.mark.parametrize("option", ["--allowed-hosts", "--cors-allowed-origins"])
def test_an_empty_list_of_names_is_refused(tmp_path: Path, option: str) -> None:
    assert option in refusal(runstone("server", "-p", 0, option, " , ", folder=tmp_path))


def test_what_is_no_option_is_a_matter_of_usage(tmp_path: Path) -> None:
    for arguments in (["server", "--port", "70000"], ["server", "--nothing"], ["nothing"]):
        process = runstone(*arguments, folder=tmp_path)
        assert process.returncode == 2
        assert "Traceback" not in process.stderr


# --- what is said ---------------------------------------------------------------------------------


def test_help_and_version_answer_at_once(tmp_path: Path) -> None:
    assert "Record machine-learning runs" in runstone("--help", folder=tmp_path).stdout
    assert runstone("--version", folder=tmp_path).stdout.startswith("runstone 0.")
    for command in ("server", "ui"):
        said = runstone(command, "--help", folder=tmp_path).stdout
        for option in ("--host", "-h,", "--port", "--backend-store-uri", "--default-artifact-root"):
            assert option in said
        for option in ("--artifacts-destination", "--allowed-hosts", "--cors-allowed-origins", "MLFLOW_PORT"):
            assert option in said


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["--version"],
        *(
            [name, "--help"]
            for name in ("server", "ui", "experiments", "runs", "artifacts", "doctor", "completion")
        ),
        ["runs", "search", "--help"],
        ["experiments", "create", "--help"],
        ["artifacts", "download", "--help"],
    ],
)
def test_help_imports_nothing_that_works(arguments: list[str]) -> None:
    program = (
        "import sys\n"
        "from runstone.cli import main\n"
        f"try: main({arguments!r})\n"
        "except SystemExit: pass\n"
        "heavy = {'starlette', 'uvicorn', 'asyncio', 'rich', 'sqlalchemy', 'numpy', 'urllib3', 'msgspec', 'logging'}\n"
        "print('imported:', sorted(heavy & sys.modules.keys()))\n"
    )
    process = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert process.stdout.endswith("imported: []\n")


def test_the_ui_says_where_it_is_and_what_it_shows(tmp_path: Path) -> None:
    port = free_port()
    with started(["ui", "--port", str(port)], tmp_path) as process:
        wait_for(port)
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=20)
    assert process.returncode == 0
    assert f"http://127.0.0.1:{port}" in output
    assert "./mlruns" in output
    assert errors == ""
    assert (tmp_path / "mlruns" / "runstone.db").is_file()


def test_listening_beyond_this_machine_is_warned_of(tmp_path: Path, runstone_server) -> None:
    exposed = runstone_server(host="0.0.0.0")
    assert "without authentication" in exposed.log
    assert "without authentication" not in runstone_server(host="localhost").log


def test_the_environment_gives_the_defaults(tmp_path: Path) -> None:
    port = free_port()
    environment = {"MLFLOW_PORT": str(port), "MLFLOW_BACKEND_STORE_URI": str(tmp_path / "from-environment")}
    with started(["server"], tmp_path, **environment) as process:
        wait_for(port)
        process.terminate()
        assert process.wait(20) == 0
    assert (tmp_path / "from-environment" / "runstone.db").is_file()
    process = runstone("server", folder=tmp_path, MLFLOW_PORT="many")
    assert process.returncode == 2
    assert "MLFLOW_PORT" in process.stderr


# --- how it ends ----------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_server_with_status_0(runstone_server, number: signal.Signals) -> None:
    server = runstone_server()
    with closing(connect(server)) as idle:
        idle.connect()  # a client that keeps its connection does not keep the server
        began = time.monotonic()
        server.process.send_signal(number)
        assert server.process.wait(20) == 0
    assert time.monotonic() - began < 5
    assert "Traceback" not in server.log


def test_a_request_that_has_begun_is_finished_first(runstone_server) -> None:
    server = runstone_server()
    run = new_run(server)
    content = json.dumps({"run_id": run, "key": "k", "value": 1, "timestamp": 1}).encode()
    head = (
        f"POST {API}/runs/log-metric HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Expect: 100-continue\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    with raw_socket(server) as connection:
        connection.sendall(head.encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 100 Continue")
        server.process.terminate()
        time.sleep(0.3)
        assert server.process.poll() is None
        connection.sendall(content)
        assert connection.recv(1_000).startswith(b"HTTP/1.1 200 OK")
    assert server.process.wait(20) == 0
    server.restart()
    metrics = ask(server, "GET", f"{API}/runs/get", run_id=run).json()["run"]["data"]["metrics"]
    assert [metric["key"] for metric in metrics] == ["k"]


def test_what_was_answered_survives_a_crash(runstone_server) -> None:
    server = runstone_server()
    run = new_run(server)
    for step in range(20):
        point = {"run_id": run, "key": "loss", "value": step, "timestamp": step, "step": step}
        assert post(server, "runs/log-metric", **point).status == 200
    server.kill()
    server.restart()
    history = ask(server, "GET", f"{API}/metrics/get-history", run_id=run, metric_key="loss").json()
    assert [metric["step"] for metric in history["metrics"]] == list(range(20))


# --- helpers --------------------------------------------------------------------------------------


class started:
    """A command that is ended, at the latest, with the block."""

    def __init__(self, arguments: list[str], folder: Path, **environment: str):
        self._process = subprocess.Popen(
            [RUNSTONE, *arguments],
            cwd=folder,
            env=os.environ | {"PYTHONWARNINGS": "error"} | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> "subprocess.Popen[str]":
        return self._process

    def __exit__(self, *error: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.communicate()


def wait_for(port: int) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=2):
                return
        except ConnectionRefusedError:
            time.sleep(0.02)
    raise TimeoutError(f"nothing answers at port {port}")
