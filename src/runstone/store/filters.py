"""Search expressions as SQL conditions. Their meaning stands in `runstone.search.expression`."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import (
    ColumnElement,
    String,
    Table,
    and_,
    case,
    cast,
    exists,
    false,
    func,
    literal,
    not_,
    or_,
    select,
    true,
)

from runstone.search import And, Comparison, Expression, Field, Not, Or
from runstone.store import dialect
from runstone.store.logs import value_hash
from runstone.store.schema import (
    dataset,
    experiment,
    experiment_tag,
    metric_summary,
    run_dataset,
    run_param,
    run_tag,
)
from runstone.store.summaries import FINITE, NAN, NEGATIVE_INFINITY, POSITIVE_INFINITY

EXPERIMENT_ATTRIBUTES: Mapping[str, ColumnElement[Any]] = {
    "name": experiment.c.name,
    "experiment_id": experiment.c.id,
    "creation_time": experiment.c.created,
    "last_update_time": experiment.c.updated,
}

RUN_ATTRIBUTES: Mapping[str, str] = {
    "run_id": "run_id",
    "run_name": "name",
    "user_id": "user_id",
    "status": "status",
    "artifact_uri": "artifact_uri",
    "start_time": "started",
    "end_time": "ended",
}
"""The columns of `run` behind its attributes."""

Rows = Mapping[str, ColumnElement[Any]] | Any
"""The columns of the rows that are searched: those of `run`, or of a query that gives some of its rows."""

_PROXIED = "mlflow-artifacts:/"

Leaf = Callable[[Comparison], ColumnElement[bool]]


def experiment_condition(expression: Expression) -> ColumnElement[bool]:
    """The condition on `experiment` that the expression means."""
    return _condition(expression, _experiment_comparison)


def run_condition(
    expression: Expression, rows: Rows, keys: Mapping[str, int], shown_root: str | None
) -> ColumnElement[bool]:
    """The condition on rows of `run` that the expression means.

    `keys` are the ids of the names in it that have one; for `shown_root` see `run_attribute`.
    """
    return _condition(expression, lambda comparison: _run_comparison(comparison, rows, keys, shown_root))


def run_attribute(rows: Rows, name: str, shown_root: str | None) -> ColumnElement[Any]:
    """An attribute of a run, as users see it: a `shown_root` stands for the scheme of the artifact proxy."""
    column: ColumnElement[Any] = rows[RUN_ATTRIBUTES[name]]
    if name != "artifact_uri" or shown_root is None:
        return column
    proxied = func.substr(column, 1, len(_PROXIED)) == _PROXIED
    shown = literal(shown_root.rstrip("/") + "/").concat(func.substr(column, len(_PROXIED) + 1))
    return case((proxied, shown), else_=column)


def fields(expression: Expression) -> list[Field]:
    """Every field that the expression compares."""
    if isinstance(expression, Comparison):
        return [expression.field]
    parts = (expression.part,) if isinstance(expression, Not) else expression.parts
    return [field for part in parts for field in fields(part)]


def _condition(expression: Expression, leaf: Leaf, negated: bool = False) -> ColumnElement[bool]:
    """The condition, or its negation.

    SQLite's parser has a stack of 100. So NOT moves inwards, which it may since no comparison is unknown, and of
    several parts the deepest is written first: then a level takes one place instead of five.
    """
    match expression:
        case Comparison():
            condition = leaf(expression)
            return not_(condition) if negated else condition
        case Not(part):
            return _condition(part, leaf, not negated)
        case And(parts) | Or(parts):
            join = and_ if isinstance(expression, And) != negated else or_
            return join(
                *(_condition(part, leaf, negated) for part in sorted(parts, key=_depth, reverse=True))
            )


def _depth(expression: Expression) -> int:
    if isinstance(expression, Comparison):
        return 0
    parts = (expression.part,) if isinstance(expression, Not) else expression.parts
    return 1 + max(map(_depth, parts))


def _experiment_comparison(comparison: Comparison) -> ColumnElement[bool]:
    key = comparison.field.key
    if comparison.field.kind == "tag":
        mine = (experiment_tag.c.experiment == experiment.c.id, experiment_tag.c.key == key)
        return _among(experiment_tag, mine, comparison, experiment_tag.c.value)
    column = EXPERIMENT_ATTRIBUTES[key]
    return compare(cast(column, String) if key == "experiment_id" else column, comparison)


def _run_comparison(
    comparison: Comparison, rows: Rows, keys: Mapping[str, int], shown_root: str | None
) -> ColumnElement[bool]:
    kind, name = comparison.field.kind, comparison.field.key
    if kind == "attribute":
        condition = compare(run_attribute(rows, name, shown_root), comparison)
        return and_(rows["ended"].is_not(None), condition) if name == "end_time" else condition
    if kind == "dataset":
        return _dataset_comparison(comparison, rows)
    if name not in keys:
        return true() if comparison.op == "IS NULL" else false()
    table = TABLES[kind]
    of = table.c
    mine = (of.experiment == rows["experiment"], of.key == keys[name], of.run == rows["id"])
    if kind == "metric":
        return exists(select(literal(1)).select_from(table).where(*mine, _compare_number(comparison)))
    return _among(table, mine, comparison, of.value)


TABLES: Mapping[str, Table] = {"metric": metric_summary, "param": run_param, "tag": run_tag}
"""Where the latest metrics, the params and the tags of runs are, by the kind of field."""


_DATASET_COLUMNS: Mapping[str, ColumnElement[Any]] = {
    "name": dataset.c.name,
    "digest": dataset.c.digest,
    "context": run_dataset.c.context,
}


def _dataset_comparison(comparison: Comparison, rows: Rows) -> ColumnElement[bool]:
    """Whether one of the datasets that the run read compares so."""
    used = run_dataset.join(dataset, dataset.c.id == run_dataset.c.dataset)
    of_run = select(literal(1)).select_from(used).where(run_dataset.c.run == rows["id"])
    return exists(of_run.where(compare(_DATASET_COLUMNS[comparison.field.key], comparison)))


def _among(
    table: Table, mine: tuple[ColumnElement[bool], ...], comparison: Comparison, value: ColumnElement[str]
) -> ColumnElement[bool]:
    """Whether a row of `table` that is `mine` compares so."""
    rows = select(literal(1)).select_from(table).where(*mine)
    if comparison.op == "IS NULL":
        return not_(exists(rows))
    if comparison.op == "IS NOT NULL":
        return exists(rows)
    if comparison.op == "=" and "value_hash" in table.c:
        rows = rows.where(table.c.value_hash == value_hash(str(comparison.value)))
    return exists(rows.where(compare(value, comparison)))


def compare(column: ColumnElement[Any], comparison: Comparison) -> ColumnElement[bool]:
    """Compare a column that has no NULL in it."""
    value: Any = comparison.value
    conditions: dict[str, Callable[[], ColumnElement[bool]]] = {
        "=": lambda: column == value,
        "!=": lambda: column != value,
        "<": lambda: column < value,
        "<=": lambda: column <= value,
        ">": lambda: column > value,
        ">=": lambda: column >= value,
        "LIKE": lambda: dialect.like(column, value, ignore_case=False),
        "ILIKE": lambda: dialect.like(column, value, ignore_case=True),
        "IN": lambda: column.in_(value),
        "NOT IN": lambda: column.not_in(value),
        "IS NULL": lambda: column.is_(None),
        "IS NOT NULL": lambda: column.is_not(None),
    }
    return conditions[comparison.op]()


def _compare_number(comparison: Comparison) -> ColumnElement[bool]:
    """Compare the latest value of a metric, whatever its class."""
    of = metric_summary.c
    finite = and_(of["class"] == FINITE, compare(of.value, comparison))
    others = [kind for kind in (NAN, NEGATIVE_INFINITY, POSITIVE_INFINITY) if passes(kind, comparison)]
    return or_(finite, of["class"].in_(others)) if others else finite


def passes(kind: int, comparison: Comparison) -> bool:
    """Whether NaN or an infinity, given by its class, compares so with a number."""
    op = comparison.op
    return (
        op == "!="
        or (kind == POSITIVE_INFINITY and op[0] == ">")
        or (kind == NEGATIVE_INFINITY and op[0] == "<")
    )
