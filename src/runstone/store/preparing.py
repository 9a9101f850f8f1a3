"""The tables of a database: making them, and bringing those of an older Runstone up to the present version."""

import sqlite3
from collections.abc import Callable, Collection, Generator
from contextlib import contextmanager
from pathlib import Path
from shlex import quote
from typing import NamedTuple

from sqlalchemy import Connection, Engine, func, select

from runstone.entities.kinds import LifecycleStage
from runstone.errors import StoreError
from runstone.store import schema
from runstone.store.dialect import Database, SqliteDatabase
from runstone.store.faults import translated

DEFAULT_EXPERIMENT = "Default"


class NewStore(NamedTuple):
    """What a database without our tables is given, beside these."""

    now: Callable[[], int]
    """The clock, in milliseconds since the epoch."""

    default_location: str
    """Where the default experiment keeps its artifacts."""


def prepare(database: Database, reading: Engine, writing: Engine, new: NewStore, *, upgrading: bool) -> None:
    """Make sure that the database has our tables in our version; the engines are its own.

    Raises StoreError for one of another program, of a newer Runstone, or, unless that is to be upgraded, of an older.
    """
    tables = database.tables()
    if tables and schema.runstone_version.name not in tables:
        raise _foreign(database, tables)
    version = _version_by(reading) if tables else None
    if version is None:
        with _alone(database, writing) as connection:
            _create(connection, new, begun=bool(tables))
    elif version in schema.OLDER_VERSIONS and upgrading:
        with _alone(database, writing) as connection:
            _upgrade(connection)
    else:
        _check(database, version)
        return
    _check(database, _version_by(reading))


def version_of(database: Database) -> str | None:
    """The schema version of the store in a database, which stays as it is; None if no store of ours is in it.

    Raises StoreError if the database cannot be read.
    """
    with translated(database):
        if schema.runstone_version.name not in database.tables():
            return None
        return _look_up_version(database)


def upgrade(database: Database) -> tuple[str, str]:
    """Bring the store in a database up to the present version; the version before, and that after, which may be one.

    One that was interrupted is completed by running it again. Raises StoreError for a database without a store of ours,
    or with one of a newer Runstone.
    """
    before = version_of(database)
    with translated(database):
        if before is None:
            raise _without_store(database)
        if before in schema.OLDER_VERSIONS:
            _upgrade_alone(database)
        after = _look_up_version(database)
        _check(database, after)
        return before, after or ""


def _upgrade_alone(database: Database) -> None:
    engine = database.open(durable=True, writing=True)
    try:
        with _alone(database, engine) as connection:
            _upgrade(connection)
    finally:
        engine.dispose()
        database.lock.close()


def compact(database: Database) -> int:
    """Give the room that removed runs left in a store's file back to the disk; how many bytes there were.

    Raises StoreError for a database without a store of ours in our version.
    """
    version = version_of(database)
    with translated(database):
        if version is None:
            raise _without_store(database)
        _check(database, version)
        free = database.free_space()
        if free:
            database.compact()
        return free


def is_mlflow_database(path: Path) -> bool:
    """Whether a file is a database of MLflow's, which stays as it is. One that cannot be read is none."""
    try:
        return _of_mlflow(SqliteDatabase(path).tables())
    except (sqlite3.Error, OSError):
        return False


# --- what is there --------------------------------------------------------------------------------


def _look_up_version(database: Database) -> str | None:
    [(version,)] = database.query(f"SELECT max(version_num) FROM {schema.runstone_version.name}")
    return version


def _version_by(engine: Engine) -> str | None:
    with engine.connect() as connection:
        return _version_in(connection)


def _version_in(connection: Connection) -> str | None:
    return connection.scalar(select(func.max(schema.runstone_version.c.version_num)))


def _of_mlflow(tables: Collection[str]) -> bool:
    return "alembic_version" in tables and "experiments" in tables


def _foreign(database: Database, tables: Collection[str]) -> StoreError:
    if _of_mlflow(tables):
        return StoreError.of_mlflow(f"{database.name} is an MLflow database", database.argument)
    return StoreError(
        f"{database.name} is another program's database. Runstone leaves it as it is: choose another place for your "
        "runs."
    )


def _without_store(database: Database) -> StoreError:
    if tables := database.tables():
        return _foreign(database, tables)
    return StoreError(f"There is no store in {database.name}: there is nothing to be done to it.")


def _check(database: Database, version: str | None) -> None:
    """Raises StoreError unless this is our version."""
    if version == schema.VERSION:
        return
    if version in schema.OLDER_VERSIONS:
        raise StoreError(
            f"{database.name} has the schema version {version}, and this Runstone needs {schema.VERSION}. End what "
            f"else uses it, make a backup, and run `runstone db upgrade {quote(database.argument)}`."
        )
    raise StoreError(
        f"{database.name} has the schema version {version}, and this Runstone knows {schema.VERSION}. "
        "It was made by a newer Runstone: upgrade with `pip install --upgrade runstone`."
    )


# --- changing it ----------------------------------------------------------------------------------


@contextmanager
def _alone(database: Database, engine: Engine) -> Generator[Connection]:
    """A transaction in which to change the tables, while no other process does."""
    with database.lock, engine.connect() as connection:
        try:
            with connection.begin():
                database.lock_creation(connection)
                yield connection
        finally:  # after the commit, so that the next one sees what was made
            if not connection.invalidated:  # a connection that is gone has no lock any more
                database.unlock_creation(connection)


def _create(connection: Connection, new: NewStore, *, begun: bool) -> None:
    """Make the tables that are missing: all, or where a process died between them, the rest. The version comes last."""
    schema.metadata.create_all(connection)
    if _version_in(connection) is not None:  # another process was quicker
        return
    if begun:  # the last table may lack its indexes
        for table in schema.metadata.sorted_tables:
            for index in table.indexes:
                index.create(connection, checkfirst=True)
    now = new.now()
    default = {
        "id": 0,
        "name": DEFAULT_EXPERIMENT,
        "artifact_location": new.default_location,
        "lifecycle": LifecycleStage.ACTIVE,
        "created": now,
        "updated": now,
    }
    connection.execute(schema.experiment.insert().values(default))
    connection.execute(schema.runstone_version.insert().values(version_num=schema.VERSION))


def _upgrade(connection: Connection) -> None:
    """Bring an older database up to the present schema; where tables are made in transactions, whole or not at all."""
    from runstone.store import migrations

    if _version_in(connection) in schema.OLDER_VERSIONS:  # another process may have been quicker
        migrations.upgrade(connection)
