"""From the URI of a place for artifacts to the store behind it."""

import os
import re
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

from runstone.artifact_store.base import ArtifactStore
from runstone.artifact_store.local import LocalArtifactStore
from runstone.entities.artifact import check_artifact_path
from runstone.errors import InvalidParameterValue, UnsupportedOperation
from runstone.urls import without_secrets

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]+):(?=/)|(file):")
PROXIED = "mlflow-artifacts"


class Artifacts:
    """Every place artifacts can be in, for the owner of `root`, below which `mlflow-artifacts:/` lies.

    It is None for who does not know where that is.
    """

    def __init__(self, root: Path | None):
        self._root = root

    def at(self, uri: str) -> ArtifactStore:
        """The store at a URI: `mlflow-artifacts:/PATH` is below the root; for all else see `store_at`."""
        if scheme_of(uri) == PROXIED:
            if self._root is None:
                raise UnsupportedOperation(
                    f"The artifacts at {uri} are kept by a server over this database. Use the server's URL as the "
                    "tracking URI."
                )
            return LocalArtifactStore(self._root / proxied_path(uri))
        return store_at(uri)


def store_at(uri: str) -> ArtifactStore:
    """The store at a local path, taken literally, or at a `file:` URI, which is percent-decoded.

    Raises UnsupportedOperation, naming the scheme, for any other URI.
    """
    path = local_path(uri)
    if path is not None:
        return LocalArtifactStore(path)
    raise UnsupportedOperation(
        f"Artifacts at '{scheme_of(uri)}:' cannot be reached: '{without_secrets(uri)}'. Supported are local "
        "paths, file: URIs, and mlflow-artifacts: URIs through a server."
    )


def local_path(uri: str) -> Path | None:
    """The path that a local path or a `file:` URI means, as `store_at` opens it; None for a place that is not local."""
    scheme = scheme_of(uri)
    if scheme == "file":
        return _file_path(uri)
    return None if scheme else Path(uri)


def is_proxied(uri: str) -> bool:
    """Whether artifacts at this URI pass through the tracking server."""
    return scheme_of(uri) == PROXIED


def proxied_host(uri: str) -> str:
    """The host, with its port, of an `mlflow-artifacts:` URI that names one; "" means the tracking server."""
    rest = uri.partition(":")[2]
    return rest[2:].partition("/")[0] if rest.startswith("//") else ""


def proxied_path(uri: str) -> str:
    """The path of an `mlflow-artifacts:` URI, relative to the server's root; a host before it is left out."""
    rest = uri.partition(":")[2]
    if rest.startswith("//"):
        rest = rest[2:].partition("/")[2]
    return check_artifact_path(rest.lstrip("/"))


def scheme_of(uri: str) -> str:
    """The scheme of a URI, in small letters; "" for a path."""
    match = _SCHEME.match(uri)
    return (match[1] or match[2]).lower() if match else ""


def _file_path(uri: str) -> Path:
    rest = uri[len("file:") :]
    if rest.startswith("//"):
        host, slash, tail = rest[2:].partition("/")
        if host not in ("", "localhost"):
            raise InvalidParameterValue(
                f"The file URI '{uri}' names the host '{host}'; only local files are reached."
            )
        rest = slash + tail
    path = unquote(rest)
    if os.name == "nt" and re.match(r"/[A-Za-z]:", path):
        path = path[1:]
    return Path(PurePosixPath(path))
