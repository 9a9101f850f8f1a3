"""The HTTP transport against a server that misbehaves on purpose: it drops, refuses, dawdles and talks nonsense."""

import base64
import email.utils
import json
import os
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from urllib3.exceptions import InsecureRequestWarning

from runstone.client.connection import Connection
from runstone.client.http import HttpTransport
from runstone.client.transport import connect
from runstone.client.web import fetch
from runstone.errors import (
    BadRequest,
    EndpointNotFound,
    InternalError,
    InvalidParameterValue,
    PermissionDenied,
    RequestLimitExceeded,
    ResourceDoesNotExist,
    RunstoneError,
    ServerUnreachable,
    TemporarilyUnavailable,
    Unauthenticated,
    UnsupportedOperation,
)
from runstone.wire import experiments, runs
from runstone.wire.base import Response
from runstone.wire.operations import BY_NAME
from tests.unit.scripted import Handler, Reply, ScriptedServer, answer, dawdle, drop, error, half


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def transport(server: ScriptedServer, pauses: list[float]) -> Iterator[HttpTransport]:
    transport = HttpTransport(server.url, Connection(server.url, pause=pauses.append, chance=lambda: 1.0))
    yield transport
    transport.close()


def get(transport: HttpTransport) -> Response:
    return transport.send(BY_NAME["search_runs"], runs.SearchRuns(experiment_ids=["0"]))


def create(transport: HttpTransport) -> Response:
    """The one operation that must not be carried out twice."""
    return transport.send(BY_NAME["create_experiment"], experiments.CreateExperiment(name="n"))


CREATED = answer(200, b'{"experiment_id": "7"}')


# --- what is sent ---------------------------------------------------------------------------------


def test_requests_are_json_over_one_connection(server: ScriptedServer, transport: HttpTransport) -> None:
    for value in (1.5, float("nan")):
        request = runs.LogMetric(run_id="r", key="m", value="NaN" if value != value else value, timestamp=5)
        transport.send(BY_NAME["log_metric"], request)
    assert [seen.path for seen in server.seen] == ["/api/2.0/mlflow/runs/log-metric"] * 2
    assert json.loads(server.seen[0].body) == {"run_id": "r", "key": "m", "value": 1.5, "timestamp": 5}
    assert json.loads(server.seen[1].body)["value"] == "NaN"
    assert server.seen[0].headers["Content-Type"] == "application/json"
    assert len({seen.client for seen in server.seen}) == 1


def test_what_a_get_asks_is_in_its_query(server: ScriptedServer, transport: HttpTransport) -> None:
    server.script = [
        answer(
            200,
            b'{"experiment": {"experiment_id": "1", "name": "n", "artifact_location": "x", '
            b'"lifecycle_stage": "active", "unknown": [1]}}',
        )
    ]
    name = "a b&c=d#e?f/日本"
    response = transport.send(BY_NAME["get_experiment_by_name"], experiments.GetExperimentByName(name))
    assert isinstance(response, experiments.GetExperimentResponse)
    assert response.experiment.name == "n"
    path, _, query = server.seen[0].path.partition("?")
    assert path == "/api/2.0/mlflow/experiments/get-by-name"
    assert query == "experiment_name=a%20b%26c%3Dd%23e%3Ff%2F%E6%97%A5%E6%9C%AC"
    assert server.seen[0].command == "GET"


def test_a_server_may_live_below_a_path(server: ScriptedServer) -> None:
    transport = HttpTransport(f"{server.url}/team/tracking/")
    get(transport)
    transport.artifacts("mlflow-artifacts:/1/r/artifacts").list("a b")
    assert [seen.path for seen in server.seen] == [
        "/team/tracking/api/2.0/mlflow/runs/search",
        "/team/tracking/api/2.0/mlflow-artifacts/artifacts?path=1%2Fr%2Fartifacts%2Fa%20b",
    ]
    assert transport.web_url == f"{server.url}/team/tracking"
    transport.close()


