"""Opening a store by its URI."""

import logging
import os
import re
import shlex
from pathlib import Path
from typing import Literal, NamedTuple
from urllib.parse import quote, unquote

from runstone.artifact_store import Artifacts, local_path
from runstone.errors import InvalidParameterValue, StoreError, UnsupportedOperation
from runstone.service.core import Service, now_ms
from runstone.service.locations import PROXIED, Locations, checked
from runstone.settings import DEFAULT_STORE, TRUNCATE_LONG_VALUES
from runstone.store import Store, is_database_url
from runstone.store.engine import DATABASE_NAME
from runstone.store.preparing import NewStore, is_mlflow_database
from runstone.urls import without_secrets

Mode = Literal["local", "server"]

_log = logging.getLogger("runstone")


def open_service(
    store_uri: str | None = None,
    *,
    mode: Mode,
    artifact_root: str | None = None,
    artifacts_destination: str | None = None,
    durable: bool | None = None,
) -> Service:
    """The service over a store, which is created if it is absent.

    Args:
        store_uri: a folder (a path or a `file:` URI), `sqlite:///FILE`, or a database's URL, `postgresql://…` or
            `mysql://…`; `./mlruns` by default. A folder holds the database and, in `artifacts/`, the artifacts; those
            of a database file lie in `mlartifacts/` beside it, those of a server's database in `./mlartifacts`.
        mode: "local" for the process that uses the store itself; "server" for one that serves it to others: then a
            write is on the disk before it is answered, and artifacts are shown as the proxy's.
        artifact_root: where new experiments keep their artifacts, instead of there.
        artifacts_destination: the folder behind `mlflow-artifacts:/`, instead of there.
        durable: whether a write is on the disk before it is answered, if not as the mode has it.

    A store of an older Runstone is upgraded if it is a file of a process's own; else it is refused.

    Raises StoreError if the place cannot be used, UnsupportedOperation for a kind of store that is not supported.
    """
    database, folder = locate(store_uri)
    if isinstance(database, Path):
        _tell_of_mlflow(database)
    if artifacts_destination:
        folder = _local_path(artifacts_destination, "artifacts destination")
    # What servers over a database keep is theirs; who uses it directly does not know where.
    knows_proxied = mode == "server" or isinstance(database, Path) or bool(artifacts_destination)
    artifacts = Artifacts(folder if knows_proxied else None)
    shown = folder.absolute().as_uri() if mode == "local" and knows_proxied else None
    own_root = f"{PROXIED}/" if knows_proxied else folder.absolute().as_uri()
    default_root = checked(artifact_root) if artifact_root else own_root
    locations = Locations(default_root, shown, serving=mode == "server")
    truncate = TRUNCATE_LONG_VALUES.read()
    store = Store(
        database,
        durable=mode == "server" if durable is None else durable,
        # What others may be using at this moment is upgraded when somebody says so.
        upgrading=mode == "local" and isinstance(database, Path),
        new=NewStore(now_ms, locations.of_experiment(0)),
    )
    return Service(store, artifacts, locations, truncate_long_values=truncate)


class Places(NamedTuple):
    """Where a store keeps what it has; the database is a file, or a URL."""

    database: Path | str
    artifacts: Path


def places(store_uri: str | None) -> Places:
    """The database and the artifact folder of a store's URI, whether or not they exist."""
    uri = store_uri or DEFAULT_STORE
    if is_database_url(uri):
        return Places(uri, Path("mlartifacts").absolute())
    if uri.startswith("sqlite:"):
        database = _sqlite_path(uri)
        return Places(database, database.parent / "mlartifacts")
    folder = _local_path(uri, "store")
    _refuse_file(folder)
    _refuse_mlflow_folder(folder, folder / DATABASE_NAME)
    return Places(folder / DATABASE_NAME, folder / "artifacts")


def mlflow_beside(folder: Path) -> Path | None:
    """MLflow's database beside a folder, where MLflow 3 makes it unless told otherwise; None if there is none."""
    database = folder.with_name("mlflow.db")
    return database if is_mlflow_database(database) else None


