"""Statements about runs: their rows, and what a read shows of them. Their search is a room of its own, `search`."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Table, and_, bindparam, case, func, literal_column, select

from runstone.entities.kinds import LifecycleStage
from runstone.search import EVERYTHING, Fields
from runstone.store.dialect import Prepared, among, one_of, several
from runstone.store.keys import KeyNames
from runstone.store.logs import set_tags
from runstone.store.schema import REMOVING, metric_summary, run, run_param, run_tag
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


class RunContent(NamedTuple):
    """What a read of a run shows beside its row. A metric is its key and its latest value, timestamp and step."""

    metrics: list[tuple[str, float, int, int]]
    params: list[tuple[str, str]]
    tags: list[tuple[str, str]]


_COLUMNS = tuple(column.name for column in run.columns if column.name != "id")

_insert = Prepared(run.insert().values({name: bindparam(name) for name in _COLUMNS}))
_STAYS = run.c.lifecycle != literal_column(f"'{REMOVING}'")  # `Prepared` wants a text
_get = Prepared(select(run).where(run.c.run_id == bindparam("run_id"), _STAYS))
# In order, so that servers cannot wait for each other in a circle.
_lock = Prepared(
    select(run)
    .where(one_of(run.c.run_id, "run_ids"), _STAYS)
    .order_by(run.c.run_id)
    .with_for_update(key_share=True)
)
_numbers = Prepared(select(run.c.run_id, run.c.id).where(one_of(run.c.run_id, "run_ids"), _STAYS))


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


def change_lifecycle(connection: Connection, row: RunRow, lifecycle: str, deleted: int | None) -> bool:
    """Set the lifecycle stage of a run; False if it is no longer in that of `row`."""
    unchanged = (run.c.id == row.id, run.c.lifecycle == row.lifecycle)
    changed = connection.execute(run.update().where(*unchanged).values(lifecycle=lifecycle, deleted=deleted))
    return changed.rowcount > 0


def set_lifecycle(connection: Connection, experiment: int, lifecycle: str, deleted: int | None) -> None:
    """Set the lifecycle stage of all runs of an experiment that are in another one."""
    mine = (run.c.experiment == experiment, run.c.lifecycle.not_in((lifecycle, REMOVING)))
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


def lock(connection: Connection, run_ids: Collection[str]) -> dict[str, RunRow]:
    """The runs with these public ids, deleted or not, as they stay until the transaction, which writes, ends."""
    rows = _lock.rows(connection, {"run_ids": several(sorted(set(run_ids)))})
    return {row.run_id: row for row in map(RunRow._make, rows)}


def numbers(connection: Connection, run_ids: Sequence[str]) -> dict[str, int]:
    """The integer ids of those runs that exist."""
    return dict(_numbers.rows(connection, {"run_ids": several(run_ids)}))


# --- many runs --------------------------------------------------------------------------------

_rows = Prepared(select(run).where(one_of(run.c.id, "ids")))


def rows(connection: Connection, ids: Sequence[int]) -> list[RunRow]:
    """The rows of runs, in the order of their integer ids that are given."""
    if not ids:
        return []
    found = {row[0]: RunRow(*row) for row in _rows.rows(connection, {"ids": several(ids)})}
    return [found[number] for number in ids]


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


# --- what a read shows ------------------------------------------------------------------------


class _Kept:
    """What runs have in a table by key: all of it, or what is there under some keys."""

    def __init__(self, table: Table, *columns: str):
        of = table.c
        shown = select(of.run, of.key, *(of[name] for name in columns))
        own = one_of(run.c.id, "ids")
        chosen = of.experiment == run.c.experiment, one_of(of.key, "keys"), of.run == run.c.id
        self._all = Prepared(shown.where(one_of(of.run, "ids")))
        # Through the primary key, for each run and key: a run may have thousands of others.
        self._chosen = Prepared(shown.select_from(run.join(table, and_(*chosen))).where(own))

    def read(self, connection: Connection, ids: Sequence[int], keys: Collection[int] | None) -> Sequence[Any]:
        """The rows (the run, the key and the columns); with `keys`, those under keys of these ids."""
        if keys is None:
            return self._all.rows(connection, {"ids": several(ids)})
        if not keys:
            return ()
        return self._chosen.rows(connection, {"ids": several(ids), "keys": several(sorted(keys))})


_metrics = _Kept(metric_summary, "class", "value", "timestamp", "step")
_params = _Kept(run_param, "value")
_tags = _Kept(run_tag, "value")


def contents(
    connection: Connection, names: KeyNames, ids: Sequence[int], fields: Fields = EVERYTHING
) -> dict[int, RunContent]:
    """The latest metrics, params and tags of runs, by their integer ids; of these, what `fields` asks for."""
    asked = (fields.metrics, fields.params, fields.tags)
    known = names.find(connection, (key for keys in asked if keys for key in keys))
    metrics, params, tags = (
        kept.read(connection, ids, None if keys is None else [known[key] for key in keys if key in known])
        for kept, keys in zip((_metrics, _params, _tags), asked, strict=True)
    )
    text = names.texts(connection, {row[1] for rows in (metrics, params, tags) for row in rows})
    found = {number: RunContent([], [], []) for number in ids}
    for number, key, kind, value, timestamp, step in metrics:
        found[number].metrics.append((text[key], declassify(kind, value), timestamp, step))
    for number, key, value in params:
        found[number].params.append((text[key], value))
    for number, key, value in tags:
        found[number].tags.append((text[key], value))
    return found
