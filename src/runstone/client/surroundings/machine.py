"""The machine and the interpreter: host, operating system, Python, processors, memory, graphics cards."""

import csv
import os
import platform
import socket
import sys
from pathlib import Path

from runstone.client.surroundings.processes import NotFound, ask

SECONDS = 10.0
"""How long nvidia-smi may take to answer: a card that sleeps needs seconds to wake."""

_QUERY = ("index", "name", "uuid", "memory.total", "driver_version")
_NO_LIMIT = 1 << 60


def python() -> dict[str, object]:
    """The interpreter; `virtual_environment` tells whether it has packages of its own."""
    return {
        "version": platform.python_version(),
        "implementation": platform.python_implementation(),
        "executable": sys.executable,
        "prefix": sys.prefix,
        "virtual_environment": sys.prefix != sys.base_prefix,
    }


def system() -> dict[str, object]:
    """The operating system."""
    found: dict[str, object] = {
        "name": platform.system(),
        "release": platform.release(),
        "machine": platform.machine(),
    }
    try:
        found["distribution"] = platform.freedesktop_os_release().get("PRETTY_NAME")
    except OSError:  # no Linux, or a container without that file
        found["distribution"] = None
    return found


def host() -> str:
    """The machine's name in the network."""
    return socket.gethostname()


def cpu() -> dict[str, object]:
    """The processors: how many there are, how many this process may use, and how many a container grants it."""
    affinity = getattr(os, "sched_getaffinity", None)
    return {
        "model": _cpu_model(),
        "count": os.cpu_count(),
        "usable": len(affinity(0)) if affinity else os.cpu_count(),
        "container_limit": _granted_processors(),
    }


def _cpu_model() -> str | None:
    if sys.platform == "darwin":
        try:
            return ask(["sysctl", "-n", "machdep.cpu.brand_string"], seconds=SECONDS).data.decode().strip()
        except NotFound:
            return platform.machine()
    for line in (_read("/proc/cpuinfo") or "").splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return os.environ.get("PROCESSOR_IDENTIFIER") or platform.machine() or None


def _granted_processors() -> float | None:
    quota, _, period = (_read("/sys/fs/cgroup/cpu.max") or "").strip().partition(" ")
    return int(quota) / int(period) if quota.isdigit() and period.isdigit() and int(period) else None


def memory() -> dict[str, object]:
    """Bytes of memory: the machine's, and what a container grants."""
    limit = (_read("/sys/fs/cgroup/memory.max") or "").strip()
    return {
        "bytes": _all_memory(),
        "container_limit": int(limit) if limit.isdigit() and int(limit) < _NO_LIMIT else None,
    }


def _all_memory() -> int | None:
    if sys.platform == "win32" or "SC_PHYS_PAGES" not in os.sysconf_names:
        return None
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def gpus() -> list[dict[str, object]]:
    """NVIDIA's cards, as their driver names them. Raises NotFound with the reason if it cannot be asked."""
    answer = ask(
        ["nvidia-smi", f"--query-gpu={','.join(_QUERY)}", "--format=csv,noheader,nounits"], seconds=SECONDS
    )
    rows = csv.reader(answer.data.decode("utf-8", "replace").splitlines(), skipinitialspace=True)
    return [
        {
            "index": _integer(row[0]),
            "name": row[1],
            "uuid": row[2],
            "memory_mib": _integer(row[3]),
            "driver": row[4],
        }
        for row in rows
        if len(row) == len(_QUERY)
    ]


def _integer(text: str) -> int | None:
    return int(text) if text.isdigit() else None


def _read(path: str) -> str | None:
    try:
        return Path(path).read_text(errors="replace")
    except OSError:  # not there on this system
        return None
