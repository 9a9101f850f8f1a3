"""Statements about runs: their row, their search, and what a read of them shows."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, Table, and_, select

from runstone.search import Expression, Field, OrderBy
from runstone.store import dialect, filters
from runstone.store.keys import KeyNames
from runstone.store.logs import declassify, value_hash
from runstone.store.schema import metric_summary, run, run_param, run_tag

_LIMIT = 500  # ids in one statement


class RunRow(NamedTuple):
    """A run's own row."""

    id: int
    run_id: str
    experiment: int
    name: str
    user_id: str
    status: str
    lifecycle: str
    started: int
    ended: int | None
    deleted: int | None
    artifact_uri: str


class LatestMetric(NamedTuple):
    """The latest point of a metric."""

    key: str
    value: float
    timestamp: int
    step: int


class RunContent(NamedTuple):
    """What a read of a run shows beside its row."""

    metrics: list[LatestMetric]
    params: list[tuple[str, str]]
    tags: list[tuple[str, str]]


def insert(connection: Connection, values: Mapping[str, Any], tags: Mapping[int, str]) -> None:
    """Add a run with its tags (by key id). Raises sqlalchemy's IntegrityError if its run id is taken."""
    result = connection.execute(run.insert().values(**values))
    assert result.inserted_primary_key is not None
    number: int = result.inserted_primary_key[0]
    set_tags(connection, values["experiment"], number, tags)


def set_tags(connection: Connection, experiment: int, number: int, tags: Mapping[int, str]) -> None:
    """Set tags of a run, by key id; what was there is replaced."""
    if tags:
        shared = {"experiment": experiment, "run": number}
        rows = [shared | {"key": k, "value": v, "value_hash": value_hash(v)} for k, v in sorted(tags.items())]
        connection.execute(dialect.upsert(run_tag).replacing(), rows)


def update(connection: Connection, number: int, values: Mapping[str, Any]) -> None:
    """Change columns of a run's row."""
    if values:
        connection.execute(run.update().where(run.c.id == number).values(**values))


def get(connection: Connection, run_id: str) -> RunRow | None:
    """The run with this public id, deleted or not."""
    row = connection.execute(select(run).where(run.c.run_id == run_id)).one_or_none()
    return RunRow(*row) if row else None


def numbers(connection: Connection, run_ids: Sequence[str]) -> dict[str, int]:
    """The integer ids of those runs that exist."""
    found: dict[str, int] = {}
    for some in _portions(run_ids):
        rows = connection.execute(select(run.c.run_id, run.c.id).where(run.c.run_id.in_(some)))
        found |= {row.run_id: row.id for row in rows}
    return found


# --- search -----------------------------------------------------------------------------------


def search(
    connection: Connection,
    names: KeyNames,
    *,
    experiments: Sequence[int],
    lifecycles: Sequence[str],
    where: Expression | None,
    order_by: Sequence[OrderBy],
    limit: int,
    offset: int,
) -> list[RunRow]:
    """The runs that match, in the order of the grammar's rules."""
    asked = [clause.field for clause in order_by] + (filters.fields(where) if where is not None else [])
    keys = names.find(connection, {field.key for field in asked if field.kind != "attribute"})
    conditions: list[ColumnElement[bool]] = [
        run.c.experiment.in_(experiments),
        run.c.lifecycle.in_(lifecycles),
    ]
    if where is not None:
        conditions.append(filters.run_condition(where, keys))
    statement = _ordered(select(run).where(*conditions), order_by, keys)
    return [RunRow(*row) for row in connection.execute(statement.limit(limit).offset(offset))]


def _ordered(statement: Select[Any], order_by: Sequence[OrderBy], keys: Mapping[str, int]) -> Select[Any]:
    clauses: list[ColumnElement[Any]] = []
    source: Any = run
    for clause in order_by:
        if clause.field.kind == "attribute":
            clauses += _nulls_last(filters.RUN_ATTRIBUTES[clause.field.key], clause.ascending)
        elif clause.field.key in keys:  # by a key that nobody has, all are equal
            table, order = _by_key(clause.field, clause.ascending)
            of = table.c
            same = (of.experiment == run.c.experiment, of.key == keys[clause.field.key], of.run == run.c.id)
            source = source.outerjoin(table, and_(*same))
            clauses += order
    if not any(clause.field == Field("attribute", "start_time") for clause in order_by):
        clauses.append(run.c.started.desc())
    return statement.select_from(source).order_by(*clauses, run.c.run_id)


def _by_key(field: Field, ascending: bool) -> tuple[Any, list[ColumnElement[Any]]]:
    if field.kind == "metric":
        table = metric_summary.alias()
        return table, filters.metric_order(table.c, ascending)
    table = (run_param if field.kind == "param" else run_tag).alias()
    return table, _nulls_last(table.c.value, ascending)


def _nulls_last(column: ColumnElement[Any], ascending: bool) -> list[ColumnElement[Any]]:
    direction = column.asc() if ascending else column.desc()
    return (
        [direction]
        if getattr(column, "nullable", True) is False and column.table is run
        else [column.is_(None), direction]
    )


# --- what a read shows ------------------------------------------------------------------------


def contents(connection: Connection, names: KeyNames, ids: Sequence[int]) -> dict[int, RunContent]:
    """The latest metrics, params and tags of runs, by their integer ids."""
    found = {number: RunContent([], [], []) for number in ids}
    of = metric_summary.c
    columns = (of.run, of.key, of["class"], of.value, of.timestamp, of.step)
    metrics = list(_rows(connection, metric_summary, columns, ids))
    params = list(_rows(connection, run_param, (run_param.c.run, run_param.c.key, run_param.c.value), ids))
    tags = list(_rows(connection, run_tag, (run_tag.c.run, run_tag.c.key, run_tag.c.value), ids))
    text = names.texts(connection, {row[1] for rows in (metrics, params, tags) for row in rows})
    for number, key, kind, value, timestamp, step in metrics:
        found[number].metrics.append(LatestMetric(text[key], declassify(kind, value), timestamp, step))
    for number, key, value in params:
        found[number].params.append((text[key], value))
    for number, key, value in tags:
        found[number].tags.append((text[key], value))
    return found


def _rows(
    connection: Connection, table: Table, columns: Sequence[ColumnElement[Any]], ids: Sequence[int]
) -> Iterator[Any]:
    for some in _portions(ids):
        yield from connection.execute(select(*columns).where(table.c.run.in_(some)))


def _portions(items: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return (items[at : at + _LIMIT] for at in range(0, len(items), _LIMIT))
