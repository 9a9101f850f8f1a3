"""HTTP to one server: pooled connections, credentials, and the repetition of what a passing failure interrupted."""

import base64
import logging
import os
import random
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple, Protocol, TypeVar, cast
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass
from weakref import WeakSet

import urllib3
from urllib3.exceptions import HTTPError, LocationParseError

from runstone import settings
from runstone.client import failures
from runstone.client.failures import Failure
from runstone.errors import InvalidParameterValue, UnsupportedOperation
from runstone.urls import without_secrets

T = TypeVar("T")
Answer = urllib3.BaseHTTPResponse


class Source(Protocol):
    """What is sent as a body, piece by piece."""

    def read(self, size: int = -1, /) -> bytes: ...

    def close(self) -> None: ...


Body = bytes | Callable[[], Source]
"""A request's body, or a function that opens it; each attempt opens it anew."""

BLOCK = 1 << 18
"""Bytes of a file given to a socket, or taken from one, at a time."""

_CONNECT_TIMEOUT_S = 10.0
_LONGEST_PAUSE_S = 30.0
_CONNECTIONS = 32
_log = logging.getLogger("runstone.client")


class Connection:
    """HTTP requests to one server. Thread-safe, and usable in a forked child.

    An `anonymous` one leads elsewhere than to the tracking server: it sends no credentials but those in the URL, and
    none of the settings for the tracking server's TLS apply, neither whom to trust nor the client's certificate.
    `pause` waits some seconds and `chance` gives a number in [0, 1): passed in so that tests need not wait.
    """

    def __init__(
        self,
        url: str,
        *,
        anonymous: bool = False,
        pause: Callable[[float], None] = time.sleep,
        chance: Callable[[], float] = random.random,
    ):
        if not anonymous:
            _refuse_signing()
        self.url, self._user_info = _without_credentials(url)
        self._anonymous = anonymous
        self._bundle = "SSL_CERT_FILE" if anonymous else settings.TRACKING_SERVER_CERT_PATH.name
        self._pause, self._chance = pause, chance
        self._timeout = settings.HTTP_TIMEOUT.read()
        self._repetitions = max(settings.HTTP_MAX_RETRIES.read(), 0)
        self._first_pause = settings.HTTP_BACKOFF_FACTOR.read()
        self._jitter = max(settings.HTTP_BACKOFF_JITTER.read(), 0.0)
        self._route = _route(self.url, anonymous=self._anonymous)
        _connections.add(self)

    def request(
        self,
        method: str,
        target: str,
        handle: Callable[[Answer], T],
        *,
        body: Body | None = None,
        headers: Mapping[str, str] | None = None,
        repeatable: bool,
        fail: Callable[[str, Answer], Failure] = failures.of_answer,
    ) -> T:
        """Send a request to `target` (a path below the server's URL, with its query) and handle its answer.

        A passing failure is met by repetition, with pauses that double: always when the request cannot have been
        carried out, and otherwise if it is `repeatable`. `handle` gets a good answer, unread; it may be called once
        for each attempt. `fail` says what an answer whose status is no success means. Raises RunstoneError.
        """
        where = f"{method} {self.url}{target.partition('?')[0]}"
        repetition = 0
        while True:
            cause = None
            try:
                with closing(self._send(method, target, body, headers or {})) as answer:
                    if 200 <= answer.status < 300:
                        return handle(answer)
                    failure = fail(where, answer)
            except HTTPError as error:
                failure, cause = failures.of_exception(where, error, self._bundle), error
            if repetition >= self._repetitions or not self._may_repeat(failure, repeatable):
                raise failure.error from cause
            if repetition == 0:
                _log.warning("%s Trying again, up to %d times.", failure.error, self._repetitions)
            self._pause(self._seconds(failure, repetition))
            repetition += 1

    def close(self) -> None:
        """Close the idle connections."""
        idle, self._route = self._route, _route(self.url, anonymous=self._anonymous)
        idle.pool.close()

    def renew(self) -> None:
        """In a forked child: leave the parent's connections alone and open others."""
        _inherited.append(self._route)
        self._route = _route(self.url, anonymous=self._anonymous)

    def _send(self, method: str, target: str, body: Body | None, headers: Mapping[str, str]) -> Answer:
        sent = {
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "User-Agent": "runstone-python-client",
            **headers,
            **self._credentials(),
        }
        content = body() if callable(body) else body
        try:
            return self._route.pool.urlopen(
                method,
                self._route.prefix + target,
                body=cast("Any", content),
                headers=sent,
                retries=False,
                redirect=False,
                assert_same_host=False,  # a request by way of a proxy names another host
                timeout=urllib3.Timeout(connect=min(self._timeout, _CONNECT_TIMEOUT_S), read=self._timeout),
                preload_content=False,
            )
        finally:
            if content is not None and not isinstance(content, bytes):
                content.close()

    def _credentials(self) -> dict[str, str]:
        if self._anonymous:
            return _basic(*self._user_info)
        token = (settings.TRACKING_TOKEN.read() or "").strip()
        if not (token.isascii() and token.isprintable()):
            raise InvalidParameterValue("MLFLOW_TRACKING_TOKEN has characters in it that HTTP cannot carry.")
        if token:
            return {"Authorization": f"Bearer {token}"}
        name, password = settings.TRACKING_USERNAME.read(), settings.TRACKING_PASSWORD.read()
        if name is None and password is None:
            name, password = self._user_info
        return _basic(name, password)

    def _may_repeat(self, failure: Failure, repeatable: bool) -> bool:
        too_long = failure.pause is not None and failure.pause > self._timeout
        return failure.passing and not too_long and (repeatable or failure.undone)

    def _seconds(self, failure: Failure, repetition: int) -> float:
        longest = min(self._first_pause * 2**repetition, _LONGEST_PAUSE_S)
        chance = self._chance()
        return max(longest * (0.5 + chance / 2) + self._jitter * chance, failure.pause or 0.0)


