"""A file or a folder among a run's artifacts, and the rule of its path."""

import posixpath
import re

from runstone.entities.base import Entity
from runstone.errors import InvalidParameterValue


class FileInfo(Entity, frozen=True):
    """A file or a folder: its path below the run's artifact root, and a file's size in bytes."""

    path: str
    is_dir: bool
    file_size: int | None = None


_WINDOWS_ROOT = re.compile(r"[A-Za-z]:[/\\]|\\\\")


def check_artifact_path(path: str) -> str:
    """The path in its normal form, without a slash at its end; "" is the root.

    Raises InvalidParameterValue for a path that is absolute, leaves its root by `..`, or contains a NUL or a backslash.
    """
    if not path:
        return ""
    outside = path.startswith("/") or _WINDOWS_ROOT.match(path) or ".." in re.split(r"[/\\]", path)
    if outside or "\0" in path or "\\" in path:
        raise InvalidParameterValue(
            f"Invalid path: '{path}'. An artifact's path is relative, separated by '/', and stays inside its run."
        )
    normal = posixpath.normpath(path)
    return "" if normal == "." else normal
