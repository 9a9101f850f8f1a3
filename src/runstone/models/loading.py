"""Opening models: from a URI to the folder that a flavor loads from."""

import atexit
import platform
import sys
from collections.abc import Generator
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple, cast

from runstone import settings
from runstone.errors import (
    InvalidParameterValue,
    InvalidState,
    PermissionDenied,
    ResourceDoesNotExist,
    RunstoneError,
)
from runstone.models.document import Model
from runstone.models.places import fetch


class Opened(NamedTuple):
    """A model's folder on this machine, and what its document says to the flavor that loads it."""

    folder: Path
    config: dict[str, Any]
    document: Model

    def file(self, name: str) -> Path:
        """A file or folder of the model that the flavor's configuration names. Raises ResourceDoesNotExist."""
        path = self.folder / name
        if not path.resolve().is_relative_to(self.folder.resolve()):
            raise InvalidParameterValue(f"MLmodel names '{name}', which lies outside of the model's folder.")
        if not path.exists():
            raise ResourceDoesNotExist(
                f"The model at '{self.folder}' is not whole: '{name}', which its MLmodel names, is not there."
            )
        return path

    @contextmanager
    def explaining(self, name: str, saved: object, here: str) -> Generator[None]:
        """Turns whatever reading the model's files raises into InvalidState, which names the versions of the library.

        Often the version that wrote them is the only one that can read them.
        """
        try:
            yield
        except (OSError, MemoryError, RunstoneError):
            raise
        except Exception as error:
            raise InvalidState(self._why_not(error, name, saved, here)) from error

    def _why_not(self, error: Exception, name: str, saved: object, here: str) -> str:
        python = self.document.flavors.get("python_function", {}).get("python_version")
        under = f" under Python {python}" if python else ""
        text = (
            f"The model in '{self.folder}' cannot be loaded: {type(error).__name__}: {error}. It was saved with "
            f"{name} {saved}{under}; this is {name} {here} under Python {platform.python_version()}."
        )
        if isinstance(error, ModuleNotFoundError):
            text += " Install what its requirements.txt names, or log the model with `code_paths`."
        return text


@contextmanager
def opened(
    model_uri: str | PathLike[str], flavor: str, dst_path: str | PathLike[str] | None = None
) -> Generator[Opened]:
    """A model, to be loaded by a flavor within the block.

    Args:
        model_uri: a local path, or a URI such as `runs:/RUN_ID/model`.
        flavor: the flavor that will load it. Raises ResourceDoesNotExist if the model does not have it.
        dst_path: where to keep a copy. Without it, one that had to be made is deleted after the block, or with the
            process if the model brings code that may be imported later.

    Loading runs code that the model contains: raises PermissionDenied where MLFLOW_ALLOW_PICKLE_DESERIALIZATION is
    false.
    """
    if not settings.ALLOW_PICKLE.read():
        raise PermissionDenied(
            f"Loading the model '{model_uri}' could run any code that is in it, and {settings.ALLOW_PICKLE.name} is "
            "false here. Set it to true to load models that you trust."
        )
    found = fetch(model_uri, dst_path)
    brings_code = False
    try:
        document = Model.load(found.path)
        model = Opened(found.path, _config(document, flavor, model_uri), document)
        brings_code = bool(model.config.get("code"))
        if brings_code:
            _make_importable(model.file(model.config["code"]))
        yield model
    finally:
        if brings_code:
            atexit.register(found.discard)
        else:
            found.discard()


def _config(document: Model, flavor: str, model_uri: object) -> dict[str, Any]:
    config = document.flavors.get(flavor)
    if not isinstance(config, dict):
        raise ResourceDoesNotExist(
            f"Model does not have the \"{flavor}\" flavor: '{model_uri}' has {', '.join(document.flavors) or 'none'}."
        )
    return cast("dict[str, Any]", config)


def _make_importable(folder: Path) -> None:
    """Modules that came with the model win over others of their name, as in MLflow."""
    entry = str(folder.resolve())
    if entry not in sys.path:
        sys.path.insert(0, entry)