@pytest.mark.parametrize(
    ("environment", "in_url", "expected"),
    [
        ({}, "", None),
        ({"MLFLOW_TRACKING_TOKEN": " secret\n"}, "", "Bearer secret"),
        ({"MLFLOW_TRACKING_USERNAME": "ada", "MLFLOW_TRACKING_PASSWORD": "pä:ss"}, "", "ada:pä:ss"),
        ({}, "ada:p%40ss@", "ada:p@ss"),
        ({"MLFLOW_TRACKING_USERNAME": "eve"}, "ada:pass@", "eve:"),
        ({"MLFLOW_TRACKING_TOKEN": "secret"}, "ada:pass@", "Bearer secret"),
    ],
)
def test_credentials_are_sent_and_not_shown(
    server: ScriptedServer,
    monkeypatch: pytest.MonkeyPatch,
    environment: dict[str, str],
    in_url: str,
    expected: str | None,
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    transport = HttpTransport(server.url.replace("//", f"//{in_url}"))
    server.script = [answer(404, b"nothing here", "text/plain")]
    with pytest.raises(EndpointNotFound) as refused:
        get(transport)
    sent = server.seen[0].headers["Authorization"]
    if expected and not expected.startswith("Bearer"):
        expected = f"Basic {base64.b64encode(expected.encode()).decode()}"
    assert sent == expected
    assert transport.web_url == server.url
    for secret in ("secret", "pass", "pä:ss"):
        assert secret not in refused.value.message
    transport.close()


def test_a_token_that_no_header_can_hold_is_named(
    server: ScriptedServer, transport: HttpTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    for token in ("two\nlines", "日本"):
        monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", token)
        with pytest.raises(InvalidParameterValue, match="MLFLOW_TRACKING_TOKEN"):
            get(transport)
    assert server.seen == []


def test_artifacts_with_another_server_are_not_sent_to_this_one(
    server: ScriptedServer, transport: HttpTransport
) -> None:
    own = server.url.removeprefix("http://")
    transport.artifacts(f"mlflow-artifacts://{own}/1/r").put_bytes(b"x", "file")
    assert server.seen[0].path == "/api/2.0/mlflow-artifacts/artifacts/1/r/file"
    with pytest.raises(UnsupportedOperation, match=r"elsewhere:5000, not with 127\.0\.0\.1"):
        transport.artifacts("mlflow-artifacts://elsewhere:5000/1/r")


def test_what_the_protocol_refuses_is_not_even_sent(server: ScriptedServer, transport: HttpTransport) -> None:
    for request in (
        runs.LogMetric(run_id="", key="m", value=1.0, timestamp=5),
        runs.LogMetric(run_id="r", key="m", value=1.0, timestamp=2**70),
        runs.LogMetric(run_id="r", key="half \ud800", value=1.0, timestamp=5),
        runs.LogMetric(run_id="r", key="m", value=object(), timestamp=5),  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    ):
        with pytest.raises(InvalidParameterValue):
            transport.send(BY_NAME["log_metric"], request)
    assert server.seen == []


# --- what comes back ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reply", "kind", "message"),
    [
        (error(404, "RESOURCE_DOES_NOT_EXIST"), ResourceDoesNotExist, "why"),
        (error(400, "INVALID_PARAMETER_VALUE"), InvalidParameterValue, "why"),
        (error(500, "INTERNAL_ERROR"), InternalError, "why"),
        (error(400, "SOMETHING_NEW"), RunstoneError, "why"),
        (answer(400, b'{"error_code": "BAD_REQUEST"}'), BadRequest, "BAD_REQUEST"),
        (answer(401, b"<h1>Who?</h1>", "text/html"), Unauthenticated, "HTTP 401 (text/html)"),
        (answer(403, b"{}"), PermissionDenied, "HTTP 403 (application/json)"),
        (answer(404, b"<h1>Not Found</h1>", "text/html"), EndpointNotFound, "<h1>Not Found</h1>"),
        (answer(405, b'{"detail": "Method Not Allowed"}'), EndpointNotFound, "HTTP 405"),
        (answer(500, b"\xff\xfe garbage \x00", "text/plain"), InternalError, "HTTP 500"),
        (answer(400, b"[1]"), InternalError, "HTTP 400"),
        (
            answer(302, b"", Location="https://elsewhere/x"),
            InternalError,
            "redirects to 'https://elsewhere/x'",
        ),
        (answer(200, b"<html>Log in first</html>", "text/html"), InternalError, "HTTP 200 (text/html)"),
        (answer(200, b"[1]"), InternalError, "HTTP 200"),
        (answer(200, b"\xff"), InternalError, "answer"),
        (answer(200, b'{"runs": 5}'), InternalError, "SearchRunsResponse"),
    ],
)
def test_an_error_is_of_the_right_class_and_names_where(
    server: ScriptedServer,
    transport: HttpTransport,
    pauses: list[float],
    reply: Reply,
    kind: type[RunstoneError],
    message: str,
) -> None:
    server.script = [reply]
    with pytest.raises(RunstoneError) as refused:
        get(transport)
    assert type(refused.value) is kind
    assert message in refused.value.message
    if message != "why" and "BAD_REQUEST" not in message:
        assert f"{server.url}/api/2.0/mlflow/runs/search" in refused.value.message
    assert len(refused.value.message) < 700
    assert pauses == []
    get(transport)  # the connection is as good as new


# --- what is repeated -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "reply",
    [
        drop,
        half,
        error(429, "REQUEST_LIMIT_EXCEEDED"),
        error(503, "TEMPORARILY_UNAVAILABLE"),
        answer(502, b"<h1>Bad gateway</h1>", "text/html"),
        answer(504, b""),
    ],
    ids=["drop", "half", "429", "503", "502", "504"],
)
def test_a_passing_failure_is_met_by_repetition(
    server: ScriptedServer,
    transport: HttpTransport,
    pauses: list[float],
    caplog: pytest.LogCaptureFixture,
    reply: Reply,
) -> None:
    server.script = [reply] * 4
    get(transport)
    assert len(server.seen) == 5
    assert pauses == [0.5, 1.0, 2.0, 4.0]
    assert len({seen.body for seen in server.seen}) == 1
    assert caplog.text.count("Trying again") == 1


