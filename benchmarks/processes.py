"""What a tree of processes weighs and does (Linux)."""

import os
import time
from pathlib import Path

PROC = Path("/proc")


def tree(root: int) -> list[int]:
    """A process and all that descend from it."""
    children: dict[int, list[int]] = {}
    for folder in PROC.iterdir():
        if folder.name.isdigit():
            try:
                # The command's name, in parentheses, may hold spaces; the parent stands after it.
                parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            except (FileNotFoundError, ProcessLookupError):
                continue
            children.setdefault(parent, []).append(int(folder.name))
    found, waiting = [], [root]
    while waiting:
        found.append(waiting.pop())
        waiting += children.get(found[-1], [])
    return found


def settle(root: int, seconds: float = 60) -> None:
    """Wait until a tree of processes has been idle for a second, or for so long at most."""
    deadline = time.perf_counter() + seconds
    before = _ticks(root)
    while time.perf_counter() < deadline:
        time.sleep(1)
        now = _ticks(root)
        if now - before <= 0.02 * os.sysconf("SC_CLK_TCK"):
            return
        before = now


def _ticks(root: int) -> int:
    """The processor time that a tree has used, in clock ticks."""
    used = 0
    for process in tree(root):
        try:
            fields = (PROC / str(process) / "stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        used += int(fields[11]) + int(fields[12])
    return used


def proportional_set_size(process: int) -> int:
    """Bytes of memory: private pages whole, shared ones divided among those who share them."""
    for line in (PROC / str(process) / "smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError(f"no Pss of process {process}")


def peak_memory(process: int) -> int:
    """The most bytes of memory that a process had at any time; 0 if it has ended."""
    try:
        lines = (PROC / str(process) / "status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))
