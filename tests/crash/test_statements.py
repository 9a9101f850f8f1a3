"""kill -9 between any two statements of logging and sealing: nothing acknowledged is lost, nothing is doubled."""

import subprocess
import sys
from pathlib import Path

import pytest

from runstone.wire import runs
from tests.crash.checks import Acknowledged, check_whole, parse
from tests.crash.statements import RUNS, STEPS
from tests.unit.services import opened, rows

ROOT = Path(__file__).parents[2]
SHARES = 10
"""Tests that share the statements, so that none takes long."""


@pytest.mark.parametrize("first", range(1, SHARES + 1))
def test_a_process_killed_at_any_statement_loses_and_doubles_nothing(tmp_path: Path, first: int) -> None:
    arguments = [str(tmp_path), str(first), str(SHARES)]
    command = [sys.executable, "-W", "error", "-m", "tests.crash.statements", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    folders = [folder for folder in tmp_path.iterdir() if folder.name != "new"]
    lives = sorted(folders, key=lambda folder: int(folder.name))
    sealed: set[bool] = set()
    acknowledged: Acknowledged = set()
    for store in lives:
        with (store / "acknowledged").open() as file:
            acknowledged = parse(file)
        sealed.add(rows(store, "SELECT count(*) FROM metric_block") != [(0,)])
        check_whole(store, acknowledged)
        with opened(store) as service:  # and the next process goes on from there
            for run_id in RUNS:
                service.call("update_run", runs.UpdateRun(run_id=run_id, status="FINISHED"))
        check_whole(store, acknowledged)
        check_kept_once(store)
    assert acknowledged == {(run_id, step) for run_id in RUNS for step in range(STEPS)}
    assert len(lives) > 100 / SHARES
    assert sealed == {False, True}
    assert rows(lives[-1], "SELECT count(*) FROM metric_chunk") > [(0,)]


def check_kept_once(store: Path) -> None:
    """A read shows equal points once. Here none were sent twice: so many as were logged are kept, and no more."""
    kept = [
        rows(store, f"SELECT coalesce(sum(count), 0) FROM metric_{kind}")[0][0]
        for kind in ("segment", "chunk", "block")
    ]
    assert rows(store, "SELECT coalesce(sum(count), 0) FROM metric_summary") == [(sum(kept),)]
