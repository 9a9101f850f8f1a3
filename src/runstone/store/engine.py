"""A store's database: opening it, reading it in snapshots, writing it through one writer."""

import sqlite3
from collections.abc import Callable, Collection, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from runstone.entities.kinds import LifecycleStage
from runstone.errors import InvalidParameterValue, RunstoneError, StoreError, TemporarilyUnavailable
from runstone.store import schema
from runstone.store.dialect import ALREADY_THERE, Database, SqliteDatabase, database_at
from runstone.store.keys import KeyNames
from runstone.store.logs import RunLog
from runstone.store.sealing import Sealer
from runstone.store.writer import LogWrite, Transaction, Writer

T = TypeVar("T")

DATABASE_NAME = "runstone.db"
DEFAULT_EXPERIMENT = "Default"


class Store:
    """A database of experiments, runs and metrics.

    Reads run in snapshots of their own (`read`); writes queue to one writer, which commits those that wait together
    (`write`, `log`). Every method may be called from any thread.
    """

    def __init__(self, place: Path | str, *, durable: bool, now: Callable[[], int], default_location: str):
        """Open the database at `place`; give it our tables and the experiment "Default" (id 0), if it has none.

        One of an older Runstone is upgraded.

        Args:
            place: a SQLite file, or the URL of a database that a server has.
            durable: whether a write returns only when the disk has it. Otherwise it survives the death of the process,
                and a power cut may take the last second. A server's database is always durable.
            now: the clock, in milliseconds since the epoch.
            default_location: where the default experiment keeps its artifacts.

        Raises StoreError if the database cannot be used, saying why.
        """
        self.database = database = database_at(place)
        self._read_engine = database.open(durable=durable, writing=False)
        self._write_engine = database.open(durable=durable, writing=True)
        self.keys = KeyNames()
        self._writer = Writer(self._write_engine, database, self.keys, sync=not durable)
        self._sealer = Sealer(self, background=durable)
        try:
            with translated(database):
                self._prepare(now, default_location)
            self._sealer.start()
        except BaseException:
            self.close()
            raise

    @contextmanager
    def read(self) -> Generator[Connection]:
        """A connection that sees the database as it is now, until the block ends."""
        # Begun here: the statements that run on the DBAPI itself begin nothing, and each would see its own moment.
        with translated(self.database), self._read_engine.connect() as connection, connection.begin():
            yield connection

    def write(self, action: Callable[[Connection, Mapping[str, int]], T], *, keys: Collection[str] = ()) -> T:
        """Run `action(connection, key ids)` in a transaction and return its result once that is committed.

        `keys` are names of params, tags or metrics that it needs as ids. If it raises, nothing of it is stored.
        """
        with translated(self.database):
            return self._writer.submit(Transaction(action, keys))

    def log(self, log: RunLog) -> None:
        """Store what was logged to a run, whole or not at all. Raises what `logs.apply` refuses it with."""
        with translated(self.database):
            run = self._writer.submit(LogWrite(log))
            if log.metrics:
                self._sealer.logged(run, len(log.metrics))

    def seal(self, run: int) -> None:
        """Bring the points of a run (by its integer id) into their dense form; a durable store does so on the side."""
        with translated(self.database):
            self._sealer.seal(run)

    def close(self) -> None:
        """Close every connection. The store must not be used afterwards."""
        self._sealer.close()
        self._writer.close()
        self._read_engine.dispose()
        self._write_engine.dispose()
        self.database.lock.close()

    def _prepare(self, now: Callable[[], int], default_location: str) -> None:
        """Make sure that the database has our tables in our version."""
        tables = self.database.tables()
        if tables and schema.runstone_version.name not in tables:
            raise _foreign(self.database, tables)
        version = self._version() if tables else None
        if version is None:
            self._alone(lambda connection: _create(connection, now(), default_location))
        elif version in schema.OLDER_VERSIONS:
            self._alone(_upgrade)
        version = self._version()
        if version != schema.VERSION:
            raise StoreError(
                f"{self.database.name} has the schema version {version}, and this Runstone knows {schema.VERSION}. "
                "It was made by a newer Runstone: upgrade with `pip install --upgrade runstone`."
            )

    def _version(self) -> str | None:
        with self._read_engine.connect() as connection:
            return _version_of(connection)

    def _alone(self, change: Callable[[Connection], None]) -> None:
        """Change the tables, while no other process does."""
        database = self.database
        with database.lock, self._write_engine.begin() as connection:
            database.lock_creation(connection)
            try:
                change(connection)
            finally:
                database.unlock_creation(connection)


def version_of(database: Database) -> str | None:
    """The schema version of the store in a database, which stays as it is; None if no store of ours is in it.

    Raises StoreError if the database cannot be read.
    """
    with translated(database):
        if schema.runstone_version.name not in database.tables():
            return None
        [(version,)] = database.query(f"SELECT max(version_num) FROM {schema.runstone_version.name}")
        return version


@contextmanager
def translated(database: Database) -> Generator[None]:
    """Turn the database's own errors into ours, which say what to do."""
    try:
        yield
    except (RunstoneError, *ALREADY_THERE):
        raise  # a taken key is the caller's to explain
    except DBAPIError as error:
        raise database.explain(error.orig or error) from error
    except sqlite3.Error as error:  # of a look into a file
        raise database.explain(error) from error
    except UnicodeEncodeError as error:
        raise InvalidParameterValue(
            f"A text contains half of a surrogate pair ({error.object[error.start]!a}), which is no character."
        ) from error
    except PoolTimeout as error:
        raise TemporarilyUnavailable(f"Too many reads of {database.name} at once. Try again.") from error
    except OSError as error:
        place = error.filename or database.name
        raise StoreError(
            f"Cannot use {place}: {error.strerror}. Check that you may read and write it.", path=str(place)
        ) from error


def is_mlflow_database(path: Path) -> bool:
    """Whether a file is a database of MLflow's, which stays as it is. One that cannot be read is none."""
    try:
        return _of_mlflow(SqliteDatabase(path).tables())
    except (sqlite3.Error, OSError):
        return False


def _of_mlflow(tables: Collection[str]) -> bool:
    return "alembic_version" in tables and "experiments" in tables


def _foreign(database: Database, tables: Collection[str]) -> StoreError:
    if _of_mlflow(tables):
        return StoreError.of_mlflow(f"{database.name} is an MLflow database")
    return StoreError(
        f"{database.name} is another program's database. Runstone leaves it as it is: choose another place for your "
        "runs."
    )


def _version_of(connection: Connection) -> str | None:
    return connection.scalar(select(func.max(schema.runstone_version.c.version_num)))


def _create(connection: Connection, now: int, default_location: str) -> None:
    """Make the tables that are missing: all, or where a process died between them, the rest. The version comes last."""
    schema.metadata.create_all(connection)
    if _version_of(connection) is not None:  # another process was quicker
        return
    connection.execute(
        schema.experiment.insert().values(
            id=0,
            name=DEFAULT_EXPERIMENT,
            artifact_location=default_location,
            lifecycle=LifecycleStage.ACTIVE,
            created=now,
            updated=now,
        )
    )
    connection.execute(schema.runstone_version.insert().values(version_num=schema.VERSION))


def _upgrade(connection: Connection) -> None:
    """Bring an older database up to the present schema; where tables are made in transactions, whole or not at all."""
    from runstone.store import migrations

    if _version_of(connection) in schema.OLDER_VERSIONS:  # another process may have been quicker
        migrations.upgrade(connection)
