"""`runstone db`: the version of a store, and its upgrade; and a server that finds an older one."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from runstone import Client
from runstone.store import schema
from tests.commands import refusal, runstone
from tests.databases import SERVERS, fresh_database
from tests.servers import RunningServer
from tests.unit.services import change, opened, params

DUMP = Path(__file__).parents[1] / "unit" / "stores" / "0001.sql"


@pytest.fixture
def older(tmp_path: Path) -> Path:
    """A folder with a store of the first version, at the place where commands look for one."""
    folder = tmp_path / "mlruns"
    folder.mkdir()
    with closing(sqlite3.connect(folder / "runstone.db")) as connection:
        connection.executescript(DUMP.read_text())
    return folder


def test_an_older_store_is_told_of_and_upgraded(older: Path) -> None:
    here = older.parent
    told = runstone("db", "current", folder=here)
    assert (told.returncode, told.stderr) == (1, "")
    assert told.stdout == (
        f"sqlite:///{older}/runstone.db: version 0001; this Runstone needs {schema.VERSION}. Make a backup, and run "
        f"`runstone db upgrade sqlite:///{older}/runstone.db`.\n"
    )
    done = runstone("db", "upgrade", folder=here)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"sqlite:///{older}/runstone.db: upgraded from version 0001 to {schema.VERSION}.\n"
    told = runstone("db", "current", older, folder=here)
    assert (told.returncode, told.stdout) == (
        0,
        f"sqlite:///{older}/runstone.db: version {schema.VERSION}, as this Runstone needs it.\n",
    )
    again = runstone("db", "upgrade", f"sqlite:///{older}/runstone.db", "--output", "json", folder=here)
    assert json.loads(again.stdout) == {
        "store": f"sqlite:///{older}/runstone.db",
        "before": schema.VERSION,
        "after": schema.VERSION,
    }
    with opened(older) as service:
        assert params(service, "a" * 32) == {"lr": "0.1", "depth": "5"}


def test_looking_at_a_version_changes_nothing(older: Path) -> None:
    before = (older / "runstone.db").read_bytes()
    told = runstone("db", "current", "--output", "json", folder=older.parent)
    assert json.loads(told.stdout) == {
        "store": f"sqlite:///{older}/runstone.db",
        "version": "0001",
        "needed": schema.VERSION,
        "state": "older",
    }
    assert (older / "runstone.db").read_bytes() == before
    assert [file.name for file in older.iterdir()] == ["runstone.db"]


def test_a_server_refuses_an_older_store_with_the_command_that_upgrades_it(older: Path) -> None:
    said = refusal(runstone("server", "--backend-store-uri", older, "--port", "0", folder=older.parent))
    command = f"runstone db upgrade sqlite:///{older}/runstone.db"
    assert f"`{command}`" in said
    done = runstone(*command.split()[1:], folder=older.parent)
    assert done.returncode == 0


def test_a_newer_store_is_refused_with_the_command_that_upgrades_runstone(older: Path) -> None:
    change(older, "UPDATE runstone_version SET version_num = '9999'")
    told = runstone("db", "current", folder=older.parent)
    assert told.returncode == 1
    assert "version 9999, made by a newer Runstone" in told.stdout
    for command in (("db", "upgrade"), ("server", "--backend-store-uri", older, "--port", "0")):
        said = refusal(runstone(*command, folder=older.parent))
        assert "schema version 9999" in said
        assert "`pip install --upgrade runstone`" in said


def test_the_store_is_found_as_other_commands_find_it(older: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    by_option = runstone("db", "current", "--backend-store-uri", older, folder=elsewhere)
    by_variable = runstone("db", "current", folder=elsewhere, MLFLOW_BACKEND_STORE_URI=str(older))
    by_tracking = runstone("--tracking-uri", older, "db", "current", folder=elsewhere)
    assert "version 0001" in by_option.stdout
    assert by_option.stdout == by_variable.stdout == by_tracking.stdout


def test_what_has_no_tables_of_ours_is_refused(tmp_path: Path) -> None:
    assert "There is no store at" in refusal(runstone("db", "upgrade", folder=tmp_path))
    said = refusal(runstone("db", "upgrade", "http://127.0.0.1:1", folder=tmp_path))
    assert "is a server" in said
    assert "--backend-store-uri" in said
    assert not (tmp_path / "mlruns").exists()


def test_a_store_that_is_not_there_is_named_as_it_was_asked_for(tmp_path: Path) -> None:
    file = refusal(runstone("db", "current", "sqlite:///none.db", folder=tmp_path))
    assert file.startswith(f"Error: There is no store at {tmp_path / 'none.db'}: ")
    assert file.rstrip().endswith(
        "Name another after the command: a folder, sqlite:///FILE, postgresql://… or mysql://…"
    )
    folder = refusal(runstone("db", "current", "none", folder=tmp_path))
    assert folder.startswith(f"Error: There is no store at {tmp_path / 'none'}: ")
    removing = refusal(runstone("gc", "--backend-store-uri", "sqlite:///none.db", folder=tmp_path))
    assert removing.startswith(f"Error: There is no store at {tmp_path / 'none.db'}: ")
    looking = refusal(runstone("--tracking-uri", "sqlite:///none.db", "experiments", "list", folder=tmp_path))
    assert looking.startswith(f"Error: There is no store at {tmp_path / 'none.db'}: ")
    assert "--tracking-uri" in looking
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", SERVERS)
def test_an_empty_database_has_no_version_and_nothing_to_upgrade(kind: str, tmp_path: Path) -> None:
    with fresh_database(kind) as url:
        told = runstone("db", "current", url, "--output", "json", folder=tmp_path)
        assert (told.returncode, json.loads(told.stdout)["state"]) == (1, "none")
        assert "nothing to be done" in refusal(runstone("db", "upgrade", url, folder=tmp_path))


def test_free_room_is_given_back_while_a_server_goes_on(
    tmp_path: Path, runstone_server: Callable[..., RunningServer]
) -> None:
    server = runstone_server(tmp_path)
    with Client(server.url) as client:
        gone, stays = (client.create_run("0").info.run_id for _ in range(2))
        for n in range(100):
            client.set_tag(gone, f"t{n}", "x" * 8_000)
        client.log_param(stays, "a", "1")
        client.delete_run(gone)
        removed = runstone("gc", "--backend-store-uri", server.store, folder=tmp_path)
        assert removed.stdout.startswith("Removed 1 run")
        done = runstone("db", "compact", server.store, "--output", "json", folder=tmp_path)
        assert json.loads(done.stdout)["freed"] > 500_000
        assert (server.store / "runstone.db").stat().st_size < 400_000
        client.log_param(stays, "b", "2")
        assert client.get_run(stays).data.params == {"a": "1", "b": "2"}


@pytest.mark.parametrize("kind", SERVERS)
def test_a_servers_database_is_left_to_the_server(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    url: str = request.getfixturevalue(f"shared_{kind}")
    with opened(url):
        done = runstone("db", "compact", url, "--output", "json", folder=tmp_path)
    assert json.loads(done.stdout)["freed"] == 0
