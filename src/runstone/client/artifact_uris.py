"""From an artifact's URI to a local copy of it: the one place that knows what every kind of URI means.

| URI | what it names |
|--|--|
| `runs:/RUN_ID/PATH` | an artifact of a run of the tracking store |
| `mlflow-artifacts:/PATH` | what the tracking store keeps there; `mlflow-artifacts://HOST/PATH` the server HOST |
| a path, `file:///PATH` | a file or a folder of this machine |
| `http(s)://…` | a file to be fetched, or the artifact proxy of a tracking server |
"""

import posixpath
import re
from collections.abc import Generator
from contextlib import closing, contextmanager
from os import PathLike
from typing import NamedTuple
from urllib.parse import quote, unquote, urlsplit

from runstone.artifact_store.location import (
    PROXIED,
    is_proxied,
    local_path,
    proxied_host,
    proxied_path,
    scheme_of,
    store_at,
)
from runstone.client import files
from runstone.client.surroundings.recorder import recorder
from runstone.client.transport import ArtifactFolder, Transport, connect
from runstone.client.uris import resolve_tracking_uri
from runstone.entities import FileInfo
from runstone.entities.artifact import check_artifact_path
from runstone.errors import InvalidParameterValue, ResourceDoesNotExist, UnsupportedOperation
from runstone.wire.operations import BY_NAME, PREFIXES
from runstone.wire.runs import GetRun, GetRunResponse

Local = str | PathLike[str]

_WEB = ("http", "https")
_PROXY = re.compile(rf"({'|'.join(map(re.escape, PREFIXES))})/mlflow-artifacts/artifacts(/|$)")


class _Place(NamedTuple):
    """Where a URI leads: a path ("" is all) in a folder."""

    folder: ArtifactFolder
    path: str


def download(uri: str, dst_path: Local | None = None, tracking_uri: Local | None = None) -> str:
    """Have a file or a folder on this machine; returns the path where it is.

    Args:
        uri: what is wanted; see the module.
        dst_path: the local folder into which it is copied under its own name, made if it is absent. Without one, what
            is named by a path or a `file:` URI stays where it is, and all else goes to a new temporary folder.
        tracking_uri: the store that `runs:` and `mlflow-artifacts:` URIs speak of; by default the one that is set.

    Raises ResourceDoesNotExist if there is no such artifact, UnsupportedOperation for a URI that leads to a place that
    cannot be reached, InvalidParameterValue for what is no URI of an artifact.
    """
    if _is_file_of_the_web(uri):
        from runstone.client.web import fetch

        return fetch(uri, dst_path)
    local = _existing(uri) if dst_path is None else None
    if local is not None:
        return local
    with _found(uri, tracking_uri) as place:
        return files.download(place.folder, place.path, dst_path)


def listing(uri: str, tracking_uri: Local | None = None, *, whole_paths: bool = False) -> list[FileInfo]:
    """What is directly in the folder that a URI names, sorted; [] if it is absent, or a file.

    The paths begin with the folder's own name, as in MLflow, unless `whole_paths` are asked for: those begin at the
    root of the run's artifacts. Raises as `download` does.
    """
    if _is_file_of_the_web(uri):
        raise UnsupportedOperation(
            f"'{uri}' can be downloaded, but the web does not say what a folder holds."
        )
    with _found(uri, tracking_uri) as place:
        above = "" if whole_paths else posixpath.dirname(check_artifact_path(place.path))
        return [
            FileInfo(info.path[len(above) + 1 :] if above else info.path, info.is_dir, info.file_size)
            for info in place.folder.list(place.path)
        ]


def below(location: str, path: str | None) -> str:
    """The URI of an artifact, from where its run keeps them. Raises InvalidParameterValue for a path that leaves it."""
    relative = check_artifact_path(path or "")
    if scheme_of(location) == "file":  # the one kind of URI here that is percent-encoded
        relative = quote(relative)
    return f"{location.rstrip('/')}/{relative}" if relative else location


@contextmanager
def _found(uri: str, tracking_uri: Local | None) -> Generator[_Place]:
    """Where a URI leads, as long as the block lasts."""
    if not uri:
        raise InvalidParameterValue("The artifact's URI is empty.")
    scheme = scheme_of(uri)
    if scheme == "models":
        raise UnsupportedOperation(f"'{uri}' names a registered model, and there is no model registry yet.")
    if not (scheme == "runs" or is_proxied(uri) or scheme in _WEB):
        yield _local(uri)
        return
    with closing(connect(resolve_tracking_uri(tracking_uri))) as transport:
        if scheme == "runs":
            yield _of_run(uri, transport)
            return
        server, path = _served(uri, transport.web_url)
        if server in (None, transport.web_url):
            yield _Place(transport.artifacts(f"{PROXIED}:/"), path)
            return
    from runstone.client.connection import Connection
    from runstone.client.http import HttpTransport

    # Whoever writes a URI somewhere must not be sent the credentials of the tracking server.
    with closing(HttpTransport(server, Connection(server, anonymous=True))) as other:
        yield _Place(other.artifacts(f"{PROXIED}:/"), path)


def _local(uri: str) -> _Place:
    path = local_path(uri)
    if path is None:
        return _Place(store_at(uri), "")
    return _Place(store_at(str(path.absolute().parent)), path.absolute().name)


def _of_run(uri: str, transport: Transport) -> _Place:
    run_id, _, path = uri.partition(":")[2].removeprefix("/").partition("/")
    if not run_id:
        raise InvalidParameterValue(f"Not a proper runs:/ URI: {uri}. Write runs:/RUN_ID/PATH.")
    recorder.settle(run_id)
    response = transport.send(BY_NAME["get_run"], GetRun(run_id=run_id))
    assert isinstance(response, GetRunResponse)
    location = response.run.info.artifact_uri
    if not location:
        raise ResourceDoesNotExist(f"The run {run_id} names no place for artifacts.")
    return _Place(transport.artifacts(location), path)


def _served(uri: str, tracking_server: str | None) -> tuple[str | None, str]:
    """The server whose artifact proxy a URI names, None if it names none, and the path there."""
    if not is_proxied(uri):
        found = _PROXY.search(uri)
        assert found, "files of the web are fetched elsewhere"
        return uri[: found.start()], check_artifact_path(unquote(uri[found.end() :]))
    host = proxied_host(uri)
    if not host:
        return None, proxied_path(uri)
    beside = urlsplit(tracking_server or "http://")
    return f"{beside.scheme}://{host}{beside.path}", proxied_path(uri)


def _is_file_of_the_web(uri: str) -> bool:
    return scheme_of(uri) in _WEB and not _PROXY.search(uri)


def _existing(uri: str) -> str | None:
    """The local path that a path or a `file:` URI means, if something is there."""
    path = local_path(uri) if uri else None
    return str(path.absolute()) if path is not None and path.exists() else None