def test_repetition_ends_and_the_pauses_are_bounded(
    server: ScriptedServer, transport: HttpTransport, pauses: list[float]
) -> None:
    server.script = [error(503, "TEMPORARILY_UNAVAILABLE")] * 20
    with pytest.raises(TemporarilyUnavailable, match="why"):
        get(transport)
    assert len(server.seen) == 8
    assert pauses == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0]


def test_pauses_are_scattered(server: ScriptedServer, pauses: list[float]) -> None:
    chances = iter([0.0, 0.5, 0.9])
    connection = Connection(server.url, pause=pauses.append, chance=lambda: next(chances))
    server.script = [drop] * 3
    get(HttpTransport(server.url, connection))
    assert pauses == pytest.approx([0.25, 0.75, 1.9])
    connection.close()


def test_settings_say_how_often_and_how_long(
    server: ScriptedServer, pauses: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR", "0.1")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "0.3")
    connection = Connection(server.url, pause=pauses.append, chance=lambda: 1.0)
    server.script = [dawdle] * 3
    with pytest.raises(ServerUnreachable, match="timed out"):
        get(HttpTransport(server.url, connection))
    assert len(server.seen) == 3
    assert pauses == pytest.approx([0.1, 0.2])
    connection.close()


def test_the_server_may_say_when_to_come_back(
    server: ScriptedServer, transport: HttpTransport, pauses: list[float]
) -> None:
    soon = email.utils.formatdate(time.time() + 20, usegmt=True)
    past = email.utils.formatdate(time.time() - 20, usegmt=True)
    server.script = [
        error(503, "TEMPORARILY_UNAVAILABLE", Retry_After=value) for value in ("7", soon, past, "nonsense")
    ]
    get(transport)
    assert pauses[0] == 7.0
    assert 17 <= pauses[1] <= 20
    assert pauses[2:] == [2.0, 4.0]


def test_a_server_that_asks_for_more_patience_than_we_have_is_given_up(
    server: ScriptedServer, transport: HttpTransport, pauses: list[float]
) -> None:
    server.script = [error(429, "REQUEST_LIMIT_EXCEEDED", Retry_After="3600")]
    with pytest.raises(RequestLimitExceeded):
        get(transport)
    assert pauses == []


def test_what_must_not_happen_twice_is_repeated_only_if_it_did_not_happen(
    server: ScriptedServer, transport: HttpTransport, pauses: list[float]
) -> None:
    for reply in (drop, half, error(503, "TEMPORARILY_UNAVAILABLE"), answer(502), answer(504)):
        server.script = [reply]
        with pytest.raises(TemporarilyUnavailable):
            create(transport)
    assert (len(server.seen), pauses) == (5, [])
    for reply in (
        error(429, "REQUEST_LIMIT_EXCEEDED"),
        error(503, "TEMPORARILY_UNAVAILABLE", Retry_After="1"),
    ):
        server.script = [reply, CREATED]
        create(transport)
    assert len(server.seen) == 9


def test_a_connection_that_was_never_made_is_tried_again_for_everything(pauses: list[float]) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}"
    transport = HttpTransport(url, Connection(url, pause=pauses.append))
    for act in (get, create):
        pauses.clear()
        with pytest.raises(ServerUnreachable, match=f"{url}/api.*Connection refused.*Is the server running"):
            act(transport)
        assert len(pauses) == 7


