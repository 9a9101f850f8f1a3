"""Group commit: writes that arrive while others are being committed are committed together, in one transaction.

One thread commits; whoever writes hands it the write and waits. So a crowd of writers shares one fsync, and what
befalls a waiting thread, be it an interrupt or a signal's handler that writes, cannot reach into a transaction.
"""

import logging
import os
import threading
from collections.abc import Callable, Collection, Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from runstone.errors import RunstoneError, StoreError
from runstone.store import logs
from runstone.store.dialect import ALREADY_THERE, Database
from runstone.store.keys import KeyNames
from runstone.store.logs import RunLog

_log = logging.getLogger("runstone.store")

T = TypeVar("T")

MAX_GROUP = 512
"""Writes in one transaction; further ones make the next group."""

ATTEMPTS = 5
"""How often a group is tried that servers on the same database keep each other from storing."""


class Abandon(Exception):
    """Raised by a write that finds itself superfluous: nothing of it is kept."""


class _Lone(Exception):
    """Rolls back the transaction of a write that was refused; carries why."""

    def __init__(self, error: Exception):
        super().__init__(str(error))
        self.error = error


class Transaction(Generic[T]):
    """A write that is a function of the connection and the ids of its keys."""

    def __init__(self, action: Callable[[Connection, Mapping[str, int]], T], keys: Collection[str]):
        self.action, self.keys = action, keys


class LogWrite:
    """A write of what was logged to a run; many are stored together by a few statements. Its result is the run's id."""

    def __init__(self, log: RunLog):
        self.log = log
        self.keys = log.keys()


class _Pending:
    """A write in the queue, then its outcome."""

    __slots__ = ("_done", "error", "result", "write")

    def __init__(self, write: "Transaction[Any] | LogWrite"):
        self.write = write
        self.result: Any = None
        self.error: BaseException | None = None
        self._done = threading.Lock()
        self._done.acquire()

    def settle(self) -> None:
        """Let the one who waits go on."""
        self._done.release()

    def outcome(self) -> Any:
        """Wait for the write; its result. Raises what it raised."""
        self._done.acquire()
        if self.error is not None:
            raise self.error
        return self.result


