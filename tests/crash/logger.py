"""A process that logs until it is killed, and says after every call that it returned.

    python -m tests.crash.logger FOLDER NAME [dense]

Every line on its output is one write that was acknowledged: a run, a step, and the param that came with every tenth.
"""

import sys
import threading
from itertools import count

from runstone.service import Service, open_service
from runstone.store import sealing
from runstone.wire import runs

THREADS = 3
DENSE = {"SEGMENTS_TO_SEAL": 4, "POINTS_TO_SEAL": 40, "CHUNK_FROM": 8, "CHUNK_TO": 16, "BLOCK_SERIES": 2}
"""Sealing every few writes, so that many a death falls into it."""


def batch(run_id: str, step: int) -> runs.LogBatch:
    """What a step logs: two metrics, one of them a few points long, and sometimes a param."""
    return runs.LogBatch(
        run_id=run_id,
        metrics=[
            runs.Metric("loss", 1.0 / (step + 1), 1_700_000_000_000 + step, step),
            *(runs.Metric("burst", float(part), step, step) for part in range(3)),
        ],
        params=[runs.Param(f"p{step}", str(step))] if step % 10 == 0 else [],
    )


def log(service: Service, run_id: str) -> None:
    """Log to a run for ever."""
    service.call("create_run", runs.CreateRun(experiment_id="0", run_id=run_id))
    for step in count():
        service.call("log_batch", batch(run_id, step))
        sys.stdout.write(f"{run_id} {step}\n")  # in one piece, lines of several threads do not mix
        sys.stdout.flush()
        if step % 25 == 24:
            service.call("update_run", runs.UpdateRun(run_id=run_id, status="FINISHED", end_time=step))


def main(folder: str, name: str, *options: str) -> None:
    if "dense" in options:
        for constant, value in DENSE.items():
            setattr(sealing, constant, value)
    service = open_service(folder, mode="local")
    for number in range(THREADS):
        threading.Thread(target=log, args=(service, f"{name}-{number}")).start()


if __name__ == "__main__":
    main(*sys.argv[1:])
