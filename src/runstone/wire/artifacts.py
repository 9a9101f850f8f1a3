"""Requests and responses about artifacts."""

from runstone.wire.base import Name, Part, Request, Response


class FileInfo(Part):
    """`is_dir` is always sent; the size of a folder and of an empty file is not, as in MLflow."""

    path: str
    is_dir: bool
    file_size: int | None = None


class ListArtifacts(Request):
    run_id: Name
    run_uuid: str | None = None
    path: str | None = None
    page_token: str | None = None


class ListArtifactsResponse(Response):
    root_uri: str
    files: list[FileInfo] = []
    next_page_token: str | None = None
