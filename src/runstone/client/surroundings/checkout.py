"""What a git repository tells without starting git: its root, the commit, the branch, the remote."""

import re
from pathlib import Path
from typing import NamedTuple

from runstone.client.surroundings.masking import without_user

_COMMIT = re.compile(r"[0-9a-f]{40,64}")
_SECTION = re.compile(r'\s*\[\s*remote\s+"')
_URL = re.compile(r"\s*url\s*=\s*(.*)", re.IGNORECASE)
_LINKS = 5
_BRANCHES = "refs/heads/"


class Checkout(NamedTuple):
    """A working tree: its folder; the commit, None before a first one; the branch, None if HEAD is on none.

    `remote` is the URL of the remote that is configured first, without user and password.
    """

    root: Path
    commit: str | None
    branch: str | None
    remote: str | None


def find_checkout(folder: Path) -> Checkout | None:
    """The working tree that a folder is in; None if it is in none, or in one that cannot be read."""
    try:
        for parent in (folder, *folder.parents):
            if (marker := parent / ".git").exists():
                return _read(parent, _git_folder(marker))
    except (OSError, ValueError):  # unreadable, or no text: tags less, not a failed run
        return None
    return None


def _read(root: Path, git: Path) -> Checkout | None:
    head = git / "HEAD"
    if not head.is_file():
        return None
    common_file = git / "commondir"
    common = (git / common_file.read_text().strip()).resolve() if common_file.is_file() else git
    content = head.read_text().strip()
    name = content.removeprefix("ref:").strip() if content.startswith("ref:") else ""
    # Repositories with another storage of references have this in HEAD; git itself is asked later.
    branch = (
        name.removeprefix(_BRANCHES)
        if name.startswith(_BRANCHES) and not name.endswith("/.invalid")
        else None
    )
    return Checkout(root, _commit(common, content), branch, _remote(common / "config"))


def _git_folder(marker: Path) -> Path:
    """A repository's own folder; in a worktree or a submodule, `.git` is a file that names it."""
    if marker.is_dir():
        return marker
    return (marker.parent / marker.read_text().removeprefix("gitdir:").strip()).resolve()


def _commit(common: Path, content: str) -> str | None:
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


def _remote(config: Path) -> str | None:
    in_remote = False
    for line in config.read_text().splitlines() if config.is_file() else ():
        if line.lstrip().startswith("["):
            in_remote = _SECTION.match(line) is not None
        elif in_remote and (url := _URL.match(line)):
            return without_user(url[1].strip().strip('"'))
    return None
