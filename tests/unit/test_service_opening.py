"""Opening a store: what is created, what is recognised, what is refused, and what is left as it was."""

import hashlib
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote, urlsplit
from urllib.request import url2pathname

import pytest

from runstone.errors import (
    InvalidParameterValue,
    RunstoneError,
    StoreError,
    TemporarilyUnavailable,
    UnsupportedOperation,
)
from runstone.service import Service, open_service
from runstone.service.locations import of_run
from runstone.wire import artifacts, experiments
from tests.unit.services import (
    change,
    database,
    get_run,
    history,
    latest,
    log_points,
    new_experiment,
    new_run,
    open_files,
    opened,
)

ODD_NAMES = [
    "with space",
    "ключ 日本",
    "100%",
    "a%20b",
    "what?",
    "a?mode=ro",
    "#1",
    "a&b=c;d",
    'quote\'d "twice"',
    "[x]*",
    "~x",
    "new\nline",
    "a+b@c",
]
odd_names = pytest.mark.parametrize("name", ODD_NAMES)


def contents(folder: Path) -> dict[str, str]:
    """Everything below a folder, and the hash of every file."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        if path.is_file()
        else "folder"
        for path in folder.rglob("*")
    }


def get_experiment(service: Service, experiment_id: str) -> experiments.Experiment:
    request = experiments.GetExperiment(experiment_id=experiment_id)
    response: Any = service.call("get_experiment", request)
    return response.experiment


def keep_artifact(service: Service, run_id: str, text: bytes) -> None:
    """Write an artifact as a local user does: where the run says that it keeps them."""
    service.artifacts.at(get_run(service, run_id).info.artifact_uri or "").put_bytes(text, "sub/a.txt")


def list_artifacts(service: Service, run_id: str, path: str = "sub") -> artifacts.ListArtifactsResponse:
    request = artifacts.ListArtifacts(run_id=run_id, path=path)
    response: Any = service.call("list_artifacts", request)
    return response


# --- creating and opening again ---------------------------------------------------------------


def test_a_fresh_store_has_the_default_experiment_and_nothing_else(tmp_path: Path):
    with opened(tmp_path / "not" / "there" / "yet") as service:
        found: Any = service.call("search_experiments", experiments.SearchExperiments(max_results=10))
    assert [(e.experiment_id, e.name, e.lifecycle_stage) for e in found.experiments] == [
        ("0", "Default", "active")
    ]


def test_what_was_recorded_is_there_when_the_store_is_opened_again(tmp_path: Path):
    with opened(tmp_path) as service:
        run_id = new_run(service, new_experiment(service, "mine"))
        log_points(service, run_id, [("m", 0.5, 7, 1)])
    with opened(tmp_path) as service:
        assert get_experiment(service, "1").name == "mine"
        assert history(service, run_id, "m") == [("m", 0.5, 7, 1)]
        assert new_experiment(service, "next") == "2"


def test_a_store_may_be_open_twice_in_one_process(tmp_path: Path):
    with opened(tmp_path) as one, opened(tmp_path, "server") as other:
        run_id = new_run(one)
        for step in range(10):
            log_points((one, other)[step % 2], run_id, [(f"m{step % 3}", 1.0, 0, step)])
        assert latest(one, run_id) == latest(other, run_id)


def test_the_default_store_is_mlruns_in_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    open_service(mode="local").close()
    assert database(tmp_path / "mlruns").is_file()


def test_an_empty_file_becomes_a_store(tmp_path: Path):
    (tmp_path / "made.db").touch()
    with opened(f"sqlite:///{tmp_path}/made.db") as service:
        assert get_experiment(service, "0").name == "Default"


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="no /proc")
def test_a_closed_store_holds_no_file_open(tmp_path: Path):
    with opened(tmp_path) as service:
        run_id = new_run(service)
        log_points(service, run_id, [("m", 0.5, 7, 1)])
        assert latest(service, run_id)
        assert open_files(tmp_path)
    assert open_files(tmp_path) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["runstone.db", "runstone.db.lock"]


def test_a_store_opens_while_another_program_writes_to_it(tmp_path: Path):
    open_service(str(tmp_path), mode="local").close()
    with closing(sqlite3.connect(database(tmp_path), isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        with opened(tmp_path) as service:
            assert get_experiment(service, "0").name == "Default"


# --- places -----------------------------------------------------------------------------------


@odd_names
def test_a_folder_of_any_name_holds_a_store(tmp_path: Path, name: str):
    folder = tmp_path / name
    with opened(folder) as service:
        run_id = new_run(service)
        keep_artifact(service, run_id, b"kept")
    assert sorted(path.name for path in tmp_path.iterdir()) == [name]
    assert database(folder).is_file()
    assert (folder / "artifacts" / "0" / run_id / "artifacts" / "sub" / "a.txt").read_bytes() == b"kept"
    with opened(folder.as_uri()) as service:
        listed = list_artifacts(service, run_id)
        assert [file.path for file in listed.files] == ["sub/a.txt"]
        shown = Path(url2pathname(urlsplit(listed.root_uri).path))
        assert shown == folder / "artifacts" / "0" / run_id / "artifacts"


@odd_names
def test_a_database_file_of_any_name_is_a_store(tmp_path: Path, name: str):
    folder = tmp_path / name
    with opened(f"sqlite:///{quote(str(folder))}/{quote(name)}.db") as service:
        run_id = new_run(service)
        keep_artifact(service, run_id, b"kept")
    assert (folder / f"{name}.db").is_file()
    assert (folder / "mlartifacts" / "0" / run_id / "artifacts" / "sub" / "a.txt").read_bytes() == b"kept"
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        [f"{name}.db", f"{name}.db.lock", "mlartifacts"]
    )


@pytest.mark.parametrize("uri", ["sqlite:///here.db", "sqlite:///./here.db", "sqlite:////{absolute}/here.db"])
def test_a_database_file_may_be_relative_or_absolute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, uri: str
):
    monkeypatch.chdir(tmp_path)
    open_service(uri.format(absolute=str(tmp_path).lstrip("/")), mode="local").close()
    assert (tmp_path / "here.db").is_file()


@pytest.mark.parametrize("mode", ["local", "server"])
def test_a_store_that_was_moved_still_finds_its_artifacts(tmp_path: Path, mode: Any):
    with opened(tmp_path / "here") as service:
        experiment_id = new_experiment(service, "mine")
        run_id = new_run(service, experiment_id)
        keep_artifact(service, run_id, b"kept")
    shutil.move(tmp_path / "here", tmp_path / "there")
    with opened(tmp_path / "there", mode) as service:
        listed = list_artifacts(service, run_id)
        assert [file.path for file in listed.files] == ["sub/a.txt"]
        local = (tmp_path / "there" / "artifacts").as_uri()
        root = local if mode == "local" else "mlflow-artifacts:"
        assert listed.root_uri == f"{root}/{experiment_id}/{run_id}/artifacts"
        assert get_experiment(service, experiment_id).artifact_location == f"{root}/{experiment_id}"
    assert not (tmp_path / "here").exists()


def test_a_server_shows_its_proxy_and_a_local_user_the_folder(tmp_path: Path):
    with opened(tmp_path, "server") as service:
        assert get_experiment(service, "0").artifact_location == "mlflow-artifacts:/0"
    with opened(tmp_path, "local") as service:
        assert get_experiment(service, "0").artifact_location == f"{tmp_path.as_uri()}/artifacts/0"


@odd_names
def test_an_artifact_root_of_any_name_is_kept_as_it_was_given(tmp_path: Path, name: str):
    root = tmp_path / name
    service = open_service(str(tmp_path / "store"), mode="local", artifact_root=str(root))
    try:
        assert get_experiment(service, "0").artifact_location == f"{root}/0"
        run_id = new_run(service)
        keep_artifact(service, run_id, b"kept")
        assert (Path(of_run(f"{root}/0", run_id)) / "sub" / "a.txt").read_bytes() == b"kept"
        assert [file.path for file in list_artifacts(service, run_id).files] == ["sub/a.txt"]
    finally:
        service.close()


@pytest.mark.parametrize(
    ("uri", "error", "message"),
    [
        ("sqlite://", InvalidParameterValue, "names no database file"),
        ("sqlite:///", InvalidParameterValue, "names no database file"),
        ("sqlite:///:memory:", InvalidParameterValue, "names no database file"),
        ("sqlite:here.db", InvalidParameterValue, "names no database file"),
        ("sqlite:///here.db?timeout=5", InvalidParameterValue, "without what follows the question mark"),
        ("file://elsewhere/store", InvalidParameterValue, "host 'elsewhere'"),
        ("postgresql://localhost", InvalidParameterValue, "names no database. Write postgresql://USER"),
        ("mysql://me:secret@localhost/", InvalidParameterValue, "^'mysql://localhost/' names no database"),
        ("postgres://me@localhost:port/runs", InvalidParameterValue, "is no database URL"),
        ("postgresql://me:p@secret@localhost/runs", InvalidParameterValue, "an @ too many. Write one in a"),
        (
            "postgresql://me:secret@127.0.0.1:1/runs",
            TemporarilyUnavailable,
            r"127\.0\.0\.1:1/runs cannot be reached",
        ),
        (
            "mysql+mysqldb://me:secret@127.0.0.1:1/runs",
            TemporarilyUnavailable,
            "cannot be reached: .*[Rr]efused",
        ),
        ("mssql://me:pass/w@host/runs?password=x", UnsupportedOperation, "^'mssql://host/runs' cannot"),
        ("s3://bucket/store", UnsupportedOperation, "Use a folder, sqlite:///FILE, postgresql"),
        ("~nobody-has-this-name/store", InvalidParameterValue, "home"),
        ("a\0b", InvalidParameterValue, "NUL"),
        ("sqlite:///a%00b.db", InvalidParameterValue, "NUL"),
    ],
)
def test_a_uri_that_names_no_place_here_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, uri: str, error: type[RunstoneError], message: str
):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(error, match=message) as refused:
        open_service(uri, mode="local")
    assert "secret" not in str(refused.value)
    assert list(tmp_path.iterdir()) == []


# --- what is not ours -------------------------------------------------------------------------


@pytest.fixture
def foreign(tmp_path: Path) -> Iterator[Path]:
    """A folder that must be left exactly as it is, and no file of it held open."""
    folder = tmp_path / "foreign"
    folder.mkdir()
    yield folder
    if Path("/proc/self/fd").exists():
        assert open_files(folder) == []


def make_database(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


_MLFLOW_TABLES = (
    "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)",
    "CREATE TABLE experiments (experiment_id INTEGER PRIMARY KEY, name VARCHAR(256))",
    "CREATE TABLE runs (run_uuid VARCHAR(32) PRIMARY KEY)",
    "INSERT INTO experiments VALUES (0, 'Default')",
)


@pytest.mark.parametrize(
    ("statements", "message"),
    [
        (_MLFLOW_TABLES, "is an MLflow database"),
        (("CREATE TABLE recipes (name TEXT)",), "is another program's"),
        (("PRAGMA journal_mode = WAL", "CREATE TABLE recipes (name TEXT)"), "is another program's"),
    ],
)
def test_a_database_of_another_program_is_recognised_and_not_touched(
    foreign: Path, statements: tuple[str, ...], message: str
):
    make_database(foreign / "data.db", *statements)
    before = contents(foreign)
    with pytest.raises(StoreError, match=message):
        open_service(f"sqlite:///{foreign}/data.db", mode="local")
    assert contents(foreign) == before


def test_a_database_that_another_program_has_open_is_not_touched(foreign: Path):
    make_database(foreign / "data.db", *_MLFLOW_TABLES)
    with closing(sqlite3.connect(foreign / "data.db", isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        before = contents(foreign)
        with pytest.raises(StoreError, match="MLflow database"):
            open_service(f"sqlite:///{foreign}/data.db", mode="local")
        assert contents(foreign) == before


def test_a_folder_of_runs_that_mlflow_wrote_is_recognised_and_not_touched(foreign: Path):
    run = foreign / "0" / ("f" * 32)
    (run / "metrics").mkdir(parents=True)
    (foreign / ".trash").mkdir()
    (foreign / "0" / "meta.yaml").write_text("experiment_id: '0'\nname: Default\n")
    (run / "meta.yaml").write_text("run_id: ffffffff\n")
    (run / "metrics" / "loss").write_text("1700000000000 0.5 0\n")
    before = contents(foreign)
    with pytest.raises(StoreError, match="MLflow wrote as files"):
        open_service(str(foreign), mode="local")
    assert contents(foreign) == before


@pytest.mark.parametrize(
    "text", [b"just some notes\n" * 100, b"x", b"SQLite format 3\0 and then rubbish" * 50]
)
def test_a_file_that_is_no_database_is_refused_and_not_touched(foreign: Path, text: bytes):
    (foreign / "notes.txt").write_bytes(text)
    before = contents(foreign)
    with pytest.raises(StoreError, match="damaged or not a SQLite database"):
        open_service(f"sqlite:///{foreign}/notes.txt", mode="local")
    assert contents(foreign) == before


def test_a_folder_in_the_place_of_the_database_is_refused(foreign: Path):
    (foreign / "runstone.db").mkdir()
    before = contents(foreign)
    with pytest.raises(StoreError):
        open_service(str(foreign), mode="local")
    assert contents(foreign) == before


def test_a_file_in_the_place_of_the_folder_is_refused(foreign: Path):
    (foreign / "file").write_text("text")
    before = contents(foreign)
    for place, message in (
        (foreign / "file", "is a file, not a folder"),
        (foreign / "file" / "store", "Cannot"),
    ):
        with pytest.raises(StoreError, match=message):
            open_service(str(place), mode="local")
    assert contents(foreign) == before


def test_a_store_of_a_newer_version_is_refused_and_not_touched(foreign: Path):
    open_service(str(foreign), mode="local").close()
    change(foreign, "UPDATE runstone_version SET version_num = '9999'")
    before = contents(foreign)
    with pytest.raises(StoreError, match=r"9999.*newer Runstone.*pip install --upgrade"):
        open_service(str(foreign), mode="local")
    assert contents(foreign) == before


def test_a_wrong_setting_is_refused_before_anything_is_opened(foreign: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MLFLOW_TRUNCATE_LONG_VALUES", "perhaps")
    with pytest.raises(InvalidParameterValue, match="MLFLOW_TRUNCATE_LONG_VALUES"):
        open_service(str(foreign), mode="local")
    assert contents(foreign) == {}


# --- where one may not write ------------------------------------------------------------------


@contextmanager
def as_nobody() -> Iterator[None]:
    """Without any rights, until the block ends."""
    if os.geteuid() != 0:
        pytest.skip("only root can become somebody else")
    nobody = 65_534
    os.setresuid(nobody, nobody, 0)
    try:
        yield
    finally:
        os.setresuid(0, 0, 0)


@pytest.fixture
def public() -> Iterator[Path]:
    """A folder that everybody can see, unlike those of pytest."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


