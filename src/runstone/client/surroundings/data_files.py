"""Digests of files and folders that a run's data is in: so that a later look can tell whether they are still the same.

A file's digest is the SHA-256 of its content. A folder's is that of its files' lines, `PATH NUL DIGEST LF` each, with
the path relative to the folder, separated by `/`, and the digest in hex, sorted by the path's bytes.
"""

import datetime
import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple, cast

from runstone.client.surroundings.masking import writable

VERSION = 1
"""Of the form of `data.json`."""

DATA = "data.json"

FILES_LIMIT = 10_000
"""How many files of a folder are looked at. A folder with more has no digest."""

BYTES_LIMIT = 1 << 40
"""How many bytes of a file or a folder are read. One with more has no digest."""

SMALL = 16 << 20
"""Bytes of data whose digests are made at once, for nobody notices."""

_BLOCK = 1 << 20


class _File(NamedTuple):
    name: bytes
    path: Path
    size: int
    modified: float


class Digests:
    """Makes digests, and remembers those of files that have not changed since."""

    def __init__(self) -> None:
        self._known: dict[tuple[object, ...], str] = {}

    def describe(self, paths: Sequence[str], *, read: bool) -> dict[str, object]:
        """What `data.json` holds; without `read`, the sizes and times alone, and `sha256` is null."""
        return {
            "version": VERSION,
            "complete": read,
            "data": [self._entry(Path(path), read) for path in paths],
        }

    def describe_at_once(self, paths: Sequence[str]) -> dict[str, object]:
        """What `data.json` holds as far as it is known without reading much: complete if the data is small."""
        content = self.describe(paths, read=False)
        entries = cast("list[dict[str, object]]", content["data"])
        size = sum(cast("int", entry.get("bytes", 0)) for entry in entries)
        return self.describe(paths, read=True) if size <= SMALL else content

    def _entry(self, path: Path, read: bool) -> dict[str, object]:
        entry: dict[str, object] = {"path": writable(str(path.absolute()))}
        try:
            is_folder = path.is_dir()
            files = list(_files(path)) if is_folder else [_file(path, b"")]
        except OSError as error:
            return entry | {"missing": f"it cannot be read: {error.strerror or error}"}
        size = sum(file.size for file in files)
        entry |= {"kind": "folder" if is_folder else "file", "files": len(files), "bytes": size}
        entry["modified_at"] = _time(max((file.modified for file in files), default=None))
        entry["sha256"] = None
        if len(files) > FILES_LIMIT:
            return entry | {"missing": f"it has more than {FILES_LIMIT:,} files"}
        if size > BYTES_LIMIT:
            return entry | {"missing": f"it has more than {BYTES_LIMIT:,} bytes"}
        if read:
            try:
                entry["sha256"] = self._of_folder(files) if is_folder else self._of_file(files[0])
            except OSError as error:
                entry["missing"] = f"it cannot be read: {error.strerror or error}"
        return entry

    def _of_folder(self, files: Iterable[_File]) -> str:
        digest = sha256()
        for file in sorted(files):
            digest.update(file.name + b"\0" + self._of_file(file).encode() + b"\n")
        return digest.hexdigest()

    def _of_file(self, file: _File) -> str:
        with file.path.open("rb", buffering=0) as stream:
            status = os.fstat(stream.fileno())
            key = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)
            if key not in self._known:
                digest = sha256()
                while block := stream.read(_BLOCK):
                    digest.update(block)
                self._known[key] = digest.hexdigest()
            return self._known[key]


def _files(folder: Path) -> Iterator[_File]:
    """The regular files in a folder and below, one more than the limit at most; links to folders are not followed."""
    found = 0
    for parent, folders, names in os.walk(folder, onerror=_raise):
        folders.sort()
        for name in sorted(names):
            path = Path(parent, name)
            relative = os.fsencode(path.relative_to(folder).as_posix())
            try:
                yield _file(path, relative)
            except FileNotFoundError:  # a link to nothing
                continue
            if (found := found + 1) > FILES_LIMIT:
                return


def _file(path: Path, name: bytes) -> _File:
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise OSError(f"'{path}' is no regular file")  # a pipe would be waited for without end
    return _File(name, path, status.st_size, status.st_mtime)


def _raise(error: OSError) -> None:
    raise error


def _time(seconds: float | None) -> str | None:
    if seconds is None:
        return None
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).isoformat(timespec="milliseconds")
