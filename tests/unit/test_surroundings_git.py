"""What is not committed, from real repositories: told truly, and as a patch that brings a clone to the same state."""

import os
import random
from pathlib import Path

import pytest

from runstone.client.surroundings import git as room
from runstone.client.surroundings.checkout import find_checkout
from runstone.client.surroundings.git import PATCH_LIMIT, Patch, State, read_patch, read_state
from runstone.client.surroundings.masking import Masker
from runstone.client.surroundings.processes import NotFound
from tests.repositories import git, new_repository, write


def state_of(folder: Path) -> State:
    checkout = find_checkout(folder)
    assert checkout is not None
    return read_state(checkout)


def patch_of(folder: Path) -> Patch:
    return read_patch(state_of(folder), Masker({}))


def contents(folder: Path) -> dict[bytes, bytes]:
    return {os.fsencode(file.name): file.read_bytes() for file in folder.iterdir() if file.name != ".git"}


def assert_rebuilds(repository: Path, patch: bytes) -> None:
    """A clone of the commit, with the patch, has the tracked files of the repository."""
    clone = repository.parent / "clone"
    git(repository.parent, "clone", "-q", str(repository), str(clone))
    git(clone, "apply", "--index", "-", stdin=patch)
    tracked = set(os.fsencode(git(repository, "ls-files", "-z")).split(b"\0"))
    expected = {name: data for name, data in contents(repository).items() if name in tracked}
    assert contents(clone) == expected


def test_a_clean_repository_has_no_changes(tmp_path: Path) -> None:
    repository = new_repository(tmp_path / "r", a__py="1\n")
    git(repository, "remote", "add", "origin", "https://u:p@example.com/x.git")
    state = state_of(repository)
    assert (state.changed, state.untracked, state.submodules) == ([], [], [])
    assert state.checkout == find_checkout(repository)
    assert state.checkout.commit == git(repository, "rev-parse", "HEAD")
    assert (state.checkout.branch, state.checkout.remote) == ("main", "https://example.com/x.git")


def test_staged_unstaged_new_deleted_and_renamed_files_are_in_the_patch(tmp_path: Path) -> None:
    repository = new_repository(tmp_path / "r", a="1\n", b="2\n", c="3\n" * 30, d="no newline", e="mode\n")
    write(repository / "a", "changed\n")
    git(repository, "add", "a")
    write(repository / "a", "changed twice\n")
    (repository / "b").unlink()
    git(repository, "mv", "c", "renamed")
    write(repository / "d", "still no newline")
    (repository / "e").chmod(0o755)
    write(repository / "new", "added\n")
    git(repository, "add", "new")
    write(repository / "untracked", "not added\n")
    state, patch = state_of(repository), patch_of(repository)
    assert set(state.changed) == {"a", "b", "c", "renamed", "d", "e", "new"}
    assert state.untracked == ["untracked"]
    assert (patch.left_out, patch.masked) == ([], [])
    git(repository, "add", "-u")
    assert_rebuilds(repository, patch.data)


def test_binary_files_are_left_out_by_name(tmp_path: Path) -> None:
    """What is in them cannot be masked."""
    repository = new_repository(tmp_path / "r", image=bytes(range(256)), gone=b"\0", text="x\n", last="x\n")
    write(repository / "image", b"\0password=hunter2hunter2" * 20)
    write(repository / "new.bin", b"\0\1")
    (repository / "gone").unlink()
    write(repository / "text", "Binary files a/x and b/x differ\n")
    write(repository / "last", "y\n")
    git(repository, "add", "-A")
    patch = patch_of(repository)
    assert (patch.binary, patch.left_out) == (["gone", "image", "new.bin"], [])
    for name in patch.binary:
        assert name.encode() not in patch.data
    git(repository, "reset", "-q", "--hard")
    git(repository, "apply", "-", stdin=patch.data)
    assert [(repository / name).read_text() for name in ("text", "last")] == [
        "Binary files a/x and b/x differ\n",
        "y\n",
    ]


