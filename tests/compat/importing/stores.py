"""Stores that the real MLflow wrote (see `make`), unpacked for a test, and what MLflow's own client read of them."""

import json
import sqlite3
import tarfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine
from sqlalchemy.engine import make_url

from tests.databases import fresh_database

STORES = Path(__file__).with_name("stores")
_AS_DUMPED = "SET foreign_key_checks = 0, sql_mode = 'NO_AUTO_VALUE_ON_ZERO';"
HERE = "@HERE@"
"""Stands for the folder in which MLflow wrote."""

FOLDERS = ("folder-1", "folder-2", "folder-3")
FILES = ("sqlite-1", "sqlite-2", "sqlite-3")
SERVERS = ("postgresql-3", "mariadb-3")


def told(name: str, folder: Path) -> dict[str, Any]:
    """What MLflow's client read of a store, if it were in `folder`."""
    return json.loads(_placed(f"{name}.json", folder))


@contextmanager
def source(name: str, folder: Path) -> Iterator[str]:
    """The URI of a store, unpacked into a folder or, where it was in a server's database, loaded into a new one."""
    unpack(name, folder)
    kind = name.partition("-")[0]
    if kind == "folder":
        yield str(folder / "mlruns")
    elif kind == "sqlite":
        yield f"sqlite:///{folder}/mlflow.db"
    else:
        with fresh_database(kind) as url:
            _load(url, _placed(f"{name}.sql", folder))
            yield url


def unpack(name: str, folder: Path) -> Path:
    """Put the files of a store into a folder, a SQLite database among them; the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    archive = STORES / f"{name}.tar.gz"
    if archive.exists():
        with tarfile.open(archive) as packed:
            packed.extractall(folder, filter="data")
        for file in folder.rglob("meta.yaml"):
            file.write_text(file.read_text("utf-8").replace(HERE, str(folder)), "utf-8")
    if name.startswith("sqlite"):
        with closing(sqlite3.connect(folder / "mlflow.db")) as database:
            database.executescript(_placed(f"{name}.sql", folder))
    return folder


def _placed(name: str, folder: Path) -> str:
    return (STORES / name).read_text("utf-8").replace(HERE, str(folder))


def _load(url: str, script: str) -> None:
    """Run a dump in a database."""
    given = make_url(url)
    if given.drivername == "postgresql":
        engine, options = create_engine(given.set(drivername="postgresql+psycopg")), None
    else:
        from pymysql.constants import CLIENT

        options = {"client_flag": CLIENT.MULTI_STATEMENTS}
        engine = create_engine(given.set(drivername="mysql+pymysql"), connect_args=options)
    connection = engine.raw_connection()
    try:
        cursor = connection.cursor()
        cursor.execute(f"{_AS_DUMPED}\n{script}" if options else script)
        while options and cursor.nextset():
            pass
        connection.commit()
    finally:
        connection.close()
        engine.dispose()
