"""What an attempt over HTTP that failed means: the error to raise, and whether another attempt makes sense."""

import email.utils
import json
import time
from typing import NamedTuple, cast

from urllib3 import BaseHTTPResponse
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError, ProxyError, SSLError

from runstone.errors import (
    EndpointNotFound,
    InternalError,
    PermissionDenied,
    RequestLimitExceeded,
    RunstoneError,
    ServerUnreachable,
    Unauthenticated,
    error_from,
)

PASSING = (429, 502, 503, 504)
"""The statuses after which another attempt may fare better."""

_BY_STATUS: dict[int, type[RunstoneError]] = {
    401: Unauthenticated,
    403: PermissionDenied,
    404: EndpointNotFound,
    405: EndpointNotFound,
    429: RequestLimitExceeded,
    502: ServerUnreachable,
    503: ServerUnreachable,
    504: ServerUnreachable,
}
_SHOWN = 200


class Failure(NamedTuple):
    """Why an attempt failed, and what may follow.

    `passing` means that another attempt may fare better; `undone` that the server surely did nothing, so that even a
    request that must not be carried out twice may be repeated; `pause` is how long the server asks to wait, in
    seconds.
    """

    error: RunstoneError
    passing: bool
    undone: bool = False
    pause: float | None = None


def of_exception(where: str, error: HTTPError, bundle: str) -> Failure:
    """The failure behind an exception of urllib3.

    `where` is the request's method and URL, `bundle` the environment variable that says whom to trust.
    """
    if isinstance(error, SSLError):
        hint = f"Check the server's certificate; {bundle} names a CA bundle."
        return Failure(
            ServerUnreachable(f"{where}: no secure connection ({_reason(error)}). {hint}"), passing=False
        )
    unsent = isinstance(error, (NewConnectionError, ConnectTimeoutError, ProxyError))
    hint = (
        "Is the server running, and is the tracking URI right?" if unsent else "The server's log may say why."
    )
    message = f"{where}: no answer from the server ({_reason(error)}). {hint}"
    return Failure(ServerUnreachable(message), passing=True, undone=unsent)


def of_answer(where: str, answer: BaseHTTPResponse) -> Failure:
    """The failure behind an answer whose status is an error."""
    content = answer.read()
    error = _protocol_error(content)
    if error is None:
        error = _BY_STATUS.get(answer.status, InternalError)(_unclear(where, answer, content))
    pause = retry_after(answer)
    # 429, and 503 that names a time, are said by who has not begun.
    undone = answer.status == 429 or (answer.status == 503 and pause is not None)
    return Failure(error, answer.status in PASSING, undone, pause)


def _protocol_error(content: bytes) -> RunstoneError | None:
    """The error in an answer's body, if that is one of the protocol's."""
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        return None
    if not isinstance(body, dict):
        return None
    fields = cast("dict[str, object]", body)
    code, message = fields.get("error_code"), fields.get("message")
    return error_from(code, str(message or code)) if isinstance(code, str) else None


def _unclear(where: str, answer: BaseHTTPResponse, content: bytes) -> str:
    """The message about an answer that is not the protocol's."""
    location = answer.headers.get("Location")
    if 300 <= answer.status < 400 and location:
        return f"{where}: HTTP {answer.status}, the server redirects to '{location}'. Set the tracking URI to that."
    kind = answer.headers.get("Content-Type", "no content type")
    text = " ".join(content[: 4 * _SHOWN].decode("utf-8", "replace").split())[:_SHOWN]
    return (
        f"{where}: HTTP {answer.status} ({kind}), which is no answer of a tracking server: {text!r}. "
        "Is the tracking URI right, and does a proxy stand before the server?"
    )


def retry_after(answer: BaseHTTPResponse) -> float | None:
    """The seconds that an answer asks to wait, said by a number or an HTTP date; None for anything else."""
    text = answer.headers.get("Retry-After")
    if not text:
        return None
    if text.isdecimal():
        return float(text)
    try:
        return max(email.utils.parsedate_to_datetime(text).timestamp() - time.time(), 0.0)
    except ValueError:
        return None


def _reason(error: HTTPError) -> str:
    """The cause behind urllib3's exception, which names what happened without the addresses of its objects."""
    cause: BaseException = error
    while (inner := _inner(cause)) is not None:
        cause = inner
    return str(cause) or type(cause).__name__


def _inner(error: BaseException) -> BaseException | None:
    return error.__cause__ or next((part for part in error.args if isinstance(part, BaseException)), None)
