"""The artifacts of runs that a server of MLflow's gives, by its REST API.

Whoever records a run there may name any folder of the machine that imports it. So no place on this machine is read but
what is below the folder that the user named.
"""

import os
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from urllib.parse import quote

from runstone.artifact_store.files import write_file
from runstone.artifact_store.location import is_proxied, proxied_path
from runstone.client.connection import BLOCK, Answer, Connection
from runstone.entities import FileInfo
from runstone.errors import (
    EndpointNotFound,
    InternalError,
    InvalidParameterValue,
    PermissionDenied,
    ResourceDoesNotExist,
    UnsupportedOperation,
)
from runstone.importer.artifacts import (
    FolderFiles,
    LocalFiles,
    ReadableFolder,
    UnknownPlace,
    folder_at,
    is_within,
)
from runstone.importer.records import SourceError, SourceFile
from runstone.wire.artifacts import ListArtifacts, ListArtifactsResponse

_NOT_GIVEN = (
    "the server does not give them: if they are in a folder of this machine, name it with --artifacts-from"
)
_HERE = (
    "the server lists none, but the folder that it names is on this machine: it is read only if --artifacts-from names "
    "it, or a folder above it"
)

_REFUSALS = (
    EndpointNotFound,
    InvalidParameterValue,
    PermissionDenied,
    ResourceDoesNotExist,
    UnsupportedOperation,
    InternalError,
    SourceError,
)
"""What a server answers for the files of one run. One that is gone is gone for all that follows."""


class ServedFiles(FolderFiles):
    """Files that a server gives. `place` is the folder that they are in if the server is on this machine."""

    def __init__(self, opened: Callable[[], ReadableFolder], place: Path | None = None):
        super().__init__(lambda: _Hinting(opened), None)
        self._place = place

    def list(self) -> Iterator[SourceFile]:
        """See Files."""
        found = False
        for file in super().list():
            found = True
            yield file
        if not found and self._place and _has_entries(self._place):
            raise UnknownPlace(_HERE, str(self._place))


class RunArtifacts:
    """The artifacts of a run, wherever the server keeps them; an ArtifactFolder that is only read."""

    def __init__(
        self, connection: Connection, listed: Callable[[ListArtifacts], ListArtifactsResponse], run_id: str
    ):
        self._connection, self._listed, self._run_id = connection, listed, run_id

    def list(self, path: str = "") -> list[FileInfo]:
        """See ArtifactFolder."""
        found = self._listed(ListArtifacts(self._run_id, path=path or None)).files
        return [FileInfo(file.path, bool(file.is_dir), file.file_size) for file in found]

    def get_file(self, path: str, local: str | PathLike[str]) -> None:
        """See ArtifactFolder."""

        def save(answer: Answer) -> None:
            with write_file(Path(local)) as target:
                for piece in answer.stream(BLOCK):
                    target.write(piece)

        query = f"run_id={quote(self._run_id, safe='')}&path={quote(path, safe='')}"
        headers = {"Accept": "*/*"}
        self._connection.request("GET", f"/get-artifact?{query}", save, headers=headers, repeatable=True)


def named_files(uri: str, named: Path | None) -> LocalFiles | None:
    """The files at a place that a run names, if that is below the folder that the user named; else None."""
    if named is None:
        return None
    try:
        place = named / proxied_path(uri) if is_proxied(uri) else folder_at(uri)
    except InvalidParameterValue:  # the server itself is asked, and says what is wrong with it
        return None
    if place is None or not place.is_absolute() or not place.is_dir():
        return None
    return LocalFiles(place) if is_within(str(place), str(named)) else None


class _Hinting:
    """A folder whose refusals say what else can be done. It is opened when it is needed."""

    def __init__(self, opened: Callable[[], ReadableFolder]):
        self._opened = opened

    def list(self, path: str = "") -> list[FileInfo]:
        """See ArtifactFolder."""
        with _hinted():
            return self._opened().list(path)

    def get_file(self, path: str, local: str | PathLike[str]) -> None:
        """See ArtifactFolder."""
        with _hinted():
            self._opened().get_file(path, local)


@contextmanager
def _hinted() -> Generator[None]:
    try:
        yield
    except _REFUSALS as error:
        raise UnknownPlace(_NOT_GIVEN, error.message) from error


def _has_entries(folder: Path) -> bool:
    try:
        with os.scandir(folder) as entries:
            return any(entries)
    except OSError:
        return False
