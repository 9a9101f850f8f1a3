"""Requests as a program sends them byte by byte, for tests of what the server does with HTTP itself."""

import http.client
import json
import socket
from contextlib import closing
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

from tests.servers import RunningServer

API = "/api/2.0/mlflow"
PROXY = "/api/2.0/mlflow-artifacts/artifacts"


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    """By name in lower case; what is sent twice is joined with commas."""
    content: bytes

    @property
    def kind(self) -> str:
        """The media type, without parameters."""
        return self.headers.get("content-type", "").partition(";")[0]

    def json(self) -> Any:
        return json.loads(self.content)

    @property
    def error(self) -> tuple[str, str]:
        """The error's code and message."""
        body = self.json()
        return body["error_code"], body["message"]


def ask(
    server: RunningServer,
    verb: str,
    path: str,
    content: bytes | None = None,
    headers: dict[str, str] | None = None,
    /,
    **query: str,
) -> Answer:
    """One request on a connection of its own; the path is sent as it is."""
    with closing(connect(server)) as connection:
        return ask_on(connection, verb, path, content, headers, **query)


def connect(server: RunningServer) -> http.client.HTTPConnection:
    """A connection to the server."""
    url = urlsplit(server.url)
    assert url.hostname is not None
    return http.client.HTTPConnection(url.hostname, url.port, timeout=20)


def ask_on(
    connection: http.client.HTTPConnection,
    verb: str,
    path: str,
    content: bytes | None = None,
    headers: dict[str, str] | None = None,
    /,
    **query: str,
) -> Answer:
    """One request on a connection that is there."""
    target = f"{path}?{urlencode(query)}" if query else path
    connection.request(verb, target, body=content, headers=headers or {})
    response = connection.getresponse()
    received: dict[str, str] = {}
    for name, value in response.getheaders():
        name = name.lower()
        received[name] = f"{received[name]}, {value}" if name in received else value
    return Answer(response.status, received, response.read())


def post(server: RunningServer, operation: str, /, **fields: object) -> Answer:
    """An operation of the protocol, by its path below /api/2.0/mlflow."""
    return post_text(server, operation, json.dumps(fields).encode())


def post_text(server: RunningServer, operation: str, content: bytes, **headers: str) -> Answer:
    """The same with any body."""
    return ask(server, "POST", f"{API}/{operation}", content, {"content-type": "application/json"} | headers)


def new_run(server: RunningServer) -> str:
    """The id of a new run in the default experiment."""
    return post(server, "runs/create", experiment_id="0").json()["run"]["info"]["run_id"]


def raw_socket(server: RunningServer) -> socket.socket:
    """A bare connection, to break the rules of HTTP on."""
    url = urlsplit(server.url)
    assert url.hostname is not None
    return socket.create_connection((url.hostname, url.port or 80), timeout=20)
