"""What the server does with HTTP: paths, verbs, content types, bodies of every size, many clients at once."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from runstone.errors import InvalidParameterValue
from runstone.wire.operations import OPERATIONS, PREFIXES, Operation
from tests.contract.asking import API, ask, ask_on, connect, new_run, post, post_text, raw_socket
from tests.servers import RunningServer

MISSING_NAME = InvalidParameterValue.missing("name").message


ROWS = [(prefix, operation) for prefix in PREFIXES for operation in OPERATIONS]


@pytest.mark.parametrize(("prefix", "operation"), ROWS, ids=lambda value: getattr(value, "name", value))
def test_every_operation_answers_under_both_prefixes(
    shared_server: RunningServer, prefix: str, operation: Operation
) -> None:
    for verb in operation.verbs:
        body, headers = (b"{}", {"content-type": "application/json"}) if verb == "POST" else (None, {})
        answer = ask(shared_server, verb, prefix + operation.path, body, headers)
        assert answer.status in (200, 400), answer
        assert answer.kind == "application/json"


# --- paths and verbs ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "/api/2.0/mlflow/no-such-thing/get",
        "/api/1.0/mlflow/experiments/get",
        "/api/2.0/mlflow/experiments/get/",
        "/api/2.0/mlflow/experiments//get",
        "/API/2.0/mlflow/experiments/get",
        "/ajax-api/2.0/mlflow/nothing",
        "/api/",
    ],
)
def test_an_unknown_path_is_a_page_that_says_so(shared_server: RunningServer, path: str) -> None:
    for verb in ("GET", "POST", "DELETE"):
        answer = ask(shared_server, verb, path, None, {"content-type": "application/json"})
        assert (answer.status, answer.kind) == (404, "text/html")


@pytest.mark.parametrize(
    ("verb", "path", "allowed"),
    [
        ("GET", "runs/create", "OPTIONS, POST"),
        ("DELETE", "runs/create", "OPTIONS, POST"),
        ("POST", "runs/get", "GET, HEAD, OPTIONS"),
        ("PATCH", "experiments/search", "GET, HEAD, OPTIONS, POST"),
    ],
)
def test_a_wrong_verb_is_told_the_right_ones(
    shared_server: RunningServer, verb: str, path: str, allowed: str
) -> None:
    answer = ask(shared_server, verb, f"{API}/{path}")
    assert (answer.status, answer.kind, answer.headers["allow"]) == (405, "text/html", allowed)


def test_options_tells_the_verbs(shared_server: RunningServer) -> None:
    answer = ask(shared_server, "OPTIONS", f"{API}/runs/search")
    assert (answer.status, answer.headers["allow"], answer.content) == (204, "OPTIONS, POST", b"")
    assert "content-length" not in answer.headers


def test_head_has_no_body_and_sees_no_query_as_in_mlflow(shared_server: RunningServer) -> None:
    answer = ask(shared_server, "HEAD", f"{API}/experiments/get", experiment_id="0")
    assert (answer.status, answer.kind, answer.content) == (400, "application/json", b"")


@pytest.mark.parametrize("path", ["/health", "/version", "/nothing", f"{API}/experiments/get"])
def test_every_answer_forbids_sniffing_and_framing(shared_server: RunningServer, path: str) -> None:
    headers = ask(shared_server, "GET", path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "SAMEORIGIN"
    assert "Origin" in headers["vary"]
    assert "server" not in headers


def test_the_server_tells_that_it_lives_and_what_it_speaks(shared_server: RunningServer) -> None:
    assert ask(shared_server, "GET", "/health").content == b"OK"
    assert ask(shared_server, "GET", "/version").content == b"3.17.2"
    assert ask(shared_server, "HEAD", "/health").headers["content-length"] == "2"
    assert ask(shared_server, "POST", "/health").status == 405
    for prefix in ("/api", "/ajax-api"):
        info = ask(shared_server, "GET", f"{prefix}/3.0/mlflow/server-info").json()
        assert info["workspaces_enabled"] is False
        assert info["multipart_uploads_enabled"] is False


def test_the_server_describes_itself(shared_server: RunningServer) -> None:
    document = ask(shared_server, "GET", "/openapi.json").json()
    assert {prefix + operation.path for prefix, operation in ROWS} <= document["paths"].keys()


# --- content types and bodies ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "kind",
    ["text/plain", "application/x-www-form-urlencoded", "Application/JSON", "application/vnd.api+json", ""],
)
def test_a_body_of_another_type_is_refused(shared_server: RunningServer, kind: str) -> None:
    answer = ask(shared_server, "POST", f"{API}/experiments/create", b'{"name": "x"}', {"content-type": kind})
    assert answer.status == 400
    assert answer.error[1] == "Bad Request. Content-Type must be one of ['application/json']."


def test_a_body_without_a_type_is_refused(shared_server: RunningServer) -> None:
    answer = ask(shared_server, "POST", f"{API}/experiments/create", b'{"name": "x"}')
    assert answer.error == ("INVALID_PARAMETER_VALUE", "Bad Request. Content-Type header is missing.")


def test_a_type_may_have_parameters(shared_server: RunningServer) -> None:
    answer = post_text(
        shared_server, "runs/search", b"{}", **{"content-type": "application/json; charset=utf-8"}
    )
    assert (answer.status, answer.json()) == (200, {})


@pytest.mark.parametrize("body", [b'{"name": ', b"[]", b'"name"', b"5", b"\xff\xfe", b"[" * 100_000])
def test_a_body_that_is_no_json_object_is_refused_in_the_protocols_shape(
    shared_server: RunningServer, body: bytes
) -> None:
    answer = post_text(shared_server, "experiments/create", body)
    assert (answer.status, answer.kind) == (400, "application/json")
    assert answer.error[0] == "INVALID_PARAMETER_VALUE"
    assert answer.error[1].startswith("The request body is ") or "must be a JSON object" in answer.error[1]


def test_a_body_in_chunks_is_read(shared_server: RunningServer) -> None:
    with closing(connect(shared_server)) as connection:
        connection.request(
            "POST",
            f"{API}/runs/search",
            body=iter([b'{"experiment', b'_ids": [', b'"987654321"]}']),
            headers={"content-type": "application/json"},
            encode_chunked=True,
        )
        response = connection.getresponse()
        assert (response.status, json.load(response)) == (200, {})


def test_a_body_of_many_megabytes_is_read_and_a_larger_one_is_refused(shared_server: RunningServer) -> None:
    large = json.dumps({"unknown": "x" * (20 << 20)}).encode()
    assert post_text(shared_server, "experiments/create", large).error[1] == MISSING_NAME
    with closing(connect(shared_server)) as connection:
        headers = {"content-type": "application/json"}
        answer = ask_on(connection, "POST", f"{API}/experiments/create", b" " * ((64 << 20) + 1), headers)
        assert (answer.status, answer.error[0]) == (400, "INVALID_PARAMETER_VALUE")
        assert "exceeds 64 MiB" in answer.error[1]
    assert ask(shared_server, "GET", "/health").status == 200


def test_a_long_value_is_not_sent_back_whole(shared_server: RunningServer) -> None:
    answer = post(shared_server, "experiments/create", name=["x" * 1_000_000])
    assert answer.status == 400
    assert len(answer.content) < 10_000
    assert answer.error[1].startswith('Invalid value ["xxx')
    assert answer.error[1].endswith("See the API docs for more information about request parameters.")


def test_a_get_request_may_carry_its_fields_in_a_body(shared_server: RunningServer) -> None:
    answer = ask(shared_server, "GET", f"{API}/experiments/get", b'{"experiment_id": "0"}')
    assert answer.json()["experiment"]["name"] == "Default"


def test_a_query_is_read_as_the_web_encodes_it(shared_server: RunningServer) -> None:
    name = "a b+c&d=e/é%41 ☃ "
    created = post(shared_server, "experiments/create", name=name + str(time.time_ns()))
    assert created.status == 200
    whole = ask(shared_server, "GET", f"{API}/experiments/get", **created.json()).json()["experiment"]["name"]
    answer = ask(shared_server, "GET", f"{API}/experiments/get-by-name", experiment_name=whole)
    assert answer.json()["experiment"]["experiment_id"] == created.json()["experiment_id"]


def test_a_query_that_is_not_utf_8_is_refused(shared_server: RunningServer) -> None:
    answer = ask(shared_server, "GET", f"{API}/experiments/get-by-name?experiment_name=%ff")
    assert (answer.status, answer.error[0]) == (400, "INVALID_PARAMETER_VALUE")


def test_answers_are_compact(shared_server: RunningServer) -> None:
    content = ask(shared_server, "GET", f"{API}/experiments/get", experiment_id="0").content
    assert content == json.dumps(json.loads(content), separators=(",", ":")).encode()


# --- connections ----------------------------------------------------------------------------------


def test_a_connection_outlives_refused_requests(shared_server: RunningServer) -> None:
    headers = {"content-type": "application/json"}
    with closing(connect(shared_server)) as connection:
        for _ in range(3):
            assert ask_on(connection, "POST", f"{API}/experiments/create", b"{", headers).status == 400
            assert ask_on(connection, "PUT", f"{API}/experiments/create", b"{}", headers).status == 405
            assert ask_on(connection, "POST", f"{API}/nothing", b"{}", headers).status == 404
            assert ask_on(connection, "POST", f"{API}/runs/search", b"{}", headers).status == 200


def test_a_client_that_leaves_in_the_middle_of_its_body_does_no_harm(shared_server: RunningServer) -> None:
    for _ in range(20):
        with raw_socket(shared_server) as connection:
            connection.sendall(
                b"POST /api/2.0/mlflow/experiments/create HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                b'Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"name": "gone'
            )
    assert ask(shared_server, "GET", "/health").status == 200
    found = ask(shared_server, "GET", f"{API}/experiments/get-by-name", experiment_name="gone")
    assert found.status == 404


def test_what_is_no_http_is_refused(shared_server: RunningServer) -> None:
    with raw_socket(shared_server) as connection:
        connection.sendall(b"\x16\x03\x01\x02\x00 hello\r\n\r\n")
        assert connection.recv(1_000).startswith(b"HTTP/1.1 400")


@pytest.mark.parametrize(
    "endless", [b"GET /" + b"a" * 65_536, b"GET / HTTP/1.1\r\n" + b"X-A: b\r\n" * 10_000]
)
def test_a_head_without_end_is_refused(shared_server: RunningServer, endless: bytes) -> None:
    with raw_socket(shared_server) as connection:
        connection.sendall(endless)
        assert connection.recv(1_000).startswith(b"HTTP/1.1 431 Request Header Fields Too Large\r\n")


def test_many_clients_at_once_are_all_served(shared_server: RunningServer) -> None:
    run = new_run(shared_server)

    def log(worker: int) -> None:
        with closing(connect(shared_server)) as connection:
            for step in range(25):
                point = {"run_id": run, "key": f"m{worker}", "value": step, "timestamp": 1, "step": step}
                content = json.dumps(point).encode()
                headers = {"content-type": "application/json"}
                answer = ask_on(connection, "POST", f"{API}/runs/log-metric", content, headers)
                assert (answer.status, answer.content) == (200, b"{}")

    with ThreadPoolExecutor(40) as threads:
        list(threads.map(log, range(40)))
    data = ask(shared_server, "GET", f"{API}/runs/get", run_id=run).json()["run"]["data"]
    assert {metric["key"]: metric["step"] for metric in data["metrics"]} == {f"m{n}": 24 for n in range(40)}
