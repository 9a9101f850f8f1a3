"""What must hold of a store after a crash."""

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from tests.crash.logger import batch
from tests.unit.services import history, opened, params

Acknowledged = set[tuple[str, int]]
"""Writes that returned: runs and their steps."""


def parse(lines: Iterable[str]) -> Acknowledged:
    """The writes that a logger said had returned; a line that was cut off by its death is none."""
    pairs = (line.split() for line in lines if line.endswith("\n"))
    return {(run_id, int(step)) for run_id, step in pairs}


def check_whole(folder: Path, acknowledged: Acknowledged) -> None:
    """Open the store and check that each acknowledged write is there, nothing is there twice, and no write is half."""
    with opened(folder) as service:
        for run_id in {run_id for run_id, _ in acknowledged}:
            points = history(service, run_id, "loss")
            bursts = history(service, run_id, "burst")
            steps = [step for *_, step in points]
            assert {step for name, step in acknowledged if name == run_id} <= set(steps)
            assert len(steps) == len(set(steps))
            assert len(bursts) == 3 * len(steps)
            assert {step for *_, step in bursts} == set(steps)
            for key, value, timestamp, step in points:
                sent = batch(run_id, step).metrics[0]
                assert (sent.key, sent.value, sent.timestamp) == (key, value, timestamp)
            assert params(service, run_id) == {f"p{step}": str(step) for step in steps if step % 10 == 0}
            assert _counted(folder, run_id) == {"loss": len(points), "burst": len(bursts)}
    with closing(sqlite3.connect(folder / "runstone.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def _counted(folder: Path, run_id: str) -> dict[str, int]:
    query = (
        "SELECT key_name.name, count FROM metric_summary JOIN key_name ON key_name.id = key "
        "JOIN run ON run.id = run WHERE run_id = ?"
    )
    with closing(sqlite3.connect(folder / "runstone.db")) as connection:
        return dict(connection.execute(query, (run_id,)).fetchall())