class Writer:
    """The one way into the database: a thread that commits what it is handed."""

    def __init__(self, engine: Engine, database: Database, keys: KeyNames, *, sync: bool):
        """`sync` asks for the database's log file to be synced once a second, since commits do not."""
        self._engine, self._database, self._keys = engine, database, keys
        self._queue: SimpleQueue[_Pending | None] = SimpleQueue()
        self._connection: Connection | None = None
        self._sync = _Sync(database.log_file) if sync and database.log_file else None
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="runstone-writer", daemon=True)
        self._thread.start()

    def submit(self, write: "Transaction[T] | LogWrite") -> Any:
        """Store `write` and return its result once it is committed. Raises what it raised; then nothing is kept.

        A caller that is interrupted while it waits does not learn the outcome; the write goes on.
        """
        pending = _Pending(write)
        self._queue.put(pending)
        if self._ended.is_set():
            self._refuse_rest()
        return pending.outcome()

    def close(self) -> None:
        """Let what is queued be committed, sync, and close the connection."""
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        try:
            while (pending := self._queue.get()) is not None:
                self._commit(self._group(pending))
            if self._sync:
                self._sync.close()
            if self._connection is not None:
                self._connection.close()
        finally:
            self._ended.set()
            self._refuse_rest()

    def _fail_waiting(self, error: BaseException) -> None:
        """Let nobody who came meanwhile wait as long again."""
        with suppress(Empty):
            for _ in range(self._queue.qsize()):
                pending = self._queue.get_nowait()
                if pending is None:
                    self._queue.put(None)
                    return
                pending.error = error
                pending.settle()

    def _refuse_rest(self) -> None:
        """Once the thread has ended: let nobody wait for it."""
        with suppress(Empty):
            while True:
                pending = self._queue.get_nowait()
                if pending is not None:
                    pending.error = StoreError(
                        "The store was closed before this could be written. Open it again."
                    )
                    pending.settle()

    def _group(self, first: _Pending) -> list[_Pending]:
        """All that waits, from the first one on."""
        group = [first]
        while len(group) < MAX_GROUP and not self._queue.empty():
            pending = self._queue.get()
            if pending is None:
                self._queue.put(None)  # the end, which comes after this group
                break
            group.append(pending)
        return group

    def _commit(self, group: Sequence[_Pending]) -> None:
        try:
            self._store(group)
            if self._sync:
                self._sync.committed()
        except _Lone as lone:
            group[0].error = lone.error
        except BaseException as error:  # noqa: BLE001 - those who wait raise it
            for pending in group:
                pending.error = error
            self._disconnect()
            if isinstance(error, DBAPIError) and self._database.is_held(error.orig or error):
                self._fail_waiting(error)
        finally:
            for pending in group:
                pending.settle()

    def _store(self, group: Sequence[_Pending]) -> None:
        """Commit the group; where it only got in another server's way, again."""
        for attempts_left in reversed(range(ATTEMPTS)):
            try:
                self._transact(group)
                return
            except DBAPIError as error:
                if not attempts_left or not self._database.is_passing(error.orig or error):
                    raise
                self._disconnect()

    def _transact(self, group: Sequence[_Pending]) -> None:
        for pending in group:
            pending.error = None  # of an attempt before
        if self._connection is None:
            self._connection = self._engine.connect()
        with self._database.lock, self._connection.begin():
            keys = self._keys.intern(self._connection, {key for p in group for key in p.write.keys})
            self._apply(self._connection, keys, group)
        self._keys.committed(keys)
        if self._database.may_lose_connections:
            self._connection.close()  # back to the pool, which looks at it before it gives it out again
            self._connection = None

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.invalidate()
            self._connection.close()
            self._connection = None

    def _apply(self, connection: Connection, keys: Mapping[str, int], group: Sequence[_Pending]) -> None:
        if len(group) == 1:
            self._apply_lone(connection, keys, group[0])
            return
        waiting: list[tuple[_Pending, RunLog]] = []
        for pending in group:
            if isinstance(pending.write, LogWrite):
                waiting.append((pending, pending.write.log))
            else:
                self._attempt(connection, keys, pending, pending.write)
        if not waiting:
            return
        try:
            with self._savepoint(connection):
                outcomes = logs.apply(connection, keys, [log for _, log in waiting])
        except Exception as error:
            if self._must_end(connection, error):
                raise
            # One of them breaks a statement that all share: each on its own, and only that one fails.
            for pending, log in waiting:
                self._attempt(connection, keys, pending, self._alone(log))
            return
        for (pending, _), outcome in zip(waiting, outcomes, strict=True):
            _settle(pending, outcome)

    def _apply_lone(self, connection: Connection, keys: Mapping[str, int], pending: _Pending) -> None:
        """Without a savepoint: if it fails, the whole transaction goes, and there is nothing else in it."""
        write = self._alone(pending.write.log) if isinstance(pending.write, LogWrite) else pending.write
        try:
            pending.result = write.action(connection, keys)
        except (RunstoneError, Abandon, *ALREADY_THERE) as error:
            raise _Lone(error) from error

    @staticmethod
    def _alone(log: RunLog) -> "Transaction[int]":
        def action(connection: Connection, keys: Mapping[str, int]) -> int:
            (outcome,) = logs.apply(connection, keys, [log])
            if isinstance(outcome, RunstoneError):
                raise outcome
            return outcome

        return Transaction(action, log.keys())

    def _attempt(
        self, connection: Connection, keys: Mapping[str, int], pending: _Pending, write: "Transaction[Any]"
    ) -> None:
        """Run one write of several; if it fails, by whatever fault, it fails alone."""
        try:
            with self._savepoint(connection):
                pending.result = write.action(connection, keys)
        except Exception as error:
            if self._must_end(connection, error):
                raise
            pending.error = error

    @contextmanager
    def _savepoint(self, connection: Connection) -> Generator[None]:
        """A part of a transaction that is undone if it raises."""
        nested = connection.begin_nested()
        try:
            yield
            nested.commit()
        except BaseException as error:
            if not self._is_undone(connection, error):
                nested.rollback()
            raise

    def _must_end(self, connection: Connection, error: Exception) -> bool:
        """Whether nothing of the group can be stored: the database gave it up, or it is to be tried again whole."""
        passing = isinstance(error, DBAPIError) and self._database.is_passing(error.orig or error)
        return passing or self._is_undone(connection, error)

    def _is_undone(self, connection: Connection, error: BaseException) -> bool:
        return connection.invalidated or self._database.is_undone(connection, error)


def _settle(pending: _Pending, outcome: int | RunstoneError) -> None:
    if isinstance(outcome, RunstoneError):
        pending.error = outcome
    else:
        pending.result = outcome


class _Sync:
    """Brings a log file to the disk once a second while there are commits."""

    INTERVAL_S = 1.0

    def __init__(self, path: Path):
        self._path = path
        self._dirty = threading.Event()
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None

    def committed(self) -> None:
        """Note that there is something to sync."""
        if not self._dirty.is_set():
            self._dirty.set()
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="runstone-sync", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """Sync what is left and stop."""
        self._closed.set()
        if self._dirty.is_set():
            self._sync()
        self._dirty.set()  # wakes the thread, which sees that it is over

    def _run(self) -> None:
        while not self._closed.is_set():
            self._dirty.wait()
            if not self._closed.wait(self.INTERVAL_S):
                self._dirty.clear()
                self._sync()

    def _sync(self) -> None:
        try:
            file = os.open(self._path, os.O_RDONLY)
            try:
                os.fsync(file)
            finally:
                os.close(file)
        except FileNotFoundError:
            return  # checkpointed and removed: everything is in the database
        except OSError as error:
            _log.error("%s cannot be brought to the disk, a power cut may lose it: %s", self._path, error)
