"""Several servers on one database: what one decides while another is about to write."""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from sqlalchemy import Connection, func, select, text, update

from runstone.entities.kinds import LifecycleStage
from runstone.errors import ResourceAlreadyExists, ResourceConflict, ResourceDoesNotExist, StoreError
from runstone.service import Service
from runstone.store import removal, runs, schema
from runstone.store.dialect import database_at, mysql
from runstone.store.runs import RunRow
from runstone.wire import datasets, experiments, importing
from runstone.wire import runs as wire
from tests.databases import SERVERS, fresh_database
from tests.unit.services import get_run, log_param, new_experiment, new_run, opened, set_tag

WAITING = {
    "postgresql": "SELECT count(*) FROM pg_stat_activity "
    "WHERE datname = current_database() AND wait_event_type = 'Lock'",
    "mariadb": "SELECT count(*) FROM information_schema.innodb_trx JOIN information_schema.processlist "
    "ON id = trx_mysql_thread_id WHERE db = database() AND trx_state = 'LOCK WAIT'",
}
"""How many transactions wait for another one."""

Overtaken = Callable[[Callable[[Connection], object], Callable[[], Any]], Any]


@pytest.fixture(params=SERVERS)
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def services(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sequence[Service]]:
    """Two servers on one database."""
    monkeypatch.chdir(tmp_path)  # where the artifacts go
    with ExitStack() as stack:
        url = stack.enter_context(fresh_database(kind))
        yield [stack.enter_context(opened(url)) for _ in range(2)]


@pytest.fixture
def ours(services: Sequence[Service]) -> Service:
    return services[0]


@pytest.fixture
def overtaken(services: Sequence[Service], kind: str) -> Overtaken:
    """Makes a call to our server that begins when the other one has changed something, and ends after its commit."""
    _, theirs = services

    def waits() -> bool:
        with theirs.store.read() as connection:
            return bool(connection.scalar(text(WAITING[kind])))

    def run(change: Callable[[Connection], object], call: Callable[[], Any]) -> Any:
        changed, go = Event(), Event()

        def first(connection: Connection, _keys: object) -> None:
            change(connection)
            changed.set()
            go.wait(60)

        with ThreadPoolExecutor(2) as threads:
            changing = threads.submit(theirs.store.write, first)
            assert changed.wait(60)
            calling = threads.submit(call)
            while not (calling.done() or waits()):
                time.sleep(0.2)  # MariaDB tells no news to who asks more often than every 0.1 s
            go.set()
            changing.result()
            return calling.result()

    return run


def number_of(service: Service, run_id: str) -> int:
    with service.store.read() as connection:
        return runs.numbers(connection, [run_id])[run_id]


def doom(number: int) -> Callable[[Connection], None]:
    """Deletes a run, and begins to remove it for good."""

    def change(connection: Connection) -> None:
        deleted = update(schema.run).where(schema.run.c.id == number)
        connection.execute(deleted.values(lifecycle=LifecycleStage.DELETED, deleted=1))
        assert removal.doom_runs(connection, [number], None) == [number]

    return change


def remove(number: int) -> Callable[[Connection], None]:
    """Deletes a run, and removes it for good."""

    def change(connection: Connection) -> None:
        doom(number)(connection)
        while removal.sweep(connection, [number]) is None:
            pass

    return change


def import_run(service: Service, run_id: str, **fields: Any) -> Any:
    run = importing.ImportedRun(run_id=run_id, **fields)
    return service.call("import_runs", importing.ImportRuns(experiment_id="0", runs=[run]))


def counts(service: Service) -> dict[str, int]:
    """The rows of every table that tells of runs."""
    tables = {
        name: table
        for name, table in schema.metadata.tables.items()
        if "run" in table.c or table is schema.run
    }
    with service.store.read() as connection:
        return {
            name: connection.scalar(select(func.count()).select_from(t)) or 0 for name, t in tables.items()
        }


def test_an_import_does_not_bring_back_a_run_that_is_being_removed(
    ours: Service, overtaken: Overtaken
) -> None:
    run_id = new_run(ours)
    log_param(ours, run_id, "p", "v")
    number = number_of(ours, run_id)
    ours.call("delete_run", wire.DeleteRun(run_id=run_id))
    with pytest.raises(ResourceConflict, match=f"{run_id} is being removed for good"):
        overtaken(doom(number), lambda: import_run(ours, run_id, status="FINISHED"))
    with pytest.raises(ResourceDoesNotExist):
        get_run(ours, run_id)


