"""The small programs behind the Makefile and the build hook."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tools import ui

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def path_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that is all of PATH."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def put_command(folder: Path, name: str, prints: str) -> None:
    command = folder / name
    command.write_text(f"#!/bin/sh\necho '{prints}'\n")
    command.chmod(0o755)


@pytest.mark.parametrize(
    ("version", "enough"),
    [
        ("v20.19.0", True),
        ("v20.18.9", False),
        ("v18.20.4", False),
        ("v21.7.3", False),
        ("v22.11.0", False),
        ("v22.12.0", True),
        ("v26.0.1", True),
        ("nonsense", False),
    ],
)
def test_node_is_asked_for_unless_path_has_one_that_is_new_enough(
    path_with: Path, version: str, enough: bool
) -> None:
    put_command(path_with, "npm", "11.0.0")
    put_command(path_with, "node", version)
    assert ui.requirements() == ([] if enough else [ui.NODE_REQUIREMENT])


def test_node_is_asked_for_where_npm_is_missing(path_with: Path) -> None:
    put_command(path_with, "node", "v22.12.0")
    assert ui.requirements() == [ui.NODE_REQUIREMENT]


def test_a_python_that_is_too_old_is_passed_over(path_with: Path) -> None:
    put_command(path_with, "python3", "I am Python 2")
    (path_with / "python3").write_text("#!/bin/sh\nexit 1\n")
    (path_with / "python3.13").symlink_to(sys.executable)
    assert find_python().stdout.strip() == str(path_with / "python3.13")


def test_without_python_the_message_says_what_to_install(path_with: Path) -> None:
    found = find_python()
    assert found.returncode == 1
    assert "apt-get install python3 python3-venv" in found.stderr


def test_without_ensurepip_the_message_names_the_package(path_with: Path) -> None:
    (path_with / "python3").write_text('#!/bin/sh\ncase "$2" in *ensurepip*) exit 1;; esac\n')
    (path_with / "python3").chmod(0o755)
    found = find_python()
    assert found.returncode == 1
    assert "apt-get install python3-venv" in found.stderr


def find_python() -> subprocess.CompletedProcess[str]:
    return subprocess.run(["/bin/sh", ROOT / "tools" / "find-python"], capture_output=True, text=True)


def free_port(port: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, ROOT / "tools" / "free_port.py", str(port)]
    return subprocess.run(command, capture_output=True, text=True)


def test_a_port_in_use_is_said_plainly() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = free_port(port)
    assert refused.returncode == 1
    assert refused.stderr == (
        f"Port {port} is in use: stop what listens there, or choose another: make demo PORT=5001\n"
    )
    assert free_port(port).returncode == 0


@pytest.mark.parametrize("port", ["", "http", "0", "65536", "-1"])
def test_what_is_no_port_is_refused(port: str) -> None:
    refused = free_port(port)
    assert refused.returncode == 1
    assert "is not a port number" in refused.stderr
