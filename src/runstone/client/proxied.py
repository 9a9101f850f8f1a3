"""Artifacts that pass through the tracking server: `mlflow-artifacts:/…`, streamed in both directions."""

import mimetypes
import tempfile
from collections.abc import Callable
from functools import partial
from io import BytesIO
from os import PathLike
from pathlib import Path
from urllib.parse import quote

import msgspec

from runstone.artifact_store import Stream, copy
from runstone.artifact_store.files import write_file
from runstone.client.connection import BLOCK, Answer, Body, Connection
from runstone.client.failures import Failure, of_answer
from runstone.entities import FileInfo
from runstone.entities.artifact import check_artifact_path
from runstone.entities.names import check_text
from runstone.errors import InternalError, InvalidParameterValue, error_from
from runstone.wire.operations import PREFIXES

_PATH = f"{PREFIXES[0]}/mlflow-artifacts/artifacts"


class _File(msgspec.Struct):
    path: str
    is_dir: bool = False
    file_size: int = 0


class _Listing(msgspec.Struct):
    files: list[_File] = []


class _Beginning:
    """The first `size` bytes of a file, to be sent: one that grows meanwhile must not overrun the length announced."""

    def __init__(self, file: Path, size: int):
        self._file, self._left = file, size
        self._stream = file.open("rb", buffering=0)

    def read(self, size: int = -1, /) -> bytes:
        wanted = self._left if size < 0 else min(size, self._left)
        try:
            piece = self._stream.read(wanted)
        except OSError as error:
            raise InvalidParameterValue(f"'{self._file}' cannot be read: {error}.") from error
        if wanted and not piece:
            raise InvalidParameterValue(
                f"'{self._file}' became shorter while it was being sent. Log it again."
            )
        self._left -= len(piece)
        return piece

    def close(self) -> None:
        self._stream.close()


class ProxiedArtifacts:
    """The artifacts below `root` (relative, separated by "/") at a server; an ArtifactFolder."""

    def __init__(self, connection: Connection, root: str):
        self._connection, self._root = connection, root

    def list(self, path: str = "") -> list[FileInfo]:
        """See ArtifactFolder."""
        folder = check_artifact_path(path)
        query = quote(self._joined(folder), safe="")
        listing = self._connection.request(
            "GET", f"{_PATH}?path={query}", _listing, repeatable=True, fail=self._named(folder)
        )
        prefix = f"{folder}/" if folder else ""
        files = [
            FileInfo(prefix + file.path, file.is_dir, None if file.is_dir else file.file_size)
            for file in listing.files
        ]
        return sorted(files, key=lambda file: file.path)

    def put_bytes(self, data: bytes, path: str) -> None:
        """See ArtifactFolder."""
        self._put(partial(BytesIO, data), len(data), path)

    def put_file(self, local: str | PathLike[str], path: str) -> None:
        """See ArtifactFolder. Raises OSError if the local file cannot be read."""
        file = Path(local)
        size = file.stat().st_size
        if not size:  # which is also said by files without a size, as in /proc
            return self.put_bytes(file.read_bytes(), path)
        return self._put(partial(_Beginning, file, size), size, path)

    def put_stream(self, stream: Stream, path: str) -> None:
        """See ArtifactFolder. By way of a temporary file, so that the request can be repeated."""
        with tempfile.TemporaryDirectory(prefix="runstone-") as folder:
            file = Path(folder) / "stream"
            with file.open("wb") as target:
                copy(stream, target)
            self.put_file(file, path)

    def get_file(self, path: str, local: str | PathLike[str]) -> None:
        """See ArtifactFolder."""

        def save(answer: Answer) -> None:
            with write_file(Path(local)) as target:
                for piece in answer.stream(BLOCK):
                    target.write(piece)

        headers = {"Accept": "*/*"}
        self._connection.request(
            "GET", self._target(path), save, headers=headers, repeatable=True, fail=self._named(path)
        )

    def delete(self, path: str) -> None:
        """See ArtifactFolder."""
        self._connection.request("DELETE", self._target(path), _done, repeatable=True)

    def _put(self, content: Body, size: int, path: str) -> None:
        kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
        headers = {"Content-Type": kind, "Content-Length": str(size)}
        self._connection.request(
            "PUT",
            self._target(path),
            _done,
            body=content,
            headers=headers,
            repeatable=True,
            fail=self._named(path),
        )

    def _target(self, path: str) -> str:
        normal = check_artifact_path(path)
        if not normal:
            raise InvalidParameterValue(f"Invalid path: '{path}'. It is the artifact folder itself.")
        return f"{_PATH}/{quote(self._joined(normal))}"

    def _named(self, path: str) -> Callable[[str, Answer], Failure]:
        """What a refusal means. It names the artifact as the user does, not with the folder that the server knows."""
        at_server = self._joined(check_artifact_path(path))

        def fail(where: str, answer: Answer) -> Failure:
            failure = of_answer(where, answer)
            error = failure.error
            if f"'{at_server}'" not in error.message:
                return failure
            message = error.message.replace(f"'{at_server}'", f"'{path}'")
            return failure._replace(error=error_from(error.error_code, message))

        return fail

    def _joined(self, path: str) -> str:
        check_text(path, "path")
        return "/".join(part for part in (self._root, path) if part)


def _listing(answer: Answer) -> _Listing:
    content = answer.read()
    try:
        return msgspec.json.decode(content or b"{}", type=_Listing)
    except msgspec.MsgspecError as error:
        raise InternalError(f"The server's list of artifacts makes no sense: {error}.") from error


def _done(answer: Answer) -> None:
    answer.read()
