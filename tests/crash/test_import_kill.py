"""Kills an import wherever it can be killed, and runs it again: what is there in the end is what it should be."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from runstone import Client
from tests.commands import clean_environment
from tests.compat.importing import stores
from tests.imports import imported, seen, without

IMPORTER = Path(__file__).with_name("importer.py")
MOST = 400
STRIDE = 5
"""Each kill comes a few steps after the last one, whose work stays: the import must get through all the same."""


def run_until(steps: int, source: str, target: Path) -> int:
    """The import, killed after so many steps unless it ends before; its status."""
    command = [sys.executable, IMPORTER, source, target, str(steps)]
    done = subprocess.run(command, env=clean_environment(), capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode


@pytest.mark.timeout(180)
@pytest.mark.parametrize("name", ["folder-3", "sqlite-3"])
def test_an_import_that_is_killed_again_and_again_gets_everything_once(name: str, tmp_path: Path) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    with stores.source(name, tmp_path / "source") as uri:
        imported(uri, whole)
        status, steps = 0, 0
        for steps in range(STRIDE, MOST, STRIDE):
            status = run_until(steps, uri, killed)
            if status != -signal.SIGKILL:
                break
        assert status == 3
        assert steps > 4 * STRIDE
        again = imported(uri, killed)
    assert again["taken"]["unchanged_runs"] == 5
    with Client(str(whole)) as expected, Client(str(killed)) as found:
        assert without(seen(found)) == without(seen(expected))
        assert stored_points(killed) == stored_points(whole)


def stored_points(target: Path) -> dict[str, int]:
    """How many points were ever stored of each metric of each run: more than there are, if some were stored twice."""
    with Client(str(target)) as client:
        runs = [
            run
            for one in client.search_experiments(view_type="ALL")
            for run in client.search_runs([one.experiment_id], run_view_type="ALL")
        ]
        return {
            f"{run.info.run_id} {series.key}": series.count
            for run in runs
            if run.data.metrics
            for series in client.get_series(run.info.run_id, list(run.data.metrics))
        }