def test_names_of_any_bytes_are_in_the_patch(tmp_path: Path) -> None:
    repository = new_repository(tmp_path / "r", image="1\n", text="x\n")
    write(repository / "image", "2\n")
    odd = os.fsdecode(b"na\xefve \xff.txt")
    write(repository / odd, "latin-1: na\xefve".encode("latin-1"))
    write(repository / "日本 語.txt", "text\r\nwith returns\r\n")
    git(repository, "add", "-A")
    patch = patch_of(repository)
    assert room.named(state_of(repository).changed) == ["image", "na\\xefve \\xff.txt", "日本 語.txt"]
    assert_rebuilds(repository, patch.data)


def test_a_users_configuration_of_git_does_not_bend_the_patch(tmp_path: Path) -> None:
    repository = new_repository(tmp_path / "r", a="1\n", b="2\n")
    for name, value in {
        "diff.noprefix": "true", "diff.external": "false", "color.ui": "always", "core.pager": "false",
        "diff.renames": "copies", "core.fsmonitor": "false-is-no-program", "diff.context": "0",
    }.items():  # fmt: skip
        git(repository, "config", name, value)
    write(repository / "a", "changed\n")
    assert_rebuilds(repository, patch_of(repository).data)


def test_a_detached_head_has_no_branch(tmp_path: Path) -> None:
    repository = new_repository(tmp_path / "r", a="1\n")
    git(repository, "checkout", "-q", "--detach")
    assert state_of(repository).checkout.branch is None
    assert state_of(repository).checkout.commit == git(repository, "rev-parse", "HEAD")


def test_a_repository_without_commits_has_only_changes(tmp_path: Path) -> None:
    repository = new_repository(tmp_path / "r")
    write(repository / "a", "staged\n")
    git(repository, "add", "a")
    state = state_of(repository)
    assert (state.checkout.commit, state.checkout.branch, state.changed) == (None, "main", ["a"])
    assert b"+staged" in patch_of(repository).data


def test_a_worktree_is_told_apart(tmp_path: Path) -> None:
    repository = new_repository(tmp_path / "r", a="1\n")
    git(repository, "worktree", "add", "-q", "-b", "other", str(tmp_path / "tree"))
    write(tmp_path / "tree" / "a", "changed\n")
    assert state_of(repository).changed == []
    state = state_of(tmp_path / "tree")
    assert (state.checkout.root, state.checkout.branch, state.changed) == (tmp_path / "tree", "other", ["a"])


def test_changes_within_a_submodule_are_named(tmp_path: Path) -> None:
    inner = new_repository(tmp_path / "inner", a="1\n")
    repository = new_repository(tmp_path / "r", b="2\n")
    git(repository, "submodule", "--quiet", "add", str(inner), "sub")
    git(repository, "commit", "-q", "-m", "submodule")
    write(repository / "sub" / "a", "changed\n")
    state = state_of(repository)
    assert (state.changed, state.submodules) == (["sub"], ["sub"])
    assert patch_of(repository).data == b""
    assert state_of(repository / "sub").changed == ["a"]


