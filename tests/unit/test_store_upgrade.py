"""A store of an older Runstone, opened by this one: `stores/` holds such, as the older ones wrote them."""

import math
import re
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, MetaData, event, inspect, select, text

import runstone.store.migrations as migrations
from runstone.errors import StoreError
from runstone.store import schema
from runstone.store.dialect import Database, SqliteDatabase, database_at
from runstone.store.preparing import upgrade, version_of
from runstone.wire import datasets, experiments, runs
from tests.databases import KINDS, SERVERS, fresh_database
from tests.unit.services import change, get_run, history, new_run, opened, params, rows, tags

DUMPS = Path(__file__).parent / "stores"
FIRST, SECOND, GONE = "a" * 32, "b" * 32, "c" * 32
Contents = dict[str, list[tuple[Any, ...]]]
"""The rows of every table."""

every_kind = pytest.mark.parametrize("kind", KINDS)
every_version = pytest.mark.parametrize("version", schema.OLDER_VERSIONS)


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


@pytest.fixture
def filled(
    older: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str, str], str]]:
    """A factory of stores of any kind at an older version, with all that is in its dump; gives their URIs."""
    monkeypatch.chdir(tmp_path)  # where the artifacts of a server's database go
    with ExitStack() as stack:

        def make(kind: str, version: str) -> str:
            folder = older(version)
            if kind == "sqlite":
                return str(folder)
            url = stack.enter_context(fresh_database(kind))
            copy_rows(folder / "runstone.db", url, version)
            return url

        yield make


def copy_rows(source: Path, url: str, version: str) -> None:
    """Make the tables of a version in an empty database, and give them the rows of a SQLite file."""
    target = database_at(url)
    engine = target.open(durable=True, writing=True)
    with engine.begin() as connection:
        migrations.upgrade(connection, version)
        tables = MetaData()
        tables.reflect(connection)
        for table in tables.sorted_tables:
            found = contents_of(SqliteDatabase(source))[table.name]
            if found and table.name != schema.runstone_version.name:
                names = [column.name for column in table.columns]
                connection.execute(table.insert(), [dict(zip(names, row, strict=True)) for row in found])
            if "id" in table.columns:
                target.continue_numbers(connection, table.c.id)
    engine.dispose()


def contents_of(database: Database) -> Contents:
    """Every row of every table, in an order of their own."""
    engine = database.open(durable=True, writing=False)
    with engine.connect() as connection:
        tables = MetaData()
        tables.reflect(connection)
        found = {
            table.name: sorted(map(tuple, connection.execute(select(text("*")).select_from(table))), key=repr)
            for table in tables.sorted_tables
        }
    engine.dispose()
    return found


def database_of(uri: str) -> Database:
    return database_at(uri) if "://" in uri else SqliteDatabase(Path(uri) / "runstone.db")


def stamped(folder: Path) -> list[Any]:
    return rows(folder, "SELECT version_num FROM runstone_version")


def test_every_older_version_is_known_and_a_store_of_it_kept() -> None:
    scripts = ScriptDirectory(str(Path(migrations.__file__).parent))
    known = [script.revision for script in scripts.walk_revisions()]
    assert sorted(known) == [*schema.OLDER_VERSIONS, schema.VERSION]
    assert {dump.stem for dump in DUMPS.iterdir()} == set(schema.OLDER_VERSIONS)


@every_kind
@every_version
def test_an_older_store_is_upgraded_with_every_row_as_it_was(
    filled: Callable[[str, str], str], kind: str, version: str, tmp_path: Path
) -> None:
    database = database_of(filled(kind, version))
    before = contents_of(database)
    assert before == contents_of(SqliteDatabase(tmp_path / version / "runstone.db"))
    assert sum(map(len, before.values())) > 20
    assert upgrade(database) == (version, schema.VERSION)
    after = contents_of(database)
    assert after.keys() == schema.metadata.tables.keys()
    assert {name: after[name] for name in before} == before | {"runstone_version": [(schema.VERSION,)]}


@every_kind
@every_version
def test_an_upgraded_store_shows_all_that_is_in_it(
    filled: Callable[[str, str], str], kind: str, version: str
) -> None:
    uri = filled(kind, version)
    upgrade(database_of(uri))
    with opened(uri) as service:
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


