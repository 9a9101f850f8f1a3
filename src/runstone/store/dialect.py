"""Everything that differs between databases. No other module names one."""

import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing, suppress
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import (
    URL,
    BigInteger,
    ColumnElement,
    Connection,
    Engine,
    Integer,
    LargeBinary,
    String,
    Text,
    bindparam,
    create_engine,
    event,
    select,
)
from sqlalchemy import func as sql
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.pool import QueuePool
from sqlalchemy.sql.dml import Insert
from sqlalchemy.sql.elements import ClauseElement
from sqlalchemy.sql.schema import Table

BigId = BigInteger().with_variant(Integer, "sqlite")
"""A 64-bit integer that can number its own rows."""

Key = String(250)
LongText = Text()
Bytes = LargeBinary()

CLUSTERED: dict[str, Any] = {"sqlite_with_rowid": False}
"""Table options that keep its rows in the order of the primary key."""

NUMBERED: dict[str, Any] = {"sqlite_autoincrement": True}
"""Table options under which the number of a deleted row is never given again."""

BUSY_TIMEOUT_MS = 20_000

DRIVER_ERRORS: tuple[type[Exception], ...] = (sqlite3.Error,)
"""What a statement run on the DBAPI itself may raise."""

ALREADY_THERE: tuple[type[Exception], ...] = (IntegrityError, sqlite3.IntegrityError)
"""What an INSERT raises for a row whose key is taken."""


def open_sqlite(path: Path, *, durable: bool, writing: bool) -> Engine:
    """An engine on a SQLite file.

    Args:
        path: the database file; created if absent.
        durable: whether a commit waits until the disk has it (`synchronous=FULL`).
        writing: whether its transactions take the write lock when they begin; others are read-only.
    """
    engine = create_engine(
        URL.create("sqlite", database=str(path)),  # a text would give ?, # and % in the path a meaning
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
            "journal_mode = WAL",
            f"synchronous = {'FULL' if durable else 'NORMAL'}",
            "foreign_keys = ON",
            "case_sensitive_like = ON",
            "cache_size = -16384",
            "temp_store = MEMORY",
            *(() if writing else ("query_only = ON",)),
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "invalidate")
    def give_up(connection: sqlite3.Connection, _record: object, _error: object) -> None:
        # Closing is not enough: a cursor that is left, as in an interrupt's traceback, keeps the transaction's lock.
        with suppress(sqlite3.Error):
            connection.rollback()

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    return engine


_HEAD, _MAGIC, _WAL = 19, b"SQLite format 3\0", 2
"""How a SQLite file begins: https://www.sqlite.org/fileformat.html, section 1.3. The last byte tells of a WAL."""


def tables_in(path: Path) -> frozenset[str]:
    """The names of the tables in a SQLite file, which stays as it is; see `look_into`."""
    names = look_into(path, "SELECT name FROM sqlite_master WHERE type = 'table'")
    return frozenset(name for (name,) in names)


def look_into(path: Path, query: str) -> list[tuple[Any, ...]]:
    """The rows of a query of a SQLite file; none if the file is absent or empty. Raises sqlite3.Error, also for others.

    Whoever the file belongs to, it and its folder stay as they are. (An engine of ours would switch it to WAL.)
    """
    head = b""
    if path.exists():
        with path.open("rb") as file:
            head = file.read(_HEAD)
    if not head:
        return []
    if not head.startswith(_MAGIC):
        raise sqlite3.DatabaseError("file is not a database")
    # To look into a WAL database is to make its log, unless it is there or the file is said never to change.
    alone = head[-1] == _WAL and not path.with_name(path.name + "-wal").exists()
    try:
        return _rows(path, query, "immutable=1" if alone else "mode=ro")
    except sqlite3.Error:
        if not alone:
            raise
        return _rows(path, query, "mode=ro")  # it may have changed under our eyes


def _rows(path: Path, query: str, how: str) -> list[tuple[Any, ...]]:
    uri = f"{path.as_uri()}?{how}"
    with closing(sqlite3.connect(uri, uri=True, timeout=BUSY_TIMEOUT_MS / 1_000)) as connection:
        return connection.execute(query).fetchall()


def _lower(text: str | None) -> str | None:
    """The text without regard to case, character by character: `_` in a pattern must still stand for one of them."""
    if text is None or text.isascii():
        return text and text.lower()
    return "".join(map(_lower_character, text))


@cache
def _lower_character(character: str) -> str:
    return next((form for form in (character.casefold(), character.lower()) if len(form) == 1), character)