def test_an_error_is_not_blamed_on_what_was_being_handled(pauses: list[float]) -> None:
    transport = HttpTransport("http://127.0.0.1:9", Connection("http://127.0.0.1:9", pause=pauses.append))
    try:
        raise ZeroDivisionError("the user's own trouble")
    except ZeroDivisionError:
        with pytest.raises(ServerUnreachable) as refused:
            get(transport)
    assert "trouble" not in refused.value.message


def test_an_idle_connection_that_the_server_closed_is_replaced(
    server: ScriptedServer, transport: HttpTransport, pauses: list[float]
) -> None:
    def last(handler: Handler) -> None:
        CREATED(handler)
        handler.close_connection = True

    server.script = [last, CREATED]
    create(transport)
    time.sleep(0.1)
    create(transport)
    assert (len(server.seen), pauses) == (2, [])


def test_threads_share_the_connections(server: ScriptedServer, transport: HttpTransport) -> None:
    problems: list[BaseException] = []

    def work() -> None:
        try:
            for _ in range(20):
                get(transport)
        except BaseException as failure:  # noqa: BLE001  (shown by the main thread)
            problems.append(failure)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not problems
    assert len(server.seen) == 160
    assert len({seen.client for seen in server.seen}) <= 8


# --- artifacts ------------------------------------------------------------------------------------


def test_a_file_is_streamed_up_again_from_its_beginning(
    server: ScriptedServer, transport: HttpTransport, tmp_path: Path
) -> None:
    content = os.urandom(700_000)
    (tmp_path / "file").write_bytes(content)
    server.script = [answer(502), drop, answer(200)]
    transport.artifacts("mlflow-artifacts:/1/r/artifacts").put_file(tmp_path / "file", "a b/plot#1%.png")
    assert [seen.body for seen in server.seen] == [content] * 3
    assert server.seen[2].path == "/api/2.0/mlflow-artifacts/artifacts/1/r/artifacts/a%20b/plot%231%25.png"
    assert server.seen[2].command == "PUT"
    assert server.seen[2].headers["Content-Type"] == "image/png"
    assert server.seen[2].headers["Content-Length"] == "700000"


@pytest.mark.parametrize("end", [400_000, 900_000])
def test_a_file_that_changes_while_it_is_sent_breaks_nothing(
    server: ScriptedServer, transport: HttpTransport, tmp_path: Path, end: int
) -> None:
    file = tmp_path / "log"
    file.write_bytes(b"x" * 700_000)

    def change(handler: Handler) -> None:
        with file.open("r+b") as stream:
            stream.truncate(end)
        answer(502)(handler)

    server.script = [change]
    folder = transport.artifacts("mlflow-artifacts:/r")
    if end > 700_000:
        folder.put_file(file, "log")
        assert [len(seen.body) for seen in server.seen] == [700_000, 700_000]
    else:
        with pytest.raises(InvalidParameterValue, match="became shorter"):
            folder.put_file(file, "log")
    get(transport)


def test_a_download_that_breaks_off_begins_again_and_leaves_no_half(
    server: ScriptedServer, transport: HttpTransport, tmp_path: Path
) -> None:
    content = os.urandom(700_000)
    server.script = [half, answer(503), answer(200, content, "application/octet-stream")]
    folder = transport.artifacts("mlflow-artifacts:/r")
    folder.get_file("a", tmp_path / "new" / "copy")
    assert (tmp_path / "new" / "copy").read_bytes() == content
    server.script = [half] * 8
    with pytest.raises(ServerUnreachable):
        folder.get_file("a", tmp_path / "new" / "other")
    assert [file.name for file in (tmp_path / "new").iterdir()] == ["copy"]


def test_a_download_that_is_refused_leaves_nothing(
    server: ScriptedServer, transport: HttpTransport, tmp_path: Path
) -> None:
    server.script = [error(404, "RESOURCE_DOES_NOT_EXIST")]
    with pytest.raises(ResourceDoesNotExist, match="why"):
        transport.artifacts("mlflow-artifacts:/r").get_file("a", tmp_path / "copy")
    assert list(tmp_path.iterdir()) == []


