"""A store's database: opening it, reading it in snapshots, writing it through one writer."""

from collections.abc import Callable, Collection, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, func, inspect, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from runstone.entities.kinds import LifecycleStage
from runstone.errors import InvalidParameterValue, RunstoneError, StoreError, TemporarilyUnavailable
from runstone.locks import FileLock
from runstone.store import dialect, schema
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

    def __init__(self, path: Path, *, durable: bool, now: Callable[[], int], default_location: str):
        """Open the database at `path`; create it, with the experiment "Default" (id 0), if it is absent.

        One of an older Runstone is upgraded.

        Args:
            path: the SQLite file.
            durable: whether a write returns only when the disk has it. Otherwise it survives the death of the process,
                and a power cut may take the last second.
            now: the clock, in milliseconds since the epoch.
            default_location: where the default experiment keeps its artifacts.

        Raises StoreError if the file cannot be used, saying why.
        """
        self._path = path
        self._lock = FileLock(path.with_name(path.name + ".lock"))
        self._read_engine = dialect.open_sqlite(path, durable=durable, writing=False)
        self._write_engine = dialect.open_sqlite(path, durable=durable, writing=True)
        self.keys = KeyNames()
        wal = None if durable else path.with_name(path.name + "-wal")
        self._writer = Writer(self._write_engine, self._lock, self.keys, wal)
        self._sealer = Sealer(self)
        try:
            with translated(path):
                self._prepare(now, default_location)
        except BaseException:
            self.close()
            raise

    @contextmanager
    def read(self) -> Generator[Connection]:
        """A connection that sees the database as it is now, until the block ends."""
        # Begun here: the statements that run on the DBAPI itself begin nothing, and each would see its own moment.
        with translated(self._path), self._read_engine.connect() as connection, connection.begin():
            yield connection

    def write(self, action: Callable[[Connection, Mapping[str, int]], T], *, keys: Collection[str] = ()) -> T:
        """Run `action(connection, key ids)` in a transaction and return its result once that is committed.

        `keys` are names of params, tags or metrics that it needs as ids. If it raises, nothing of it is stored.
        """
        with translated(self._path):
            return self._writer.submit(Transaction(action, keys))

    def log(self, log: RunLog) -> None:
        """Store what was logged to a run, whole or not at all. Raises what `logs.apply` refuses it with."""
        with translated(self._path):
            run = self._writer.submit(LogWrite(log))
            if log.metrics:
                self._sealer.logged(run, len(log.metrics))

    def seal(self, run: int) -> None:
        """Bring the points of a run (by its integer id) into their dense form."""
        with translated(self._path):
            self._sealer.seal(run)

    def close(self) -> None:
        """Close every connection. The store must not be used afterwards."""
        self._writer.close()
        self._read_engine.dispose()
        self._write_engine.dispose()
        self._lock.close()

    def _prepare(self, now: Callable[[], int], default_location: str) -> None:
        """Make sure that the database has our tables in our version."""
        tables = dialect.tables_in(self._path)
        if not tables:
            with self._lock, self._write_engine.begin() as connection:
                if not inspect(connection).get_table_names():  # another process may have been quicker
                    _create(connection, now(), default_location)
        elif schema.runstone_version.name not in tables:
            raise _foreign(self._path, tables)
        version = self._version()
        if version in schema.OLDER_VERSIONS:
            self._upgrade()
            version = self._version()
        if version != schema.VERSION:
            raise StoreError(
                f"{self._path} has the schema version {version}, and this Runstone knows {schema.VERSION}. "
                "It was made by a newer Runstone: upgrade with `pip install --upgrade runstone`."
            )

    def _version(self) -> str | None:
        with self._read_engine.connect() as connection:
            return _version_of(connection)

    def _upgrade(self) -> None:
        """Bring an older database up to the present schema, whole or not at all."""
        from runstone.store import migrations

        with self._lock, self._write_engine.begin() as connection:
            if _version_of(connection) in schema.OLDER_VERSIONS:  # another process may have been quicker
                migrations.upgrade(connection)


def version_in(path: Path) -> str | None:
    """The schema version of the store in a file, which stays as it is; None if no store of ours is in it.

    Raises StoreError if the file cannot be read.
    """
    with translated(path):
        if schema.runstone_version.name not in dialect.tables_in(path):
            return None
        [(version,)] = dialect.look_into(path, f"SELECT max(version_num) FROM {schema.runstone_version.name}")
        return version


@contextmanager
def translated(path: Path) -> Generator[None]:
    """Turn the database's own errors into ours, which say what to do."""
    try:
        yield
    except (RunstoneError, *dialect.ALREADY_THERE):
        raise  # a taken key is the caller's to explain
    except (DBAPIError, *dialect.DRIVER_ERRORS) as error:
        cause = str(error.orig if isinstance(error, DBAPIError) else error)
        raise _explained(path, cause) from error
    except UnicodeEncodeError as error:
        raise InvalidParameterValue(
            f"A text contains half of a surrogate pair ({error.object[error.start]!a}), which is no character."
        ) from error
    except PoolTimeout as error:
        raise TemporarilyUnavailable(
            f"Too many reads of {path} at once. Try again.", path=str(path)
        ) from error
    except OSError as error:
        raise StoreError(
            f"Cannot use {error.filename or path}: {error.strerror}. Check that you may read and write it.",
            path=str(error.filename or path),
        ) from error


def _explained(path: Path, cause: str) -> RunstoneError:
    if "locked" in cause or "busy" in cause:
        return TemporarilyUnavailable(
            f"The database {path} stayed locked by another program for {dialect.BUSY_TIMEOUT_MS // 1000} seconds. "
            "Try again; if this goes on, look for a program that keeps it open.",
            path=str(path),
        )
    if "full" in cause:
        return TemporarilyUnavailable(
            f"The disk that holds {path} is full: nothing was stored. Make room and try again.",
            path=str(path),
        )
    if "readonly" in cause or "unable to open" in cause:
        return StoreError(
            f"Cannot write to the database {path}, which even reading it needs. Check that its folder exists and "
            "that you may write to it; of a store that is not yours, take a copy.",
            path=str(path),
        )
    if "not a database" in cause or "malformed" in cause:
        return StoreError(
            f"The file {path} is damaged or not a SQLite database. Restore it from a backup.", path=str(path)
        )
    return StoreError(f"The database {path} failed: {cause}.", path=str(path))


def is_mlflow_database(path: Path) -> bool:
    """Whether a file is a database of MLflow's, which stays as it is. One that cannot be read is none."""
    try:
        return _of_mlflow(dialect.tables_in(path))
    except (*dialect.DRIVER_ERRORS, OSError):
        return False


def _of_mlflow(tables: Collection[str]) -> bool:
    return "alembic_version" in tables and "experiments" in tables


def _foreign(path: Path, tables: Collection[str]) -> StoreError:
    if _of_mlflow(tables):
        return StoreError.of_mlflow(f"{path} is an MLflow database")
    return StoreError(
        f"{path} is another program's database. Runstone leaves it as it is: choose another place for your runs."
    )


def _version_of(connection: Connection) -> str | None:
    return connection.scalar(select(func.max(schema.runstone_version.c.version_num)))


def _create(connection: Connection, now: int, default_location: str) -> None:
    schema.metadata.create_all(connection)
    connection.execute(schema.runstone_version.insert().values(version_num=schema.VERSION))
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
