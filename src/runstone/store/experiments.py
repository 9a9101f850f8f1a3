"""Statements about experiments."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, bindparam, literal_column, select

from runstone.entities.kinds import LifecycleStage
from runstone.search import Expression, OrderBy
from runstone.store import filters, keyset
from runstone.store.dialect import Prepared, upsert
from runstone.store.keyset import Position, SortKey, beyond
from runstone.store.schema import REMOVING, experiment, experiment_tag

_COLUMNS = experiment.c
NUMBER = _COLUMNS.id


class ExperimentRow(NamedTuple):
    """An experiment as it is stored."""

    id: int
    name: str
    artifact_location: str
    lifecycle: str
    created: int
    updated: int
    tags: dict[str, str]


def insert(
    connection: Connection,
    *,
    name: str,
    artifact_location: str,
    now: int,
    tags: Mapping[str, str],
    number: int | None = None,
) -> int:
    """Add an experiment, under an id that is free if one is given; its id.

    Raises sqlalchemy's IntegrityError if the name is taken.
    """
    values: dict[str, Any] = {"name": name, "artifact_location": artifact_location}
    values |= {"created": now, "updated": now} | ({} if number is None else {"id": number})
    result = connection.execute(experiment.insert().values(lifecycle=LifecycleStage.ACTIVE, **values))
    assert result.inserted_primary_key is not None
    number = int(result.inserted_primary_key[0])
    if tags:
        rows = [{"experiment": number, "key": key, "value": value} for key, value in tags.items()]
        connection.execute(experiment_tag.insert(), rows)
    return number


def update(connection: Connection, number: int, values: Mapping[str, Any]) -> None:
    """Change columns of an experiment's row. Raises one of `dialect.ALREADY_THERE` for a name that is taken."""
    connection.execute(experiment.update().where(_COLUMNS.id == number).values(**values))


def rename_deleted(connection: Connection, number: int, name: str) -> None:
    """Give a deleted experiment another name; one that was restored meanwhile keeps its own."""
    deleted = (_COLUMNS.id == number, _COLUMNS.lifecycle == LifecycleStage.DELETED)
    connection.execute(experiment.update().where(*deleted).values(name=name))


def change_lifecycle(connection: Connection, row: ExperimentRow, lifecycle: str, now: int) -> bool:
    """Set the lifecycle stage of an experiment; False if it is no longer in that of `row`."""
    unchanged = (_COLUMNS.id == row.id, _COLUMNS.lifecycle == row.lifecycle)
    changed = connection.execute(
        experiment.update().where(*unchanged).values(lifecycle=lifecycle, updated=now)
    )
    return changed.rowcount > 0


def lock(connection: Connection, number: int) -> bool:
    """Keep an experiment from being removed until the transaction ends; False if that has begun."""
    statement = select(_COLUMNS.id).where(_COLUMNS.id == number, _STAYS).with_for_update()
    return connection.scalar(statement) is not None


_set_tag = Prepared(upsert(experiment_tag).replacing())


def set_tag(connection: Connection, number: int, key: str, value: str) -> None:
    """Set a tag of an experiment; what was there is replaced."""
    _set_tag.run(connection, {"experiment": number, "key": key, "value": value})


def delete_tag(connection: Connection, number: int, key: str) -> bool:
    """Delete a tag of an experiment; whether there was one."""
    of = experiment_tag.c
    return (
        connection.execute(experiment_tag.delete().where(of.experiment == number, of.key == key)).rowcount > 0
    )


def get(connection: Connection, number: int) -> ExperimentRow | None:
    """The experiment with this id, deleted or not."""
    return _one(connection, _COLUMNS.id == number)


_STAYS = _COLUMNS.lifecycle != literal_column(f"'{REMOVING}'")  # `Prepared` wants a text
_place = Prepared(
    select(_COLUMNS.lifecycle, _COLUMNS.artifact_location).where(_COLUMNS.id == bindparam("number"), _STAYS)
)


def place(connection: Connection, number: int) -> tuple[str, str] | None:
    """The lifecycle stage and the artifact location of an experiment: what a new run needs to know."""
    return _place.row(connection, {"number": number})


def get_by_name(connection: Connection, name: str) -> ExperimentRow | None:
    """The experiment with this name, deleted or not."""
    return _one(connection, _COLUMNS.name == name)


def search(
    connection: Connection,
    *,
    lifecycles: Sequence[str],
    where: Expression | None,
    order_by: Sequence[OrderBy],
    limit: int,
    after: Position | None = None,
    offset: int = 0,
) -> tuple[list[ExperimentRow], Position | None]:
    """A page of the experiments that match, in the order of the grammar's rules: those after a position, or those
    after the first `offset`. And the position of its last one, if there are more."""
    keys = _sort_keys(order_by)
    statement = select(experiment, *(key.value for key in keys)).where(_COLUMNS.lifecycle.in_(lifecycles))
    if where is not None:
        statement = statement.where(filters.experiment_condition(where))
    if after is not None:
        statement = statement.where(beyond(list(zip(keys, after, strict=True))))
    statement = statement.order_by(*(key.directed for key in keys)).limit(limit + 1).offset(offset)
    rows = [tuple(row) for row in connection.execute(statement)]
    shown, width = rows[:limit], len(_COLUMNS)
    end = shown[-1][width:] if len(rows) > limit else None
    return _with_tags(connection, [row[:width] for row in shown]), end


def read_position(order_by: Sequence[OrderBy], values: Sequence[Any]) -> Position | None:
    """The position that values from outside are in an order; None if they are none."""
    named = [clause.field.key == "name" for clause in order_by] or [False]
    return keyset.read_position([*(str if name else int for name in named), int], values)


def _sort_keys(order_by: Sequence[OrderBy]) -> list[SortKey]:
    if not order_by:
        return [SortKey(_COLUMNS.created, False), SortKey(_COLUMNS.id, True)]
    asked = [
        SortKey(filters.EXPERIMENT_ATTRIBUTES[clause.field.key], clause.ascending) for clause in order_by
    ]
    return [*asked, SortKey(_COLUMNS.id, False)]


def _one(connection: Connection, condition: ColumnElement[bool]) -> ExperimentRow | None:
    rows = connection.execute(select(experiment).where(condition, _STAYS)).all()
    return _with_tags(connection, rows)[0] if rows else None


def _with_tags(connection: Connection, rows: Iterable[Sequence[Any]]) -> list[ExperimentRow]:
    found = [ExperimentRow(*row, tags={}) for row in rows]
    by_id = {row.id: row for row in found}
    ids = list(by_id)
    for at in range(0, len(ids), 500):
        mine = experiment_tag.c.experiment.in_(ids[at : at + 500])
        for number, key, value in connection.execute(select(experiment_tag).where(mine)):
            by_id[number].tags[key] = value
    return found
