"""Reading and writing whole local files: what is written appears complete and durable, or not at all."""

import errno
import os
import stat
import uuid
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from runstone.errors import InvalidParameterValue, ResourceDoesNotExist, StoreError

CHUNK = 1 << 20
"""Bytes moved at a time: files of any size pass through in constant memory."""

TEMPORARY = ".runstone-incomplete-"
"""How the name of a file begins while it is being written."""

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}
_BAD_NAME = {errno.ENAMETOOLONG, errno.EINVAL, errno.EILSEQ, errno.ELOOP}
_IN_THE_WAY = {errno.ENOTDIR, errno.EISDIR, errno.EEXIST}
_BINARY = getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)


@contextmanager
def translated(path: str, file: Path) -> Generator[None]:
    """Turns an OSError about `file`, which keeps the artifact `path`, into our own that names both."""
    try:
        yield
    except FileNotFoundError as error:
        raise ResourceDoesNotExist(f"No such artifact: '{path}'") from error
    except OSError as error:
        raise _error(error, path, file) from error


def _error(error: OSError, path: str, file: Path) -> StoreError | InvalidParameterValue:
    reason = os.strerror(error.errno) if error.errno else str(error)
    if error.errno in _FULL:
        return StoreError(
            f"There is no room for the artifact '{path}': '{file}': {reason}. Free some space.",
            path=str(file),
        )
    if error.errno in _FORBIDDEN:
        return StoreError(
            f"No access to the artifact '{path}': '{file}': {reason}. Check the folder's permissions.",
            path=str(file),
        )
    if error.errno in _IN_THE_WAY:
        return InvalidParameterValue(
            f"Invalid path: '{path}'. A file stands where a folder is needed, or a folder where a file is."
        )
    if error.errno in _BAD_NAME:
        return InvalidParameterValue(f"Invalid path: '{path}'. The file system refuses it: {reason}.")
    return StoreError(f"The artifact '{path}' failed in '{file}': {reason}.", path=str(file))


class FileReader:
    """An open local file; the ArtifactReader of local stores."""

    def __init__(self, path: str, file: Path):
        with translated(path, file):
            status = file.stat()
            if stat.S_ISDIR(status.st_mode):
                raise InvalidParameterValue(f"Invalid path: '{path}'. It is a folder, not a file.")
            if not stat.S_ISREG(status.st_mode):
                raise InvalidParameterValue(f"Invalid path: '{path}'. It is not a regular file.")
            self._stream = file.open("rb", buffering=0)
            status = os.fstat(self._stream.fileno())
        self._path, self._file = path, file
        self.size = status.st_size
        self.modified = status.st_mtime

    def read(self, size: int = -1) -> bytes:
        """See ArtifactReader."""
        with translated(self._path, self._file):
            return self._stream.read(size)

    def __iter__(self) -> Iterator[bytes]:
        while piece := self.read(CHUNK):
            yield piece

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stream.close()


class FileWriter:
    """A local file being written under a temporary name beside it; the ArtifactWriter of local stores."""

    def __init__(self, path: str, file: Path):
        self._path, self._file = path, file
        self._temporary = file.with_name(f"{TEMPORARY}{uuid.uuid4().hex}")
        self._descriptor = -1

    def __enter__(self) -> Self:
        with translated(self._path, self._file):
            if self._file.is_dir():
                raise IsADirectoryError(errno.EISDIR, "is a folder")
            make_folder(self._file.parent)
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY
            self._descriptor = os.open(self._temporary, flags, 0o666)
        return self

    def write(self, data: bytes) -> int:
        """See ArtifactWriter."""
        rest = memoryview(data)
        with translated(self._path, self._file):
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
        return len(data)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            with translated(self._path, self._file):
                self._finish(keep=kind is None)
        finally:
            with suppress(FileNotFoundError):
                self._temporary.unlink()

    def _finish(self, *, keep: bool) -> None:
        try:
            if keep:
                os.fsync(self._descriptor)
        finally:
            os.close(self._descriptor)
        if keep:
            self._temporary.replace(self._file)
            sync_folder(self._file.parent)


def write_file(file: Path) -> FileWriter:
    """A local file to be written as a whole; its folder is made if it is absent."""
    return FileWriter(str(file), file)


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, where absent, so that they outlast a power cut. Raises OSError."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    with suppress(FileExistsError):
        folder.mkdir()
    if not folder.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(folder))
    sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable, where the system offers that."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY | _BINARY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(descriptor)
