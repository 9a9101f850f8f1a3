"""A server that is asked for more than it has room for."""

import http.client
import json
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.servers import RunningServer

API = "/api/2.0/mlflow"
MIB = 1 << 20
LARGEST, ROOM = 64 * MIB, 256 * MIB


@pytest.fixture
def server(runstone_server: Callable[..., RunningServer]) -> Iterator[RunningServer]:
    running = runstone_server()
    yield running
    running.stop()


def begin(server: RunningServer, size: int) -> socket.socket:
    """Send a request of this size, but for its last byte."""
    host, port = server.url.removeprefix("http://").split(":")
    sent = socket.create_connection((host, int(port)), timeout=30)
    head = (
        f"POST {API}/runs/set-tag HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {size}\r\n\r\n"
    )
    sent.sendall(head.encode())
    for _ in range((size - 1) // MIB):
        sent.sendall(b" " * MIB)
    sent.sendall(b" " * ((size - 1) % MIB))
    return sent


def answer_of(sent: socket.socket) -> http.client.HTTPResponse:
    answer = http.client.HTTPResponse(sent)
    answer.begin()
    return answer


def memory(server: RunningServer) -> int:
    """The server's resident memory in bytes."""
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")) * 1024


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads the memory of a process from /proc")
def test_requests_beyond_the_room_are_sent_away_and_the_memory_stays_within_it(server: RunningServer) -> None:
    with ExitStack() as open_sockets:
        for _ in range(4):
            open_sockets.enter_context(begin(server, LARGEST - MIB))
        for _ in range(3):  # four megabytes are left
            sent = open_sockets.enter_context(begin(server, 6 * MIB))
            answer = answer_of(sent)
            assert (answer.status, answer.headers["Retry-After"]) == (429, "1")
            assert json.loads(answer.read())["error_code"] == "REQUEST_LIMIT_EXCEEDED"
        assert memory(server) < 2 * ROOM + 200 * MIB
    with begin(server, 6 * MIB) as sent:  # those who held the room have gone
        sent.sendall(b"{")
        assert answer_of(sent).status == 400
