"""Files of the web: what a plain http(s) URL gives. No credentials are sent but those that stand in the URL."""

import posixpath
from contextlib import closing
from os import PathLike
from pathlib import Path
from urllib.parse import SplitResult, unquote, urljoin, urlsplit

from runstone.artifact_store.files import write_file
from runstone.client.connection import BLOCK, Answer, Connection
from runstone.client.failures import PASSING, Failure, retry_after
from runstone.client.files import local_folder
from runstone.errors import (
    InvalidParameterValue,
    PermissionDenied,
    ResourceDoesNotExist,
    RunstoneError,
    ServerUnreachable,
)
from runstone.urls import without_secrets

_MOST_REDIRECTIONS = 10
_REDIRECTED = (301, 302, 303, 307, 308)


def fetch(url: str, destination: str | PathLike[str] | None) -> str:
    """Copy the file at a URL into a local folder, a new temporary one by default; returns the copy's path.

    The copy has the last part of the URL's path for its name. Raises ResourceDoesNotExist, PermissionDenied,
    ServerUnreachable, and InvalidParameterValue for what is no URL.
    """
    name = posixpath.basename(unquote(_parts(url).path).rstrip("/")) or "index.html"
    with local_folder(destination) as root:
        local = root / name
        for _ in range(_MOST_REDIRECTIONS):
            try:
                _fetch(url, local)
            except _Moved as moved:
                url = _redirected(url, moved.location)
            else:
                return str(local)
    raise ServerUnreachable(f"'{without_secrets(url)}' redirects more than {_MOST_REDIRECTIONS} times.")


def _fetch(url: str, local: Path) -> None:
    parts = _parts(url)
    if parts.scheme not in ("http", "https"):
        raise InvalidParameterValue(
            f"A redirection leads to '{without_secrets(url)}', which is no file of the web."
        )

    def save(answer: Answer) -> None:
        with write_file(local) as target:
            for piece in answer.stream(BLOCK):
                target.write(piece)

    target = parts._replace(scheme="", netloc="", fragment="").geturl() or "/"
    with closing(Connection(f"{parts.scheme}://{parts.netloc}", anonymous=True)) as connection:
        connection.request("GET", target, save, headers={"Accept": "*/*"}, repeatable=True, fail=_failure)


class _Moved(RunstoneError):
    """The file is elsewhere."""

    def __init__(self, location: str):
        super().__init__(location)
        self.location = location


def _failure(where: str, answer: Answer) -> Failure:
    status, location = answer.status, answer.headers.get("Location")
    if status in _REDIRECTED and location:
        return Failure(_Moved(location), passing=False)
    if status in (404, 410):
        return Failure(
            ResourceDoesNotExist(f"{where}: there is no such file (HTTP {status})."), passing=False
        )
    if status in (401, 403):
        return Failure(PermissionDenied(f"{where}: access is refused (HTTP {status})."), passing=False)
    return Failure(
        ServerUnreachable(f"{where}: the file was not sent (HTTP {status})."),
        passing=status in PASSING,
        pause=retry_after(answer),
    )


def _parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port  # checked when it is asked for
    except ValueError:  # which may quote the password
        raise InvalidParameterValue(f"'{without_secrets(url)}' is no URL.") from None
    return parts


def _redirected(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError:  # as above
        raise InvalidParameterValue(
            f"A redirection leads to '{without_secrets(location)}', which is no URL."
        ) from None
