"""`log_metric` in a run of the default local store: the time of each call on the caller's thread."""

import json
import sys
import time
from importlib import import_module

module, count, limit = import_module(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
calls: list[float] = []
with module.start_run():
    module.log_metric("warm-up", 0.0)
    deadline = time.perf_counter() + limit
    for step in range(count):
        started = time.perf_counter()
        module.log_metric("loss", 1.0 / (step + 1), step=step)
        calls.append(time.perf_counter() - started)
        if time.perf_counter() > deadline:
            break
print(json.dumps({"calls": calls}))
