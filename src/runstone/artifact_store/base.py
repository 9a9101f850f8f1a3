"""What every store of artifacts can do."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from runstone.artifact_store.files import CHUNK, write_file
from runstone.entities import FileInfo


class ArtifactReader(Protocol):
    """An open artifact: a context manager to read from, once, from its beginning to its end."""

    @property
    def size(self) -> int:
        """Its length in bytes."""
        ...

    @property
    def modified(self) -> float:
        """When it was written last, in seconds since the Unix epoch."""
        ...

    def read(self, size: int = -1) -> bytes:
        """Up to `size` bytes, b"" at the end; all that is left if `size` is negative."""
        ...

    def __iter__(self) -> Iterator[bytes]:
        """What is left, in pieces of at most CHUNK bytes."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class ArtifactWriter(Protocol):
    """A new artifact, or a new version of one: a context manager to write to.

    The artifact appears whole at the end of the block, durable, or not at all if the block raises.
    """

    def write(self, data: bytes) -> int:
        """Write all of `data`; returns its length."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class ArtifactStore(ABC):
    """The files below one root. Paths are relative to it, separated by "/"; "" is the root itself.

    Every method raises InvalidParameterValue for a path that leaves the root, and StoreError when the disk or
    the service behind the store fails.
    """

    @abstractmethod
    def list(self, path: str = "") -> list[FileInfo]:
        """What is directly in a folder, sorted by path; [] if the folder is absent, or is a file."""

    @abstractmethod
    def open(self, path: str) -> ArtifactReader:
        """A file, to be read. Raises ResourceDoesNotExist if absent, InvalidParameterValue for a folder."""

    @abstractmethod
    def write(self, path: str) -> ArtifactWriter:
        """A file, to be written. Folders on its way are made; of two writers of one path the last wins."""

    @abstractmethod
    def delete(self, path: str) -> None:
        """Delete a file, or a folder with all that is in it; nothing happens if it is absent."""

    def put_bytes(self, data: bytes, path: str) -> None:
        """Keep `data` as the artifact `path`."""
        with self.write(path) as target:
            target.write(data)

    def put_file(self, local: str | PathLike[str], path: str) -> None:
        """Keep a copy of a local file as the artifact `path`. Raises OSError if that is unreadable."""
        with Path(local).open("rb", buffering=0) as source, self.write(path) as target:
            while piece := source.read(CHUNK):
                target.write(piece)

    def get_file(self, path: str, local: str | PathLike[str]) -> None:
        """Copy the artifact `path` to a local file, which appears whole or not at all."""
        with self.open(path) as source, write_file(Path(local)) as target:
            for piece in source:
                target.write(piece)
