"""The total order of a search, and sorting by it.

Whatever the order, the position of a run is a tuple of values of which none is NULL or NaN, so that a page may begin
after any position, in whichever way that page is found:

- a metric: 0 for a number (infinities are some), 1 for NaN, 2 where it is missing; the class; the value;
- a param, a tag, the end of a run: 0 where it is there, 1 where it is missing; the value;
- another attribute: its value;
- at last the start, the latest first, and the run's id.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, case, func, select

from runstone.entities.names import MAX_TAG_LENGTH
from runstone.search import Field, OrderBy
from runstone.store import filters, keyset
from runstone.store.dialect import among
from runstone.store.keyset import Kind, Position, SortKey, beyond
from runstone.store.schema import run
from runstone.store.search.query import Query
from runstone.store.summaries import FINITE, NAN, NEGATIVE_INFINITY, POSITIVE_INFINITY

NUMBER, NOT_A_NUMBER, MISSING = 0, 1, 2
"""The phases of an order by a metric."""

THERE, NOT_THERE = 0, 1
"""The phases of an order by a text."""

NO_METRIC: Position = (MISSING, FINITE, 0.0)
NO_TEXT: Position = (NOT_THERE, "")
"""How the positions of runs begin that lack what others are ordered by."""

_START = OrderBy(Field("attribute", "start_time"), ascending=False)
_ID = OrderBy(Field("attribute", "run_id"), ascending=True)


def complete(order_by: Sequence[OrderBy]) -> tuple[OrderBy, ...]:
    """An order with what decides between runs that are equal in it."""
    ordered = {clause.field for clause in order_by}
    return (*order_by, *(clause for clause in (_START, _ID) if clause.field not in ordered))


def read_position(order_by: Sequence[OrderBy], values: Sequence[Any]) -> Position | None:
    """The position that values from outside are in an order; None if they are none."""
    return keyset.read_position(
        [kind for clause in complete(order_by) for kind in _kinds(clause.field)], values
    )


def _kinds(field: Field) -> tuple[Kind, ...]:
    if field.kind == "metric":
        return (NUMBER, NOT_A_NUMBER, MISSING), (NAN, NEGATIVE_INFINITY, FINITE, POSITIVE_INFINITY), float
    if field.kind in ("param", "tag"):
        return (THERE, NOT_THERE), str
    numeric: dict[str, tuple[Kind, ...]] = {"start_time": (int,), "end_time": ((THERE, NOT_THERE), int)}
    return numeric.get(field.key, (str,))


class Part(NamedTuple):
    """A part of the runs: where they come from, the columns of `run` there, and what further narrows them."""

    source: Any
    rows: filters.Rows
    conditions: Sequence[ColumnElement[bool]]


def everything(query: Query) -> Part:
    """All runs of the query's experiments in its lifecycle stages."""
    return Part(run, run.c, _own(query, run.c))


def numbered(query: Query, numbers: Sequence[int]) -> Part:
    """Those of some runs that are in the query's experiments and lifecycle stages."""
    # The limit keeps databases from walking the experiments' runs instead.
    some = select(run).where(among(run.c.id, numbers)).limit(len(numbers)).subquery("some_runs")
    return Part(some, some.c, _own(query, some.c))


def _own(query: Query, rows: filters.Rows) -> list[ColumnElement[bool]]:
    _, lifecycles, *_ = query.selection
    return [among(rows["experiment"], query.selection.experiments), rows["lifecycle"].in_(lifecycles)]


def sort(
    query: Query,
    part: Part,
    order_by: Sequence[OrderBy],
    *,
    after: Position | None,
    limit: int,
    offset: int = 0,
) -> list[int]:
    """The numbers of the runs of a part that match the query, sorted by the database."""
    source, keys = _joined(query, part, order_by)
    return _sorted(query, part._replace(source=source), keys, after, limit, offset)


def position_of(query: Query, order_by: Sequence[OrderBy], number: int) -> Position:
    """The position of a run."""
    part = numbered(query, [number])
    source, keys = _joined(query, part, order_by)
    columns = [key.value for key in keys if isinstance(key.column, ColumnElement)]
    values = iter(query.first(select(*columns).select_from(source)))
    return tuple(next(values) if isinstance(key.column, ColumnElement) else key.column for key in keys)


