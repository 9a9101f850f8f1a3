"""A store of an older Runstone, opened by this one: `stores/` holds such, as the older ones wrote them."""

import math
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic.script import ScriptDirectory

import runstone.store.migrations as migrations
from runstone.errors import StoreError
from runstone.store import schema
from runstone.wire import datasets, experiments, runs
from tests.unit.services import change, get_run, history, new_run, opened, params, rows, tags

DUMPS = Path(__file__).parent / "stores"
FIRST, SECOND, GONE = "a" * 32, "b" * 32, "c" * 32


@pytest.fixture
def older(tmp_path: Path) -> Callable[[str], Path]:
    """A factory of folders with a store at an older version."""

    def make(version: str) -> Path:
        folder = tmp_path / version
        folder.mkdir()
        with closing(sqlite3.connect(folder / "runstone.db")) as connection:
            connection.executescript((DUMPS / f"{version}.sql").read_text())
            connection.execute("PRAGMA journal_mode = WAL")
        return folder

    return make


def version_of(folder: Path) -> list[Any]:
    return rows(folder, "SELECT version_num FROM runstone_version")


def test_every_older_version_is_known_and_a_store_of_it_kept() -> None:
    scripts = ScriptDirectory(str(Path(migrations.__file__).parent))
    known = [script.revision for script in scripts.walk_revisions()]
    assert sorted(known) == [*schema.OLDER_VERSIONS, schema.VERSION]
    assert {dump.stem for dump in DUMPS.iterdir()} == set(schema.OLDER_VERSIONS)


@pytest.mark.parametrize("version", schema.OLDER_VERSIONS)
def test_an_older_store_is_upgraded_with_all_that_is_in_it(
    older: Callable[[str], Path], version: str
) -> None:
    folder = older(version)
    with opened(folder) as service:
        assert version_of(folder) == [(schema.VERSION,)]
        found: Any = service.call("get_experiment_by_name", experiments.GetExperimentByName("vision"))
        assert found.experiment.artifact_location == "s3://bucket/vision"
        assert {tag.key: tag.value for tag in found.experiment.tags} == {"team": "core"}
        first = get_run(service, FIRST)
        assert (first.info.run_name, first.info.status, first.info.end_time) == ("first", "FINISHED", 2_000)
        assert params(service, FIRST) == {"lr": "0.1", "depth": "5"}
        assert tags(service, FIRST) == {"mlflow.user": "ann", "t": "é"}
        assert history(service, FIRST, "loss") == [("loss", 1 / (1 + n), 1_000 + n, n) for n in range(600)]
        odd = [value for _, value, _, _ in history(service, FIRST, "odd")]
        assert math.isnan(odd[0])
        assert odd[1:] == [math.inf, -math.inf]
        assert history(service, SECOND, "loss") == [("loss", 0.5, 5, 0), ("loss", 0.25, 6, 1)]
        assert get_run(service, GONE).info.lifecycle_stage == "deleted"


@pytest.mark.parametrize("version", schema.OLDER_VERSIONS)
def test_an_upgraded_store_takes_what_is_new_and_what_is_old(
    older: Callable[[str], Path], version: str
) -> None:
    folder = older(version)
    with opened(folder) as service:
        dataset = datasets.Dataset("train", "d1", "local", "{}")
        request = datasets.LogInputs(run_id=SECOND, datasets=[datasets.DatasetInput(dataset=dataset)])
        service.call("log_inputs", request)
        new_run(service, "1", run_id="later")
    with opened(folder) as service:
        shown = get_run(service, SECOND).inputs
        assert isinstance(shown, datasets.RunInputs)
        assert [used.dataset.name for used in shown.dataset_inputs] == ["train"]
        assert [row for (row,) in rows(folder, "SELECT id FROM run WHERE run_id = 'later'")] == [4]


def test_an_upgraded_store_has_the_tables_of_a_new_one(older: Callable[[str], Path], tmp_path: Path) -> None:
    folder = older("0001")
    for each in (folder, tmp_path / "new"):
        with opened(each):
            pass
    query = "SELECT name, sql FROM sqlite_master WHERE name <> 'runstone_version' ORDER BY name"

    def plain(of: Path) -> list[tuple[str, str]]:
        return [(name, " ".join((sql or "").replace('"', "").split())) for name, sql in rows(of, query)]

    assert plain(folder) == plain(tmp_path / "new")


def test_processes_that_open_an_older_store_at_once_upgrade_it_once(older: Callable[[str], Path]) -> None:
    folder = older("0001")
    program = (
        "import sys; from runstone import Client; client = Client(sys.argv[1]);"
        "sys.stdout.write('ready\\n'); sys.stdout.flush(); sys.stdin.readline();"
        "client.log_param('b' * 32, sys.argv[2], '1')"
    )
    command = [sys.executable, "-c", program, str(folder)]
    started = [
        subprocess.Popen([*command, f"p{n}"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for n in range(3)
    ]
    for process in started:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    outcomes: list[int] = []
    threads = [
        threading.Thread(target=lambda p=p: (p.communicate("go\n", 50), outcomes.append(p.returncode)))
        for p in started
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes == [0, 0, 0]
    assert version_of(folder) == [(schema.VERSION,)]
    with opened(folder) as service:
        assert params(service, SECOND) == {"p0": "1", "p1": "1", "p2": "1"}


def test_an_upgrade_that_fails_leaves_the_store_as_it_was(older: Callable[[str], Path]) -> None:
    folder = older("0001")
    change(folder, "CREATE TABLE run_model (mine INTEGER)")  # the last that the upgrade makes
    with pytest.raises(StoreError, match="run_model already exists"), opened(folder):
        pass
    assert version_of(folder) == [("0001",)]
    assert rows(folder, "SELECT name FROM sqlite_master WHERE name = 'dataset'") == []


@pytest.mark.parametrize("version", ["0003", "9999", "0000", "", "nonsense"])
def test_a_version_that_is_not_known_is_refused(older: Callable[[str], Path], version: str) -> None:
    folder = older("0001")
    change(folder, "UPDATE runstone_version SET version_num = ?", version)
    with (
        pytest.raises(StoreError, match=rf"schema version {version}, .*pip install --upgrade"),
        opened(folder),
    ):
        pass
    assert version_of(folder) == [(version,)]


@pytest.mark.parametrize(("make", "loaded"), [("0001", True), ("new", False), ("again", False)])
def test_alembic_is_loaded_for_an_upgrade_alone(
    older: Callable[[str], Path], tmp_path: Path, make: str, loaded: bool
) -> None:
    folder = older("0001") if make == "0001" else tmp_path / make
    if make == "again":
        with opened(folder):
            pass
    program = (
        "import sys; from runstone import Client; Client(sys.argv[1]).get_experiment('0');"
        "sys.exit('alembic' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program, str(folder)], timeout=50)
    assert bool(done.returncode) == loaded


def test_a_run_reads_as_before_where_nothing_was_linked(older: Callable[[str], Path]) -> None:
    with opened(older("0001")) as service:
        response: Any = service.call("search_runs", runs.SearchRuns(experiment_ids=["1"]))
        assert [run.info.run_name for run in response.runs] == ["second", "first"]
        assert all(run.inputs == datasets.RunInputs() for run in response.runs)
        assert all(run.outputs == datasets.RunOutputs() for run in response.runs)
