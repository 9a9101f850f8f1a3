"""A store's database: opening it, reading it in snapshots, writing it through one writer."""

from collections.abc import Callable, Collection, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection

from runstone.store.dialect import database_at
from runstone.store.faults import translated
from runstone.store.keys import KeyNames
from runstone.store.logs import RunLog
from runstone.store.preparing import NewStore, prepare
from runstone.store.sealing import Sealer
from runstone.store.writer import LogWrite, Transaction, Writer

T = TypeVar("T")

DATABASE_NAME = "runstone.db"


class Store:
    """A database of experiments, runs and metrics.

    Reads run in snapshots of their own (`read`); writes queue to one writer, which commits those that wait together
    (`write`, `log`). Every method may be called from any thread.
    """

    def __init__(self, place: Path | str, *, durable: bool, upgrading: bool, new: NewStore):
        """Open the database at `place`; give it our tables and the experiment "Default" (id 0), if it has none.

        Args:
            place: a SQLite file, or the URL of a database that a server has.
            durable: whether a write returns only when the disk has it. Otherwise it survives the death of the process,
                and a power cut may take the last second. A server's database is always durable.
            upgrading: whether one of an older Runstone is upgraded; else it is refused.
            new: what a new one is given.

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
                prepare(database, self._read_engine, self._write_engine, new, upgrading=upgrading)
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
