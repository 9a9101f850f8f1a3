"""Running the server: its socket, its process, its beginning and its end."""

import asyncio
import contextlib
import errno
import logging
import signal
import socket
import sys
from collections.abc import Callable, Generator
from typing import Any, Literal

import msgspec
import uvicorn

from runstone.errors import InvalidParameterValue
from runstone.logs import apply_level
from runstone.server.app import create_app
from runstone.server.pools import Pools
from runstone.server.security import is_this_machine
from runstone.service import open_service

_GRACE_S = 5
_KEEP_ALIVE_S = 75
_BACKLOG = 2_048
_log = logging.getLogger("runstone.server")


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """How a server is run. What is None has a default that the service or `Security` decides."""

    host: str = "127.0.0.1"
    port: int = 5000
    store_uri: str | None = None
    artifact_root: str | None = None
    artifacts_destination: str | None = None
    allowed_hosts: tuple[str, ...] | None = None
    allowed_origins: tuple[str, ...] = ()


def serve(options: Options, on_ready: Callable[[str], None]) -> None:
    """Serve until SIGINT or SIGTERM; requests that run then are finished first.

    Args:
        options: where and what.
        on_ready: called once the server answers, with its URL.

    Raises InvalidParameterValue for an address that cannot be listened on, StoreError for a store that cannot be used.
    """
    logging.basicConfig(
        level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr
    )
    apply_level()
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(_listen(options.host, options.port))
        url = _url(options.host, listener.getsockname()[1])
        service = open_service(
            options.store_uri,
            mode="server",
            artifact_root=options.artifact_root,
            artifacts_destination=options.artifacts_destination,
        )
        stack.callback(service.close)
        pools = Pools()
        stack.callback(pools.close)
        app = create_app(
            service,
            pools,
            allowed_hosts=options.allowed_hosts,
            allowed_origins=options.allowed_origins,
            bound_host=options.host,
        )
        if not is_this_machine(options.host):
            _warn_of_exposure(options.host)
        _Server(_config(app), lambda: on_ready(url)).run(sockets=[listener])


def _config(app: Any) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=_protocol(),
        lifespan="off",
        ws="none",
        access_log=False,
        log_config=None,
        log_level="error",
        server_header=False,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=_GRACE_S,
        backlog=_BACKLOG,
    )


def _protocol() -> type[asyncio.Protocol] | Literal["h11"]:
    """How HTTP is read: by httptools, or, where that is not installed, by h11, which bounds heads itself."""
    try:
        from runstone.server.protocol import BoundedHead
    except ImportError:
        return "h11"
    return BoundedHead


class _Server(uvicorn.Server):
    """uvicorn, which says when it answers, and for which a signal is a reason to end, not a failure."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None]):
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._on_ready()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        wanted = (signal.SIGINT, signal.SIGTERM)
        before = {number: signal.signal(number, self.handle_exit) for number in wanted}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def _listen(host: str, port: int) -> socket.socket:
    """A socket bound to the address, not listening yet."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except socket.gaierror as error:
        raise InvalidParameterValue(
            f"'{host}' is no address of this machine ({error.strerror}). Correct --host."
        ) from error
    listener = socket.socket(family, kind, protocol)
    try:
        if sys.platform != "win32":  # there it would let two servers share the port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError as error:
        listener.close()
        raise InvalidParameterValue(_why_not(error, host, port)) from error
    listener.set_inheritable(False)
    return listener


def _why_not(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {port} of {host} is in use. End the program that uses it, or choose another with --port."
        )
    if error.errno == errno.EACCES:
        return f"Port {port} of {host} may not be used by this user. Choose one above 1023 with --port."
    if error.errno == errno.EADDRNOTAVAIL:
        return f"'{host}' is no address of this machine. Correct --host."
    return f"Cannot listen on port {port} of {host}: {error.strerror}. Choose another with --host and --port."


def _url(host: str, port: int) -> str:
    reachable = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "": "127.0.0.1"}.get(host, host)
    if ":" in reachable and not reachable.startswith("["):
        reachable = f"[{reachable}]"
    return f"http://{reachable}:{port}"


def _warn_of_exposure(host: str) -> None:
    _log.warning(
        "The server listens on %s without authentication: whoever reaches this address can read, change and delete "
        "everything in it. Listen on 127.0.0.1, or put a proxy that asks for a password before it.",
        host,
    )