class _Route(NamedTuple):
    """The way to a server: its connections, and what precedes a request's target in the request line."""

    pool: urllib3.HTTPConnectionPool
    prefix: str


_connections: "WeakSet[Connection]" = WeakSet()
_inherited: list[_Route] = []
"""Pools of a parent process: kept, since freeing one might wait for a lock that another thread held at the fork."""


def _renew_connections() -> None:
    for connection in list(_connections):
        connection.renew()


if sys.platform != "win32":
    os.register_at_fork(after_in_child=_renew_connections)


def _basic(name: str | None, password: str | None) -> dict[str, str]:
    if name is None and password is None:
        return {}
    encoded = base64.b64encode(f"{name or ''}:{password or ''}".encode()).decode("ascii")
    return {"Authorization": f"Basic {encoded}"}


def _without_credentials(url: str) -> tuple[str, tuple[str | None, str | None]]:
    """A server's URL without a slash at its end, and the user name and password that stood in it."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:  # which may quote the password
        raise _no_url(url) from None
    if not host:
        raise InvalidParameterValue(
            f"The tracking URI '{without_secrets(url)}' names no server. Write http://HOST:PORT."
        )
    clean = f"{parts.scheme.lower()}://{parts.netloc.rpartition('@')[2]}{parts.path.rstrip('/')}"
    return clean, (parts.username and unquote(parts.username), parts.password and unquote(parts.password))


def _no_url(url: str) -> InvalidParameterValue:
    return InvalidParameterValue(
        f"The tracking URI '{without_secrets(url)}' is no URL. Write http://HOST:PORT; what is special in a user name "
        "or password is written %XX."
    )


def _route(url: str, *, anonymous: bool) -> _Route:
    options: dict[str, Any] = {"maxsize": _CONNECTIONS, "blocksize": BLOCK}
    if not anonymous:
        options |= {**_trust(url), **_own_certificate()}
    parts = urlsplit(url)
    proxy = getproxies().get(parts.scheme)
    try:
        if proxy is None or proxy_bypass(parts.hostname or ""):
            return _Route(urllib3.PoolManager(**options).connection_from_url(url), parts.path)
        pool = urllib3.ProxyManager(proxy, **options).connection_from_url(url)
    except LocationParseError:  # as above
        raise _no_url(url) from None
    # A proxy for plain HTTP must be told the whole URL; for HTTPS it only opens a tunnel.
    return _Route(pool, url if parts.scheme == "http" else parts.path)


def _trust(url: str) -> dict[str, Any]:
    insecure, bundle = settings.TRACKING_INSECURE_TLS.read(), settings.TRACKING_SERVER_CERT_PATH.read()
    if insecure and bundle:
        raise InvalidParameterValue(
            "MLFLOW_TRACKING_INSECURE_TLS and MLFLOW_TRACKING_SERVER_CERT_PATH contradict each other. Unset one."
        )
    if insecure and url.startswith("https:"):
        return {"cert_reqs": "CERT_NONE", "assert_hostname": False}
    if bundle:
        return {"ca_cert_dir" if Path(bundle).is_dir() else "ca_certs": bundle}
    return {}


def _own_certificate() -> dict[str, Any]:
    path = settings.TRACKING_CLIENT_CERT_PATH.read()
    if path is None:
        return {}
    if not Path(path).is_file():
        raise InvalidParameterValue(
            f"MLFLOW_TRACKING_CLIENT_CERT_PATH is '{path}', which is no file. Name a PEM file with the certificate and "
            "its key."
        )
    return {"cert_file": path}


def _refuse_signing() -> None:
    """Requests that are not signed as the user asked would be refused by the server, or let in as nobody's."""
    for name, wanted in (
        (settings.TRACKING_AUTH.name, settings.TRACKING_AUTH.read()),
        (settings.TRACKING_AWS_SIGV4.name, settings.TRACKING_AWS_SIGV4.read()),
    ):
        if wanted:
            raise UnsupportedOperation(
                f"{name} asks for requests that are signed, which Runstone cannot do. Unset it, and use "
                "MLFLOW_TRACKING_TOKEN, a user name and password, or MLFLOW_TRACKING_CLIENT_CERT_PATH."
            )