@every_kind
@every_version
def test_an_upgraded_store_takes_what_is_new_and_what_is_old(
    filled: Callable[[str, str], str], kind: str, version: str
) -> None:
    uri = filled(kind, version)
    upgrade(database_of(uri))
    with opened(uri) as service:
        dataset = datasets.Dataset("train", "d1", "local", "{}")
        request = datasets.LogInputs(run_id=SECOND, datasets=[datasets.DatasetInput(dataset=dataset)])
        service.call("log_inputs", request)
        new_run(service, "1", run_id="later")
    with opened(uri) as service:
        shown = get_run(service, SECOND).inputs
        assert isinstance(shown, datasets.RunInputs)
        assert [used.dataset.name for used in shown.dataset_inputs] == ["train"]
        with service.store.read() as connection:
            later = select(schema.run.c.id).where(schema.run.c.run_id == "later")
            assert connection.scalar(later) == 4


@pytest.mark.parametrize("version", schema.OLDER_VERSIONS)
def test_a_process_upgrades_a_folder_of_its_own_when_it_opens_it(
    older: Callable[[str], Path], version: str
) -> None:
    folder = older(version)
    with opened(folder) as service:
        assert stamped(folder) == [(schema.VERSION,)]
        assert params(service, FIRST) == {"lr": "0.1", "depth": "5"}


@every_kind
def test_an_older_store_that_others_use_is_refused_and_stays_as_it_was(
    filled: Callable[[str, str], str], kind: str
) -> None:
    uri = filled(kind, "0001")
    database = database_of(uri)
    before = contents_of(database)
    said = rf"schema version 0001.*backup.*`runstone db upgrade {re.escape(database.argument)}`"
    with pytest.raises(StoreError, match=said), opened(uri, "server"):
        pass
    if kind in SERVERS:
        with pytest.raises(StoreError, match=said), opened(uri, "local"):
            pass
    assert contents_of(database) == before


# Ends the process, as a kill does, after the Nth statement of an upgrade that changes something.
KILLED = """
import os, sys
from pathlib import Path
from sqlalchemy import event
from sqlalchemy.engine import Engine
from runstone.store.dialect import database_at
from runstone.store.preparing import upgrade
uri, left = sys.argv[1], int(sys.argv[2])
@event.listens_for(Engine, "after_cursor_execute")
def count(connection, cursor, statement, *_):
    global left
    left -= statement.split(None, 1)[0].upper() in ("CREATE", "ALTER", "INSERT", "UPDATE", "DELETE", "DROP")
    if not left:
        os._exit(9)
upgrade(database_at(uri if "://" in uri else Path(uri) / "runstone.db"))
"""


def end_after(uri: str, statements: int) -> bool:
    """Upgrade a store in a process that is ended after so many statements; whether it was, before it was done."""
    done = subprocess.run(
        [sys.executable, "-c", KILLED, uri, str(statements)], capture_output=True, text=True
    )
    assert done.returncode in (0, 9), done.stderr
    return done.returncode == 9


@every_kind
@every_version
def test_an_upgrade_that_was_killed_is_completed_by_the_next(
    filled: Callable[[str, str], str], kind: str, version: str
) -> None:
    uri = filled(kind, version)
    database = database_of(uri)
    before = contents_of(database)
    kills, statements, there = 0, 1, made(database)
    while end_after(uri, statements):
        kills += 1
        assert version_of(database) == version
        # MariaDB keeps what was made before a kill: then the next statement is the first of the next process.
        statements += made(database) == there
        there = made(database)
    assert kills >= 5
    assert version_of(database) == schema.VERSION
    after = contents_of(database)
    assert {name: after[name] for name in before} == before | {"runstone_version": [(schema.VERSION,)]}
    assert lacking(database) == []


class Killed(BaseException):
    """What ends the making of tables."""


