"""Many processes write to one local store at once: `crowd.py MODULE PROCESSES SECONDS`. How long did anyone wait?

Each logs a metric, and now and then a param, as fast as it may. They begin together, when all have started a run.
"""

import json
import multiprocessing
import sys
import time
from importlib import import_module
from typing import Any

START_S = 300


def work(module: str, seconds: float, start: Any, results: Any) -> None:
    tracker = import_module(module)
    waits: list[float] = []
    failures: dict[str, int] = {}
    with tracker.start_run() as run:
        start.wait(START_S)
        deadline, step, stored = time.perf_counter() + seconds, 0, 0
        while time.perf_counter() < deadline:
            began = time.perf_counter()
            try:
                tracker.log_metric("loss", 1.0 / (step + 1), step=step)
                stored += 1
                if step % 20 == 0:
                    tracker.log_param(f"p{step}", step)
            except Exception as error:  # noqa: BLE001 - whatever the product raises is a figure here
                failures[type(error).__name__] = failures.get(type(error).__name__, 0) + 1
            waits.append(time.perf_counter() - began)
            step += 1
    results.put({"run_id": run.info.run_id, "stored": stored, "waits": waits, "failures": failures})


def main(module: str, processes: int, seconds: float) -> None:
    tracker = import_module(module)
    with tracker.start_run():  # makes the store
        pass
    spawn = multiprocessing.get_context("spawn")
    start, results = spawn.Barrier(processes), spawn.Queue()
    working = [spawn.Process(target=work, args=(module, seconds, start, results)) for _ in range(processes)]
    for process in working:
        process.start()
    done = [results.get() for _ in working]
    for process in working:
        process.join()
    client = tracker.MlflowClient()
    found = sum(len(client.get_metric_history(one["run_id"], "loss")) for one in done)
    stored = sum(one["stored"] for one in done)
    assert found == stored, f"{stored} writes were answered and {found} are there"
    waits = sorted(wait for one in done for wait in one["waits"])
    figures = {
        "rate": stored / seconds,
        "longest": waits[-1],
        "p99": waits[int(len(waits) * 0.99)],
        "failed": sum(count for one in done for count in one["failures"].values()),
        "least": min(one["stored"] for one in done),
        "most": max(one["stored"] for one in done),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))
