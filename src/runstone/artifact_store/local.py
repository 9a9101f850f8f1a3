"""Artifacts in a local folder, by the standard library alone: any name the file system allows is legal."""

import errno
import os
import shutil
from contextlib import suppress
from pathlib import Path

from runstone.artifact_store.base import ArtifactStore
from runstone.artifact_store.files import TEMPORARY, FileReader, FileWriter, translated
from runstone.entities import FileInfo
from runstone.entities.artifact import check_artifact_path
from runstone.entities.names import check_text
from runstone.errors import InvalidParameterValue


class LocalArtifactStore(ArtifactStore):
    """The files below one local folder. The folder is made by the first write."""

    def __init__(self, root: Path):
        self._root = root.absolute()

    def list(self, path: str = "") -> list[FileInfo]:
        """See ArtifactStore. Links that lead out of the root, or nowhere, are left out."""
        folder = self._locate(path)
        prefix = check_artifact_path(path)
        with translated(path, folder):
            try:
                entries = os.scandir(folder)
            except (FileNotFoundError, NotADirectoryError):
                return []
            with entries:
                found = [info for entry in entries if (info := self._info(entry, prefix)) is not None]
        return sorted(found, key=lambda info: info.path)

    def _info(self, entry: os.DirEntry[str], prefix: str) -> FileInfo | None:
        if entry.name.startswith(TEMPORARY) or (entry.is_symlink() and not self._contains(entry.path)):
            return None
        # A name that is no text can be seen, but not asked for: no protocol carries its bytes.
        name = os.fsencode(entry.name).decode("utf-8", "replace")
        path = f"{prefix}/{name}" if prefix else name
        try:
            return FileInfo(path, True) if entry.is_dir() else FileInfo(path, False, entry.stat().st_size)
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.ELOOP):
                return None
            raise

    def open(self, path: str) -> FileReader:
        """See ArtifactStore."""
        return FileReader(path, self._locate(path))

    def write(self, path: str) -> FileWriter:
        """See ArtifactStore. Written under a temporary name in the same folder, then renamed."""
        file = self._locate(path)
        self._refuse_root(file, path)
        return FileWriter(path, file)

    def delete(self, path: str) -> None:
        """See ArtifactStore. A link goes, not what it points to."""
        file = self._locate(path)
        self._refuse_root(file, path)
        with translated(path, file):
            try:
                if file.is_dir() and not file.is_symlink():
                    shutil.rmtree(file)
                else:
                    file.unlink()
            except (FileNotFoundError, NotADirectoryError):
                return

    def remove_if_empty(self) -> None:
        """See ArtifactStore."""
        with translated("", self._root), suppress(FileNotFoundError, NotADirectoryError):
            try:
                self._root.rmdir()
            except OSError as error:
                if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                    raise

    def _locate(self, path: str) -> Path:
        """The file behind a path: the one place where paths are confined to the root, whatever links say."""
        relative = check_artifact_path(path)
        check_text(relative, "path")
        if relative.rpartition("/")[2].startswith(TEMPORARY):
            raise InvalidParameterValue(
                f"Invalid path: '{path}'. Names that begin with {TEMPORARY} are reserved."
            )
        file = self._root / relative
        if not self._contains(file):
            raise InvalidParameterValue(
                f"Invalid path: '{path}'. A link on it leads out of the artifact folder."
            )
        return file

    def _contains(self, file: str | Path) -> bool:
        return Path(os.path.realpath(file)).is_relative_to(os.path.realpath(self._root))

    def _refuse_root(self, file: Path, path: str) -> None:
        if file == self._root:
            raise InvalidParameterValue(f"Invalid path: '{path}'. It is the artifact folder itself.")
