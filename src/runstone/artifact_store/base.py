"""What every store of artifacts can do."""

import os
from abc import ABC, abstractmethod
from collections.abc import Iterator
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Protocol, Self

from runstone.artifact_store.files import CHUNK, write_file
from runstone.entities import FileInfo
from runstone.errors import InvalidParameterValue, InvalidType


class Stream(Protocol):
    """What bytes are read from: an open binary file, or what behaves like one."""

    def read(self, size: int = -1, /) -> bytes | None:
        """Up to `size` bytes, b"" at the end; None if there are none as yet."""
        ...


def copy(stream: Stream, target: "ArtifactWriter | BinaryIO") -> None:
    """Write what is left in a stream. Raises InvalidParameterValue for one that gives no bytes, and what it raises."""
    while True:
        piece = stream.read(CHUNK)
        if not isinstance(piece, bytes | bytearray | memoryview):
            raise InvalidType(
                f"The stream gave {type(piece).__name__}, not bytes. Open it as a binary stream that waits for data."
            )
        if not piece:
            return
        target.write(piece)


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

    @abstractmethod
    def remove_if_empty(self) -> None:
        """Remove the root itself if nothing is in it; nothing happens otherwise, or if it is absent."""

    def measure(self, path: str = "") -> tuple[int, int]:
        """How many files are in a folder, at any depth, and how many bytes they have."""
        files = size = 0
        waiting = [path]
        while waiting:
            for info in self.list(waiting.pop()):
                if info.is_dir:
                    waiting.append(info.path)
                else:
                    files, size = files + 1, size + (info.file_size or 0)
        return files, size

    def put_bytes(self, data: bytes, path: str) -> None:
        """Keep `data` as the artifact `path`."""
        with self.write(path) as target:
            target.write(data)

    def put_file(self, local: str | PathLike[str], path: str) -> None:
        """Keep a copy of a local file as the artifact `path`: of the bytes that it has now, however it grows.

        Raises OSError if it is unreadable, InvalidParameterValue if it becomes shorter meanwhile.
        """
        with Path(local).open("rb", buffering=0) as source, self.write(path) as target:
            left = (
                os.fstat(source.fileno()).st_size or None
            )  # 0 is also said by files without a size, as in /proc
            while left != 0 and (piece := source.read(min(CHUNK, left or CHUNK))):
                target.write(piece)
                left = left and left - len(piece)
            if left:
                raise InvalidParameterValue(
                    f"'{local}' became shorter while it was being logged. Log it again."
                )

    def put_stream(self, stream: Stream, path: str) -> None:
        """Keep what is left in a stream as the artifact `path`, in constant memory. Raises what the stream raises."""
        with self.write(path) as target:
            copy(stream, target)

    def get_file(self, path: str, local: str | PathLike[str]) -> None:
        """Copy the artifact `path` to a local file, which appears whole or not at all."""
        with self.open(path) as source, write_file(Path(local)) as target:
            for piece in source:
                target.write(piece)
