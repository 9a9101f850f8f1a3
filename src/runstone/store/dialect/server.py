"""What the databases behind a URL have in common."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

from sqlalchemy import URL, Column, Connection, Engine, create_engine, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import QueuePool

from runstone.errors import (
    InvalidParameterValue,
    MissingLibrary,
    RunstoneError,
    StoreError,
    TemporarilyUnavailable,
)
from runstone.locks import Lock, NoLock
from runstone.urls import without_secrets

CONNECT_TIMEOUT_S = 10
READERS = 16
LOCK_WAIT_S, CREATION_WAIT_S = 5, 600
"""For how long a write waits for another transaction, and for the making of tables by another process."""


class Kind(NamedTuple):
    """A kind of database server: the schemes of its URLs, the driver that we use, and what people call it."""

    schemes: tuple[str, ...]
    driver: str
    package: str
    title: str
    extra: str
    example: str

    def check_installed(self) -> None:
        """Raises MissingLibrary where the driver is not installed."""
        if find_spec(self.package) is None:
            raise MissingLibrary(
                f"A {self.title} database needs the package {self.package}. Install it with "
                f"`pip install 'runstone[{self.extra}]'`."
            )


POSTGRESQL = Kind(
    schemes=("postgresql", "postgres"),
    driver="postgresql+psycopg",
    package="psycopg",
    title="PostgreSQL",
    extra="postgres",
    example="postgresql://USER:PASSWORD@HOST/DATABASE",
)
MYSQL = Kind(
    schemes=("mysql", "mariadb"),
    driver="mysql+pymysql",
    package="pymysql",
    title="MySQL",
    extra="mysql",
    example="mysql://USER:PASSWORD@HOST/DATABASE",
)


def kind_of(uri: str) -> Kind | None:
    """The kind of server that a URI names, by a scheme such as `postgresql` or `mysql+pymysql`; None for another."""
    scheme, mark, _ = uri.partition("://")
    name = scheme.lower().partition("+")[0]
    return next((kind for kind in (POSTGRESQL, MYSQL) if mark and name in kind.schemes), None)


class ServerDatabase(ABC):
    """A database of a server, by its URL. Its transactions keep writers apart, so that no process waits for another.

    A connection that was lost while it lay idle is found and replaced when it is used next.
    """

    kind: Kind
    lock: Lock = NoLock()
    log_file: Path | None = None
    may_lose_connections = True
    patience: ClassVar[Mapping[str, int]] = {}
    """The driver's options after which a server that went silent is taken for gone."""

    def __init__(self, url: str):
        self._url = _parsed(url, self.kind)
        self.name = f"the {self.kind.title} database {without_secrets(url)}"
        self.argument = without_secrets(url)

    def open(self, *, durable: bool, writing: bool) -> Engine:
        """See Database."""
        engine = self._engine(pool_size=1 if writing else 4, max_overflow=0 if writing else READERS - 4)
        self.configure(engine, writing=writing)
        return engine

    def tables(self) -> Collection[str]:
        """See Database."""
        with self._looking() as connection:
            return inspect(connection).get_table_names()

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        """See Database."""
        with self._looking() as connection:
            return [tuple(row) for row in connection.execute(text(statement))]

    def free_space(self) -> int:
        """See Database. The server sees to it."""
        return 0

    def compact(self) -> None:
        """See Database. The server sees to it."""
        return

    def is_held(self, cause: BaseException) -> bool:
        """See Database. Nobody holds more than some rows."""
        return False

    def explain(self, cause: BaseException) -> RunstoneError:
        """See Database. What those afar are told leaves out where the server's database is."""
        if self.is_full(cause):
            return TemporarilyUnavailable(
                f"The disk of {self.name} is full: nothing was stored. Make room and try again.",
                public="The disk of the server's database is full: nothing was stored.",
            )
        if self.is_lost(cause):
            return TemporarilyUnavailable(
                f"{capital(self.name)} cannot be reached: {_first_line(cause)}. Check that it runs, and its "
                "address, user and password; then try again.",
                public="The server's database cannot be reached. Try again in a while.",
            )
        if self.is_passing(cause):
            return TemporarilyUnavailable(
                f"{capital(self.name)} was kept from storing this by other transactions. Try again; if this goes on, "
                "look for one that stays open.",
                public="The server's database was kept from storing this by other transactions. Try again.",
            )
        return StoreError(
            f"{capital(self.name)} failed: {_first_line(cause)}.",
            public="The server's database failed. Whoever runs the server finds the cause in its log.",
        )

    @abstractmethod
    def configure(self, engine: Engine, *, writing: bool) -> None:
        """Have the engine's connections behave as a store expects."""

    @abstractmethod
    def lock_creation(self, connection: Connection) -> None:
        """See Database."""

    @abstractmethod
    def unlock_creation(self, connection: Connection) -> None:
        """See Database."""

    @abstractmethod
    def is_undone(self, connection: Connection, error: BaseException) -> bool:
        """See Database."""

    @abstractmethod
    def is_passing(self, cause: BaseException) -> bool:
        """See Database."""

    @abstractmethod
    def is_full(self, cause: BaseException) -> bool:
        """Whether the server has no room left."""

    @abstractmethod
    def is_lost(self, cause: BaseException) -> bool:
        """Whether the server is not there, or ended the connection."""

    @abstractmethod
    def continue_numbers(self, connection: Connection, column: Column[Any]) -> None:
        """See Database."""

    def _engine(self, **pool: int) -> Engine:
        return create_engine(
            self._url,
            paramstyle="pyformat",
            poolclass=QueuePool,
            pool_pre_ping=True,
            pool_timeout=30,
            connect_args={"connect_timeout": CONNECT_TIMEOUT_S, **self.patience},
            **pool,
        )

    def _looking(self) -> "_Looking":
        return _Looking(self._engine(pool_size=1, max_overflow=0))


class _Looking:
    """One connection for a short look."""

    def __init__(self, engine: Engine):
        self._engine = engine

    def __enter__(self) -> Connection:
        self._connection = self._engine.connect()
        return self._connection

    def __exit__(self, *_: object) -> None:
        self._connection.close()
        self._engine.dispose()


def _parsed(url: str, kind: Kind) -> URL:
    """The URL with the driver that we use, whichever it names: people bring theirs from elsewhere."""
    shown = without_secrets(url)
    if url.partition("://")[2].partition("/")[0].count("@") > 1:
        raise InvalidParameterValue(f"The URL of {shown} has an @ too many. Write one in a password as %40.")
    try:
        _, _, rest = url.partition("://")
        parsed = make_url(f"{kind.driver}://{rest}")
    except (ArgumentError, ValueError):  # which quote the password
        raise InvalidParameterValue(
            f"'{shown}' is no database URL. Write {kind.example}; what is special in a user name or password is "
            "written %XX."
        ) from None
    if not parsed.database:
        raise InvalidParameterValue(f"'{shown}' names no database. Write {kind.example}.")
    return parsed


def _first_line(cause: BaseException) -> str:
    return (str(cause).strip().splitlines() or [type(cause).__name__])[0].rstrip(".")


def capital(name: str) -> str:
    """A name as a sentence begins with it."""
    return name[:1].upper() + name[1:]
