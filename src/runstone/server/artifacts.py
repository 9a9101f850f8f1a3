"""Artifacts over HTTP: the proxy that clients read and write through, and the download links of the web UI.

Bytes pass through in both directions in pieces, in constant memory. An upload appears whole at its end or not at all.
"""

import asyncio
import json
import posixpath
from collections.abc import Iterator
from urllib.parse import unquote_to_bytes

from starlette.requests import Request
from starlette.routing import Route

from runstone.artifact_store import CHUNK, ArtifactReader, ArtifactStore, ArtifactWriter
from runstone.artifact_store.location import is_proxied, proxied_path
from runstone.entities.artifact import check_artifact_path
from runstone.errors import InvalidParameterValue, ResourceDoesNotExist, UnsupportedOperation
from runstone.server.answers import JSON, Answer, App, page
from runstone.server.downloads import download
from runstone.server.endpoints import api_routes, route
from runstone.server.pools import Pools
from runstone.service import Service
from runstone.wire import codec
from runstone.wire.artifacts import FileInfo
from runstone.wire.base import Response
from runstone.wire.runs import GetRun, GetRunResponse

_PROXY = "/mlflow-artifacts"
_ROOT = "mlflow-artifacts:/"
_NOTHING = Answer(200, b"{}")

MAX_UPLOAD = 10 << 20
"""Bytes of a file that is sent to `upload-artifact`; the proxy takes files of any size."""


class ListResponse(Response):
    """The files in a folder, by their names alone."""

    files: list[FileInfo] = []


def artifact_routes(service: Service, pools: Pools) -> Iterator[Route]:
    """The routes of the proxy and of the download links."""
    proxy = _Proxy(service, pools)
    path = "{path:anything}"
    yield from api_routes(f"{_PROXY}/artifacts", GET=proxy.list)
    yield from api_routes(f"{_PROXY}/artifacts/{path}", GET=proxy.read, PUT=proxy.write, DELETE=proxy.delete)
    yield from api_routes(f"{_PROXY}/mpu/{{step}}/{path}", POST=_no_multipart_upload)
    yield from api_routes(f"{_PROXY}/presigned/{path}", GET=_no_multipart_download)
    yield from api_routes("/mlflow/artifacts/presigned-upload-url", POST=_no_presigned_upload)
    yield from api_routes("/mlflow/artifacts/presigned-download-url", POST=_no_presigned_download)
    yield from api_routes("/mlflow/upload-artifact", POST=proxy.write_to_run)
    yield route("/get-artifact", GET=proxy.read_of_run)


