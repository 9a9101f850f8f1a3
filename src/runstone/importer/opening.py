"""From what the user named to a source: which kind of thing of MLflow's it is."""

import os
from pathlib import Path
from urllib.parse import quote, urlsplit

from runstone.artifact_store import local_path
from runstone.importer.folder import FolderSource, is_folder_of_mlflow
from runstone.importer.records import Source, SourceError
from runstone.importer.report import Report
from runstone.store import is_database_url
from runstone.urls import without_secrets

_SQLITE = b"SQLite format 3\0"
_DATABASE = "runstone.db"


def open_source(uri: str, report: Report, *, artifacts_from: str | None = None) -> Source:
    """The source that a user named.

    Args:
        uri: a folder (a path or a `file:` URI), a database (`sqlite:///FILE`, `postgresql://…`, `mysql://…`, or a
            SQLite file's path) or a server (`http(s)://…`).
        report: where the source says what it cannot give.
        artifacts_from: a folder of artifacts that may be read whatever names it; for a database, also the one behind
            `mlflow-artifacts:/`.

    Raises SourceError if it is none of MLflow's, saying what it is.
    """
    scheme = uri.partition(":")[0].lower() if ":" in uri else ""
    named = Path(artifacts_from).expanduser().absolute() if artifacts_from else None
    if scheme in ("http", "https"):
        from runstone.importer.server import ServerSource

        return ServerSource(uri, report, named)
    if scheme == "sqlite" or is_database_url(uri):
        return _database(uri, report, named)
    path = local_path(uri)
    if path is None:
        raise SourceError(
            f"'{without_secrets(uri)}' is nothing that can be imported. Name a folder (mlruns), a database "
            "(sqlite:///mlflow.db, postgresql://…, mysql://…) or a server's http(s) URL."
        )
    return _local(Path(os.path.abspath(path.expanduser())), report, named)  # noqa: PTH100 - no link is resolved


def _local(path: Path, report: Report, named: Path | None) -> Source:
    if not path.exists():
        raise SourceError(
            f"There is no {path}. Name the folder or the database in which MLflow keeps its runs."
        )
    if path.is_file():
        with path.open("rb") as file:
            if file.read(len(_SQLITE)) == _SQLITE:
                return _database(sqlite_uri(path), report, named)
        raise SourceError(
            f"{path} is a file, and no SQLite database. Name the folder or the database in which MLflow keeps its runs."
        )
    if (path / _DATABASE).exists():
        raise SourceError(
            f"{path} is a store of Runstone's own: there is nothing to import. Use it where it is, with "
            f"--tracking-uri {path}, or move the folder as a whole."
        )
    if is_folder_of_mlflow(path):
        return FolderSource(path, report, named)
    raise SourceError(f"{path} holds no runs of MLflow's.{_hint(path)}")


def _hint(path: Path) -> str:
    """Where the runs may be instead."""
    for database in (path / "mlflow.db", path.with_name("mlflow.db")):
        if database.is_file():
            return f" {database} looks like MLflow's database: `runstone import {sqlite_uri(database)}`."
    if is_folder_of_mlflow(path / "mlruns"):
        return f" Did you mean {path / 'mlruns'}?"
    return " Name the folder with the meta.yaml files, or MLflow's database."


def _database(uri: str, report: Report, named: Path | None) -> Source:
    from runstone.importer.database import DatabaseSource

    return DatabaseSource(uri, report, named)


def sqlite_uri(path: Path) -> str:
    """The URI of a SQLite file."""
    return f"sqlite:///{quote(path.as_posix(), safe='/:')}"


def check_different(source: str, target: str) -> None:
    """Raises SourceError if a source and a target are the same place."""
    if _place(source) == _place(target):
        raise SourceError(
            f"'{without_secrets(source)}' is the source and the target at once. Name another place for Runstone's "
            "store with --to: a new folder, sqlite:///FILE, an empty database (postgresql://…, mysql://…) or a "
            "Runstone server's URL."
        )


def _place(uri: str) -> str:
    """A text that is the same for two names of one place."""
    scheme, _, rest = uri.partition(":")
    if scheme.lower() in ("http", "https"):
        parts = urlsplit(uri)
        return f"{parts.hostname}:{parts.port}{parts.path.rstrip('/')}"
    if scheme.lower().startswith("sqlite"):
        return os.path.realpath(rest.removeprefix("///"))
    path = local_path(uri)
    return uri if path is None else os.path.realpath(path.expanduser())
