"""A search under way: what it selects, and what its statements share."""

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, func, select

from runstone.search import And, Comparison, Expression, Field, OrderBy
from runstone.store import filters
from runstone.store.keys import KeyNames
from runstone.store.keyset import Position
from runstone.store.schema import run

Statement = Select[*tuple[Any, ...]]


class Selection(NamedTuple):
    """Which runs a search is about. For `shown_root` see `filters.run_attribute`."""

    experiments: Sequence[int]
    lifecycles: Sequence[str]
    where: Expression | None = None
    shown_root: str | None = None


class Found(NamedTuple):
    """A run that was found, by its number, and its position; () where that would have to be asked for."""

    position: Position
    number: int


class Page(NamedTuple):
    """The numbers of a page's runs, and the position of the last one if there are more."""

    numbers: list[int]
    end: Position | None


class Query:
    """A selection, the ids of the keys that it and its order name, and the connection it runs on."""

    def __init__(
        self, connection: Connection, names: KeyNames, selection: Selection, order_by: Sequence[OrderBy]
    ):
        self._connection = connection
        self.selection = selection
        self.terms = _conjuncts(selection.where)
        compared = [] if selection.where is None else filters.fields(selection.where)
        named = {f.key for f in [*compared, *(c.field for c in order_by)] if f.kind != "attribute"}
        self.keys = names.find(connection, named)
        asked = {filters.RUN_ATTRIBUTES[f.key] for f in compared if f.kind == "attribute"}
        self.columns = [c for c in run.columns if c.name in asked | {"id", "experiment", "started", "run_id"}]
        """What a part of the runs must have, for the filter to be asked of it."""

    def rows(self, statement: Statement) -> Sequence[Any]:
        """The rows of a statement."""
        return self._connection.execute(statement).all()

    def first(self, statement: Statement) -> Any:
        """The first row of a statement, or None."""
        return self._connection.execute(statement).first()

    def number_of(self, statement: Statement, limit: int) -> int:
        """How many rows a statement has; `limit` if there are more."""
        some = statement.limit(limit).subquery()
        return self._connection.scalar(select(func.count()).select_from(some)) or 0

    def conditions(
        self, rows: filters.Rows, without: Collection[Comparison] = ()
    ) -> list[ColumnElement[bool]]:
        """The filter asked of rows of `run`; `without` are terms that these rows fulfil anyway."""
        terms = [term for term in self.terms if not (isinstance(term, Comparison) and term in without)]
        if not terms:
            return []
        left = terms[0] if len(terms) == 1 else And(tuple(terms))
        return [filters.run_condition(left, rows, self.keys, self.selection.shown_root)]

    def comparisons(self, field: Field, operators: Collection[str]) -> list[Comparison]:
        """The terms that every run found must fulfil and that compare this field in one of these ways."""
        own = [term for term in self.terms if isinstance(term, Comparison) and term.field == field]
        return [term for term in own if term.op in operators]


def _conjuncts(expression: Expression | None) -> tuple[Expression, ...]:
    """The terms of an expression that must all be true."""
    if isinstance(expression, And):
        return tuple(term for part in expression.parts for term in _conjuncts(part))
    return () if expression is None else (expression,)