def made(experiment: int) -> Callable[[Connection], None]:
    """Makes a run called "new"."""
    row = RunRow(0, "new", experiment, "n", "u", "FINISHED", LifecycleStage.ACTIVE, 1, 2, None, "a")
    return lambda connection: runs.insert(connection, row, {})


def test_of_two_imports_of_a_new_run_the_later_brings_it_up_to_date(
    ours: Service, overtaken: Overtaken
) -> None:
    overtaken(made(0), lambda: import_run(ours, "new", run_name="later"))
    assert get_run(ours, "new").info.run_name == "later"


def test_an_import_of_a_run_that_is_made_meanwhile_elsewhere_is_told_to_come_again(
    ours: Service, overtaken: Overtaken
) -> None:
    elsewhere = int(new_experiment(ours, "elsewhere"))
    with pytest.raises(ResourceConflict, match=r"made by somebody else|exists already"):
        overtaken(made(elsewhere), lambda: import_run(ours, "new"))
    with pytest.raises(ResourceConflict, match=f"exists already, in experiment {elsewhere}"):
        import_run(ours, "new")


@pytest.mark.parametrize(
    ("operation", "request_of"),
    [
        ("update_run", lambda run_id: wire.UpdateRun(run_id=run_id, run_name="late")),
        ("update_run", lambda run_id: wire.UpdateRun(run_id=run_id, status="FINISHED")),
        ("delete_tag", lambda run_id: wire.DeleteTag(run_id=run_id, key="t")),
        (
            "log_inputs",
            lambda run_id: datasets.LogInputs(
                run_id=run_id,
                datasets=[datasets.DatasetInput(dataset=datasets.Dataset("train", "d1", "local", "{}"))],
                models=[datasets.ModelInput("m-1")],
            ),
        ),
        (
            "log_outputs",
            lambda run_id: datasets.LogOutputs(run_id=run_id, models=[datasets.ModelOutput("m-1", 1)]),
        ),
        (
            "log_model",
            lambda run_id: datasets.LogModel(
                run_id=run_id,
                model_json='{"artifact_path": "m", "flavors": {}, "run_id": "r", "utc_time_created": "t"}',
            ),
        ),
    ],
    ids=["name", "status", "tag", "inputs", "outputs", "model"],
)
def test_nothing_is_written_to_a_run_that_is_removed_meanwhile(
    ours: Service, overtaken: Overtaken, operation: str, request_of: Callable[[str], Any]
) -> None:
    before = counts(ours)
    run_id = new_run(ours)
    set_tag(ours, run_id, "t", "v")
    with pytest.raises(ResourceDoesNotExist):
        overtaken(remove(number_of(ours, run_id)), lambda: ours.call(operation, request_of(run_id)))
    assert counts(ours) == before


def test_an_experiment_that_is_restored_meanwhile_keeps_its_name(ours: Service, overtaken: Overtaken) -> None:
    number = new_experiment(ours, "mine")
    ours.call("delete_experiment", experiments.DeleteExperiment(experiment_id=number))
    restored = update(schema.experiment).where(schema.experiment.c.id == int(number))
    with pytest.raises(ResourceAlreadyExists, match="Experiment\\(name=mine\\) already exists"):
        overtaken(
            lambda connection: connection.execute(restored.values(lifecycle=LifecycleStage.ACTIVE)),
            lambda: new_experiment(ours, "mine", replace_deleted=True),
        )
    found: Any = ours.call("get_experiment", experiments.GetExperiment(experiment_id=number))
    assert found.experiment.name == "mine"


def test_a_second_server_that_starts_while_the_first_makes_the_tables_finds_them_whole(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with fresh_database(kind) as url:
        of_kind = type(database_at(url))
        unlock = of_kind.unlock_creation
        second: list[int] = []

        def and_then_another(self: Any, connection: Connection) -> None:
            unlock(self, connection)
            if not second:
                second.append(1)
                with opened(url) as service:
                    new_run(service)

        monkeypatch.setattr(of_kind, "unlock_creation", and_then_another)
        with opened(url) as service:
            new_run(service)
        assert second


def test_the_tables_of_two_databases_of_a_server_are_made_at_the_same_time(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if kind == "postgresql":
        pytest.skip("PostgreSQL keeps such locks for each database")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(mysql, "CREATION_WAIT_S", 0)
    with fresh_database(kind) as url, fresh_database(kind) as other:
        engine = database_at(url).open(durable=True, writing=True)
        with engine.connect() as connection:
            database_at(url).lock_creation(connection)
            with opened(other) as service:
                new_run(service)
            with pytest.raises(StoreError, match="Another process has been making"), opened(url):
                pass
        engine.dispose()
