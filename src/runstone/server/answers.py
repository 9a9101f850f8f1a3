"""Answers in plain ASGI: one start, one body. And the one edge where errors become JSON."""

import html
import json
import logging
import secrets
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from http import HTTPStatus
from typing import Any

import msgspec

from runstone.errors import InternalError, RunstoneError

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Header = tuple[bytes, bytes]

JSON = b"application/json"
HTML = b"text/html; charset=utf-8"
TEXT = b"text/plain; charset=utf-8"

COMMON_HEADERS: tuple[Header, ...] = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"SAMEORIGIN"),
    (b"vary", b"Origin"),
)
"""What every answer carries."""

_LONGEST_MESSAGE = 4_000
_log = logging.getLogger("runstone.server")


class Answer(msgspec.Struct, frozen=True):
    """A whole answer; as an ASGI app, it sends itself. `content_type` "" sends none."""

    status: int
    body: bytes = b""
    content_type: bytes = JSON
    headers: tuple[Header, ...] = ()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers: list[Header] = [*COMMON_HEADERS]
        if self.content_type:
            headers.append((b"content-type", self.content_type))
        if self.status not in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED):
            headers.append((b"content-length", b"%d" % len(self.body)))
        headers += self.headers
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.body})


def page(status: int, text: str, headers: Iterable[Header] = ()) -> Answer:
    """A small HTML page for people: the status, and a sentence."""
    title = f"{status} {HTTPStatus(status).phrase}"
    body = (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
        f"<h1>{title}</h1><p>{html.escape(text, quote=False)}</p></html>\n"
    )
    return Answer(status, body.encode(), HTML, tuple(headers))


def not_found() -> Answer:
    """The page for a path that nothing answers to."""
    return page(404, "Nothing here answers to this address. The operations are listed in /openapi.json.")


def wrong_verb(verbs: Iterable[str]) -> Answer:
    """The page for a path that answers to other verbs only."""
    allowed = ", ".join(sorted(verbs))
    return page(405, f"This address answers to {allowed} only.", [(b"allow", allowed.encode())])


def refusal(error: RunstoneError) -> Answer:
    """An error of ours as the protocol's JSON. A fault of the store is logged; `failure` has logged our own."""
    if error.http_status in (500, 503) and not isinstance(error, InternalError):
        _log.error("%s: %s", error.error_code, error.message)
    body = error.as_dict()
    text = body["message"]
    if len(text) > _LONGEST_MESSAGE:  # it shows a value of any length
        body["message"] = f"{text[: _LONGEST_MESSAGE // 2]} … {text[-_LONGEST_MESSAGE // 2 :]}"
    headers: tuple[Header, ...] = ()
    if error.retry_after_s is not None:
        headers = ((b"retry-after", b"%d" % error.retry_after_s),)
    return Answer(error.http_status, json.dumps(body).encode(), headers=headers)


def failure(error: BaseException, what: str) -> Answer:
    """The answer to an exception that nobody foresaw: an id, under which the log has all of it."""
    number = secrets.token_hex(4)
    _log.error("%s failed; id %s", what, number, exc_info=error)
    return refusal(
        InternalError(
            f"The server failed at this request. Whoever runs it finds the cause in its log under {number}."
        )
    )
