"""The transport into a store of this machine: the very service that a server runs, within this process.

Around a fork the stores are closed, and both processes open them again when they need them. SQLite demands it: its
locks belong to a process, and it takes what it remembers of its parent's for its own. A child of a process with an
open database waits for locks that nobody holds, or loses what it wrote when its parent removes the log under it
(https://www.sqlite.org/howtocorrupt.html, section 2.6).
"""

import os
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote
from weakref import WeakSet

from runstone.artifact_store import ArtifactStore
from runstone.client.encoding import checked
from runstone.client.gate import Gate
from runstone.wire.base import Request, Response
from runstone.wire.operations import Operation

if TYPE_CHECKING:
    from runstone.service import Service


class _Shared(NamedTuple):
    """One open store and the transports that use it, as long as somebody holds them: few clients are ever closed."""

    service: "Service"
    users: "WeakSet[LocalTransport]"


class _Process:
    """What the local transports of a process share: its open stores, by database."""

    def __init__(self) -> None:
        self.lock = threading.RLock()  # a signal's handler may come here while its thread does
        self.stores: dict[str, _Shared] = {}
        self.gate = Gate()
        self.forking = threading.Lock()


_process = _Process()
_transports: "WeakSet[LocalTransport]" = WeakSet()


class LocalTransport:
    """Reaches the store in a folder, a database file or a database. All that name the same store share one service."""

    web_url = None

    def __init__(self, store_uri: str):
        self._store_uri = _absolute(store_uri)
        self._service: Service | None = None
        _transports.add(self)

    def send(self, operation: Operation, request: Request) -> Response:
        """See Transport."""
        request, _ = checked(operation, request)
        with _process.gate:
            return self._opened().call(operation.name, request)

    def artifacts(self, location: str) -> ArtifactStore:
        """See Transport."""
        with _process.gate:
            return self._opened().artifacts.at(location)

    def close(self) -> None:
        """See Transport. The last transport of a store closes it."""
        self.forget()
        with _process.lock:
            for key, shared in list(_process.stores.items()):
                if self in shared.users:
                    shared.users.discard(self)
                    if not shared.users:
                        _process.stores.pop(key).service.close()

    def forget(self) -> None:
        """Open the store anew at the next use."""
        self._service = None

    def _opened(self) -> "Service":
        return self._service or self._open()

    def _open(self) -> "Service":
        from runstone.service import open_service
        from runstone.service.opening import locate

        with _process.lock:
            database = locate(self._store_uri).database
            key = database if isinstance(database, str) else os.path.realpath(database)
            if key not in _process.stores:
                _close_unused()
                _process.stores[key] = _Shared(open_service(self._store_uri, mode="local"), WeakSet())
            _process.stores[key].users.add(self)
            self._service = _process.stores[key].service
            return self._service


def close_all() -> None:
    """Close every open store. A transport that is used again opens its own anew."""
    with _process.lock:
        _close_stores()


def _close_stores() -> None:
    for transport in list(_transports):
        transport.forget()
    while _process.stores:
        _process.stores.popitem()[1].service.close()


def _close_unused() -> None:
    """Close the stores whose transports are gone. Not done when the last of them goes: another may well follow."""
    for key in [key for key, shared in _process.stores.items() if not shared.users]:
        _process.stores.pop(key).service.close()


def _absolute(uri: str) -> str:
    """The same store, wherever the working directory moves."""
    kind, colon, rest = uri.partition(":")
    if kind == "file" and not rest.startswith("/"):
        return f"{Path.cwd().as_uri()}/{rest}"
    relative = rest.removeprefix("///")
    if (
        kind == "sqlite"
        and rest != relative
        and not relative.startswith("/")
        and relative not in ("", ":memory:")
    ):
        return f"sqlite:///{quote(Path.cwd().as_posix(), safe='/:')}/{relative}"
    if not colon:
        return str(Path(uri).expanduser().absolute())
    return uri


def _before_fork() -> None:
    _process.forking.acquire()
    unused = _process.gate.close()
    _process.lock.acquire()
    if unused:
        _close_stores()


def _after_fork_in_parent() -> None:
    _process.lock.release()
    _process.gate.open()
    _process.forking.release()


def _after_fork_in_child() -> None:
    global _process, _inherited
    # Not even freed, for that would close what is still open: there is such a store if a signal's handler forked while
    # its thread was at work in it.
    _inherited = (_inherited, _process)
    _process = _Process()
    for transport in list(_transports):
        transport.forget()


_inherited: object = None

if sys.platform != "win32":
    os.register_at_fork(
        before=_before_fork, after_in_parent=_after_fork_in_parent, after_in_child=_after_fork_in_child
    )
