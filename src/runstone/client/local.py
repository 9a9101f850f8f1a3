"""The transport into a store of this machine: the very service that a server runs, within this process."""

import ctypes
import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from weakref import WeakSet

from runstone.artifacts import ArtifactStore
from runstone.client.encoding import checked
from runstone.wire.base import Request, Response
from runstone.wire.operations import Operation

if TYPE_CHECKING:
    from runstone.service import Service


class _Shared(NamedTuple):
    """One open store and the transports that use it."""

    service: "Service"
    users: "set[LocalTransport]"


_lock = threading.Lock()
_stores: dict[str, _Shared] = {}
"""Every open store of this process, by its database file."""
_transports: "WeakSet[LocalTransport]" = WeakSet()


class LocalTransport:
    """Reaches the store in a folder or a database file. All that name the same store share one service."""

    web_url = None

    def __init__(self, store_uri: str):
        self._store_uri = _absolute(store_uri)
        self._service: Service | None = None
        _transports.add(self)

    def send(self, operation: Operation, request: Request) -> Response:
        """See Transport."""
        return self._opened().call(operation.name, checked(operation, request)[0])

    def artifacts(self, location: str) -> ArtifactStore:
        """See Transport."""
        return self._opened().artifacts.at(location)

    def close(self) -> None:
        """See Transport. The last transport of a store closes it."""
        self._service = None
        with _lock:
            for key, shared in list(_stores.items()):
                if self in shared.users:
                    shared.users.discard(self)
                    if not shared.users:
                        _stores.pop(key).service.close()

    def _opened(self) -> "Service":
        return self._service or self._open()

    def _open(self) -> "Service":
        from runstone.service import open_service
        from runstone.service.opening import locate

        with _lock:
            key = os.path.realpath(locate(self._store_uri)[0])
            if key not in _stores:
                _stores[key] = _Shared(open_service(self._store_uri, mode="local"), set())
            _stores[key].users.add(self)
            self._service = _stores[key].service
            return self._service

    def forget(self) -> None:
        """Open the store anew at the next use: a forked child may not use its parent's."""
        self._service = None


def close_all() -> None:
    """Close every open store, at the end of the process."""
    with _lock:
        for transport in list(_transports):
            transport.forget()
        while _stores:
            _stores.popitem()[1].service.close()


def _absolute(uri: str) -> str:
    """The same store, wherever the working directory moves."""
    if uri.startswith("sqlite:///") and not uri.startswith("sqlite:////"):
        return f"sqlite:///{Path(uri.removeprefix('sqlite:///')).absolute()}"
    if ":" not in uri:
        return str(Path(uri).expanduser().absolute())
    return uri


def _forget_stores() -> None:
    """In a forked child: leave the parent's stores alone, not even closing them.

    SQLite forbids a child to touch its parent's connections, and deallocating one closes it: so each store gets a
    reference that is never given back.
    """
    global _lock, _stores
    for shared in _stores.values():
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(shared.service))
    _lock, _stores = threading.Lock(), {}
    for transport in _transports:
        transport.forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=lambda: _lock.acquire(),
        after_in_parent=lambda: _lock.release(),
        after_in_child=_forget_stores,
    )
