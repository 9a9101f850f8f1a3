"""What a run tells of its surroundings, without starting a process."""

import getpass
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from runstone.client.surroundings.tags import _checkout_of_script, context_tags, find_program
from tests.repositories import git

COMMIT = "mlflow.source.git.commit"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    (folder / "deep" / "er").mkdir(parents=True)
    git(folder, "init", "-q")
    return folder


def commit_of(script: Path, monkeypatch: pytest.MonkeyPatch) -> str | None:
    script.touch()
    monkeypatch.setattr(sys, "argv", [str(script)])
    _checkout_of_script.cache_clear()
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


def test_a_notebook_says_so_and_has_the_commit_of_its_folder(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(repository, "commit", "-q", "--allow-empty", "-m", "first")
    monkeypatch.chdir(tmp_path)
    ipython = ModuleType("IPython")
    shell = SimpleNamespace(kernel=object(), user_ns={"__vsc_ipynb_file__": "/home/ada/work/study.ipynb"})
    monkeypatch.setattr(ipython, "get_ipython", lambda: shell, raising=False)
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    tags = context_tags()
    assert (tags["mlflow.source.type"], tags["mlflow.source.name"]) == ("NOTEBOOK", "study.ipynb")
    assert COMMIT not in tags
    monkeypatch.chdir(repository)
    assert context_tags()[COMMIT] == git(repository, "rev-parse", "HEAD")
    shell.user_ns = {}
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    assert context_tags()["mlflow.source.name"] == "<notebook>"
    del shell.kernel
    assert context_tags()["mlflow.source.type"] == "LOCAL"


@pytest.mark.parametrize(
    ("configured", "expected"),
    [
        ("https://bob:to%40ken@example.com/x/y.git", "https://example.com/x/y.git"),
        ("https://ghp_0123456789abcdef@example.com:8443/x.git", "https://example.com:8443/x.git"),
        ("ssh://git@example.com/x.git", "ssh://example.com/x.git"),
        ("git@example.com:x/y.git", "git@example.com:x/y.git"),
        ("/srv/git/x.git", "/srv/git/x.git"),
    ],
)
def test_the_branch_and_the_first_remote_are_named_without_credentials(
    repository: Path, monkeypatch: pytest.MonkeyPatch, configured: str, expected: str
) -> None:
    git(repository, "commit", "-q", "--allow-empty", "-m", "first")
    git(repository, "checkout", "-q", "-b", "feature/α")
    git(repository, "remote", "add", "upstream", configured)
    git(repository, "remote", "add", "origin", "https://example.com/other.git")
    commit_of(repository / "train.py", monkeypatch)
    tags = context_tags()
    assert tags["mlflow.source.git.repoURL"] == expected
    assert tags["mlflow.source.git.branch"] == "feature/α"
    git(repository, "checkout", "-q", "--detach")
    commit_of(repository / "train.py", monkeypatch)
    assert "mlflow.source.git.branch" not in context_tags()


def test_a_scripts_commit_is_that_of_its_start(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    git(repository, "commit", "-q", "--allow-empty", "-m", "first")
    first = commit_of(repository / "train.py", monkeypatch)
    git(repository, "commit", "-q", "--allow-empty", "-m", "second")
    assert context_tags()[COMMIT] == first


def test_an_installed_command_has_the_commit_of_the_working_directory(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(repository, "commit", "-q", "--allow-empty", "-m", "first")
    monkeypatch.chdir(repository)
    monkeypatch.setattr(sys, "argv", [str(Path(sys.prefix, "bin", "pytest"))])
    assert context_tags()[COMMIT] == git(repository, "rev-parse", "HEAD")


def test_a_script_of_the_user_below_the_interpreters_prefix_is_not_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "src" / "app" / "train.py"
    script.parent.mkdir(parents=True)
    script.touch()
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    monkeypatch.setattr(sys, "argv", [str(script)])
    assert find_program().file == script
    monkeypatch.setattr(sys, "argv", [pytest.__file__])
    assert find_program().file is None


def test_further_tags_come_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("MLFLOW_RUN_CONTEXT", '{"team": "core", "n": 5, "mlflow.user": "eve"}')
    tags = context_tags()
    assert (tags["team"], tags["n"], tags["mlflow.user"]) == ("core", "5", "eve")
    for text in ("{bad", "[1]"):
        monkeypatch.setenv("MLFLOW_RUN_CONTEXT", text)
        assert "team" not in context_tags()
        assert "MLFLOW_RUN_CONTEXT were left out" in caplog.messages[-1]
