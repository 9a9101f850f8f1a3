"""What is deleted, unknown or another program's: every write is refused, says why, and changes nothing."""

import hashlib
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from types import ModuleType

import pytest

from runstone import Client
from runstone.entities import Metric, Param, RunTag, ViewType
from runstone.errors import InvalidParameterValue, ResourceDoesNotExist, RunstoneError, StoreError

RUN_WRITES: dict[str, Callable[[Client, str], object]] = {
    "log_metric": lambda client, run: client.log_metric(run, "m", 1.0),
    "log_param": lambda client, run: client.log_param(run, "p", "1"),
    "set_tag": lambda client, run: client.set_tag(run, "t", "1"),
    "delete_tag": lambda client, run: client.delete_tag(run, "kept"),
    "log_batch of metrics": lambda client, run: client.log_batch(run, [Metric("m", 1.0, 1)]),
    "log_batch of params": lambda client, run: client.log_batch(run, params=[Param("p", "1")]),
    "log_batch of tags": lambda client, run: client.log_batch(run, tags=[RunTag("t", "1")]),
    "update_run": lambda client, run: client.update_run(run, "FINISHED", "another"),
    "set_terminated": lambda client, run: client.set_terminated(run),
}
EXPERIMENT_WRITES: dict[str, Callable[[Client, str], object]] = {
    "create_run": lambda client, experiment: client.create_run(experiment),
    "rename_experiment": lambda client, experiment: client.rename_experiment(experiment, "another"),
    "set_experiment_tag": lambda client, experiment: client.set_experiment_tag(experiment, "t", "1"),
    "delete_experiment_tag": lambda client, experiment: client.delete_experiment_tag(experiment, "kept"),
}


@pytest.fixture
def tagged(client: Client, experiment: str) -> str:
    """The id of a run of the experiment, with a tag."""
    return client.create_run(experiment, tags={"kept": "yes"}).info.run_id


@pytest.mark.parametrize("write", RUN_WRITES)
@pytest.mark.parametrize("deleted", ["run", "experiment"])
def test_a_deleted_run_takes_no_writes(
    client: Client, experiment: str, tagged: str, write: str, deleted: str
) -> None:
    if deleted == "run":
        client.delete_run(tagged)
    else:
        client.delete_experiment(experiment)
    before = client.get_run(tagged)
    with pytest.raises(InvalidParameterValue) as refused:
        RUN_WRITES[write](client, tagged)
    assert refused.value.message == (
        f"The run {tagged} must be in the 'active' state. Current state is deleted."
    )
    assert client.get_run(tagged) == before


@pytest.mark.parametrize("write", EXPERIMENT_WRITES)
def test_a_deleted_experiment_takes_no_writes(client: Client, experiment: str, write: str) -> None:
    client.set_experiment_tag(experiment, "kept", "yes")
    client.delete_experiment(experiment)
    before = client.get_experiment(experiment)
    with pytest.raises(RunstoneError, match=r"must be in the 'active' state|non-active experiment"):
        EXPERIMENT_WRITES[write](client, experiment)
    assert client.get_experiment(experiment) == before
    assert client.search_runs([experiment], run_view_type=ViewType.ALL) == []


@pytest.mark.parametrize("write", RUN_WRITES)
def test_an_unknown_run_takes_no_writes(client: Client, write: str) -> None:
    with pytest.raises(ResourceDoesNotExist, match=r"Run with id=f{32} not found"):
        RUN_WRITES[write](client, "f" * 32)


@pytest.mark.parametrize("write", EXPERIMENT_WRITES)
def test_an_unknown_experiment_takes_no_writes(client: Client, write: str) -> None:
    with pytest.raises(ResourceDoesNotExist, match="No Experiment with id=99999999999 exists"):
        EXPERIMENT_WRITES[write](client, "99999999999")


