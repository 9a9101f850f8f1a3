"""A process that logs and seals, and dies at the n-th statement, for n = FIRST, FIRST + STRIDE, … until one lives on.

    python -m tests.crash.statements FOLDER FIRST STRIDE

Every life is a fork of this process, on a copy of its own of one new store: FOLDER/n. In the file `acknowledged` beside
the store stands each write that returned: a run and a step. The last life is the one that was not killed.
"""

import os
import shutil
import signal
import sys
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.pool import Pool

from runstone.service import open_service
from runstone.store import metrics, sealing
from runstone.wire import runs
from tests.crash.logger import batch

RUNS = ("first", "second")
STEPS = 10
DENSE = {
    "SEGMENTS_TO_SEAL": 3,
    "SEGMENTS_AT_REST": 2,
    "CHUNK_FROM": 4,
    "CHUNK_TO": 64,
    "BLOCKS_TO_MERGE": 2,
    "CHUNKS_TO_MERGE": 2,
}
"""Sealing and merging every few writes."""


class Fate:
    """Counts the statements of all connections, down to BEGIN and COMMIT, and kills the process before the n-th."""

    def __init__(self, at: int):
        self._left = at

    def watch(self, connection: Any, *_: object) -> None:
        connection.set_trace_callback(self.statement)

    def statement(self, _text: str) -> None:
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


def live(folder: Path, dies_at: int) -> None:
    """Log to two runs in turn, and end one of them now and then."""
    for constant, value in DENSE.items():
        setattr(sealing, constant, value)
    event.listen(Pool, "connect", Fate(dies_at).watch)
    acknowledged = os.open(folder / "acknowledged", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    service = open_service(str(folder), mode="local")
    for step in range(STEPS):
        for run_id in RUNS:
            service.call("log_batch", batch(run_id, step))
            os.write(acknowledged, f"{run_id} {step}\n".encode())
        if step % 4 == 3:
            service.call("update_run", runs.UpdateRun(run_id=RUNS[0], status="FINISHED", end_time=step))
    service.close()


def in_a_fork(work: Any, *arguments: Any) -> int:
    """How the work ended, in a process of its own: 0, or the number of the signal that killed it."""
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            work(*arguments)
            status = 0
        finally:
            os._exit(status)
    status = os.waitpid(pid, 0)[1]
    if os.WIFSIGNALED(status):
        return os.WTERMSIG(status)
    assert os.WEXITSTATUS(status) == 0, "the work failed by itself"
    return 0


def make_store(folder: Path) -> None:
    """A store with the runs in it."""
    service = open_service(str(folder), mode="local")
    for run_id in RUNS:
        service.call("create_run", runs.CreateRun(experiment_id="0", run_id=run_id))
    service.close()


def main(folder: Path, first: int, stride: int) -> None:
    assert metrics  # loaded once, for all lives, with numpy and pcodec
    in_a_fork(make_store, folder / "new")
    for number in count(first, stride):
        store = folder / str(number)
        shutil.copytree(folder / "new", store)
        if in_a_fork(live, store, number) == 0:
            break


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
