"""What somebody feels who types a command: how long help takes, and a list of runs."""

import subprocess
import time
from pathlib import Path

from benchmarks.figures import Figure, Scale, median
from benchmarks.sides import Side, clean_environment


def help_(side: Side, scale: Scale) -> list[Figure]:
    """`--help` of the command and of one of its groups, in fresh processes."""
    count = scale.pick(9, 3)
    return [
        Figure("--help", _seconds(side, ["--help"], count), "s", "≤ 0.15 s"),
        Figure("runs --help", _seconds(side, ["runs", "--help"], count), "s", "≤ 0.15 s"),
    ]


def list_runs(side: Side, scale: Scale) -> list[Figure]:
    """`runs list` of three runs in a local store, in fresh processes."""
    folder = side.fresh_folder("list-runs")
    for _ in range(3):
        _run(side, ["runs", "create", "--experiment-id", "0"], folder)
    seconds = _seconds(side, ["runs", "list", "--experiment-id", "0"], scale.pick(5, 2), folder)
    return [Figure("runs list, local store", seconds, "s", "≤ 0.8 s")]


def _seconds(side: Side, arguments: list[str], count: int, folder: Path | None = None) -> float:
    folder = folder or side.fresh_folder("command")
    _run(side, arguments, folder)  # brings the files into the system's cache
    return median([_run(side, arguments, folder) for _ in range(count)])


def _run(side: Side, arguments: list[str], folder: Path) -> float:
    command = [str(side.python.with_name(side.module)), *arguments]
    started = time.perf_counter()
    subprocess.run(command, cwd=folder, env=clean_environment(), capture_output=True, timeout=120, check=True)
    return time.perf_counter() - started
