"""The tags that a run gets as it is created: the user, the program, the commit. Found without starting a process."""

import getpass
import json
import logging
import os
import sys
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple, cast

from runstone import settings
from runstone.client.surroundings.checkout import Checkout, find_checkout
from runstone.entities.names import (
    GIT_BRANCH_TAG,
    GIT_COMMIT_TAG,
    GIT_REMOTE_TAG,
    SOURCE_NAME_TAG,
    SOURCE_TYPE_TAG,
    USER_TAG,
)

_log = logging.getLogger("runstone")


class Program(NamedTuple):
    """What runs here. `file` is its source; None for a notebook, a console, `python -c`, an installed command."""

    name: str
    kind: str
    file: Path | None

    @property
    def folder(self) -> Path:
        """Where the repository is looked for: the source's folder, else the working directory. Raises OSError."""
        return self.file.parent if self.file else Path.cwd()

    @property
    def is_interactive(self) -> bool:
        """Whether what runs may change while it runs, as the code of a notebook does."""
        return self.kind == "NOTEBOOK" or self.name == "<console>"


def context_tags() -> dict[str, str]:
    """The tags that every new run gets, unless its user sets them: `mlflow.user`, `mlflow.source.*`.

    The variable MLFLOW_RUN_CONTEXT may hold further ones, as a JSON object.
    """
    program = find_program()
    tags = {
        USER_TAG: settings.TRACKING_USERNAME.read() or user(),
        SOURCE_NAME_TAG: program.name,
        SOURCE_TYPE_TAG: program.kind,
    }
    return tags | checkout_tags(checkout_of(program)) | _tags_of_environment()


def checkout_tags(checkout: Checkout | None) -> dict[str, str]:
    """What MLflow calls the facts about a checkout; without a commit, nothing."""
    if checkout is None or checkout.commit is None:
        return {}
    found = {
        GIT_COMMIT_TAG: checkout.commit,
        GIT_BRANCH_TAG: checkout.branch,
        GIT_REMOTE_TAG: checkout.remote,
    }
    return {key: value for key, value in found.items() if value}


def user() -> str:
    """The name of the user whom this process belongs to."""
    try:
        return getpass.getuser()
    except (ImportError, KeyError, OSError):  # no such user, or a system without users
        return "unknown"


def find_program() -> Program:
    """What runs in this process."""
    if (notebook := _notebook()) is not None:
        return Program(notebook, "NOTEBOOK", None)
    name = sys.argv[0] if sys.argv and sys.argv[0] else "<console>"
    return Program(name, "LOCAL", _source(name))


def checkout_of(program: Program) -> Checkout | None:
    """The repository that a program is in. A script's is looked at once: what was loaded is what counts."""
    if program.file is not None:
        return _checkout_of_script(program.file)
    try:
        return find_checkout(Path.cwd())
    except OSError:  # the working directory was removed
        return None


@lru_cache(maxsize=16)
def _checkout_of_script(file: Path) -> Checkout | None:
    return find_checkout(file.parent)


@lru_cache(maxsize=16)
def _source(name: str) -> Path | None:
    """The source file of a program; None if it has none, or if it was installed and only starts what the user wrote."""
    main = getattr(sys.modules.get("__main__"), "__file__", None)
    # `argv[0]` may be relative to a folder that is no longer the working directory; `__file__` never is.
    path = Path(main) if main and main.endswith(name) else Path(name)
    try:
        file = path.resolve()
        installed = any(folder in file.parents for folder in _installed_folders())
        return None if installed or not file.is_file() else file
    except (OSError, ValueError):
        return None


def _installed_folders() -> set[Path]:
    """Where commands and modules are that were installed; not all below `sys.prefix`, which may be `/usr`."""
    import sysconfig

    kinds = ("scripts", "purelib", "platlib", "stdlib", "platstdlib")
    paths = (sysconfig.get_path(kind) for kind in kinds)
    # An interpreter of a Linux distribution keeps its own commands elsewhere than those that pip installs.
    return {Path(path).resolve() for path in (*paths, os.path.dirname(sys.executable)) if path}  # noqa: PTH120


def _notebook() -> str | None:
    """The notebook that runs this, by name if that can be known; None outside notebooks."""
    ipython = sys.modules.get("IPython")
    shell: Any = ipython.get_ipython() if ipython is not None else None
    if shell is None or not hasattr(shell, "kernel"):
        return None
    namespace = cast("dict[str, object]", shell.user_ns)
    known = (os.environ.get(name) for name in ("__vsc_ipynb_file__", "IPYNB_FILE", "JPY_SESSION_NAME"))
    path = namespace.get("__vsc_ipynb_file__") or next(filter(None, known), "<notebook>")
    return Path(str(path)).name


def _tags_of_environment() -> dict[str, str]:
    text = settings.RUN_CONTEXT.read()
    if not text:
        return {}
    try:
        tags = json.loads(text)
        if not isinstance(tags, dict):
            raise ValueError("it is no JSON object")
    except ValueError as error:
        _log.warning(
            "The tags in the environment variable %s were left out: %s", settings.RUN_CONTEXT.name, error
        )
        return {}
    return {str(key): str(value) for key, value in cast("dict[str, object]", tags).items()}