@every_kind
def test_the_making_of_tables_that_was_ended_is_completed_by_the_next_process(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with ExitStack() as stack:
        uri = stack.enter_context(fresh_database(kind)) if kind in SERVERS else str(tmp_path)
        left = 0

        def count(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
            nonlocal left
            left -= statement.split(None, 1)[0].upper() in ("CREATE", "INSERT")
            if not left:
                raise Killed

        ends, statements, there = 0, 1, made(database_of(uri))
        while True:
            left = statements
            event.listen(Engine, "after_cursor_execute", count)
            try:
                with opened(uri, "server"):
                    pass
                break
            except Killed:
                ends += 1
            finally:
                event.remove(Engine, "after_cursor_execute", count)
            statements += made(database_of(uri)) == there
            there = made(database_of(uri))
        assert ends > len(schema.metadata.tables)
        assert lacking(database_of(uri)) == []
        with opened(uri, "server") as service:
            assert new_run(service, "0", run_id="first") == "first"


def made(database: Database) -> list[tuple[str, list[Any]]]:
    """The tables of a database, and their indexes."""
    engine = database.open(durable=True, writing=False)
    with engine.connect() as connection:
        look = inspect(connection)
        found = [
            (name, sorted(str(index["name"]) for index in look.get_indexes(name)))
            for name in sorted(look.get_table_names())
        ]
    engine.dispose()
    return found


def lacking(database: Database) -> list[Any]:
    """What a database lacks of the schema, or has beyond it."""
    engine = database.open(durable=True, writing=True)
    try:
        with engine.connect() as connection:
            return compare_metadata(MigrationContext.configure(connection), schema.metadata)
    finally:
        engine.dispose()


def test_another_programs_table_in_the_way_of_an_upgrade_is_named(
    filled: Callable[[str, str], str],
) -> None:
    database = database_of(filled("mariadb", "0001"))
    engine = database.open(durable=True, writing=True)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE run_model (mine INTEGER)")
    with pytest.raises(StoreError, match="'run_model', and another program's is in its place"):
        upgrade(database)
    assert version_of(database) == "0001"
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE run_model")
    engine.dispose()
    assert upgrade(database) == ("0001", schema.VERSION)
    assert lacking(database) == []


@every_kind
def test_what_is_no_store_is_not_upgraded(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with ExitStack() as stack:
        uri = stack.enter_context(fresh_database(kind)) if kind in SERVERS else str(tmp_path)
        database = database_of(uri)
        with pytest.raises(StoreError, match=r"no store in .* nothing to be done"):
            upgrade(database)
        engine = database.open(durable=True, writing=True)
        with engine.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE other (mine INTEGER)")
        engine.dispose()
        with pytest.raises(StoreError, match="another program's database"):
            upgrade(database)


@every_kind
def test_an_upgrade_of_a_present_store_does_nothing(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with ExitStack() as stack:
        uri = stack.enter_context(fresh_database(kind)) if kind in SERVERS else str(tmp_path / "store")
        with opened(uri):
            pass
        assert upgrade(database_of(uri)) == (schema.VERSION, schema.VERSION)


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
    assert stamped(folder) == [(schema.VERSION,)]
    with opened(folder) as service:
        assert params(service, SECOND) == {"p0": "1", "p1": "1", "p2": "1"}


def test_an_upgrade_that_fails_leaves_the_store_as_it_was(older: Callable[[str], Path]) -> None:
    folder = older("0001")
    change(folder, "CREATE TABLE run_model (mine INTEGER)")  # the last that the upgrade makes
    with pytest.raises(StoreError, match="run_model already exists"), opened(folder):
        pass
    assert stamped(folder) == [("0001",)]
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
    assert stamped(folder) == [(version,)]


def test_a_server_that_starts_looks_at_the_version_and_loads_no_alembic(tmp_path: Path) -> None:
    with opened(tmp_path):
        pass
    program = (
        "import sys; from sqlalchemy import event; from sqlalchemy.engine import Engine\n"
        "said = []\n"
        "event.listen(Engine, 'after_cursor_execute', lambda c, u, statement, *_: said.append(statement))\n"
        "from runstone.service import open_service\n"
        "open_service(sys.argv[1], mode='server').close()\n"
        "print(*(' '.join(one.split()) for one in said), 'alembic' in sys.modules, sep='\\n')"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], timeout=50, capture_output=True, text=True
    )
    version, *others, alembic = [
        line for line in done.stdout.splitlines() if not line.startswith(("BEGIN", "PRAGMA"))
    ]
    assert re.match(r"SELECT max\(runstone_version.version_num\)", version)
    assert [
        line for line in others if "metric_segment" not in line
    ] == []  # the sealer's look for runs at rest
    assert alembic == "False"


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