def test_from_a_huge_patch_whole_files_are_left_out_and_named(tmp_path: Path) -> None:
    noise = random.Random(1)
    repository = new_repository(tmp_path / "r", a="1\n", huge=b"", m=b"", z="2\n")
    write(repository / "a", "small\n")
    write(repository / "huge", noise.randbytes(2 * PATCH_LIMIT).hex())
    write(repository / "m", noise.randbytes(PATCH_LIMIT // 4).hex())
    write(repository / "z", "small too\n")
    patch = patch_of(repository)
    assert len(patch.data) <= PATCH_LIMIT
    assert patch.left_out == ["huge"]
    write(repository / "huge", b"")
    assert_rebuilds(repository, patch.data)


def test_files_that_hold_secrets_are_left_out_and_secrets_in_others_masked(tmp_path: Path) -> None:
    repository = new_repository(tmp_path / "r", a__py="x = 1\n", _env="A=1\n")
    git(repository, "mv", "_env", ".env")
    git(repository, "commit", "-q", "-m", "second")
    write(repository / ".env", "DB_PASSWORD=hunter2hunter2\n")
    write(repository / "deploy" / "ID_RSA.pub", "hunter2hunter2")
    write(
        repository / "a.py",
        'x = 1\nurl = "https://u:hunter2hunter2@host/"\ntoken = "ghp_0123456789abcdefABCD"\n'
        "KEY = '''-----BEGIN PRIVATE KEY-----\nhunter2hunter2\n-----END PRIVATE KEY-----'''\nlast = 1\n",
    )
    git(repository, "add", "-A")
    patch = patch_of(repository)
    assert (patch.left_out, patch.masked) == ([".env", "deploy/ID_RSA.pub"], ["a.py"])
    assert b"hunter2" not in patch.data
    assert b"ghp_0123" not in patch.data
    git(repository, "checkout", "-q", "HEAD", "--", ".")
    git(repository, "apply", "-", stdin=patch.data)
    assert (repository / "a.py").read_text().endswith("***\n***\n***\nlast = 1\n")


@pytest.mark.parametrize(
    "name",
    [
        ".npmrc", ".git-credentials", ".htpasswd", ".pypirc", ".netrc", "credentials.json", "secrets.yaml",
        "a.keystore",
        "a.jks", "a.p12", "kubeconfig", "prod.tfvars", ".aws/config", "service-account-prod.json", "deep/.aws/config",
    ],
)  # fmt: skip
def test_a_file_that_holds_secrets_is_known_by_its_name(tmp_path: Path, name: str) -> None:
    repository = new_repository(tmp_path / "r", a="1\n")
    write(repository / name, "correct horse\n")
    git(repository, "add", "-A")
    patch = patch_of(repository)
    assert (patch.left_out, patch.data) == ([name], b"")


def test_what_goes_by_a_secret_name_is_masked_as_its_file_asks_for(tmp_path: Path) -> None:
    repository = new_repository(tmp_path / "r", a__py="", conf__ini="", chart__yaml="")
    write(repository / "a.py", 'cfg["password"] = "hunter2222"\npassword = read()\n')
    write(
        repository / "conf.ini", "AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/hunter2/x\npassword = correct hunter2\n"
    )
    write(repository / "chart.yaml", "password: hunter2\nlr: 0.1\n")
    patch = patch_of(repository)
    assert b"hunter2" not in patch.data
    assert patch.masked == ["a.py", "chart.yaml", "conf.ini"]
    git(repository, "checkout", "-q", ".")
    git(repository, "apply", "-", stdin=patch.data)
    assert (repository / "a.py").read_text() == 'cfg["password"] = "***"\npassword = read()\n'
    assert (repository / "conf.ini").read_text() == "AWS_SECRET_ACCESS_KEY=***\npassword = ***\n"
    assert (repository / "chart.yaml").read_text() == "password: ***\nlr: 0.1\n"


def test_the_environment_of_a_hook_does_not_lead_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository = new_repository(tmp_path / "r", a="1\n")
    elsewhere = new_repository(tmp_path / "elsewhere", b="1\n")
    write(elsewhere / "b", "changed\n")
    monkeypatch.setenv("GIT_DIR", str(elsewhere / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(elsewhere))
    assert state_of(repository).changed == []


def test_without_git_the_reason_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repository = new_repository(tmp_path / "r", a="1\n")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NotFound, match="the program git is not installed"):
        state_of(repository)


def test_a_git_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repository = new_repository(tmp_path / "r", a="1\n")
    write(tmp_path / "bin" / "git", f"#!/bin/sh\necho $$ > {tmp_path}/pid\nexec sleep 60\n")
    (tmp_path / "bin" / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    monkeypatch.setattr(room, "SECONDS", 0.3)
    with pytest.raises(NotFound, match=r"no answer within 0\.3 seconds"):
        state_of(repository)
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_what_git_refuses_is_told(tmp_path: Path) -> None:
    repository = new_repository(tmp_path / "r", a="1\n")
    write(repository / ".git" / "index", b"garbage")
    with pytest.raises(NotFound, match="git failed: "):
        state_of(repository)
