"""What git tells about a repository: what is changed and not committed, as a patch that `git apply` takes."""

import os
from pathlib import Path
from typing import NamedTuple

from runstone.client.surroundings.checkout import Checkout
from runstone.client.surroundings.masking import Masker, without_user, writable
from runstone.client.surroundings.named_secrets import MASK, kind_of_file
from runstone.client.surroundings.processes import NotFound, Output, ask

PATCH_LIMIT = 1 << 20
"""Bytes that a patch may have. Beyond, the changes of whole files are left out of it, and named."""

NAMES_LIMIT = 200
"""How many untracked, left out or masked files are named."""

SECONDS = 20.0
"""How long git may take to answer, each time."""

SECRET_FILES = (
    "*.jks", "*.key", "*.keystore", "*.p12", "*.pem", "*.pfx", "*.tfvars", "*.tfvars.json", ".aws/*",
    ".docker/config.json", ".env", ".env.*", ".git-credentials", ".htpasswd", ".netrc", ".npmrc", ".pgpass", ".pypirc",
    ".ssh/*", "credentials*", "id_dsa*", "id_ecdsa*", "id_ed25519*", "id_rsa*", "kubeconfig*", "secrets.*",
    "service-account*.json", "service_account*.json",
)  # fmt: skip
"""Files whose changes are left out of a patch, for they hold secrets."""

_OUTPUT_LIMIT = 16 << 20
_GIT = ("git", "--no-pager", "-c", "core.fsmonitor=false", "-c", "core.quotePath=true")
_DIFF = ("--full-index", "--no-color", "--no-ext-diff", "--no-textconv", "--no-renames", "--unified=3")
_PREFIXES = ("--src-prefix=a/", "--dst-prefix=b/", "--ignore-submodules=dirty")
# What configures git stays; what leads it elsewhere (GIT_DIR in a hook), or makes it talk, goes.
_KEPT = ("GIT_CONFIG", "GIT_EXEC_PATH", "GIT_CEILING", "GIT_DISCOVERY")


class Patch(NamedTuple):
    """The uncommitted changes, and the files whose changes it lacks.

    `left_out` hold secrets or have too much, `binary` are no text; of the lines of those in `masked`, some are masked.
    """

    data: bytes
    left_out: list[str]
    binary: list[str]
    masked: list[str]


class State(NamedTuple):
    """A repository as git sees it. `changed` are tracked files, `submodules` those of them that are submodules."""

    checkout: Checkout
    changed: list[str]
    submodules: list[str]
    untracked: list[str]


def read_state(checkout: Checkout) -> State:
    """What git says about a checkout. Raises NotFound with the reason if it says nothing."""
    answer = _git(checkout.root, "status", "--porcelain=v2", "--branch", "-z", "--untracked-files=normal")
    if not answer.whole:
        raise NotFound("git listed more changed files than there is room for")
    commit = branch = None
    changed: list[str] = []
    submodules: list[str] = []
    untracked: list[str] = []
    lines = iter(os.fsdecode(answer.data).split("\0"))
    for line in lines:
        kind, _, rest = line.partition(" ")
        if line.startswith("# branch.oid"):
            commit = None if line.endswith("(initial)") else line.rpartition(" ")[2]
        elif line.startswith("# branch.head"):
            branch = None if line.endswith("(detached)") else line.split(" ", 2)[2]
        elif kind in ("1", "2", "u"):
            fields = rest.split(" ", {"1": 7, "2": 8, "u": 9}[kind])
            changed.append(fields[-1])
            if fields[1].startswith("S"):
                submodules.append(fields[-1])
            if kind == "2":  # a renamed file's former name follows
                changed.append(next(lines, ""))
        elif kind == "?":
            untracked.append(rest)
    remote = _remote(checkout) or checkout.remote
    return State(Checkout(checkout.root, commit, branch, remote), changed, submodules, untracked)


