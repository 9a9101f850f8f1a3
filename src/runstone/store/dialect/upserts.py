"""Insert, or change the row that is there."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Dialect, Double, Float, Integer, Text, bindparam, select
from sqlalchemy import func as sql
from sqlalchemy.dialects import mysql, postgresql, sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.dml import Insert
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.schema import Table
from sqlalchemy.types import TypeEngine

from runstone.store.dialect.spelling import MYSQL, arguments


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
        if dialect.name in MYSQL:
            return self._on_duplicate_key(mysql.insert(self._table).values(values))
        make: Any = postgresql.insert if dialect.name == "postgresql" else sqlite.insert
        return self._on_conflict(make(self._table).values(values))

    def of_sets(self) -> Insert:
        """The statement for PostgreSQL, whose parameters are a list for each column."""
        columns = [self._table.c[name] for name in self._columns]
        lists = [bindparam(c.name, type_=postgresql.ARRAY(_plain(c.type))) for c in columns]
        rows = sql.unnest(*lists).table_valued(*self._columns).render_derived()
        found = select(*(rows.c[name] for name in self._columns))
        return self._on_conflict(postgresql.insert(self._table).from_select(self._columns, found))

    def _on_conflict(self, statement: Any) -> Insert:
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


def _plain(kind: TypeEngine[Any]) -> TypeEngine[Any]:
    """The type that a list of such values is sent as: without length and collation."""
    if isinstance(kind, Integer):
        return BigInteger()
    return Double() if isinstance(kind, Float) else Text()


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
    return f"{element.spelled}({', '.join(arguments(element, compiler, more))})"


@compiles(_Least, "sqlite")
@compiles(_Greatest, "sqlite")
def _spell_extreme_for_sqlite(element: "_Least | _Greatest", compiler: Any, **more: Any) -> str:
    return f"{element.in_sqlite}({', '.join(arguments(element, compiler, more))})"


def least(a: ColumnElement[Any], b: ColumnElement[Any]) -> ColumnElement[Any]:
    """The smaller of two values; of a value and NULL, the value."""
    return _Least(sql.coalesce(a, b), sql.coalesce(b, a))


def greatest(a: ColumnElement[Any], b: ColumnElement[Any]) -> ColumnElement[Any]:
    """The larger of two values; of a value and NULL, the value."""
    return _Greatest(sql.coalesce(a, b), sql.coalesce(b, a))
