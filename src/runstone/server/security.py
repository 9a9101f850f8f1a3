"""Who may talk to the server from a browser: the checks of Host and Origin.

A page of another site can send requests to a server on this machine or in this network. What it may not do is stopped
here: reach the server under a host name of its own (DNS rebinding), or change something from an origin that is neither
the server's nor this machine's nor allowed by whoever runs the server.
"""

import ipaddress
from collections.abc import Iterable
from fnmatch import fnmatchcase
from functools import lru_cache
from urllib.parse import urlsplit

from runstone.server.answers import TEXT, Answer, App, Header, Message, Receive, Scope, Send

_CHANGING = frozenset(("POST", "PUT", "PATCH", "DELETE"))
_UNCHECKED = frozenset(("/health", "/version"))
_THIS_MACHINE = frozenset(("localhost", "127.0.0.1", "::1"))
_PREFLIGHT_S = b"600"

_WRONG_HOST = Answer(
    403,
    b"Invalid Host header - possible DNS rebinding attack detected. "
    b"If the server is meant to be reached under this name, start it with --allowed-hosts.",
    TEXT,
)
_WRONG_ORIGIN = Answer(
    403,
    b"Cross-origin request blocked. "
    b"If pages of this origin may change things here, start the server with --cors-allowed-origins.",
    TEXT,
)
_WRONG_PREFLIGHT = Answer(400, b"Disallowed CORS origin", TEXT)


def is_this_machine(host: str) -> bool:
    """Whether nobody but this machine reaches an address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


class Security:
    """Passes a request on to `app` unless its Host or its Origin speaks against it.

    Args:
        app: the app behind the checks.
        allowed_hosts: patterns (`*` matches anything) of the host names that the server answers to, with or without a
            port. None: this machine's names, private addresses, and `bound_host`.
        allowed_origins: patterns of the web origins that may read and change things here, besides this machine's.
        bound_host: the address that the server listens on.
    """

    def __init__(
        self,
        app: App,
        *,
        allowed_hosts: Iterable[str] | None = None,
        allowed_origins: Iterable[str] = (),
        bound_host: str = "127.0.0.1",
    ):
        self._app = app
        self._hosts = None if allowed_hosts is None else tuple(host.lower() for host in allowed_hosts)
        self._origins = tuple(origin.lower() for origin in allowed_origins)
        self._bound_host = bound_host.lower()
        self._allows_host = lru_cache(maxsize=256)(self._check_host)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        host = origin = b""
        for name, value in scope["headers"]:
            if name == b"host":
                host = value
            elif name == b"origin":
                origin = value
        if not self._allows_host(host) and scope["path"] not in _UNCHECKED:
            return await _WRONG_HOST(scope, receive, send)
        if origin:
            return await self._from_page(scope, receive, send, host, origin)
        return await self._app(scope, receive, send)

    async def _from_page(
        self, scope: Scope, receive: Receive, send: Send, host: bytes, origin: bytes
    ) -> None:
        if _is_same_origin(origin, host):
            return await self._app(scope, receive, send)
        allowed = self._allows_origin(origin)
        if scope["method"] == "OPTIONS" and any(
            n == b"access-control-request-method" for n, _ in scope["headers"]
        ):
            answer = self._preflight(scope["headers"], origin) if allowed else _WRONG_PREFLIGHT
            return await answer(scope, receive, send)
        if not allowed:
            app = _WRONG_ORIGIN if scope["method"] in _CHANGING else self._app
            return await app(scope, receive, send)
        granted = self._granted(origin)

        async def send_granted(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *granted]
            await send(message)

        return await self._app(scope, receive, send_granted)

    def _granted(self, origin: bytes) -> tuple[Header, ...]:
        """The headers that let the origin's page read the answer: with its credentials, unless any page may."""
        if "*" in self._origins:
            return ((b"access-control-allow-origin", b"*"), (b"access-control-expose-headers", b"*"))
        return (
            (b"access-control-allow-origin", origin),
            (b"access-control-allow-credentials", b"true"),
            (b"access-control-expose-headers", b"*"),
        )

    def _preflight(self, headers: Iterable[Header], origin: bytes) -> Answer:
        asked = b", ".join(v for n, v in headers if n == b"access-control-request-headers")
        allowed = ((b"access-control-allow-headers", asked),) if asked else ()
        verbs = (b"access-control-allow-methods", b"GET, POST, PUT, DELETE, OPTIONS, PATCH")
        age = (b"access-control-max-age", _PREFLIGHT_S)
        return Answer(200, b"OK", TEXT, (*self._granted(origin), verbs, *allowed, age))

    def _check_host(self, header: bytes) -> bool:
        host = header.decode("latin-1").lower()
        name = _without_port(host)
        if self._hosts is not None:
            return any(_matches(host, allowed) or _matches(name, allowed) for allowed in self._hosts)
        if name in ("localhost", self._bound_host):
            return True
        try:
            # Unlike patterns of names, this does not take 10.example.com for a private address.
            return ipaddress.ip_address(name).is_private
        except ValueError:
            return False

    def _allows_origin(self, header: bytes) -> bool:
        origin = header.decode("latin-1").lower()
        try:
            if urlsplit(origin).hostname in _THIS_MACHINE:
                return True
        except ValueError:
            return False
        return any(_matches(origin, allowed) for allowed in self._origins)


def _is_same_origin(origin: bytes, host: bytes) -> bool:
    scheme, _, rest = origin.partition(b"://")
    return scheme in (b"http", b"https") and rest == host


def _matches(text: str, pattern: str) -> bool:
    # The brackets of an IPv6 address are no pattern.
    return fnmatchcase(text, pattern) if "*" in pattern else text == pattern


def _without_port(host: str) -> str:
    if host.startswith("["):
        return host[1:].partition("]")[0]
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdigit() else host
