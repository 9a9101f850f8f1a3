"""The command `runstone` as a process."""

import os
import subprocess
import sys
from pathlib import Path

RUNSTONE = str(Path(sys.executable).with_name("runstone"))


def clean_environment(**more: str) -> dict[str, str]:
    """This process's environment without what would choose a store or an experiment, and with `more`."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("MLFLOW_", "RUNSTONE_"))
    }
    return kept | {"PYTHONWARNINGS": "error", "PYTHONIOENCODING": "utf-8"} | more


def runstone(*arguments: object, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command, run to its end."""
    return subprocess.run(
        [RUNSTONE, *map(str, arguments)],
        cwd=folder,
        env=clean_environment(**environment),
        capture_output=True,
        encoding="utf-8",
        timeout=30,
        check=False,
    )


def refusal(process: subprocess.CompletedProcess[str]) -> str:
    """The one line that a command ended with."""
    assert process.returncode == 1, process
    assert process.stdout == ""
    [line] = process.stderr.splitlines()
    assert line.startswith("Error: ")
    return line
