"""Databases of other programs, to be read and left as they are."""

import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Engine, create_engine
from sqlalchemy.pool import QueuePool

from runstone.errors import RunstoneError
from runstone.store.dialect import database_at
from runstone.store.dialect.sqlite import BUSY_TIMEOUT_MS, HEAD, WAL


class Foreign(NamedTuple):
    """A database of somebody else: an engine that reads it, and what makes errors of ours of its driver's."""

    engine: Engine
    explain: Callable[[BaseException], RunstoneError]


def open_foreign(place: Path | str, scratch: Path) -> Foreign:
    """A database of somebody else: a SQLite file, or a URL of which `is_database_url` is true.

    `scratch` is an empty folder of ours: a SQLite file with a log that nobody has open is read from a copy there,
    since SQLite would leave an index of the log beside it.
    """
    database = database_at(place)
    if isinstance(place, str):
        return Foreign(database.open(durable=True, writing=False), database.explain)
    uri = _readable(place.absolute(), scratch)

    def connect() -> sqlite3.Connection:
        return sqlite3.connect(uri, uri=True, timeout=BUSY_TIMEOUT_MS / 1_000, check_same_thread=False)

    return Foreign(create_engine("sqlite://", creator=connect, poolclass=QueuePool), database.explain)


def _readable(path: Path, scratch: Path) -> str:
    """The URI by which SQLite reads a file and makes none."""
    log, index = (path.with_name(path.name + ending) for ending in ("-wal", "-shm"))
    with path.open("rb") as file:
        logged = file.read(HEAD)[-1:] == bytes([WAL])
    if logged and not log.exists():
        return f"{path.as_uri()}?immutable=1"
    if logged and not index.exists():
        copied = scratch / path.name
        shutil.copyfile(path, copied)
        shutil.copyfile(log, copied.with_name(log.name))
        path = copied
    return f"{path.as_uri()}?mode=ro"
