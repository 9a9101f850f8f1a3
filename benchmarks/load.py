"""A small HTTP load generator: prepared requests on kept-alive connections, one in flight on each.

It must cost far less than the servers it drives, so requests are encoded beforehand and an answer is read only
as far as its length; both sides get the same bytes. Segments are acknowledged at once: MLflow's server sends an
answer in two and waits for the first acknowledgement, which Linux would delay by 40 ms. Its users do wait for
that, but it would hide how long the work takes.
"""

import asyncio
import json
import socket
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlencode, urlsplit

from benchmarks.figures import percentile


@dataclass(frozen=True)
class Load:
    """What a load did: answers per second, and the latencies in seconds."""

    rate: float
    latencies: list[float]

    def p(self, percent: float) -> float:
        return percentile(self.latencies, percent)


def call(url: str, path: str, body: dict[str, Any], method: str = "POST") -> dict[str, Any]:
    """One request, for preparing what is measured later; a GET has its arguments in the query."""
    full = f"{url}/api/2.0/mlflow/{path}"
    if method == "GET":
        request = urllib.request.Request(f"{full}?{urlencode(body)}")
    else:
        request = urllib.request.Request(
            full, json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
    with urllib.request.urlopen(request, timeout=120) as answer:
        return json.load(answer)


def encode(url: str, path: str, body: dict[str, Any]) -> bytes:
    """A POST as it travels; a path that begins with a slash is not below MLflow's."""
    content = json.dumps(body).encode()
    head = (
        f"POST {_target(path)} HTTP/1.1\r\nHost: {urlsplit(url).netloc}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


def encode_get(url: str, path: str, query: dict[str, Any]) -> bytes:
    """A GET as it travels."""
    asked = f"?{urlencode(query)}" if query else ""
    return f"GET {_target(path)}{asked} HTTP/1.1\r\nHost: {urlsplit(url).netloc}\r\n\r\n".encode()


def _target(path: str) -> str:
    return path if path.startswith("/") else f"/api/2.0/mlflow/{path}"


def drive(
    url: str, requests: Iterator[bytes], connections: int, seconds: float, patience: float = 120
) -> Load:
    """Send requests for so long, or until there are no more; an answer that is no 200 ends it with an error.

    Raises TimeoutError if the last answers take longer than `patience`, in seconds.
    """
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        return runner.run(_drive(url, requests, connections, seconds, patience))


def _loop_factory() -> Any:
    if sys.platform == "win32":
        return None
    import uvloop

    return uvloop.new_event_loop


async def _drive(
    url: str, requests: Iterator[bytes], connections: int, seconds: float, patience: float
) -> Load:
    loop = asyncio.get_running_loop()
    where = urlsplit(url)
    host, port = where.hostname or "", where.port or 80
    deadline = time.perf_counter() + seconds
    open_connections = [
        (await loop.create_connection(lambda: _Connection(requests, deadline), host, port))[1]
        for _ in range(connections)
    ]
    started = time.perf_counter()
    for connection in open_connections:
        connection.send_next()
    await asyncio.wait_for(asyncio.gather(*(c.finished for c in open_connections)), seconds + patience)
    elapsed = time.perf_counter() - started
    latencies = [latency for connection in open_connections for latency in connection.latencies]
    return Load(len(latencies) / elapsed, latencies)


class _Connection(asyncio.Protocol):
    def __init__(self, requests: Iterator[bytes], deadline: float) -> None:
        self.requests = requests
        self.deadline = deadline
        self.latencies: list[float] = []
        self.finished: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.received = bytearray()
        self.sent_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's is none by inheritance
        self.socket = cast(socket.socket, transport.get_extra_info("socket"))

    def send_next(self) -> None:
        request = next(self.requests, None) if time.perf_counter() < self.deadline else None
        if request is None:
            self.transport.close()
            self.finished.set_result(None)
            return
        self._acknowledge()
        self.sent_at = time.perf_counter()
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._acknowledge()
        self.received += data
        end = self.received.find(b"\r\n\r\n")
        if end < 0 or not self._is_whole(end):
            return
        if not self.received.startswith(b"HTTP/1.1 200"):
            self._fail(RuntimeError(self.received[:500].decode(errors="replace")))
            return
        self.latencies.append(time.perf_counter() - self.sent_at)
        self.received.clear()
        self.send_next()

    def _acknowledge(self) -> None:
        """The kernel forgets this wish after a while, so it is repeated."""
        if sys.platform == "linux":
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)

    def _is_whole(self, end: int) -> bool:
        """Whether all of the answer has come whose head ends here."""
        head = bytes(self.received[:end]).lower()
        if b"transfer-encoding: chunked" in head:
            return self.received.endswith(b"\r\n0\r\n\r\n")
        _, found, rest = head.partition(b"content-length:")
        if not found:
            self._fail(RuntimeError(f"an answer without a length: {head!r}"))
            return False
        return len(self.received) >= end + 4 + int(rest.split(b"\r\n", 1)[0])

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail(exc or ConnectionError("the server closed the connection"))

    def _fail(self, error: Exception) -> None:
        if not self.finished.done():
            self.finished.set_exception(error)
            self.transport.close()