def test_a_list_of_a_hostile_server_leads_nowhere(
    server: ScriptedServer, transport: HttpTransport, tmp_path: Path
) -> None:
    from runstone.client import files

    listing = {"files": [{"path": "../../escaped", "is_dir": False}]}
    server.script = [answer(200, json.dumps(listing).encode())]
    with pytest.raises(InvalidParameterValue, match="Invalid path"):
        files.download(transport.artifacts("mlflow-artifacts:/r"), "", tmp_path / "a" / "b")
    assert not list(tmp_path.rglob("escaped"))
    server.script = [answer(200, b'{"files": 5}')]
    with pytest.raises(InternalError, match="makes no sense"):
        transport.artifacts("mlflow-artifacts:/r").list()


# --- the way to the server ------------------------------------------------------------------------


def test_chance_adds_to_pauses_what_is_asked_for(
    server: ScriptedServer, pauses: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_BACKOFF_JITTER", "4")
    chances = iter((0.0, 0.5))
    connection = Connection(server.url, pause=pauses.append, chance=lambda: next(chances))
    server.script = [answer(503)] * 2
    get(HttpTransport(server.url, connection))
    assert pauses == pytest.approx([0.25, 0.75 + 2.0])


def test_a_proxy_from_the_environment_is_used(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", server.url)
    monkeypatch.setenv("no_proxy", "direct.example")
    transport = connect("http://tracking.example/base")
    transport.send(BY_NAME["search_runs"], runs.SearchRuns(experiment_ids=["0"]))
    assert server.seen[0].path == "http://tracking.example/base/api/2.0/mlflow/runs/search"
    assert server.seen[0].headers["Host"] == "tracking.example"
    transport.close()


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for 127.0.0.1 that nobody signed; its key lies beside it."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("there is no openssl to make a certificate with")
    subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    files = ["-keyout", tmp_path / "key.pem", "-out", tmp_path / "certificate.pem"]
    command = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *subject, *files]
    subprocess.run(command, check=True, capture_output=True)
    return tmp_path / "certificate.pem"


def test_a_server_that_asks_for_a_certificate_is_shown_the_clients(
    server: ScriptedServer, certificate: Path, pauses: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    key = certificate.with_name("key.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.maximum_version = ssl.TLSVersion.TLSv1_2  # where the refusal is part of the handshake
    context.load_cert_chain(certificate, key)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    url = server.url.replace("http:", "https:")
    monkeypatch.setenv("MLFLOW_TRACKING_SERVER_CERT_PATH", str(certificate))
    both = certificate.with_name("both.pem")
    both.write_text(certificate.read_text() + key.read_text())

    def ask(*, anonymous: bool = False) -> None:
        transport = HttpTransport(url, Connection(url, anonymous=anonymous, pause=pauses.append))
        get(transport)
        transport.close()

    with pytest.raises(ServerUnreachable):
        ask()
    monkeypatch.setenv("MLFLOW_TRACKING_CLIENT_CERT_PATH", str(both))
    ask()
    assert len(server.seen) == 1
    with pytest.raises(ServerUnreachable):  # another server than the tracking server
        ask(anonymous=True)


def test_a_certificate_is_checked_as_the_settings_say_for_the_tracking_server_alone(
    server: ScriptedServer,
    certificate: Path,
    pauses: list[float],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_name("key.pem"))
    server.socket = context.wrap_socket(server.socket, server_side=True)
    url = server.url.replace("http:", "https:")

    def ask(*, anonymous: bool = False) -> None:
        transport = HttpTransport(url, Connection(url, anonymous=anonymous, pause=pauses.append))
        get(transport)
        transport.close()

    def refuse_as_another_server() -> None:
        with pytest.raises(ServerUnreachable, match=r"no secure connection .*; SSL_CERT_FILE names"):
            ask(anonymous=True)

    with pytest.raises(ServerUnreachable, match=r"no secure connection .*MLFLOW_TRACKING_SERVER_CERT_PATH"):
        ask()
    assert (server.seen, pauses) == ([], [])
    monkeypatch.setenv("MLFLOW_TRACKING_SERVER_CERT_PATH", str(certificate))
    ask()
    refuse_as_another_server()
    monkeypatch.delenv("MLFLOW_TRACKING_SERVER_CERT_PATH")
    monkeypatch.setenv("MLFLOW_TRACKING_INSECURE_TLS", "true")
    with pytest.warns(InsecureRequestWarning):
        ask()
    refuse_as_another_server()
    with pytest.raises(ServerUnreachable, match="SSL_CERT_FILE names"):
        fetch(f"{url}/file", tmp_path)
    assert len(server.seen) == 2
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    ask(anonymous=True)
    assert len(server.seen) == 3
