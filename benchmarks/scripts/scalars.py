"""Several processes, each with a run of its own: `scalars.py MODULE PROCESSES COUNT LIMIT`, in the default local store.

With a fifth argument it is one of them, which logs COUNT points unless LIMIT (a time) comes first.
"""

import json
import subprocess
import sys
import time
from importlib import import_module


def work(module: str, count: int, limit: float) -> None:
    tracker = import_module(module)
    with tracker.start_run() as run:
        logged = 0
        for step in range(count):
            if time.time() > limit:
                break
            tracker.log_metric("loss", 1.0 / (step + 1), step=step)
            logged += 1
    print(json.dumps({"run_id": run.info.run_id, "logged": logged}))


def main(module: str, processes: int, count: int, limit: float) -> None:
    tracker = import_module(module)
    with tracker.start_run():  # makes the store
        pass
    command = [sys.executable, __file__, module, "1", str(count), str(time.time() + limit), "worker"]
    began = time.perf_counter()
    working = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(processes)]
    done = [json.loads(process.communicate()[0].splitlines()[-1]) for process in working]
    ended = time.perf_counter() - began
    client = tracker.MlflowClient()
    stored = sum(len(client.get_metric_history(one["run_id"], "loss")) for one in done)
    readable = time.perf_counter() - began
    logged = sum(one["logged"] for one in done)
    assert stored == logged, f"{logged} points were logged and {stored} are there"
    print(json.dumps({"logged": logged, "ended": ended, "readable": readable}))


if len(sys.argv) > 5:
    work(sys.argv[1], int(sys.argv[3]), float(sys.argv[4]))
else:
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]))