def _joined(query: Query, part: Part, order_by: Sequence[OrderBy]) -> tuple[Any, list[SortKey]]:
    """The source of a part, joined to what an order needs, and the values in a position."""
    source, keys = part.source, list[SortKey]()
    for clause in complete(order_by):
        source, more = _sort_keys(query, part, source, clause)
        keys += more
    return source, keys


def sort_by_text(query: Query, clause: OrderBy, *, after: Position | None, limit: int) -> list[int]:
    """The numbers of the runs that have a param or a tag and match the query, sorted by it."""
    field, (experiments, lifecycles, *_) = clause.field, query.selection
    texts = filters.TABLES[field.kind].alias("ordering")
    conditions = [
        among(texts.c.experiment, experiments),
        texts.c.key == query.keys[field.key],
        run.c.lifecycle.in_(lifecycles),
    ]
    part = Part(texts.join(run, run.c.id == texts.c.run), run.c, conditions)
    keys = [SortKey(THERE, True), SortKey(_sorted_by(texts.c.value), clause.ascending)]
    keys += [SortKey(run.c.started, False), SortKey(run.c.run_id, True)]
    return _sorted(query, part, keys, after, limit, 0)


def _sorted(
    query: Query, part: Part, keys: Sequence[SortKey], after: Position | None, limit: int, offset: int
) -> list[int]:
    # The numbers alone: what is selected is carried through the sort, and MySQL has little room for long texts there.
    columns = [(key, at) for at, key in enumerate(keys) if isinstance(key.column, ColumnElement)]
    conditions = [*part.conditions, *query.conditions(part.rows)]
    if after is not None:
        conditions.append(beyond([(key, after[at]) for key, at in columns]))
    statement = (
        select(part.rows["id"])
        .select_from(part.source)
        .where(*conditions)
        .order_by(*(key.directed for key, _ in columns))
        .limit(limit)
    )
    return [number for (number,) in query.rows(statement.offset(offset) if offset else statement)]


def _sort_keys(query: Query, part: Part, source: Any, clause: OrderBy) -> tuple[Any, list[SortKey]]:
    """The source, joined to what a clause needs, and the values by which it orders."""
    field, ascending = clause.field, clause.ascending
    if field.kind == "attribute":
        column = filters.run_attribute(part.rows, field.key, query.selection.shown_root)
        if field.key != "end_time":
            return source, [SortKey(column, ascending)]
        missing = case((column.is_(None), NOT_THERE), else_=THERE)
        return source, [SortKey(missing, True), SortKey(column, ascending, 0)]
    if field.key not in query.keys:  # by a key that nobody has, all are equal
        nothing = NO_METRIC if field.kind == "metric" else NO_TEXT
        return source, [SortKey(value, True) for value in nothing]
    values = filters.TABLES[field.kind].alias()
    joined = source.outerjoin(values, _at(values.c, part.rows, query.keys, field))
    if field.kind == "metric":
        return joined, _metric_keys(values.c, ascending)
    missing = case((values.c.value.is_(None), NOT_THERE), else_=THERE)
    return joined, [SortKey(missing, True), SortKey(_sorted_by(values.c.value), ascending, "")]


def _sorted_by(text: ColumnElement[str]) -> ColumnElement[str]:
    """As much of a text as decides about its place: imported ones may be far longer, and databases sort by less."""
    return func.substr(text, 1, MAX_TAG_LENGTH, type_=text.type)


def _at(values: Any, rows: filters.Rows, keys: Mapping[str, int], field: Field) -> ColumnElement[bool]:
    return and_(
        values.experiment == rows["experiment"], values.key == keys[field.key], values.run == rows["id"]
    )


def _metric_keys(summary: Any, ascending: bool) -> list[SortKey]:
    kind = summary["class"]
    phase = case((kind.is_(None), MISSING), (kind == NAN, NOT_A_NUMBER), else_=NUMBER)
    return [
        SortKey(phase, True),
        SortKey(kind, ascending, FINITE),
        SortKey(summary.value, ascending, 0.0),
    ]
