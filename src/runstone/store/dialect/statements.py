"""Statements that run on the driver itself, and lists as their parameters."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, cast
from weakref import WeakKeyDictionary

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Dialect,
    Integer,
    Text,
    TypeDecorator,
    bindparam,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.dml import Insert
from sqlalchemy.sql.elements import ClauseElement

from runstone.store.dialect.spelling import MYSQL, Condition, arguments
from runstone.store.dialect.upserts import Upsert


class Prepared:
    """A statement that is compiled once for each database and runs on the DBAPI itself, with named parameters.

    For statements that run thousands of times a second: SQLAlchemy's execution costs several times what they do. Its
    result types are the driver's own, so only numbers, texts and bytes may be read with it. Errors are SQLAlchemy's.
    """

    def __init__(self, statement: "ClauseElement | Upsert"):
        self._statement = statement
        self._compiled: WeakKeyDictionary[Dialect, _Compiled] = WeakKeyDictionary()
        self._sets: Prepared | None = None

    def run(self, connection: Connection, parameters: Mapping[str, Any]) -> None:
        """Execute it."""
        self._execute(connection, parameters).close()

    def run_many(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Execute it for each of the rows, in their order. None of its parameters may be `several`."""
        if not rows:
            return
        if len(rows) >= _SET_FROM and isinstance(self._statement, Upsert) and _takes_sets(connection.dialect):
            columns = {name: [row[name] for row in rows] for name in rows[0]}
            self._of_sets(self._statement).run(connection, columns)
            return
        text = self._for(connection).text
        try:
            connection.connection.cursor().executemany(text, rows)
        except Exception as error:
            _translate(connection, text, error)
            raise

    def row(self, connection: Connection, parameters: Mapping[str, Any]) -> Any:
        """The first row of its result, a plain tuple, or None."""
        return self._execute(connection, parameters).fetchone()

    def rows(self, connection: Connection, parameters: Mapping[str, Any]) -> list[Any]:
        """The rows of its result, as plain tuples."""
        return list(self._execute(connection, parameters).fetchall())

    def _execute(self, connection: Connection, parameters: Mapping[str, Any]) -> Any:
        compiled = self._for(connection)
        if compiled.lists:
            parameters = {**parameters}
            for name in compiled.lists:
                parameters[name] = _list_for(connection.dialect, parameters[name])
        cursor = connection.connection.cursor()
        try:
            cursor.execute(compiled.text, parameters)
        except Exception as error:
            _translate(connection, compiled.text, error)
            raise
        return cursor

    def _of_sets(self, upsert: "Upsert") -> "Prepared":
        if self._sets is None:
            self._sets = Prepared(upsert.of_sets())
        return self._sets

    def _for(self, connection: Connection) -> "_Compiled":
        compiled = self._compiled.get(connection.dialect)
        if compiled is None:
            compiled = self._compiled[connection.dialect] = _compile(self._statement, connection.dialect)
        return compiled


_SET_FROM = 8
"""From this many rows on, PostgreSQL takes them as one set of columns: a statement for each costs it ten times more."""


def _takes_sets(dialect: Dialect) -> bool:
    return dialect.name == "postgresql"


class _Compiled:
    """A statement's text, and those of its parameters that are lists."""

    __slots__ = ("lists", "text")

    def __init__(self, text: str, lists: Sequence[str]):
        self.text, self.lists = text, lists


def _compile(statement: "ClauseElement | Upsert", dialect: Dialect) -> _Compiled:
    if isinstance(statement, Upsert):
        statement = statement.spelled_for(dialect)
    if isinstance(statement, Insert):
        statement = statement.inline()  # nobody reads the number that the row got
    compiled: Any = statement.compile(dialect=dialect)
    binds: Mapping[str, BindParameter[Any]] = compiled.binds
    return _Compiled(str(compiled), [name for name, bind in binds.items() if isinstance(bind.type, _List)])


def _translate(connection: Connection, text: str, error: Exception) -> None:
    """Raise a driver's error as SQLAlchemy's, and give up a connection that is lost."""
    driver: Any = connection.dialect.loaded_dbapi
    if not isinstance(error, driver.Error):
        return
    lost = connection.dialect.is_disconnect(cast("Any", error), connection.connection.dbapi_connection, None)
    if lost:
        connection.invalidate(error)
    raise DBAPIError.instance(
        text, None, error, driver.Error, connection_invalidated=lost, dialect=connection.dialect
    ) from error


# --- one of many ------------------------------------------------------------------------------


def commits_tables(connection: Connection) -> bool:
    """Whether the database commits every table that it makes by itself, whatever the transaction does."""
    return connection.dialect.name in MYSQL


class _List(TypeDecorator[Any]):
    """A list as one parameter."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        return _list_for(dialect, value)


def _list_for(dialect: Dialect, values: Sequence[Any]) -> Any:
    if dialect.name == "sqlite":
        return json.dumps(values)
    if dialect.name == "postgresql":
        return list(values)
    return tuple(values) or (None,)  # `IN ()` is no SQL; nothing equals NULL


class _OneOf(Condition):
    """The first argument, a column, equals one of the values in the second, a list."""

    inherit_cache = True


@compiles(_OneOf, "sqlite")
def _spell_one_of_for_sqlite(element: _OneOf, compiler: Any, **more: Any) -> str:
    column, values = arguments(element, compiler, more)
    return f"{column} IN (SELECT value FROM json_each({values}))"


@compiles(_OneOf, "postgresql")
def _spell_one_of_for_postgresql(element: _OneOf, compiler: Any, **more: Any) -> str:
    column, values = arguments(element, compiler, more)
    kind = "BIGINT" if isinstance(next(iter(element.clauses)).type, Integer) else "VARCHAR"
    return f"{column} = ANY({values.partition('::')[0]}::{kind}[])"


@compiles(_OneOf, *MYSQL)
def _spell_one_of_for_mysql(element: _OneOf, compiler: Any, **more: Any) -> str:
    column, values = arguments(element, compiler, more)
    return f"{column} IN {values}"  # the driver writes a tuple as (1, 2, 3)


def one_of(column: ColumnElement[Any], parameter: str) -> ColumnElement[bool]:
    """Whether a column equals one of a parameter's values, in one text for any number of them; see `several`."""
    return _OneOf(column, bindparam(parameter, type_=_List()))


_MANY = 500


def among(column: ColumnElement[Any], values: Sequence[int]) -> ColumnElement[bool]:
    """Whether a column equals one of the values. Many of them are one parameter: SQLite is slow with many names."""
    if len(values) <= _MANY:
        return column.in_(values)
    return _OneOf(column, bindparam(None, list(values), type_=_List(), unique=True))


def several(values: Sequence[int] | Sequence[str]) -> Sequence[Any]:
    """The parameter of `one_of`."""
    return list(values)
