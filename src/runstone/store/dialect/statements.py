"""Parts of statements that databases spell differently, and statements that run on the driver itself."""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any, Self, cast
from weakref import WeakKeyDictionary

from sqlalchemy import (
    BindParameter,
    Boolean,
    ColumnElement,
    Connection,
    Dialect,
    Integer,
    Text,
    TypeDecorator,
    bindparam,
    literal,
)
from sqlalchemy import func as sql
from sqlalchemy.dialects import mysql, postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.dml import Insert
from sqlalchemy.sql.elements import ClauseElement
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.schema import Table

_MYSQL = ("mysql", "mariadb")


# --- statements on the driver -----------------------------------------------------------------


class Prepared:
    """A statement that is compiled once for each database and runs on the DBAPI itself, with named parameters.

    For statements that run thousands of times a second: SQLAlchemy's execution costs several times what they do. Its
    result types are the driver's own, so only numbers, texts and bytes may be read with it. Errors are SQLAlchemy's.
    """

    def __init__(self, statement: "ClauseElement | Upsert"):
        self._statement = statement
        self._compiled: WeakKeyDictionary[Dialect, _Compiled] = WeakKeyDictionary()

    def run(self, connection: Connection, parameters: Mapping[str, Any]) -> None:
        """Execute it."""
        self._execute(connection, parameters).close()

    def run_many(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Execute it for each of the rows, in their order. None of its parameters may be `several`."""
        if not rows:
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

    def _for(self, connection: Connection) -> "_Compiled":
        compiled = self._compiled.get(connection.dialect)
        if compiled is None:
            compiled = self._compiled[connection.dialect] = _compile(self._statement, connection.dialect)
        return compiled


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


def commits_tables(connection: Connection) -> bool:
    """Whether the database commits every table that it makes by itself, whatever the transaction does."""
    return connection.dialect.name in _MYSQL


# --- insert or update -------------------------------------------------------------------------


def upsert(table: Table) -> "Upsert":
    """An INSERT that says what happens if the row is there; `Prepared` runs it."""
    return Upsert(table)


Merge = Callable[[Any, Any], Mapping[str, Any]]


class Upsert:
    """An INSERT under construction; `replacing`, `ignoring` or `merging` finishes it."""

    def __init__(self, table: Table):
        self._table = table
        self._columns = [c.name for c in table.columns]
        self._merge: Merge | None = None

    def ignoring(self) -> "Upsert":
        """Keep the row that is there."""
        self._merge = None
        return self

    def replacing(self) -> "Upsert":
        """Overwrite every column that is not part of the primary key."""
        others = [c.name for c in self._table.columns if not c.primary_key]
        return self.merging(lambda _old, new: {name: new[name] for name in others})

    def merging(self, merge: Merge) -> "Upsert":
        """Combine the row that is there with the new one: `merge(stored, new)` says what each column becomes.

        A database may carry the assignments out one by one, in their order: an expression that uses a stored column
        must bear that an earlier assignment has changed it.
        """
        self._merge = merge
        return self

    def only(self, *columns: str) -> "Upsert":
        """Insert these columns alone: the database gives the others their values."""
        self._columns = list(columns)
        return self

    def spelled_for(self, dialect: Dialect) -> Insert:
        """The statement as this database understands it."""
        values: dict[str, Any] = {name: bindparam(name) for name in self._columns}
        if dialect.name in _MYSQL:
            return self._on_duplicate_key(mysql.insert(self._table).values(values))
        make: Any = postgresql.insert if dialect.name == "postgresql" else sqlite.insert
        statement = make(self._table).values(values)
        if self._merge is None:
            return statement.on_conflict_do_nothing()
        keys = [column.name for column in self._table.primary_key]
        merged = dict(self._merge(self._table.c, statement.excluded))
        return statement.on_conflict_do_update(index_elements=keys, set_=merged)

    def _on_duplicate_key(self, statement: Any) -> Insert:
        if self._merge is None:
            # not INSERT IGNORE, which forgives other errors too
            key = next(iter(self._table.primary_key))
            return statement.on_duplicate_key_update([(key.name, key)])
        merged = self._merge(self._table.c, statement.inserted)
        return statement.on_duplicate_key_update(list(merged.items()))


class _Least(FunctionElement[Any]):
    """The smaller of values that are not NULL."""

    inherit_cache = True
    spelled, in_sqlite = "least", "min"


class _Greatest(FunctionElement[Any]):
    """The larger of values that are not NULL."""

    inherit_cache = True
    spelled, in_sqlite = "greatest", "max"


@compiles(_Least)
@compiles(_Greatest)
def _spell_extreme(element: "_Least | _Greatest", compiler: Any, **more: Any) -> str:
    return f"{element.spelled}({', '.join(_arguments(element, compiler, more))})"


@compiles(_Least, "sqlite")
@compiles(_Greatest, "sqlite")
def _spell_extreme_for_sqlite(element: "_Least | _Greatest", compiler: Any, **more: Any) -> str:
    return f"{element.in_sqlite}({', '.join(_arguments(element, compiler, more))})"


def least(a: ColumnElement[Any], b: ColumnElement[Any]) -> ColumnElement[Any]:
    """The smaller of two values; of a value and NULL, the value."""
    return _Least(sql.coalesce(a, b), sql.coalesce(b, a))


def greatest(a: ColumnElement[Any], b: ColumnElement[Any]) -> ColumnElement[Any]:
    """The larger of two values; of a value and NULL, the value."""
    return _Greatest(sql.coalesce(a, b), sql.coalesce(b, a))


# --- one of many ------------------------------------------------------------------------------


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


class _Condition(FunctionElement[bool]):
    """A condition of our own spelling."""

    inherit_cache = True
    type = Boolean()

    def self_group(self, against: object = None) -> Self:
        """As it is. Where booleans are numbers, SQLAlchemy would compare it with 1, which no index finds."""
        return self


class _OneOf(_Condition):
    """The first argument, a column, equals one of the values in the second, a list."""

    inherit_cache = True


@compiles(_OneOf, "sqlite")
def _spell_one_of_for_sqlite(element: _OneOf, compiler: Any, **more: Any) -> str:
    column, values = _arguments(element, compiler, more)
    return f"{column} IN (SELECT value FROM json_each({values}))"


@compiles(_OneOf, "postgresql")
def _spell_one_of_for_postgresql(element: _OneOf, compiler: Any, **more: Any) -> str:
    column, values = _arguments(element, compiler, more)
    kind = "BIGINT" if isinstance(next(iter(element.clauses)).type, Integer) else "VARCHAR"
    return f"{column} = ANY({values.partition('::')[0]}::{kind}[])"


@compiles(_OneOf, *_MYSQL)
def _spell_one_of_for_mysql(element: _OneOf, compiler: Any, **more: Any) -> str:
    column, values = _arguments(element, compiler, more)
    return f"{column} IN {values}"  # the driver writes a tuple as (1, 2, 3)


def _arguments(element: FunctionElement[Any], compiler: Any, more: Mapping[str, Any]) -> list[str]:
    return [compiler.process(argument, **more) for argument in element.clauses]


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


# --- patterns ---------------------------------------------------------------------------------


class _Like(_Condition):
    """LIKE with regard to case and without an escape character."""

    inherit_cache = True


@compiles(_Like)
def _spell_like(element: _Like, compiler: Any, **more: Any) -> str:
    text, pattern = _arguments(element, compiler, more)
    return f"{text} LIKE {pattern} ESCAPE ''"


@compiles(_Like, "sqlite")
def _spell_like_for_sqlite(element: _Like, compiler: Any, **more: Any) -> str:
    text, pattern = _arguments(element, compiler, more)
    return f"{text} LIKE {pattern}"


class _Folded(FunctionElement[str]):
    """The first argument, a text, in which the characters of the second are replaced by those of the third."""

    inherit_cache = False
    type = Text()


@compiles(_Folded)
def _spell_folded(element: _Folded, compiler: Any, **more: Any) -> str:
    return compiler.process(sql.translate(*element.clauses), **more)


@compiles(_Folded, "sqlite")
def _spell_folded_for_sqlite(element: _Folded, compiler: Any, **more: Any) -> str:
    text, *_ = element.clauses
    return compiler.process(sql.unicode_lower(text), **more)


@compiles(_Folded, *_MYSQL)
def _spell_folded_for_mysql(element: _Folded, compiler: Any, **more: Any) -> str:
    text, *characters = element.clauses
    others, own = (cast("BindParameter[str]", argument).value or "" for argument in characters)
    for pair in zip(others, own, strict=True):
        text = sql.replace(text, *pair)
    return compiler.process(text, **more)


def like(column: ColumnElement[Any], pattern: str, *, ignore_case: bool) -> ColumnElement[bool]:
    """SQL's LIKE without an escape character, with or without regard to case, in every script."""
    if not ignore_case:
        return _Like(column, literal(pattern))
    pattern = lower(pattern)
    cases = [(other, own) for own in sorted(set(pattern)) for other in _other_cases().get(own, "")]
    others, own = ("".join(pair[at] for pair in cases) for at in (0, 1))
    return _Like(_Folded(column, literal(others), literal(own)), literal(pattern))


@lru_cache(maxsize=4096)
def _lowered(character: str) -> str:
    return _lower_character(character)


def lower(text: str) -> str:
    """The text without regard to case, character by character: `_` in a pattern must still stand for one of them."""
    return text.lower() if text.isascii() else "".join(map(_lowered, text))


def _lower_character(character: str) -> str:
    return next((form for form in (character.casefold(), character.lower()) if len(form) == 1), character)


@cache
def _other_cases() -> Mapping[str, str]:
    """For each character that `lower` may give: the other characters that it gives it for."""
    found: dict[str, str] = {}
    for code in range(0x1F000):  # beyond lie emoji and ideographs, which have no case
        character = chr(code)
        if (own := _lower_character(character)) != character:
            found[own] = found.get(own, "") + character
    return found
