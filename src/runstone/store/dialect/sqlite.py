"""SQLite, in a file."""

import sqlite3
from collections.abc import Collection
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Column, Connection, Engine, create_engine, event
from sqlalchemy.pool import QueuePool

from runstone.errors import RunstoneError, StoreError, TemporarilyUnavailable
from runstone.locks import FileLock
from runstone.settings import SQLITE_JOURNAL
from runstone.store.dialect.network_files import check_locks, is_on_network
from runstone.store.dialect.patterns import lower

BUSY_TIMEOUT_MS = 20_000


class SqliteDatabase:
    """A SQLite file, which is created when it is first written.

    Processes take turns to write by a file lock beside it: SQLite's own lets a busy one starve the others. Readers see
    the moment they began at and never wait; on a network file system, which has no write-ahead log, they and a commit
    wait for each other.
    """

    may_lose_connections = False

    def __init__(self, path: Path):
        self.path = path
        self.name = str(path)
        self.argument = f"sqlite:///{path}"
        self.lock = FileLock(path.with_name(path.name + ".lock"))
        asked = SQLITE_JOURNAL.read()
        self._rollback = is_on_network(path) if asked == "auto" else asked == "rollback"
        self.log_file = None if self._rollback else path.with_name(path.name + "-wal")
        """What a commit may leave in the system's memory. A rollback journal is always brought to the disk."""

    def open(self, *, durable: bool, writing: bool) -> Engine:
        """See Database. Transactions that write take the write lock when they begin.

        Raises StoreError on a network file system whose files cannot be locked.
        """
        if self._rollback:
            check_locks(self.lock, self.path)
        engine = create_engine(
            URL.create(
                "sqlite", database=str(self.path)
            ),  # a text would give ?, # and % in the path a meaning
            paramstyle="named",
            poolclass=QueuePool,
            pool_size=1 if writing else 4,
            max_overflow=0 if writing else 28,
            connect_args={"check_same_thread": False, "timeout": BUSY_TIMEOUT_MS / 1_000},
        )

        @event.listens_for(engine, "connect")
        def configure(connection: sqlite3.Connection, _record: object) -> None:
            connection.isolation_level = None  # we say BEGIN ourselves
            connection.create_function("unicode_lower", 1, _lower, deterministic=True)
            for pragma in (
                f"journal_mode = {'TRUNCATE' if self._rollback else 'WAL'}",
                f"synchronous = {'FULL' if durable or self._rollback else 'NORMAL'}",
                "foreign_keys = ON",
                "case_sensitive_like = ON",
                "cache_size = -16384",
                "temp_store = MEMORY",
                *(() if writing else ("query_only = ON",)),
            ):
                connection.execute(f"PRAGMA {pragma}")

        @event.listens_for(engine, "invalidate")
        def give_up(connection: sqlite3.Connection, _record: object, _error: object) -> None:
            # Closing is not enough: a cursor that is left, as in an interrupt's traceback, keeps the lock.
            with suppress(sqlite3.Error):
                connection.rollback()

        @event.listens_for(engine, "begin")
        def begin(connection: Any) -> None:
            connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

        return engine

    def tables(self) -> Collection[str]:
        """See Database."""
        names = self.query("SELECT name FROM sqlite_master WHERE type = 'table'")
        return frozenset(name for (name,) in names)

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        """See Database. No rows if the file is absent or empty. Raises sqlite3.Error, also for a file of another kind.

        Whoever the file belongs to, it and its folder stay as they are. (An engine of ours would switch it to WAL.)
        """
        head = b""
        if self.path.exists():
            with self.path.open("rb") as file:
                head = file.read(HEAD)
        if not head:
            return []
        if not head.startswith(_MAGIC):
            raise sqlite3.DatabaseError("file is not a database")
        # To look into a WAL database is to make its log, unless it is there or the file is said never to change.
        alone = head[-1] == WAL and not self.path.with_name(self.path.name + "-wal").exists()
        try:
            return self._rows(statement, "immutable=1" if alone else "mode=ro")
        except sqlite3.Error:
            if not alone:
                raise
            return self._rows(statement, "mode=ro")  # it may have changed under our eyes

    def free_space(self) -> int:
        """See Database."""
        rows = self.query("SELECT freelist_count * page_size FROM pragma_freelist_count, pragma_page_size")
        return rows[0][0] if rows else 0

    def compact(self) -> None:
        """See Database. The file is written anew, and needs as much room again while that lasts."""
        with self.lock, closing(sqlite3.connect(self.path, timeout=BUSY_TIMEOUT_MS / 1_000)) as connection:
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self.lock.close()

    def lock_creation(self, connection: Connection) -> None:
        """See Database. Who writes has the lock already."""

    def unlock_creation(self, connection: Connection) -> None:
        """See Database."""

    def is_undone(self, connection: Connection, error: BaseException) -> bool:
        """See Database. On some errors, as for want of room, SQLite rolls back by itself."""
        driver: Any = connection.connection.driver_connection
        return not driver.in_transaction

    def is_passing(self, cause: BaseException) -> bool:
        """See Database. Who writes is alone."""
        return False

    def continue_numbers(self, connection: Connection, column: Column[Any]) -> None:
        """See Database. It does so by itself."""

    def is_held(self, cause: BaseException) -> bool:
        """See Database."""
        return any(word in str(cause) for word in ("locked", "busy"))

    def explain(self, cause: BaseException) -> RunstoneError:
        """See Database."""
        if self.is_held(cause):
            return self._locked()
        text = str(cause)
        for words, error in (
            (("full",), self._full),
            (("readonly", "unable to open"), self._unwritable),
            (("not a database", "malformed"), self._damaged),
        ):
            if any(word in text for word in words):
                return error()
        return StoreError(f"The database {self.path} failed: {text}.", path=self.name)

    def _locked(self) -> RunstoneError:
        error = TemporarilyUnavailable(
            f"The database {self.path} stayed locked by another program for {BUSY_TIMEOUT_MS // 1000} seconds. "
            "Try again; if this goes on, look for a program that keeps it open.",
            path=self.name,
        )
        error.retry_after_s = 5  # nothing was begun
        return error

    def _full(self) -> RunstoneError:
        return TemporarilyUnavailable(
            f"The disk that holds {self.path} is full: nothing was stored. Make room and try again.",
            path=self.name,
        )

    def _unwritable(self) -> RunstoneError:
        return StoreError(
            f"Cannot write to the database {self.path}, which even reading it needs. Check that its folder exists and "
            "that you may write to it; of a store that is not yours, take a copy.",
            path=self.name,
        )

    def _damaged(self) -> RunstoneError:
        return StoreError(
            f"The file {self.path} is damaged or not a SQLite database. Restore it from a backup.",
            path=self.name,
        )

    def _rows(self, statement: str, how: str) -> list[tuple[Any, ...]]:
        uri = f"{self.path.as_uri()}?{how}"
        with closing(sqlite3.connect(uri, uri=True, timeout=BUSY_TIMEOUT_MS / 1_000)) as connection:
            return connection.execute(statement).fetchall()


HEAD, _MAGIC, WAL = 19, b"SQLite format 3\0", 2
"""How a SQLite file begins: https://www.sqlite.org/fileformat.html, section 1.3. The last byte tells of a WAL."""


def _lower(text: str | None) -> str | None:
    return None if text is None else lower(text)
