"""A model that is logged where one is already: the old one goes, so that no MLmodel tells of another model's files."""

import posixpath
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import cast

from runstone.client.transport import ArtifactFolder
from runstone.errors import InvalidParameterValue
from runstone.models import environment
from runstone.models.document import MLMODEL, Model

_ENVIRONMENT = {environment.CONDA, environment.CONSTRAINTS, environment.PYTHON_ENV, environment.REQUIREMENTS}


def remove_model(folder: ArtifactFolder, path: str) -> None:
    """Delete the model in the folder `path`, if there is one: its MLmodel, and then all files that it names.

    What else somebody put there stays. If this breaks off, what is left has no MLmodel, and is no model any more.
    """
    names = {posixpath.basename(entry.path) for entry in folder.list(path)}
    if MLMODEL not in names:
        return
    own = _ENVIRONMENT | _named_in(folder, posixpath.join(path, MLMODEL))
    for name in [MLMODEL, *sorted(names & own - {MLMODEL})]:
        folder.delete(posixpath.join(path, name))


def _named_in(folder: ArtifactFolder, mlmodel: str) -> set[str]:
    """The topmost files and folders that an MLmodel names; none if it cannot be read."""
    with tempfile.TemporaryDirectory(prefix="runstone-") as temporary:
        file = Path(temporary) / MLMODEL
        folder.get_file(mlmodel, file)
        try:
            return set(_names(Model.load(file).flavors))
        except InvalidParameterValue:
            return set()


def _names(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value.partition("/")[0]
    elif isinstance(value, dict):
        for item in cast("dict[object, object]", value).values():
            yield from _names(item)
    elif isinstance(value, list):
        for item in cast("list[object]", value):
            yield from _names(item)
