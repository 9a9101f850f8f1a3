"""The record of a process: what is in it, what is missing and why, and that no secret is."""

import getpass
import json
import os
import platform
import socket
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from runstone.client.surroundings import distributions, machine, record
from runstone.client.surroundings.data_files import FILES_LIMIT, Digests
from runstone.client.surroundings.record import Record, gather
from runstone.client.surroundings.tags import find_program
from tests.repositories import git, new_repository, write

SECRET = "hunter2-Correct-Horse"


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A script in a new repository, as if it ran."""
    repository = new_repository(tmp_path / "work", train__py="print(1)\n")
    git(repository, "remote", "add", "origin", f"https://ada:{SECRET}@example.com/x.git")
    monkeypatch.setattr(sys, "argv", [str(repository / "train.py")])
    monkeypatch.setattr(sys, "orig_argv", [sys.executable, "train.py", "--lr", "0.1"])
    monkeypatch.chdir(repository)
    return repository / "train.py"


def environment_of(found: Record) -> Any:
    return json.loads(found.files["environment.json"])


def test_a_record_tells_who_where_and_what(script: Path) -> None:
    found = gather(find_program(), {"SLURM_JOB_ID": "12", "HOME": "/home/ada"})
    environment = environment_of(found)
    head = git(script.parent, "rev-parse", "HEAD")
    assert environment["version"] == record.VERSION
    assert (environment["user"], environment["host"]) == (getpass.getuser(), socket.gethostname())
    assert environment["python"]["version"] == platform.python_version()
    assert environment["os"]["name"] == platform.system()
    assert 1 <= environment["cpu"]["usable"] <= environment["cpu"]["count"]
    assert environment["memory"]["bytes"] > 1 << 28
    assert environment["command"] == [sys.executable, "train.py", "--lr", "0.1"]
    assert environment["working_directory"] == str(script.parent)
    assert environment["process_id"] == os.getpid()
    assert environment["source"]["file"] == str(script)
    assert environment["variables"] == {"SLURM_JOB_ID": "12"}
    assert {"name": "pytest", "version": pytest.__version__} in environment["distributions"]
    assert environment["git"] == {
        "root": str(script.parent), "commit": head, "branch": "main", "remote": "https://example.com/x.git",
        "dirty": False, "changed": [], "untracked": [], "changed_submodules": [],
    }  # fmt: skip
    assert found.tags == {
        "mlflow.source.git.commit": head,
        "mlflow.source.git.branch": "main",
        "mlflow.source.git.repoURL": "https://example.com/x.git",
        "mlflow.source.git.dirty": "false",
    }
    assert set(found.files) == {"environment.json", "requirements.txt"}


def test_what_is_not_committed_makes_a_patch(script: Path) -> None:
    write(script, "print(2)\n")
    write(script.parent / "new.py", "")
    found = gather(find_program(), {})
    repository = environment_of(found)["git"]
    assert (repository["dirty"], repository["changed"], repository["untracked"]) == (
        True,
        ["train.py"],
        ["new.py"],
    )
    assert repository["patch"] == {
        "file": "uncommitted.patch", "bytes": len(found.files["uncommitted.patch"]), "left_out": [], "binary": [],
        "masked": [],
    }  # fmt: skip
    assert found.tags["mlflow.source.git.dirty"] == "true"
    git(script.parent, "checkout", "-q", "train.py")
    git(script.parent, "apply", "-", stdin=found.files["uncommitted.patch"])
    assert script.read_text() == "print(2)\n"


def test_no_secret_is_in_any_part_of_a_record(script: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = script.parent / f"out password={SECRET}"
    folder.mkdir()
    write(script, f'api_key = "{SECRET}"\nuse("{SECRET}")\n')
    write(script.parent / f"token={SECRET}.txt", "")
    monkeypatch.chdir(folder)
    command = [
        "python",
        "train.py",
        "--password",
        SECRET,
        f"--api-key={SECRET}",
        f"http://u:{SECRET}@h/",
        SECRET,
    ]
    monkeypatch.setattr(sys, "orig_argv", command)
    environ = {
        "MLFLOW_TRACKING_PASSWORD": SECRET, "HF_TOKEN": SECRET, "MY_SECRET": SECRET,
        "MLFLOW_TRACKING_URI": f"https://ada:{SECRET}@example.com", "OMP_NUM_THREADS": "4",
    }  # fmt: skip
    found = gather(find_program(), environ)
    for content in (*found.files.values(), json.dumps(found.tags).encode()):
        assert SECRET.encode() not in content
    assert environment_of(found)["variables"] == {
        "HF_TOKEN": "***", "MLFLOW_TRACKING_PASSWORD": "***", "MLFLOW_TRACKING_URI": "https://***@example.com",
        "OMP_NUM_THREADS": "4",
    }  # fmt: skip
    assert environment_of(found)["git"]["patch"]["masked"] == ["train.py"]


def test_what_cannot_be_known_is_missing_with_a_reason(
    tmp_path: Path, script: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = git(script.parent, "rev-parse", "HEAD")
    monkeypatch.setenv("PATH", str(tmp_path))
    found = gather(find_program(), {})
    environment = environment_of(found)
    assert environment["missing"] == {
        "gpus": "the program nvidia-smi is not installed",
        "git": "the program git is not installed",
    }
    assert (environment["git"]["commit"], environment["git"]["dirty"]) == (head, None)
    assert found.tags["mlflow.source.git.commit"] == head
    assert "mlflow.source.git.dirty" not in found.tags
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["-c"])
    environment = environment_of(gather(find_program(), {}))
    assert environment["git"] is None
    assert environment["missing"]["git"] == "the working directory is in no git repository"


def test_a_working_directory_that_was_removed_does_no_harm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    monkeypatch.setattr(sys, "argv", ["-c"])
    environment = environment_of(gather(find_program(), {}))
    assert environment["working_directory"] is None
    assert "No such file" in environment["missing"]["working_directory"]


def test_long_and_odd_arguments_are_cut_and_written(script: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    odd = os.fsdecode(b"--name=\xff")
    monkeypatch.setattr(sys, "orig_argv", ["python", odd, "x" * 10_000, *["y"] * 2_000])
    environment = environment_of(gather(find_program(), {}))
    assert environment["command"][1] == "--name=\\xff"
    assert environment["command"][2] == "x" * record.TEXT_LIMIT + "… (10,000 characters)"
    assert len(environment["command"]) == record.ARGUMENTS_LIMIT
    assert environment["missing"]["command"] == "only the first 1,000 of 2,003 arguments are kept"


# --- graphics cards -------------------------------------------------------------------------------


def test_graphics_cards_are_those_that_the_driver_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(
        tmp_path / "nvidia-smi",
        '#!/bin/sh\necho "0, NVIDIA A100-SXM4-40GB, GPU-1, 40960, 550.54"\necho "1, NVIDIA T4, GPU-2, [N/A], 550.54"\n',
    )
    (tmp_path / "nvidia-smi").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    first, second = machine.gpus()
    assert first == {
        "index": 0, "name": "NVIDIA A100-SXM4-40GB", "uuid": "GPU-1", "memory_mib": 40960, "driver": "550.54",
    }  # fmt: skip
    assert (second["index"], second["memory_mib"]) == (1, None)


# --- distributions --------------------------------------------------------------------------------


def install(folder: Path, name: str, version: str, direct_url: object = None) -> None:
    write(folder / f"{name}-{version}.dist-info" / "METADATA", f"Name: {name}\n")
    if direct_url is not None:
        write(folder / f"{name}-{version}.dist-info" / "direct_url.json", json.dumps(direct_url))


def test_distributions_are_listed_as_pip_installs_them_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    install(first, "Plain_Name", "1.0")
    install(second, "plain.name", "0.9")
    install(first, "pip", "25.0")
    install(second, "torch", "2.3.0+cu121")
    vcs = {"vcs": "git", "commit_id": "abc"}
    install(
        first, "fromgit", "2", {"url": f"https://bot:{SECRET}@h/x.git", "vcs_info": vcs, "subdirectory": "py"}
    )
    install(first, "mine", "0.1", {"url": "file:///home/ada/mine", "dir_info": {"editable": True}})
    install(first, "wheel_here", "3", {"url": "file:///tmp/w.whl", "archive_info": {}})
    install(first, "archive", "4", {"url": "https://h/a.zip", "archive_info": {}})
    signed = f"https://h/x.whl?sv=1&sig={SECRET}#sha256=ab"
    install(first, "signed", "6", {"url": signed, "archive_info": {}})
    write(first / "broken-1.dist-info" / "direct_url.json", "{")
    write(first / "old.egg-info" / "PKG-INFO", "Metadata-Version: 1.0\nName: old\nVersion: 5\n")
    write(first / "nothing.egg-info", "")
    monkeypatch.setattr(sys, "path", [str(first), str(tmp_path / "absent"), str(second), ""])
    monkeypatch.chdir(tmp_path)
    text = distributions.requirements(distributions.installed(), "3.12.1")
    assert text.splitlines() == [
        "# The distributions that were installed, with Python 3.12.1.",
        "archive @ https://h/a.zip",
        "broken==1",
        "fromgit @ git+https://h/x.git@abc#subdirectory=py",
        "# mine==0.1 was installed editable from file:///home/ada/mine",
        f"# old==5 was installed editable from {first}",
        "plain-name==1.0",
        "signed @ https://h/x.whl#sha256=ab",
        "torch==2.3.0+cu121",
        "wheel-here==3  # was installed from file:///tmp/w.whl",
    ]


def test_the_list_of_distributions_agrees_with_importlib() -> None:
    from importlib.metadata import distributions as expected

    ours = {entry.name: entry.version for entry in distributions.installed()}
    theirs = {
        entry.metadata["Name"].lower().replace("_", "-").replace(".", "-"): entry.version
        for entry in expected()
    }
    assert ours == theirs


# --- data files -----------------------------------------------------------------------------------


def digest_of(*paths: Path) -> list[Any]:
    described: Any = Digests().describe([str(path) for path in paths], read=True)
    return described["data"]


def test_a_digest_tells_whether_data_changed(tmp_path: Path) -> None:
    write(tmp_path / "data" / "a.csv", "1,2\n")
    write(tmp_path / "data" / "deep" / "b.csv", "3,4\n")
    [folder] = digest_of(tmp_path / "data")
    [file] = digest_of(tmp_path / "data" / "a.csv")
    in_a, in_b = sha256(b"1,2\n").hexdigest(), sha256(b"3,4\n").hexdigest()
    assert file["sha256"] == in_a
    assert folder["sha256"] == sha256(f"a.csv\0{in_a}\ndeep/b.csv\0{in_b}\n".encode()).hexdigest()
    assert (folder["kind"], folder["files"], folder["bytes"]) == ("folder", 2, 8)
    (tmp_path / "data").rename(tmp_path / "moved")
    assert digest_of(tmp_path / "moved")[0]["sha256"] == folder["sha256"]
    write(tmp_path / "moved" / "deep" / "b.csv", "3,5\n")
    assert digest_of(tmp_path / "moved")[0]["sha256"] != folder["sha256"]
    (tmp_path / "moved" / "deep" / "b.csv").rename(tmp_path / "moved" / "deep" / "c.csv")
    assert digest_of(tmp_path / "moved")[0]["sha256"] != folder["sha256"]


def test_data_that_cannot_be_read_is_missing_with_a_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "many").mkdir()
    for number in range(4):
        write(tmp_path / "many" / str(number), "x")
    (tmp_path / "many" / "link to nothing").symlink_to("nowhere")
    monkeypatch.setattr("runstone.client.surroundings.data_files.FILES_LIMIT", 3)
    absent, pipe, many = digest_of(tmp_path / "absent", tmp_path / "pipe", tmp_path / "many")
    assert absent["missing"] == "it cannot be read: No such file or directory"
    assert "is no regular file" in pipe["missing"]
    assert (many["missing"], many["sha256"]) == ("it has more than 3 files", None)
    assert FILES_LIMIT == 10_000