def test_a_folder_that_one_may_not_write_is_refused(public: Path):
    with as_nobody(), pytest.raises(StoreError, match=rf"{public}.*may not write"):
        open_service(str(public), mode="local")
    with as_nobody(), pytest.raises(StoreError, match=rf"Cannot create.*{public}"):
        open_service(str(public / "new"), mode="local")
    assert contents(public) == {}


def test_a_store_that_one_may_only_read_is_refused_with_the_reason(public: Path):
    open_service(str(public), mode="local").close()
    before = contents(public)
    with as_nobody(), pytest.raises(StoreError, match="that you may write to it"):
        open_service(str(public), mode="local")
    assert contents(public) == before


def test_a_store_that_one_may_not_even_read_is_refused_with_the_reason(public: Path):
    open_service(str(public), mode="local").close()
    database(public).chmod(0o600)
    with as_nobody(), pytest.raises(StoreError, match=rf"{database(public)}.*Permission denied"):
        open_service(str(public), mode="local")


def test_a_store_whose_lock_one_may_not_take_cannot_be_written(public: Path):
    open_service(str(public), mode="local").close()
    public.chmod(0o777)
    database(public).chmod(0o666)
    (public / "runstone.db.lock").chmod(0o600)
    with as_nobody(), opened(public) as service:
        assert get_experiment(service, "0").name == "Default"
        with pytest.raises(StoreError, match=r"runstone\.db\.lock.*Permission denied"):
            new_experiment(service, "mine")
