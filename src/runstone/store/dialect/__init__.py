"""Everything that differs between databases: a module for each, and what statements must spell differently.

No other room names a database. To add one: a `Kind` in `server`, a module with a `Database`, and what it spells its
own way in `types`, `statements`, `upserts` and `patterns`.
"""

from pathlib import Path

from sqlalchemy.exc import IntegrityError

from runstone.store.dialect.base import Database
from runstone.store.dialect.patterns import like
from runstone.store.dialect.server import POSTGRESQL, kind_of
from runstone.store.dialect.sqlite import SqliteDatabase
from runstone.store.dialect.statements import Prepared, among, commits_tables, one_of, several
from runstone.store.dialect.types import CLUSTERED, NUMBERED, BigId, Bytes, Key, LongText, Number, short_text
from runstone.store.dialect.upserts import Upsert, greatest, least, upsert

__all__ = [
    "ALREADY_THERE",
    "CLUSTERED",
    "NUMBERED",
    "BigId",
    "Bytes",
    "Database",
    "Key",
    "LongText",
    "Number",
    "Prepared",
    "SqliteDatabase",
    "Upsert",
    "among",
    "commits_tables",
    "database_at",
    "greatest",
    "is_database_url",
    "least",
    "like",
    "one_of",
    "several",
    "short_text",
    "upsert",
]

ALREADY_THERE: tuple[type[Exception], ...] = (IntegrityError,)
"""What an INSERT raises for a row whose key is taken."""


def is_database_url(uri: str) -> bool:
    """Whether a URI names a database of a server, by a scheme such as `postgresql` or `mysql+pymysql`."""
    return kind_of(uri) is not None


def database_at(place: Path | str) -> Database:
    """The database in a SQLite file, or at a URL of which `is_database_url` is true.

    Raises InvalidParameterValue for a URL that is none, MissingLibrary where its driver is not installed.
    """
    if isinstance(place, Path):
        return SqliteDatabase(place)
    kind = kind_of(place)
    assert kind is not None, "no database's URL"
    kind.check_installed()
    if kind is POSTGRESQL:
        from runstone.store.dialect.postgresql import PostgresqlDatabase

        return PostgresqlDatabase(place)
    from runstone.store.dialect.mysql import MysqlDatabase

    return MysqlDatabase(place)