def in_transaction(connection: Connection) -> bool:
    """Whether the database still has the connection's transaction open: on some errors it rolls back by itself."""
    driver: Any = connection.connection.driver_connection
    return bool(driver.in_transaction)


def upsert(table: Table) -> "Upsert":
    """An INSERT that says what happens on conflict with the primary key."""
    return Upsert(table)


class Upsert:
    """An INSERT under construction; `replacing`, `ignoring` or `merging` finishes it."""

    def __init__(self, table: Table):
        self._table = table
        self._insert = sqlite_insert(table)
        self._keys = [column.name for column in table.primary_key]

    def ignoring(self) -> Insert:
        """Keep the row that is there."""
        return self._insert.on_conflict_do_nothing()

    def replacing(self) -> Insert:
        """Overwrite every column that is not part of the key."""
        excluded = self._insert.excluded
        others = {c.name: excluded[c.name] for c in self._table.columns if c.name not in self._keys}
        return self._insert.on_conflict_do_update(index_elements=self._keys, set_=others)

    def merging(self, merge: Callable[[Any, Any], Mapping[str, Any]]) -> Insert:
        """Combine the row that is there with the new one: `merge(stored, new)` says what each column becomes."""
        merged = merge(self._table.c, self._insert.excluded)
        return self._insert.on_conflict_do_update(index_elements=self._keys, set_=dict(merged))


def least(a: ColumnElement[Any], b: ColumnElement[Any]) -> ColumnElement[Any]:
    """The smaller of two values; of a value and NULL, the value."""
    return sql.min(sql.coalesce(a, b), sql.coalesce(b, a))


def greatest(a: ColumnElement[Any], b: ColumnElement[Any]) -> ColumnElement[Any]:
    """The larger of two values; of a value and NULL, the value."""
    return sql.max(sql.coalesce(a, b), sql.coalesce(b, a))


def like(column: ColumnElement[Any], pattern: str, *, ignore_case: bool) -> ColumnElement[bool]:
    """SQL's LIKE without an escape character, with or without regard to case, in every script."""
    if ignore_case:
        return sql.unicode_lower(column).like(_lower(pattern))
    return column.like(pattern)


class Prepared:
    """A Core statement that is compiled once and runs on the DBAPI itself, with named parameters.

    For statements that run thousands of times a second: SQLAlchemy's execution costs several times what they do. Its
    result types are the driver's own, so only numbers, texts and bytes may be read with it.
    """

    def __init__(self, statement: ClauseElement):
        self._statement = statement
        self._texts: dict[str, str] = {}

    def run(self, connection: Connection, parameters: Mapping[str, Any]) -> None:
        """Execute it."""
        self._cursor(connection).execute(self._text(connection), parameters).close()

    def run_many(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Execute it for each of the rows, in their order."""
        if rows:
            self._cursor(connection).executemany(self._text(connection), rows).close()

    def row(self, connection: Connection, parameters: Mapping[str, Any]) -> Any:
        """The first row of its result, a plain tuple, or None."""
        return self._cursor(connection).execute(self._text(connection), parameters).fetchone()

    def rows(self, connection: Connection, parameters: Mapping[str, Any]) -> list[Any]:
        """The rows of its result, as plain tuples."""
        return self._cursor(connection).execute(self._text(connection), parameters).fetchall()

    def _text(self, connection: Connection) -> str:
        name = connection.dialect.name
        text = self._texts.get(name)
        if text is None:
            text = self._texts[name] = str(self._statement.compile(dialect=connection.dialect))
        return text

    @staticmethod
    def _cursor(connection: Connection) -> Any:
        return connection.connection.cursor()


def one_of(column: ColumnElement[Any], parameter: str) -> ColumnElement[bool]:
    """Whether a column equals one of a parameter's values, in one text for any number of them; see `several`."""
    values = sql.json_each(bindparam(parameter)).table_valued("value")
    return column.in_(select(values.c.value))


_MANY = 500


def among(column: ColumnElement[Any], values: Sequence[int]) -> ColumnElement[bool]:
    """Whether a column equals one of the values. Many of them are one parameter: SQLite is slow with many names."""
    if len(values) <= _MANY:
        return column.in_(values)
    listed = sql.json_each(several(values)).table_valued("value")
    return column.in_(select(listed.c.value))


def several(values: Sequence[int] | Sequence[str]) -> str:
    """The parameter of `one_of`."""
    return json.dumps(values)