@pytest.mark.parametrize("nested", [False, True])
def test_a_parent_that_is_unknown_or_deleted_is_refused_and_no_run_begins(
    mlflow: ModuleType, client: Client, experiment: str, nested: bool
) -> None:
    deleted = client.create_run(experiment).info.run_id
    client.delete_run(deleted)
    with pytest.raises(ResourceDoesNotExist, match=r"Run with id=f{32} not found"):
        mlflow.start_run(parent_run_id="f" * 32, nested=nested)
    with pytest.raises(InvalidParameterValue, match=rf"parent run with ID {deleted} .* deleted"):
        mlflow.start_run(parent_run_id=deleted, nested=nested)
    assert mlflow.active_run() is None
    assert client.search_runs([experiment]) == []


def test_a_parent_other_than_the_active_run_is_refused(
    mlflow: ModuleType, client: Client, experiment: str
) -> None:
    other = client.create_run(experiment).info.run_id
    with mlflow.start_run() as active:
        with pytest.raises(InvalidParameterValue, match=rf"{active.info.run_id} does not match .*{other}"):
            mlflow.start_run(parent_run_id=other, nested=True)
        with mlflow.start_run(parent_run_id=active.info.run_id, nested=True) as child:
            pass
    assert mlflow.get_parent_run(child.info.run_id).info.run_id == active.info.run_id


# --- what MLflow made -------------------------------------------------------------------------


def _written_as_files(place: Path) -> str:
    run = place / "mlruns" / "0" / ("f" * 32)
    (run / "metrics").mkdir(parents=True)
    (place / "mlruns" / "0" / "meta.yaml").write_text("experiment_id: '0'\nname: Default\n")
    (run / "meta.yaml").write_text("run_id: ffffffff\n")
    (run / "metrics" / "loss").write_text("1700000000000 0.5 0\n")
    return str(place / "mlruns")


def _deleted_files(place: Path) -> str:
    (place / "mlruns" / ".trash" / "1").mkdir(parents=True)
    (place / "mlruns" / ".trash" / "1" / "meta.yaml").write_text("experiment_id: '1'\n")
    return str(place / "mlruns")


def _artifacts_beside_a_database(place: Path) -> str:
    """What MLflow 3 makes by default: `mlflow.db`, and artifacts alone in `mlruns`."""
    artifacts = place / "mlruns" / "12" / ("0f" * 16) / "artifacts"
    artifacts.mkdir(parents=True)
    (artifacts / "notes.txt").write_text("of MLflow")
    _database(place)
    return str(place / "mlruns")


def _models_beside_a_database(place: Path) -> str:
    (place / "mlruns" / "12" / "models" / f"m-{'0f' * 16}" / "artifacts").mkdir(parents=True)
    return str(place / "mlruns")


def _database(place: Path) -> str:
    with closing(sqlite3.connect(place / "mlflow.db")) as connection, connection:
        connection.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
        connection.execute("CREATE TABLE experiments (experiment_id INTEGER PRIMARY KEY, name VARCHAR(256))")
    return f"sqlite:///{place}/mlflow.db"


def _contents(folder: Path) -> dict[str, str]:
    return {
        str(path): hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "folder"
        for path in folder.rglob("*")
    }


@pytest.mark.parametrize(
    "make",
    [_written_as_files, _deleted_files, _artifacts_beside_a_database, _models_beside_a_database, _database],
)
def test_what_mlflow_stored_is_named_left_alone_and_pointed_at_the_import(
    tmp_path: Path, make: Callable[[Path], str]
) -> None:
    uri = make(tmp_path)
    before = _contents(tmp_path)
    with Client(uri) as client, pytest.raises(StoreError) as refused:
        client.create_run("0")
    assert uri.removeprefix("sqlite:///") in refused.value.message
    assert "MLflow" in refused.value.message
    assert "`runstone import " in refused.value.message
    assert "MLFLOW_TRACKING_URI" in refused.value.message
    assert _contents(tmp_path) == before


def test_a_database_beside_a_folder_of_mlflow_is_named_too(tmp_path: Path) -> None:
    for make in (_artifacts_beside_a_database, _written_as_files):
        place = tmp_path / make.__name__
        place.mkdir()
        with Client(make(place)) as client, pytest.raises(StoreError) as refused:
            client.create_run("0")
        beside = f", and {place}/mlflow.db is an MLflow database. "
        assert (beside in refused.value.message) == (make is _artifacts_beside_a_database)


