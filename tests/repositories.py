"""Real git repositories for tests."""

import os
import subprocess
from pathlib import Path

IDENTITY = (
    "-c",
    "user.name=a",
    "-c",
    "user.email=a@b",
    "-c",
    "init.defaultBranch=main",
    "-c",
    "commit.gpgsign=false",
)


def git(folder: Path, *arguments: str, stdin: bytes | None = None) -> str:
    """What git prints when it is called in a folder; CalledProcessError if it fails."""
    command = ["git", *IDENTITY, "-c", "protocol.file.allow=always", *arguments]
    done = subprocess.run(command, cwd=folder, check=True, capture_output=True, input=stdin)
    return os.fsdecode(done.stdout).strip()


def new_repository(folder: Path, **files: str | bytes) -> Path:
    """A repository with one commit that has these files (`name__txt` for `name.txt`); with none, without a commit."""
    folder.mkdir(parents=True)
    git(folder, "init", "-q")
    for name, content in files.items():
        write(folder / name.replace("__", "."), content)
    if files:
        git(folder, "add", "-A")
        git(folder, "commit", "-q", "-m", "first")
    return folder


def write(file: Path, content: str | bytes) -> None:
    """Write a file, text or bytes."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content.encode() if isinstance(content, str) else content)
