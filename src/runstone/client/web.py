"""Files of the web: what a plain http(s) URL gives. No credentials are sent but those that stand in the URL."""

import posixpath
from contextlib import closing
from os import PathLike
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

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

_MOST_REDIRECTIONS = 10
_REDIRECTED = (301, 302, 303, 307, 308)


def fetch(url: str, destination: str | PathLike[str] | None) -> str:
    """Copy the file at a URL into a local folder, a new temporary one by default; returns the copy's path.

    The copy has the last part of the URL's path for its name. Raises ResourceDoesNotExist, PermissionDenied and
    ServerUnreachable.
    """
    name = posixpath.basename(unquote(urlsplit(url).path).rstrip("/")) or "index.html"
    with local_folder(destination) as root:
        local = root / name
        for _ in range(_MOST_REDIRECTIONS):
            try:
                _fetch(url, local)
            except _Moved as moved:
                url = urljoin(url, moved.location)
            else:
                return str(local)
    raise ServerUnreachable(f"'{_shown(url)}' redirects more than {_MOST_REDIRECTIONS} times.")


def _fetch(url: str, local: Path) -> None:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https"):
        raise InvalidParameterValue(f"A redirection leads to '{_shown(url)}', which is no file of the web.")

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


def _shown(url: str) -> str:
    """A URL without what may be secret in it."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()
