"""Artifacts by their URIs: list them, download them, load them.

A URI is `runs:/RUN_ID/PATH`, `mlflow-artifacts:/PATH`, a path or `file:` URI of this machine, or a file's http(s) URL.
"""

import json
import tempfile
from io import BytesIO
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runstone.client import artifact_uris, images
from runstone.entities import FileInfo
from runstone.errors import BadRequest, InvalidParameterValue

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["download_artifacts", "list_artifacts", "load_dict", "load_image", "load_text"]


def download_artifacts(
    artifact_uri: str | None = None,
    run_id: str | None = None,
    artifact_path: str | None = None,
    dst_path: str | PathLike[str] | None = None,
    tracking_uri: str | None = None,
    registry_uri: str | None = None,
) -> str:
    """Have an artifact, or a folder of them, on this machine; returns the path where it is.

    Args:
        artifact_uri: what is wanted, by its URI.
        run_id: or the run whose artifact is wanted.
        artifact_path: a path among that run's artifacts; all of them by default.
        dst_path: the local folder into which it is copied under its own name, made if it is absent. Without one, what
            is named by a path or a `file:` URI stays where it is, and all else goes to a new temporary folder.
        tracking_uri: the store to ask; by default the one that is set.
        registry_uri: not used: there is no model registry yet.

    Raises ResourceDoesNotExist, and UnsupportedOperation for a URI whose place cannot be reached.
    """
    uri = _uri(artifact_uri, run_id, artifact_path)
    return artifact_uris.download(uri, dst_path, tracking_uri)


def list_artifacts(
    artifact_uri: str | None = None,
    run_id: str | None = None,
    artifact_path: str | None = None,
    tracking_uri: str | None = None,
) -> list[FileInfo]:
    """What is directly in a folder of artifacts, sorted by path; [] if it is absent, or a file.

    Args:
        artifact_uri: the folder, by its URI. The paths that are returned begin with the folder's own name.
        run_id: or the run whose artifacts are listed. The paths that are returned are relative to its artifacts.
        artifact_path: a folder among that run's artifacts; the topmost by default.
        tracking_uri: the store to ask; by default the one that is set.
    """
    uri = _uri(artifact_uri, run_id, artifact_path)
    return artifact_uris.listing(uri, tracking_uri, whole_paths=run_id is not None)


def load_text(artifact_uri: str) -> str:
    """The content of a text file in UTF-8. Raises BadRequest for what is no such text."""
    content = _content(artifact_uri)
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise BadRequest(
            f"Artifact '{artifact_uri}' is not valid UTF-8: {error}. Download it with download_artifacts, and open it "
            "with its encoding."
        ) from error


def load_dict(artifact_uri: str) -> dict[str, Any]:
    """The content of a JSON file. Raises BadRequest for a file that is none."""
    text = load_text(artifact_uri)
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"Artifact '{artifact_uri}' is no JSON: {error}.") from error


def load_image(artifact_uri: str) -> "Image":
    """The content of a picture's file as a PIL image. Raises BadRequest for a file that is no picture.

    Needs Pillow: `pip install 'runstone[images]'`.
    """
    pillow = images.pillow("load_image")
    content = BytesIO(_content(artifact_uri))
    try:
        image = pillow.open(content)
        image.load()
    except (OSError, SyntaxError, ValueError, pillow.DecompressionBombError) as error:
        raise BadRequest(f"Artifact '{artifact_uri}' is no picture that can be read: {error}.") from error
    return image


def _content(artifact_uri: str) -> bytes:
    with tempfile.TemporaryDirectory(prefix="runstone-") as folder:
        file = Path(artifact_uris.download(artifact_uri, folder))
        if file.is_dir():
            raise BadRequest(f"Artifact '{artifact_uri}' is a folder, not a file.")
        return file.read_bytes()


def _uri(artifact_uri: str | None, run_id: str | None, artifact_path: str | None) -> str:
    if (artifact_uri is None) == (run_id is None):
        raise InvalidParameterValue("Exactly one of `run_id` or `artifact_uri` must be specified")
    if artifact_uri is None:
        return f"runs:/{run_id}/{artifact_path or ''}"
    if artifact_path is not None:
        raise InvalidParameterValue("`artifact_path` cannot be specified if `artifact_uri` is specified")
    return artifact_uri