def locate(store_uri: str | None) -> Places:
    """The places of a store's URI; the folder of the database is created."""
    database, artifacts = places(store_uri)
    if isinstance(database, str):
        return Places(database, artifacts)
    folder = database.parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"Cannot create the store's folder {folder}: {error.strerror}.") from error
    if not database.exists() and not os.access(folder, os.W_OK):
        raise StoreError(f"Cannot create a store in {folder}: you may not write there. Choose another place.")
    return Places(database, artifacts)


def _sqlite_path(uri: str) -> Path:
    if "?" in uri:
        raise InvalidParameterValue(
            f"'{uri}' has options, which this store does not know. Write it without what follows the question mark; "
            "one that belongs to the file's name is written %3F."
        )
    path = unquote(uri.removeprefix("sqlite:").removeprefix("//"))
    if not path.startswith("/") or path in ("/", "/:memory:"):
        raise InvalidParameterValue(
            f"'{uri}' names no database file. Write sqlite:///relative/path.db or sqlite:////absolute/path.db."
        )
    return _absolute(path[1:], uri)


_CHOICES = {
    "store": "Use a folder, sqlite:///FILE, postgresql://… or mysql://…",
    "artifacts destination": "Use a folder: remote places for artifacts are not supported in this version.",
}


def _local_path(uri: str, what: str) -> Path:
    path = local_path(uri)
    if path is None:
        raise UnsupportedOperation(f"'{without_secrets(uri)}' cannot be used as {what}. {_CHOICES[what]}")
    return _absolute(_expanded(str(path)), uri)


def _expanded(path: str) -> str:
    try:
        return str(Path(path).expanduser())
    except RuntimeError as error:
        raise InvalidParameterValue(
            f"'{path}' is in the home of a user whom this machine does not know."
        ) from error


def _absolute(path: str, uri: str) -> Path:
    if "\0" in path:
        raise InvalidParameterValue(f"{uri!r} contains a NUL character, which no path does.")
    return Path(path).absolute()


def _tell_of_mlflow(database: Path) -> None:
    """Warn, before the default store is begun, that runs of MLflow lie beside it: they would seem to be gone."""
    folder = database.parent
    if (folder.name, database.name) != (DEFAULT_STORE, DATABASE_NAME) or database.exists():
        return
    if beside := mlflow_beside(folder):
        _log.warning(
            "%s is an MLflow database. Runstone leaves it as it is and begins a store of its own in %s, without those "
            "runs. `runstone import %s --to %s` takes them over.",
            beside,
            folder,
            shlex.quote(str(beside)),
            shlex.quote(str(folder)),
        )


def _refuse_file(path: Path) -> None:
    if not path.is_file():
        return
    if is_mlflow_database(path):
        raise StoreError.of_mlflow(f"{path} is an MLflow database", str(path))
    if path.name == DATABASE_NAME:
        raise StoreError(f"{path} is a file, not a folder. Name the folder of this store: {path.parent}.")
    uri = f"sqlite:///{quote(path.as_posix(), safe='/:')}"
    raise StoreError(f"{path} is a file, not a folder. For a SQLite database write {uri}.")


def _refuse_mlflow_folder(folder: Path, database: Path) -> None:
    if database.exists() or not folder.is_dir():
        return
    if any(any(folder.glob(pattern)) for pattern in ("*/meta.yaml", ".trash/*/meta.yaml")):
        raise _of_mlflow_folder(folder, "runs that MLflow wrote as files", folder)
    if any(
        any(map(_of_mlflow, folder.glob(pattern))) for pattern in ("*/*/artifacts", "*/models/*/artifacts")
    ):
        raise _of_mlflow_folder(folder, "the artifacts of an MLflow database", mlflow_beside(folder))


def _of_mlflow_folder(folder: Path, what: str, source: Path | None) -> StoreError:
    beside = mlflow_beside(folder)
    also = f", and {beside} is an MLflow database" if beside else ""
    return StoreError.of_mlflow(f"{folder} holds {what}{also}", str(source or "DATABASE"))


def _of_mlflow(artifacts: Path) -> bool:
    """Whether this is where MLflow keeps the artifacts of a run or a model: EXPERIMENT/RUN or EXPERIMENT/models/m-…"""
    *_, experiment, owner = artifacts.parent.parts
    if experiment == "models":
        return re.fullmatch("m-[0-9a-f]{32}", owner) is not None
    return experiment.isdecimal() and re.fullmatch("[0-9a-f]{32}", owner) is not None
