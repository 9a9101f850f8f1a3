"""A server for one test: it answers each request as its script says, and remembers what it was asked."""

import json
import socket
import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

Reply = Callable[["Handler"], None]


class Seen(NamedTuple):
    """A request as it came."""

    command: str
    path: str
    headers: Message
    body: bytes
    client: tuple[str, int]


class Handler(BaseHTTPRequestHandler):
    """Answers as the script says, one entry for each request; at its end with `{}`."""

    protocol_version = "HTTP/1.1"
    server: "ScriptedServer"  # type: ignore[assignment]  # pyright: ignore[reportIncompatibleVariableOverride]

    def handle_any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.seen.append(Seen(self.command, self.path, self.headers, body, self.client_address))
        reply = self.server.script.pop(0) if self.server.script else answer(200, b"{}")
        reply(self)

    do_GET = do_POST = do_PUT = handle_any

    def handle(self) -> None:
        with suppress(ssl.SSLError):  # a client that does not trust us goes away
            super().handle()

    def log_message(self, format: str, *args: Any) -> None:
        """Keep the test's output clean."""


class ScriptedServer(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.script: list[Reply] = []
        self.seen: list[Seen] = []
        self.url = f"http://127.0.0.1:{self.server_port}"


def answer(status: int, content: bytes = b"", kind: str = "application/json", **headers: str) -> Reply:
    def reply(handler: Handler) -> None:
        handler.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(content)), **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(content)

    return reply


def error(status: int, code: str, **headers: str) -> Reply:
    return answer(status, json.dumps({"error_code": code, "message": "why"}).encode(), **headers)


def drop(handler: Handler) -> None:
    """Close without a word."""
    handler.close_connection = True
    handler.connection.shutdown(socket.SHUT_RDWR)


def half(handler: Handler) -> None:
    """Announce more than is sent, and close."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b"{")
    drop(handler)


def dawdle(handler: Handler) -> None:
    time.sleep(0.7)
    answer(200, b"{}")(handler)
