"""Moving local files and folders into a run's artifacts, and back."""

import os
import posixpath
import shutil
import tempfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from os import PathLike
from pathlib import Path

from runstone.artifact_store.files import make_folder, translated
from runstone.client.transport import ArtifactFolder
from runstone.entities import FileInfo
from runstone.entities.artifact import check_artifact_path
from runstone.errors import InvalidParameterValue, ResourceDoesNotExist

Local = str | PathLike[str]


def upload(folder: ArtifactFolder, local: Local, artifact_path: str | None) -> None:
    """Keep a copy of a local file, or of a folder with all that is in it, below `artifact_path`."""
    source = Path(local)
    target = posixpath.join(artifact_path or "", Path(os.path.normpath(source.absolute())).name)
    if source.is_dir():
        upload_content(folder, source, target)
    else:
        _upload_file(folder, source, target)


def upload_content(folder: ArtifactFolder, local: Local, artifact_path: str | None) -> None:
    """Keep a copy of all that is in a local folder below `artifact_path`. Raises OSError if it is no folder."""
    for name, source in _tree(Path(local), "", frozenset()):
        try:
            _upload_file(folder, source, posixpath.join(artifact_path or "", name))
        except FileNotFoundError as error:
            if source.is_symlink():
                raise InvalidParameterValue(
                    f"'{source}' is a link that leads nowhere; what came before it is kept. Remove the link, or put "
                    "back what it leads to, and log the folder again."
                ) from error
            raise InvalidParameterValue(
                f"'{source}' vanished while the folder '{local}' was being logged; what came before it is kept. Log "
                "the folder again when nothing changes it any more."
            ) from error


def _tree(folder: Path, prefix: str, above: frozenset[str]) -> Iterator[tuple[str, Path]]:
    """The files in a folder and below, with their paths relative to it. A link that leads back up is an error."""
    real = os.path.realpath(folder)
    if real in above:
        raise InvalidParameterValue(
            f"'{folder}' is a link to a folder above it: the files in it have no end."
        )
    for entry in sorted(folder.iterdir()):
        if entry.is_dir():
            yield from _tree(entry, f"{prefix}{entry.name}/", above | {real})
        else:
            yield prefix + entry.name, entry


def _upload_file(folder: ArtifactFolder, source: Path, target: str) -> None:
    if source.exists() and not source.is_file():
        raise InvalidParameterValue(f"'{source}' is no regular file; only files and folders can be logged.")
    folder.put_file(source, target)


def download(folder: ArtifactFolder, path: str, destination: Local | None) -> str:
    """Copy an artifact, or a folder of them, into a local folder, under its own name; returns the copy's path.

    The local folder is made if it is absent; without one, it is a new temporary folder. What is "" is the whole
    content, copied into the local folder itself. Raises ResourceDoesNotExist.
    """
    path = check_artifact_path(path)
    info = _info(folder, path)
    with local_folder(destination) as root:
        local = root / posixpath.basename(path)
        _download(folder, info, local)
        return str(local)


@contextmanager
def local_folder(destination: Local | None) -> Generator[Path]:
    """The local folder for a download: a new temporary one if none is named, and gone again if the block raises."""
    if destination:
        yield Path(destination).absolute()
        return
    temporary = tempfile.mkdtemp(prefix="runstone-")
    try:
        yield Path(temporary)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise


def _info(folder: ArtifactFolder, path: str) -> FileInfo:
    if not path:
        return FileInfo("", True)
    for info in folder.list(posixpath.dirname(path)):
        if info.path == path:
            return info
    raise ResourceDoesNotExist(f"No such artifact: '{path}'")


def _download(folder: ArtifactFolder, info: FileInfo, local: Path) -> None:
    if not info.is_dir:
        folder.get_file(info.path, local)
        return
    with translated(str(local), local):
        make_folder(local)
    for entry in folder.list(info.path):
        _download(folder, entry, local / posixpath.basename(check_artifact_path(entry.path)))
