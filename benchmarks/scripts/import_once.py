"""Import a module once: how long it took, and what the process weighs afterwards."""

import json
import sys
import time

started = time.perf_counter()
__import__(sys.argv[1])
seconds = time.perf_counter() - started


def resident_bytes() -> int:
    from pathlib import Path  # only now: it would be part of what is measured

    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS:"))


print(json.dumps({"seconds": seconds, "resident": resident_bytes()}))
