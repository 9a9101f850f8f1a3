"""The files of runs, where a source has them."""

import hashlib
import os
import posixpath
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

from runstone.artifact_store import local_path, store_at
from runstone.artifact_store.location import is_proxied, scheme_of
from runstone.client.transport import ArtifactFolder
from runstone.entities import FileInfo
from runstone.errors import InvalidParameterValue
from runstone.importer.records import SourceError, SourceFile


class LocalFiles:
    """Files in a folder of this machine; none if it is absent. What links lead to outside of it cannot be copied."""

    def __init__(self, folder: Path):
        self._folder = folder.absolute()
        self.location = self._folder.as_uri()

    def list(self) -> Iterator[SourceFile]:
        """See Files."""
        yield from self._below(self._folder, "", frozenset())

    def copy(self, path: str, folder: ArtifactFolder) -> None:
        """See Files."""
        file = self._folder / path
        if not is_below(file, self._folder):
            raise InvalidParameterValue("a link leads out of the run's folder, and is not followed.")
        folder.put_file(file, path)

    def state(self) -> str:
        """A digest of the names, sizes and times of the files."""
        return state_of_files(self._folder)

    def _below(self, folder: Path, prefix: str, above: frozenset[str]) -> Iterator[SourceFile]:
        real = os.path.realpath(folder)
        if real in above or not folder.is_dir():  # a link that leads back up has no end
            return
        for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
            if entry.is_symlink() and not is_below(Path(entry.path), self._folder):
                yield SourceFile(prefix + entry.name, None)
            elif entry.is_dir():
                yield from self._below(Path(entry.path), f"{prefix}{entry.name}/", above | {real})
            elif entry.is_file():
                status = entry.stat()
                yield SourceFile(prefix + entry.name, status.st_size, status.st_mtime)


class ReadableFolder(Protocol):
    """What is read of an ArtifactFolder."""

    def list(self, path: str = "") -> list[FileInfo]:
        """See ArtifactFolder."""
        ...

    def get_file(self, path: str, local: str | os.PathLike[str]) -> None:
        """See ArtifactFolder."""
        ...


class FolderFiles:
    """Files in an artifact folder of any kind, which is opened when it is needed."""

    def __init__(self, opened: Callable[[], ReadableFolder], location: str | None):
        self._opened = opened
        self.location = location

    def list(self) -> Iterator[SourceFile]:
        """See Files."""
        yield from self._below(self._opened(), "")

    def copy(self, path: str, folder: ArtifactFolder) -> None:
        """See Files."""
        with tempfile.TemporaryDirectory(prefix="runstone-") as temporary:
            local = Path(temporary) / "file"
            self._opened().get_file(path, local)
            folder.put_file(local, path)

    def _below(self, folder: ReadableFolder, path: str) -> Iterator[SourceFile]:
        for info in folder.list(path):
            if info.is_dir:
                yield from self._below(folder, info.path)
            else:
                yield SourceFile(info.path, info.file_size)


class UnknownFiles:
    """Files at a place that is not known; `reason` says why, `detail` more of this run's."""

    location = None

    def __init__(self, reason: str, detail: str = ""):
        self._reason, self._detail = reason, detail

    def list(self) -> Iterator[SourceFile]:
        """See Files."""
        raise UnknownPlace(self._reason, self._detail)

    def copy(self, path: str, folder: ArtifactFolder) -> None:
        """See Files."""
        raise UnknownPlace(self._reason, self._detail)


class UnknownPlace(SourceError):
    """It is not known where the files of a run are, or they may not be read there. `detail` says more of this run's."""

    def __init__(self, message: str, detail: str = ""):
        super().__init__(message)
        self.detail = detail


def entries_below(folder: Path, prefix: str = "") -> "Iterator[tuple[str, os.DirEntry[str]]]":
    """The files in a folder and below, each with its path there; none if it is absent. Links to folders are not."""
    try:
        entries = list(os.scandir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            yield from entries_below(Path(entry.path), f"{prefix}{entry.name}/")
        elif entry.is_file():
            yield prefix + entry.name, entry


def state_of_files(folder: Path) -> str:
    """A digest of the names, sizes and times of the files in a folder and below."""
    digest = hashlib.blake2b(digest_size=16)
    for path, entry in sorted(entries_below(folder)):
        status = entry.stat()
        digest.update(f"{path}\0{status.st_size}\0{status.st_mtime_ns}\n".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def remote_files(uri: str) -> FolderFiles:
    """The files at a place that `is_remote`."""
    return FolderFiles(lambda: store_at(uri), uri)


def folder_at(uri: str) -> Path | None:
    """The folder that a URI means on this machine; None if it means none here."""
    try:
        return local_path(uri)
    except InvalidParameterValue:  # a file: URI with the name of another machine
        return None


def is_remote(location: str) -> bool:
    """Whether artifacts are neither on this machine nor behind a tracking server."""
    return bool(location) and not is_proxied(location) and scheme_of(location) not in ("", "file")


def is_within(location: str, folder: str) -> bool:
    """Whether a place is a folder or something below it; both are URIs or paths."""
    inner, outer = folder_at(location), folder_at(folder)
    if inner is not None and outer is not None:
        return is_below(inner, outer)
    return posixpath.join(location, "").startswith(posixpath.join(folder, ""))


def is_below(inner: Path, outer: Path) -> bool:
    """Whether a path leads into a folder, or to it, whatever links say."""
    return Path(os.path.realpath(inner)).is_relative_to(os.path.realpath(outer))
