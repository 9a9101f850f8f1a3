"""What a store asks of a database, beside statements."""

from collections.abc import Collection
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import Column, Connection, Engine

from runstone.errors import RunstoneError
from runstone.locks import Lock


class Database(Protocol):
    """A place for tables: a file, or a database of a server. Nothing is opened or made before it is used."""

    @property
    def name(self) -> str:
        """Where it is, for messages: a path, or a URL without secrets."""
        ...

    @property
    def argument(self) -> str:
        """How the command line is told of it."""
        ...

    @property
    def lock(self) -> Lock:
        """What a process holds while it writes, if others must wait meanwhile."""
        ...

    @property
    def may_lose_connections(self) -> bool:
        """Whether a connection can be gone when it is used again after a while."""
        ...

    @property
    def log_file(self) -> Path | None:
        """The file that a commit may leave in the system's memory, and that is to be synced once a second."""
        ...

    def open(self, *, durable: bool, writing: bool) -> Engine:
        """An engine.

        Args:
            durable: whether a commit waits until the disk has it; a server's always does.
            writing: whether it is for transactions that write; others see one moment and cannot write.
        """
        ...

    def tables(self) -> Collection[str]:
        """The names of its tables; nothing is made or changed by looking."""
        ...

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        """The rows of a query; nothing is made or changed by asking."""
        ...

    def lock_creation(self, connection: Connection) -> None:
        """Keep other processes from making or upgrading the tables, until `unlock_creation`."""
        ...

    def unlock_creation(self, connection: Connection) -> None:
        """Let other processes make or upgrade the tables."""
        ...

    def is_undone(self, connection: Connection, error: BaseException) -> bool:
        """Whether the database gave up the whole transaction of a connection with this error."""
        ...

    def is_passing(self, cause: BaseException) -> bool:
        """Whether a transaction failed because of another one, and would succeed if repeated."""
        ...

    def is_held(self, cause: BaseException) -> bool:
        """Whether a write failed because another program held the whole database for as long as one may wait."""
        ...

    def explain(self, cause: BaseException) -> RunstoneError:
        """The error of ours for one of the driver's: what happened and what to do."""
        ...

    def free_space(self) -> int:
        """Bytes of its file that nothing is in: what is written next uses them, and `compact` gives them back."""
        ...

    def compact(self) -> None:
        """Give free space back to the disk; who writes meanwhile waits."""
        ...

    def continue_numbers(self, connection: Connection, column: Column[Any]) -> None:
        """After a row was given a number of its own: number further ones beyond all that are there."""
        ...
