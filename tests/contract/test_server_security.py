"""Whom the server answers: the checks of Host and Origin, as a browser on a hostile page would meet them."""

import pytest

from tests.contract.asking import API, ask
from tests.servers import RunningServer

JSON = {"content-type": "application/json"}
SEARCH = f"{API}/runs/search"


@pytest.fixture(scope="module")
def open_server(tmp_path_factory: pytest.TempPathFactory):
    """A server that was told names and origins."""
    from tests.servers import start_server

    server = start_server(
        tmp_path_factory.mktemp("open"),
        allowed_hosts="runs.example.com, *.internal, [::1]:8080",
        cors_allowed_origins="https://notebook.example.com, https://*.lab.example.com",
    )
    yield server
    server.stop()


@pytest.mark.parametrize(
    "host",
    [
        *(
            "localhost",
            "localhost:1",
            "LOCALHOST:5000",
            "127.0.0.1",
            "127.0.0.1:80",
            "127.1.2.3",
            "[::1]",
            "[::1]:5000",
        ),
        *("10.0.0.7", "192.168.1.2:5000", "172.16.0.1", "172.31.9.9:1", "[fd00::1]:5000", "0.0.0.0:5000"),
    ],
)
def test_this_machine_and_private_addresses_are_answered(shared_server: RunningServer, host: str) -> None:
    assert ask(shared_server, "POST", SEARCH, b"{}", JSON | {"host": host}).status == 200


@pytest.mark.parametrize(
    "host",
    [
        *(
            "evil.com",
            "localhost.evil.com",
            "evil.com:5000",
            "10.evil.com",
            "192.168.evil.com",
            "127.0.0.1.evil.com",
        ),
        *("8.8.8.8", "172.32.0.1", "[2001:4860::1]:80", "", "[", "localhost:x", "a@localhost"),
    ],
)
def test_another_host_name_is_refused(shared_server: RunningServer, host: str) -> None:
    for path in ("/", "/get-artifact", f"{API}/experiments/get?experiment_id=0"):
        answer = ask(shared_server, "GET", path, None, {"host": host})
        assert (answer.status, answer.kind) == (403, "text/plain")
        assert b"Invalid Host header - possible DNS rebinding attack detected" in answer.content
        assert b"--allowed-hosts" in answer.content


def test_health_and_version_are_for_every_host_name(shared_server: RunningServer) -> None:
    for path in ("/health", "/version"):
        assert ask(shared_server, "GET", path, None, {"host": "evil.com"}).status == 200


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("runs.example.com", 200),
        ("runs.example.com:5000", 200),
        ("RUNS.example.com", 200),
        ("a.internal:5000", 200),
        ("a.b.internal", 200),
        ("[::1]:8080", 200),
        ("[::1]", 403),
        ("internal", 403),
        ("localhost", 403),
        ("xruns.example.com", 403),
    ],
)
def test_allowed_hosts_are_answered_and_no_others(open_server: RunningServer, host: str, status: int) -> None:
    assert ask(open_server, "POST", SEARCH, b"{}", JSON | {"host": host}).status == status


@pytest.mark.parametrize(
    "origin",
    ["https://evil.com", "http://localhost.evil.com", "null", "http://10.0.0.1:5000", "file://", "http://["],
)
@pytest.mark.parametrize("verb", ["POST", "PUT", "DELETE", "PATCH"])
def test_a_page_of_another_origin_changes_nothing(
    shared_server: RunningServer, verb: str, origin: str
) -> None:
    for path in (f"{API}/experiments/create", "/api/2.0/mlflow-artifacts/artifacts/x", "/anything"):
        answer = ask(shared_server, verb, path, b'{"name": "by evil"}', JSON | {"origin": origin})
        assert (answer.status, answer.kind) == (403, "text/plain")
        assert answer.content.startswith(b"Cross-origin request blocked")
    found = ask(shared_server, "GET", f"{API}/experiments/get-by-name", experiment_name="by evil")
    assert found.status == 404


def test_a_page_of_another_origin_cannot_read_the_answers(shared_server: RunningServer) -> None:
    answer = ask(
        shared_server, "GET", f"{API}/experiments/get?experiment_id=0", None, {"origin": "https://evil.com"}
    )
    assert "access-control-allow-origin" not in answer.headers
    preflight = {"origin": "https://evil.com", "access-control-request-method": "POST"}
    assert ask(shared_server, "OPTIONS", SEARCH, None, preflight).status == 400


def test_the_servers_own_pages_may_change_things_under_any_name(
    shared_server: RunningServer, open_server: RunningServer
) -> None:
    for server, host in ((shared_server, "10.1.2.3:5000"), (open_server, "runs.example.com")):
        headers = JSON | {"host": host, "origin": f"http://{host}"}
        assert ask(server, "POST", SEARCH, b"{}", headers).status == 200
        headers["origin"] = f"https://{host}"  # a proxy before the server speaks TLS
        assert ask(server, "POST", SEARCH, b"{}", headers).status == 200


@pytest.mark.parametrize("origin", ["http://localhost:3000", "http://127.0.0.1", "http://[::1]:8888"])
def test_pages_of_this_machine_may_use_the_server(shared_server: RunningServer, origin: str) -> None:
    answer = ask(shared_server, "POST", SEARCH, b"{}", JSON | {"origin": origin})
    assert answer.status == 200
    assert answer.headers["access-control-allow-origin"] == origin
    assert answer.headers["access-control-allow-credentials"] == "true"


def test_pages_of_an_allowed_origin_may_use_the_server(open_server: RunningServer) -> None:
    host = {"host": "runs.example.com"}
    for origin in ("https://notebook.example.com", "https://a.lab.example.com"):
        answer = ask(open_server, "POST", SEARCH, b"{}", JSON | host | {"origin": origin})
        assert (answer.status, answer.headers["access-control-allow-origin"]) == (200, origin)
        asked = {
            "access-control-request-method": "PUT",
            "access-control-request-headers": "content-type, x-y",
        }
        preflight = ask(open_server, "OPTIONS", SEARCH, None, host | asked | {"origin": origin})
        assert preflight.status == 200
        assert preflight.headers["access-control-allow-headers"] == "content-type, x-y"
        assert "PUT" in preflight.headers["access-control-allow-methods"]
    refused = ask(open_server, "POST", SEARCH, b"{}", JSON | host | {"origin": "https://lab.example.com"})
    assert refused.status == 403


def test_any_origin_may_be_allowed_without_its_credentials(runstone_server) -> None:
    server = runstone_server(cors_allowed_origins="*")
    answer = ask(server, "POST", SEARCH, b"{}", JSON | {"origin": "https://anybody.com"})
    assert answer.status == 200
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in answer.headers


def test_any_host_name_may_be_allowed(runstone_server) -> None:
    server = runstone_server(allowed_hosts="*")
    assert ask(server, "POST", SEARCH, b"{}", JSON | {"host": "anything.example:99"}).status == 200