def test_a_default_store_that_begins_beside_a_database_of_mlflow_says_so_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    _database(tmp_path)
    before = _contents(tmp_path)
    monkeypatch.chdir(tmp_path)
    for name in ("MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI"):
        monkeypatch.delenv(name, raising=False)
    for _ in range(2):
        with Client() as client:
            client.create_run("0")
    (told,) = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert told.startswith(
        f"{tmp_path}/mlflow.db is an MLflow database. Runstone leaves it as it is and begins"
    )
    assert told.endswith(f"`runstone import {tmp_path}/mlflow.db --to {tmp_path}/mlruns` takes them over.")
    assert before.items() <= _contents(tmp_path).items()


@pytest.mark.parametrize("content", [None, b"", b"SQLite format 3\0 and then rubbish"])
def test_what_only_has_the_name_of_mlflows_database_is_not_spoken_of(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, content: bytes | None
) -> None:
    if content is not None:
        (tmp_path / "mlflow.db").write_bytes(content)
    with Client(str(tmp_path / "mlruns")) as client:
        client.create_run("0")
    assert caplog.records == []


def test_a_file_in_the_place_of_a_folder_is_told_how_databases_are_named(tmp_path: Path) -> None:
    _database(tmp_path)
    (tmp_path / "notes 1.txt").write_text("not a store")
    (tmp_path / "runstone.db").touch()
    before = _contents(tmp_path)
    for name, message in (
        (
            "mlflow.db",
            f"{tmp_path}/mlflow.db is an MLflow database. Runstone leaves it as it is. "
            f"`runstone import {tmp_path}/mlflow.db --to PATH`",
        ),
        (
            "notes 1.txt",
            f"is a file, not a folder. For a SQLite database write sqlite:///{tmp_path}/notes%201.txt.",
        ),
        ("runstone.db", f"is a file, not a folder. Name the folder of this store: {tmp_path}."),
    ):
        with Client(str(tmp_path / name)) as client, pytest.raises(StoreError) as refused:
            client.search_experiments()
        assert message in refused.value.message
    assert _contents(tmp_path) == before


def test_a_page_that_is_too_large_is_told_the_limit(client: Client) -> None:
    with pytest.raises(
        InvalidParameterValue, match=r"'max_results' supplied\. It must be at most 50000; page"
    ):
        client.search_runs(["0"], max_results=50_001)
    assert client.search_runs([], max_results=50_000) == []


@pytest.mark.parametrize("what", ["param", "tag"])
def test_a_nul_in_a_value_is_told_whose_it_is(client: Client, run: str, what: str) -> None:
    write = client.log_param if what == "param" else client.set_tag
    with pytest.raises(InvalidParameterValue) as refused:
        write(run, "n", "a\0b")
    assert refused.value.message == (
        f"'value' of the {what} 'n' contains a NUL character (U+0000), which cannot be stored. Remove it."
    )


def test_a_folder_that_only_resembles_what_mlflow_stored_may_hold_a_store(tmp_path: Path) -> None:
    for name in ("12/checkpoints", "12/abc/artifacts", f"runs/{'0f' * 16}/artifacts", "12/models/resnet"):
        (tmp_path / name).mkdir(parents=True)
    with Client(str(tmp_path)) as client:
        assert client.create_run("0").info.run_id


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        ("postgresql://ann:secret@127.0.0.1:1/mlflow", "127.0.0.1:1/mlflow cannot be reached"),
        ("postgresql+psycopg2://ann:secret@127.0.0.1:1/mlflow?sslmode=require", "cannot be reached"),
        ("mysql+pymysql://ann:secret@127.0.0.1:1/mlflow", "127.0.0.1:1/mlflow cannot be reached"),
        ("mssql+pyodbc://ann:secret@db.example/mlflow", "Use a folder, sqlite:///FILE, postgresql://"),
    ],
)
def test_a_database_that_cannot_be_used_is_named_without_its_password(uri: str, message: str) -> None:
    with Client(uri) as client, pytest.raises(RunstoneError) as refused:
        client.search_experiments()
    assert message in refused.value.message
    assert "secret" not in refused.value.message
