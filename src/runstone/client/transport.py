"""The seam between the client and a store: operations are sent, artifacts are moved."""

import atexit
import re
import sys
from os import PathLike
from typing import Protocol

from runstone.artifact_store import Stream
from runstone.entities import FileInfo
from runstone.errors import InvalidParameterValue, UnsupportedOperation
from runstone.wire.base import Request, Response
from runstone.wire.operations import Operation

_MANAGED = re.compile(r"(databricks(-uc)?|uc)(:.*)?")
_PLACES = "Give a server's http(s) URL, a folder, sqlite:///FILE, postgresql://… or mysql://…"


class ArtifactFolder(Protocol):
    """The artifacts below one location, as a client needs them; see runstone.artifact_store.ArtifactStore."""

    def list(self, path: str = "") -> list[FileInfo]:
        """What is directly in a folder, sorted by path; [] if the folder is absent, or is a file."""
        ...

    def put_bytes(self, data: bytes, path: str) -> None:
        """Keep `data` as the artifact `path`."""
        ...

    def put_file(self, local: str | PathLike[str], path: str) -> None:
        """Keep a copy of a local file as the artifact `path`."""
        ...

    def put_stream(self, stream: Stream, path: str) -> None:
        """Keep what is left in a stream as the artifact `path`, in constant memory."""
        ...

    def get_file(self, path: str, local: str | PathLike[str]) -> None:
        """Copy the artifact `path` to a local file, which appears whole or not at all."""
        ...

    def delete(self, path: str) -> None:
        """Delete a file, or a folder with all that is in it; nothing happens if it is absent."""
        ...


class Transport(Protocol):
    """A way to a store. Thread-safe, and usable in a forked child."""

    @property
    def web_url(self) -> str | None:
        """Where the store's web UI is; None if nothing serves it."""
        ...

    def send(self, operation: Operation, request: Request) -> Response:
        """Run an operation. Raises RunstoneError, of the same class whichever the transport."""
        ...

    def artifacts(self, location: str) -> ArtifactFolder:
        """The artifacts at the location that a run names."""
        ...

    def close(self) -> None:
        """Give up what is held open. The transport must not be used afterwards."""
        ...


def connect(tracking_uri: str) -> Transport:
    """The transport for a tracking URI: http(s) reaches a server; all else is opened here.

    Nothing is opened or reached before the first use. Raises UnsupportedOperation for a managed MLflow.
    """
    if not tracking_uri:
        raise InvalidParameterValue(f"The tracking URI is empty. {_PLACES}")
    if tracking_uri.partition(":")[0].lower() in ("http", "https"):
        from runstone.client.http import HttpTransport

        return HttpTransport(tracking_uri)
    if _MANAGED.fullmatch(tracking_uri):
        raise UnsupportedOperation(
            f"The tracking URI '{tracking_uri}' names a Databricks workspace, which Runstone does not speak to. "
            f"{_PLACES}"
        )
    from runstone.client.local import LocalTransport

    return LocalTransport(tracking_uri)


def _close_stores() -> None:
    local = sys.modules.get("runstone.client.local")
    if local is not None:
        local.close_all()


# Registered here, not where stores are opened: what is registered later runs earlier, and the runs that are still
# open at exit must end while their store is open.
atexit.register(_close_stores)