def read_patch(state: State, masker: Masker) -> Patch:
    """The changes that are not committed, staged or not, against the last commit. Raises NotFound."""
    root = state.checkout.root
    base = state.checkout.commit or _empty_tree(root)
    excluded = [f":(exclude,glob,icase)**/{name}" for name in SECRET_FILES]
    names = _names(root, base, ".")
    wanted = _names(root, base, ".", *excluded)
    binary = [name for name, is_binary in wanted.items() if is_binary]
    answer = _diff(root, base, PATCH_LIMIT, ".", *excluded)
    left_out = [name for name in names if name not in wanted]
    if answer.whole:
        parts = [answer.data]
    else:
        texts = [name for name, is_binary in wanted.items() if not is_binary]
        parts, too_much = _smaller(root, base, texts)
        left_out += too_much
    lines, masked = _masked(b"".join(parts), masker)
    return Patch(lines, left_out, binary, masked)


def _smaller(root: Path, base: str, names: list[str]) -> tuple[list[bytes], list[str]]:
    """The changes of as many files as there is room for, and the names of the others."""
    parts: list[bytes] = []
    left_out: list[str] = []
    room = PATCH_LIMIT
    for name in names[:NAMES_LIMIT]:
        answer = _diff(root, base, room, f":(literal){name}")
        if answer.whole:
            parts.append(answer.data)
            room -= len(answer.data)
        else:
            left_out.append(name)
    return parts, left_out + names[NAMES_LIMIT:]


def _masked(data: bytes, masker: Masker) -> tuple[bytes, list[str]]:
    """A patch of text files alone, without secrets, and the files in it that had some."""
    masked: list[str] = []
    lines: list[str] = []
    file, first_line, kind = "", 0, kind_of_file("")
    in_key = False
    for line in data.decode("utf-8", "surrogateescape").split("\n"):
        if line.startswith("diff --git "):
            file, in_key, first_line = line.rpartition(" b/")[2].rstrip('"'), False, len(lines)
            kind = kind_of_file(file)
        if line.startswith("Binary files "):  # what git says in place of the changes, and does not apply
            del lines[first_line:]
            continue
        in_key = in_key or (" PRIVATE KEY-----" in line and "-----BEGIN " in line)
        clean = line[:1] + MASK if in_key else masker.line(line, kind)
        in_key = in_key and "-----END " not in line
        if clean != line and file not in masked:
            masked.append(file)
        lines.append(clean)
    return "\n".join(lines).encode("utf-8", "surrogateescape"), masked


def named(names: list[str]) -> list[str]:
    """Names for the record: as UTF-8 can write them, and not too many."""
    shown = [writable(name) for name in names[:NAMES_LIMIT]]
    return shown + ([f"… and {len(names) - NAMES_LIMIT:,} more"] if len(names) > NAMES_LIMIT else [])


def _diff(root: Path, base: str, limit: int, *paths: str) -> Output:
    return _git(root, "diff", *_DIFF, *_PREFIXES, base, "--", *paths, limit=limit)


def _names(root: Path, base: str, *paths: str) -> dict[str, bool]:
    """The files that differ, and whether git takes them for binary ones."""
    how = ("--numstat", "-z", "--no-renames", "--no-ext-diff", "--no-textconv", "--ignore-submodules=dirty")
    answer = _git(root, "diff", *how, base, "--", *paths)
    found: dict[str, bool] = {}
    for line in os.fsdecode(answer.data).split("\0"):
        if line:
            added, _, name = line.split("\t", 2)
            found[name] = added == "-"
    return found


def _empty_tree(root: Path) -> str:
    return _git(root, "hash-object", "-t", "tree", "--stdin").data.decode("ascii").strip()


def _remote(checkout: Checkout) -> str | None:
    try:
        answer = _git(checkout.root, "config", "-z", "--get-regexp", r"^remote\..*\.url$")
    except NotFound:  # git says so if there is no remote
        return None
    first = os.fsdecode(answer.data).split("\0")[0]
    return writable(without_user(first.partition("\n")[2])) or None


def _git(root: Path, *arguments: str, limit: int = _OUTPUT_LIMIT) -> Output:
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("GIT_") or name.startswith(_KEPT)
    }
    quiet = {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
    return ask([*_GIT, *arguments], seconds=SECONDS, limit=limit, folder=root, environ=kept | quiet)
