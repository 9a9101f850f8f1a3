"""What a run tells of its surroundings, without starting a process."""

import getpass
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from runstone.client.context import context_tags

COMMIT = "mlflow.source.git.commit"


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "init.defaultBranch=main"]
    done = subprocess.run(
        ["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    (folder / "deep" / "er").mkdir(parents=True)
    git(folder, "init", "-q")
    return folder


def commit_of(script: Path, monkeypatch: pytest.MonkeyPatch) -> str | None:
    monkeypatch.setattr(sys, "argv", [str(script)])
    return context_tags().get(COMMIT)


def test_the_user_and_the_program_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["train.py", "--fast"])
    monkeypatch.setenv("USER", "ada")
    monkeypatch.setenv("LOGNAME", "ada")
    assert context_tags() == {
        "mlflow.user": "ada",
        "mlflow.source.name": "train.py",
        "mlflow.source.type": "LOCAL",
    }
    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", "eve")
    monkeypatch.setattr(sys, "argv", [""])
    assert context_tags()["mlflow.user"] == "eve"
    assert context_tags()["mlflow.source.name"] == "<console>"


def test_a_user_without_a_name_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody() -> str:
        raise KeyError("getpwuid(): uid not found: 4711")

    monkeypatch.setattr(getpass, "getuser", nobody)
    assert context_tags()["mlflow.user"] == "unknown"


def test_the_commit_is_found_wherever_git_keeps_it(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = repository / "deep" / "er" / "train.py"
    script.touch()
    assert commit_of(script, monkeypatch) is None  # before a first commit
    git(repository, "commit", "-q", "--allow-empty", "-m", "first")
    first = git(repository, "rev-parse", "HEAD")
    assert commit_of(script, monkeypatch) == first
    git(repository, "pack-refs", "--all")
    assert commit_of(script, monkeypatch) == first
    git(repository, "commit", "-q", "--allow-empty", "-m", "second")
    second = git(repository, "rev-parse", "HEAD")
    assert commit_of(script, monkeypatch) == second
    git(repository, "checkout", "-q", first)
    assert commit_of(script, monkeypatch) == first
    git(repository, "worktree", "add", "-q", str(tmp_path / "tree"), "-b", "other", second)
    assert commit_of(tmp_path / "tree" / "train.py", monkeypatch) == second


def test_a_script_outside_a_repository_has_no_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert commit_of(tmp_path / "train.py", monkeypatch) is None


@pytest.mark.parametrize("head", ["", "ref: refs/heads/main", "ref: refs/heads/../../x", "garbage", "\0\xff"])
def test_a_broken_repository_costs_a_tag_and_no_run(
    repository: Path, monkeypatch: pytest.MonkeyPatch, head: str
) -> None:
    (repository / ".git" / "HEAD").write_bytes(head.encode("latin-1"))
    assert commit_of(repository / "train.py", monkeypatch) is None


def test_a_notebook_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    ipython = ModuleType("IPython")
    shell = SimpleNamespace(kernel=object(), user_ns={"__vsc_ipynb_file__": "/home/ada/work/study.ipynb"})
    monkeypatch.setattr(ipython, "get_ipython", lambda: shell, raising=False)
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    tags = context_tags()
    assert (tags["mlflow.source.type"], tags["mlflow.source.name"]) == ("NOTEBOOK", "study.ipynb")
    assert COMMIT not in tags
    shell.user_ns = {}
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    assert context_tags()["mlflow.source.name"] == "<notebook>"
    del shell.kernel
    assert context_tags()["mlflow.source.type"] == "LOCAL"
