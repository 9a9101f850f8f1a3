"""What a run can tell of its surroundings: the user, the program, the commit. Found without starting a process."""

import getpass
import os
import re
import sys
from pathlib import Path
from typing import Any, cast

from runstone import settings
from runstone.entities.names import SOURCE_NAME_TAG, SOURCE_TYPE_TAG, USER_TAG

GIT_COMMIT_TAG = "mlflow.source.git.commit"

_COMMIT = re.compile(r"[0-9a-f]{40,64}")
_LINKS = 5


def context_tags() -> dict[str, str]:
    """The tags that every new run gets, unless its user sets them: `mlflow.user`, `mlflow.source.*`."""
    notebook = _notebook()
    script = sys.argv[0] if sys.argv and sys.argv[0] else None
    tags = {
        USER_TAG: settings.TRACKING_USERNAME.read() or _user(),
        SOURCE_NAME_TAG: notebook or script or "<console>",
        SOURCE_TYPE_TAG: "LOCAL" if notebook is None else "NOTEBOOK",
    }
    if notebook is None and script is not None and (commit := _commit_of(Path(script))):
        tags[GIT_COMMIT_TAG] = commit
    return tags


def _user() -> str:
    try:
        return getpass.getuser()
    except (ImportError, KeyError, OSError):  # no such user, or a system without users
        return "unknown"


def _notebook() -> str | None:
    """The notebook that runs this, by name if that can be known; None outside notebooks."""
    ipython = sys.modules.get("IPython")
    shell: Any = ipython.get_ipython() if ipython is not None else None
    if shell is None or not hasattr(shell, "kernel"):
        return None
    namespace = cast("dict[str, object]", shell.user_ns)
    path = namespace.get("__vsc_ipynb_file__") or os.environ.get("JPY_SESSION_NAME") or "<notebook>"
    return Path(str(path)).name


def _commit_of(script: Path) -> str | None:
    """The commit that is checked out where the script lies; None outside a repository, or before a first commit."""
    try:
        for folder in script.resolve().parents:
            if (marker := folder / ".git").exists():
                return _head(_git_folder(marker))
    except (OSError, ValueError):  # unreadable, or no text: a tag less, not a failed run
        return None
    return None


def _git_folder(marker: Path) -> Path:
    """A repository's own folder; in a worktree or a submodule, `.git` is a file that names it."""
    if marker.is_dir():
        return marker
    return (marker.parent / marker.read_text().removeprefix("gitdir:").strip()).resolve()


def _head(git: Path) -> str | None:
    common_file = git / "commondir"
    common = (git / common_file.read_text().strip()).resolve() if common_file.is_file() else git
    content = (git / "HEAD").read_text().strip()
    for _ in range(_LINKS):
        if not content.startswith("ref:"):
            return content if _COMMIT.fullmatch(content) else None
        content = _reference(common, content.removeprefix("ref:").strip())
    return None


def _reference(git: Path, name: str) -> str:
    """What a reference holds, from its own file or from the packed ones; "" if nothing."""
    if (file := git / name).is_file():
        return file.read_text().strip()
    packed = git / "packed-refs"
    for line in packed.read_text().splitlines() if packed.is_file() else ():
        commit, _, packed_name = line.partition(" ")
        if packed_name == name:
            return commit
    return ""
