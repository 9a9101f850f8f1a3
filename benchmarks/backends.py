"""The databases that a store can lie in. On a server each store has a database of its own, dropped in the end.

RUNSTONE_BENCH_POSTGRESQL and RUNSTONE_BENCH_MYSQL say where the servers are, and as whom to make databases there.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Protocol

from sqlalchemy import Engine, create_engine, text
from sqlalchemy.engine import URL, make_url

SERVERS = {
    "postgresql": "postgresql://postgres@127.0.0.1:5432/postgres",
    "mysql": "mysql://root@127.0.0.1:3306/",
}
DRIVERS = {
    ("postgresql", "runstone"): "postgresql",
    ("postgresql", "mlflow"): "postgresql",
    ("mysql", "runstone"): "mysql",
    ("mysql", "mlflow"): "mysql+pymysql",
}
"""How each product wants the kind of a database written."""
ADMIN_DRIVERS = {"postgresql": "postgresql+psycopg", "mysql": "mysql+pymysql"}
NAMES = ("sqlite", *SERVERS)


class Backend(Protocol):
    """Where stores are made."""

    name: str

    def store(self, folder: Path, product: str) -> str:
        """The URI of a new store for a product ("runstone" or "mlflow")."""
        ...

    def size(self, uri: str) -> int:
        """The bytes on the disk of a store that nobody has open."""
        ...

    def analyse(self, uri: str) -> None:
        """Let the database count what a store holds, as it does by itself a while after."""
        ...


@contextmanager
def opened(name: str) -> Iterator[Backend]:
    """A backend by name; the databases that were made with it are dropped in the end."""
    if name == "sqlite":
        yield Sqlite()
        return
    server = Server(name)
    try:
        yield server
    finally:
        server.drop()


class Sqlite:
    """A file in the folder."""

    name = "sqlite"

    def store(self, folder: Path, product: str) -> str:
        """See Backend."""
        return str(folder / "mlruns") if product == "runstone" else f"sqlite:///{folder}/mlflow.db"

    def size(self, uri: str) -> int:
        """See Backend."""
        place = Path(uri.removeprefix("sqlite:///"))
        files = place.parent.glob(f"{place.name}*") if place.is_file() else place.glob("runstone.db*")
        return sum(file.stat().st_size for file in files)

    def analyse(self, uri: str) -> None:
        """See Backend. SQLite does nothing of the kind by itself."""


class Server:
    """A database server: each store gets a database."""

    def __init__(self, name: str):
        self.name = name
        given = os.environ.get(f"RUNSTONE_BENCH_{name.upper()}") or SERVERS[name]
        self._server = make_url(given)
        self._engine = self._connect(self._server.database)
        self._numbers = count(1)
        self._made: list[str] = []

    def store(self, folder: Path, product: str) -> str:
        """See Backend."""
        database = f"runstone_bench_{os.getpid()}_{next(self._numbers)}"
        options = " CHARACTER SET utf8mb4" if self.name == "mysql" else ""
        self._run(f"CREATE DATABASE {database}{options}")
        self._made.append(database)
        where: URL = self._server.set(drivername=DRIVERS[self.name, product], database=database)
        return where.render_as_string(hide_password=False)

    def size(self, uri: str) -> int:
        """See Backend."""
        database = make_url(uri).database
        if self.name == "postgresql":
            query = "SELECT pg_database_size(:name)"
        else:
            # InnoDB's own statistics of a table are renewed only now and then; the files tell the truth.
            query = (
                "SELECT sum(file_size) FROM information_schema.innodb_sys_tablespaces "
                "WHERE name LIKE concat(:name, '/%')"
            )
        with self._engine.connect() as connection:
            return int(connection.scalar(text(query), {"name": database}) or 0)

    def analyse(self, uri: str) -> None:
        """See Backend."""
        engine = self._connect(make_url(uri).database)
        with engine.connect() as connection:
            if self.name == "postgresql":
                connection.execute(text("VACUUM ANALYZE"))
            else:
                tables = ", ".join(connection.scalars(text("SHOW TABLES")))
                connection.execute(text(f"ANALYZE TABLE {tables}"))
        engine.dispose()

    def drop(self) -> None:
        """Drop what was made."""
        force = " WITH (FORCE)" if self.name == "postgresql" else ""
        while self._made:
            self._run(f"DROP DATABASE IF EXISTS {self._made.pop()}{force}")
        self._engine.dispose()

    def _connect(self, database: str | None) -> Engine:
        where = self._server.set(drivername=ADMIN_DRIVERS[self.name], database=database)
        return create_engine(where, isolation_level="AUTOCOMMIT")

    def _run(self, statement: str) -> None:
        with self._engine.connect() as connection:
            connection.execute(text(statement))
