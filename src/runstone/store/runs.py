"""Statements about runs: their row, their search, and what a read of them shows."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, Table, and_, bindparam, case, func, select

from runstone.entities.kinds import LifecycleStage
from runstone.search import Expression, Field, OrderBy
from runstone.store import filters
from runstone.store.dialect import Prepared, among, one_of, several
from runstone.store.keys import KeyNames
from runstone.store.logs import set_tags
from runstone.store.schema import metric_summary, run, run_param, run_tag
from runstone.store.summaries import declassify


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


_COLUMNS = tuple(column.name for column in run.columns if column.name != "id")

_insert = Prepared(run.insert().values({name: bindparam(name) for name in _COLUMNS}))
_get = Prepared(select(run).where(run.c.run_id == bindparam("run_id")))
_numbers = Prepared(select(run.c.run_id, run.c.id).where(one_of(run.c.run_id, "run_ids")))


def insert(connection: Connection, row: RunRow, tags: Mapping[int, str]) -> None:
    """Add a run (whose `id` the database chooses) with its tags (by key id).

    Raises one of `dialect.ALREADY_THERE` if its run id is taken.
    """
    values = row._asdict()
    del values["id"]
    _insert.run(connection, values)
    added = get(connection, row.run_id)
    assert added is not None
    set_tags(connection, row.experiment, added.id, tags)


def update(connection: Connection, number: int, values: Mapping[str, Any]) -> None:
    """Change columns of a run's row."""
    if values:
        connection.execute(run.update().where(run.c.id == number).values(**values))


def set_lifecycle(connection: Connection, experiment: int, lifecycle: str, deleted: int | None) -> None:
    """Set the lifecycle stage of all runs of an experiment that are in another one."""
    mine = (run.c.experiment == experiment, run.c.lifecycle != lifecycle)
    connection.execute(run.update().where(*mine).values(lifecycle=lifecycle, deleted=deleted))


_get_tag = Prepared(
    select(run_tag.c.value).where(
        *(run_tag.c[name] == bindparam(name) for name in ("experiment", "key", "run"))
    )
)


def get_tag(connection: Connection, row: RunRow, key: int) -> str | None:
    """A tag of a run, by key id; None if it has none."""
    found = _get_tag.row(connection, {"experiment": row.experiment, "key": key, "run": row.id})
    return found[0] if found else None


def delete_tag(connection: Connection, row: RunRow, key: int) -> bool:
    """Delete a tag of a run, by key id; whether there was one."""
    of = run_tag.c
    mine = (of.experiment == row.experiment, of.key == key, of.run == row.id)
    return connection.execute(run_tag.delete().where(*mine)).rowcount > 0


def get(connection: Connection, run_id: str) -> RunRow | None:
    """The run with this public id, deleted or not."""
    row = _get.row(connection, {"run_id": run_id})
    return RunRow(*row) if row else None


def numbers(connection: Connection, run_ids: Sequence[str]) -> dict[str, int]:
    """The integer ids of those runs that exist."""
    return dict(_numbers.rows(connection, {"run_ids": several(run_ids)}))


# --- search -----------------------------------------------------------------------------------


class Selection(NamedTuple):
    """Which runs a search is about. For `shown_root` see `filters.run_attribute`."""

    experiments: Sequence[int]
    lifecycles: Sequence[str]
    where: Expression | None = None
    shown_root: str | None = None


def search(
    connection: Connection,
    names: KeyNames,
    selection: Selection,
    *,
    order_by: Sequence[OrderBy],
    limit: int,
    offset: int,
) -> list[RunRow]:
    """The runs of the selection, in the order of the grammar's rules."""
    keys = names.find(
        connection, {clause.field.key for clause in order_by if clause.field.kind != "attribute"}
    )
    found = select(run).where(*_conditions(connection, names, selection))
    statement = _ordered(found, order_by, keys, selection.shown_root)
    return [RunRow(*row) for row in connection.execute(statement.limit(limit).offset(offset))]


def count(connection: Connection, names: KeyNames, selection: Selection) -> int:
    """How many runs are in the selection."""
    statement = select(func.count()).select_from(run).where(*_conditions(connection, names, selection))
    return connection.scalar(statement) or 0


def count_by_experiment(
    connection: Connection, experiments: Sequence[int]
) -> list[tuple[int, int, int, int]]:
    """For each experiment with active runs: its id, their number, how many are running, the latest start."""
    running = func.sum(case((run.c.status == "RUNNING", 1), else_=0))
    statement = (
        select(run.c.experiment, func.count(), running, func.max(run.c.started))
        .where(among(run.c.experiment, experiments), run.c.lifecycle == LifecycleStage.ACTIVE)
        .group_by(run.c.experiment)
    )
    return [
        (number, total, int(active), last) for number, total, active, last in connection.execute(statement)
    ]


def _conditions(connection: Connection, names: KeyNames, selection: Selection) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [
        among(run.c.experiment, selection.experiments),
        run.c.lifecycle.in_(selection.lifecycles),
    ]
    if selection.where is not None:
        compared = {field.key for field in filters.fields(selection.where) if field.kind != "attribute"}
        conditions.append(
            filters.run_condition(selection.where, names.find(connection, compared), selection.shown_root)
        )
    return conditions


def _ordered(
    statement: Select[Any], order_by: Sequence[OrderBy], keys: Mapping[str, int], shown_root: str | None
) -> Select[Any]:
    clauses: list[ColumnElement[Any]] = []
    source: Any = run
    for clause in order_by:
        if clause.field.kind == "attribute":
            clauses += _nulls_last(filters.run_attribute(clause.field.key, shown_root), clause.ascending)
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

_summary = metric_summary.c
_latest = Prepared(
    select(
        _summary.run, _summary.key, _summary["class"], _summary.value, _summary.timestamp, _summary.step
    ).where(one_of(_summary.run, "ids"))
)


def _values_of(table: Table) -> Prepared:
    return Prepared(select(table.c.run, table.c.key, table.c.value).where(one_of(table.c.run, "ids")))


_params = _values_of(run_param)
_tags = _values_of(run_tag)


def contents(connection: Connection, names: KeyNames, ids: Sequence[int]) -> dict[int, RunContent]:
    """The latest metrics, params and tags of runs, by their integer ids."""
    found = {number: RunContent([], [], []) for number in ids}
    asked = {"ids": several(ids)}
    metrics, params, tags = (statement.rows(connection, asked) for statement in (_latest, _params, _tags))
    text = names.texts(connection, {row[1] for rows in (metrics, params, tags) for row in rows})
    for number, key, kind, value, timestamp, step in metrics:
        found[number].metrics.append(LatestMetric(text[key], declassify(kind, value), timestamp, step))
    for number, key, value in params:
        found[number].params.append((text[key], value))
    for number, key, value in tags:
        found[number].tags.append((text[key], value))
    return found
