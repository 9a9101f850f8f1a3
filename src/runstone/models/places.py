"""Having a model's files on this machine, for as long as they are needed."""

import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from typing import NamedTuple

from runstone.artifact_store.location import local_path
from runstone.client.artifact_uris import download


class Fetched(NamedTuple):
    """A file or folder on this machine, and the temporary folder that was made for it, if one was."""

    path: Path
    temporary: Path | None

    def discard(self) -> None:
        """Delete the copy, if it is one that nobody asked for."""
        if self.temporary is not None:
            shutil.rmtree(self.temporary, ignore_errors=True)


def fetch(uri: str | PathLike[str], dst_path: str | PathLike[str] | None = None) -> Fetched:
    """What a local path or a URI names: where it is if that is here, else a copy, below `dst_path` if that is given.

    Raises ResourceDoesNotExist if it is not there, and what `download` raises.
    """
    uri = str(uri)
    if dst_path is not None or local_path(uri) is not None:
        return Fetched(Path(download(uri, dst_path)), None)
    temporary = Path(tempfile.mkdtemp(prefix="runstone-"))
    try:
        return Fetched(Path(download(uri, temporary)), temporary)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise


@contextmanager
def fetched(uri: str | PathLike[str]) -> Generator[Path]:
    """What `fetch` gives, for the length of the block."""
    found = fetch(uri)
    try:
        yield found.path
    finally:
        found.discard()