class _Proxy:
    def __init__(self, service: Service, pools: Pools):
        self._service = service
        self._pools = pools
        self._files = pools.files
        self._root = service.artifacts.at(_ROOT)

    async def list(self, request: Request) -> App:
        """The files in a folder."""
        path = request.query_params.get("path", "")
        infos = await self._files.run(self._root.list, path)
        files = [
            FileInfo(posixpath.basename(info.path), info.is_dir, info.file_size or None) for info in infos
        ]
        return Answer(200, codec.encode(ListResponse(files)))

    async def read(self, request: Request) -> App:
        """A file's bytes. A folder is refused in a shape of its own, as MLflow does."""
        path = _path(request)
        try:
            reader = await self._files.run(_open, self._root, path)
        except _IsFolder as error:
            return Answer(400, json.dumps({"detail": error.message}).encode(), JSON)
        return download(reader, path, self._files, request.headers)

    async def write(self, request: Request) -> App:
        """Keep the body as a file."""
        path = _path(request)
        if not path or path.endswith("/"):
            raise InvalidParameterValue("Artifact path must include a filename (cannot end with '/').")
        writer = await self._files.run_to_end(self._root.write, path)
        await self._receive(request, writer)
        return Answer(200, b"", b"")

    async def _receive(self, request: Request, writer: ArtifactWriter) -> None:
        try:
            await self._files.run_to_end(writer.__enter__)
        except asyncio.CancelledError as error:
            writer.__exit__(type(error), error, error.__traceback__)  # it was entered all the same
            raise
        try:
            pieces, size = list[bytes](), 0
            async for piece in request.stream():
                pieces.append(piece)
                size += len(piece)
                if size >= CHUNK:
                    await self._files.run_to_end(writer.write, b"".join(pieces))
                    pieces, size = [], 0
            await self._files.run_to_end(writer.write, b"".join(pieces))
        except BaseException as error:
            # Not in a thread: also when the server is ending, nothing may be left behind.
            writer.__exit__(type(error), error, error.__traceback__)
            raise
        await self._files.run_to_end(writer.__exit__, None, None, None)

    async def delete(self, request: Request) -> App:
        """Delete a file, or a folder with all that is in it; one that is absent is as good as deleted."""
        await self._files.run_to_end(self._root.delete, _path(request))
        return _NOTHING

    async def read_of_run(self, request: Request) -> App:
        """A file of a run, to be saved; with `inline=1` to be shown, where a browser can."""
        asked = request.query_params
        run_id, path = asked.get("run_id") or asked.get("run_uuid"), asked.get("path")
        if path is None:
            return page(400, "The address lacks the artifact's path: /get-artifact?run_id=…&path=…")
        if not run_id:
            raise ResourceDoesNotExist.run(run_id)
        location = await self._pools.short.run(self._location, run_id)
        store, whole = self._of_run(location, check_artifact_path(path))
        reader = await self._files.run(_open, store, whole)
        return download(reader, path, self._files, request.headers, inline=asked.get("inline") == "1")

    async def write_to_run(self, request: Request) -> App:
        """Keep the body as a file of a run."""
        asked = request.query_params
        run_id, path = asked.get("run_uuid") or asked.get("run_id"), asked.get("path")
        if not run_id:
            raise InvalidParameterValue("Request must specify run_uuid.")
        if not path:
            raise InvalidParameterValue("Request must specify path.")
        checked = check_artifact_path(path)
        if not checked or path.endswith("/"):
            raise InvalidParameterValue("Invalid path: it must end with the file's name.")
        content = await _small_body(request)
        location = await self._pools.short.run(self._location, run_id)
        store, whole = self._of_run(location, checked)
        await self._files.run_to_end(store.put_bytes, content, whole)
        return Answer(200)

    def _location(self, run_id: str) -> str:
        answer = self._service.call("get_run", GetRun(run_id=run_id))
        assert isinstance(answer, GetRunResponse)
        return answer.run.info.artifact_uri or ""

    def _of_run(self, location: str, path: str) -> tuple[ArtifactStore, str]:
        # Through the proxy's root, so that errors name the same path as the proxy's own.
        if is_proxied(location):
            return self._root, posixpath.join(proxied_path(location), path)
        return self._service.artifact_store(location), path


def _path(request: Request) -> str:
    """The artifact's path in the URL. Raises InvalidParameterValue for bytes that are no text."""
    try:
        unquote_to_bytes(request.scope["raw_path"]).decode()
    except UnicodeDecodeError as error:
        raise InvalidParameterValue("Invalid path: it is not UTF-8, percent-encoded.") from error
    return request.path_params["path"]


async def _small_body(request: Request) -> bytes:
    """A body of at most MAX_UPLOAD bytes. Raises InvalidParameterValue for a larger or an empty one."""
    declared = request.headers.get("content-length", "")
    pieces, size = list[bytes](), int(declared) if declared.isdecimal() else 0
    if size <= MAX_UPLOAD:
        size = 0
        async for piece in request.stream():
            size += len(piece)
            if size > MAX_UPLOAD:
                break
            pieces.append(piece)
    if size > MAX_UPLOAD:
        raise InvalidParameterValue("Artifact size is too large. Max size is 10MB.")
    if not size:
        raise InvalidParameterValue("Request must specify data.")
    return b"".join(pieces)


class _IsFolder(InvalidParameterValue):
    """A folder where a file was asked for."""

    def __init__(self, path: str):
        super().__init__(f"Artifact path refers to a directory, not a file: '{path}'")


def _open(store: ArtifactStore, path: str) -> ArtifactReader:
    try:
        return store.open(path)
    except InvalidParameterValue:
        folder = posixpath.dirname(path.rstrip("/"))
        if any(info.is_dir and info.path == path.rstrip("/") for info in store.list(folder)):
            raise _IsFolder(path) from None
        raise


async def _no_multipart_upload(request: Request) -> App:
    raise UnsupportedOperation("Multipart upload is not supported for the current artifact repository")


async def _no_multipart_download(request: Request) -> App:
    raise UnsupportedOperation("Multipart download is not supported for the current artifact repository")


async def _no_presigned_upload(request: Request) -> App:
    raise InvalidParameterValue(
        "Presigned upload is not supported for proxied artifact storage (artifact URI scheme: mlflow-artifacts). "
        "This endpoint requires a direct cloud storage artifact URI."
    )


async def _no_presigned_download(request: Request) -> App:
    raise InvalidParameterValue(
        "Presigned download is not supported for runs with proxied artifact storage (artifact URI scheme: "
        "mlflow-artifacts). This endpoint requires a run with a direct cloud storage artifact URI."
    )
