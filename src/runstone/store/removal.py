"""Removing runs and experiments for good, in many short transactions.

First a run is moved into the stage `REMOVING`, from the deleted one alone and in one statement: from then on nobody is
shown it, and nothing brings it back. So a restore comes before that, and nothing is missing, or after, and is refused.
What belongs to it then goes in portions, and its own row last: wherever this ends, the next removal finds the row and
goes on. An experiment goes the same way before its runs, and gives its name free at once.

Segments go before chunks and blocks: once a run has none, sealing leaves the others alone.
"""

from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, Table, delete, func, literal, select

from runstone.entities.kinds import LifecycleStage
from runstone.store.dialect import among
from runstone.store.schema import (
    REMOVING,
    dataset,
    experiment,
    key_name,
    metric_block,
    metric_chunk,
    metric_segment,
    metric_summary,
    run,
    run_dataset,
    run_model,
    run_param,
    run_tag,
)

RUNS_AT_ONCE = 100
ROWS_AT_ONCE = 5_000
POINTS_AT_ONCE = 2_000_000
"""Points whose rows go in one transaction, some 10 MB."""

_POINTS = (metric_segment, metric_chunk, metric_block)
_LINKS = (run_dataset, run_model)
_VALUES = (metric_summary, run_param, run_tag)
_GOING = (LifecycleStage.DELETED, REMOVING)


class Doomed(NamedTuple):
    """A run that is deleted or being removed."""

    id: int
    run_id: str
    experiment: int
    lifecycle: str
    started: int
    deleted: int | None
    artifact_uri: str


class Place(NamedTuple):
    """An experiment that runs are removed from; `updated` is when it was deleted, if it is."""

    id: int
    lifecycle: str
    updated: int
    artifact_location: str


class Size(NamedTuple):
    """How much is stored of runs: metric points, and the bytes that these take."""

    points: int
    bytes: int


# --- finding --------------------------------------------------------------------------------------

_DOOMED = (
    run.c.id,
    run.c.run_id,
    run.c.experiment,
    run.c.lifecycle,
    run.c.started,
    run.c.deleted,
    run.c.artifact_uri,
)


def next_experiment(connection: Connection, at: int) -> int | None:
    """The first experiment, by id from `at` on, that is deleted, or has deleted runs, or is being removed."""
    itself = select(func.min(experiment.c.id)).where(
        experiment.c.id >= at, experiment.c.lifecycle.in_(_GOING)
    )
    by_run = (
        select(run.c.experiment)
        .where(run.c.experiment >= at, run.c.lifecycle.in_(_GOING))
        .order_by(run.c.experiment)
        .limit(1)
    )
    found = [number for number in map(connection.scalar, (itself, by_run)) if number is not None]
    return min(found, default=None)


def place(connection: Connection, number: int) -> Place | None:
    """An experiment in any stage."""
    of = experiment.c
    row = connection.execute(
        select(of.id, of.lifecycle, of.updated, of.artifact_location).where(of.id == number)
    ).first()
    return Place(*row) if row else None


def has_active_runs(connection: Connection, number: int) -> bool:
    """Whether an experiment has runs that are neither deleted nor being removed."""
    mine = (run.c.experiment == number, run.c.lifecycle == LifecycleStage.ACTIVE)
    return connection.execute(select(run.c.id).where(*mine).limit(1)).first() is not None


def find(
    connection: Connection, number: int, stage: str, before: int | None, after: tuple[int, str] | None
) -> list[Doomed]:
    """Some of an experiment's runs in a stage, deleted at `before` or earlier, that follow `after` (start, run id)."""
    conditions: list[ColumnElement[bool]] = [run.c.experiment == number, run.c.lifecycle == stage]
    if before is not None:
        conditions.append(_deleted_by(before))
    if after:
        started, run_id = after
        conditions += [run.c.started <= started, (run.c.started < started) | (run.c.run_id > run_id)]
    statement = select(*_DOOMED).where(*conditions).order_by(run.c.started.desc(), run.c.run_id)
    return [Doomed(*row) for row in connection.execute(statement.limit(RUNS_AT_ONCE))]


def find_by_ids(connection: Connection, run_ids: Sequence[str]) -> list[Doomed]:
    """The runs with these public ids, in any stage."""
    rows = connection.execute(select(*_DOOMED).where(run.c.run_id.in_(run_ids)))
    found = {row.run_id: Doomed(*row) for row in rows}
    return [found[run_id] for run_id in run_ids if run_id in found]


def count(connection: Connection, number: int | None, before: int | None) -> int:
    """How many runs, of one experiment or of all, are deleted at `before` or earlier, or being removed."""
    old = [] if before is None else [(run.c.lifecycle == REMOVING) | _deleted_by(before)]
    mine = [] if number is None else [run.c.experiment == number]
    return connection.scalar(select(func.count()).where(run.c.lifecycle.in_(_GOING), *mine, *old)) or 0


def size(connection: Connection, ids: Sequence[int]) -> Size:
    """How much is stored of runs, by their integer ids."""
    points = stored = 0
    for table in _POINTS:
        of = table.c
        sums = select(func.sum(of["count"]), func.sum(func.length(of.data))).where(among(of.run, ids))
        counted, length = connection.execute(sums).one()
        points, stored = points + int(counted or 0), stored + int(length or 0)
    return Size(points, stored)


def tagged(connection: Connection, ids: Sequence[int], tag: str) -> set[int]:
    """Those of the runs, by their integer ids, that have a tag."""
    key = select(key_name.c.id).where(key_name.c.name == tag).scalar_subquery()
    return set(
        connection.scalars(select(run_tag.c.run).where(among(run_tag.c.run, ids), run_tag.c.key == key))
    )


def _deleted_by(before: int) -> ColumnElement[bool]:
    """Whether a run was deleted at `before` or earlier; not if nobody knows when."""
    return run.c.deleted <= before


# --- the point of no return -----------------------------------------------------------------------


def doom_runs(connection: Connection, ids: Sequence[int], before: int | None) -> list[int]:
    """Begin to remove those of the runs that are deleted, at `before` or earlier; the ids of those being removed."""
    old = () if before is None else (_deleted_by(before),)
    mine = among(run.c.id, ids)
    connection.execute(
        run.update().where(mine, run.c.lifecycle == LifecycleStage.DELETED, *old).values(lifecycle=REMOVING)
    )
    return list(connection.scalars(select(run.c.id).where(mine, run.c.lifecycle == REMOVING)))


def doom_experiment(connection: Connection, number: int, before: int | None, name: str) -> bool:
    """Begin to remove an experiment if it is deleted, at `before` or earlier, and has no active run.

    It is called `name` from then on. False if it is not so; then the transaction must be given up.
    """
    of = experiment.c
    deleted = [of.id == number, of.lifecycle == LifecycleStage.DELETED]
    old = [] if before is None else [of.updated <= before]
    doomed = connection.execute(
        experiment.update().where(*deleted, *old).values(lifecycle=REMOVING, name=name)
    )
    return doomed.rowcount > 0 and not has_active_runs(connection, number)


# --- what belongs to them -------------------------------------------------------------------------


def sweep(connection: Connection, ids: Sequence[int]) -> int | None:
    """Remove a portion of what belongs to runs that are being removed; with the last one the runs themselves.

    How many runs went then; None while something is left.
    """
    ids = _lock_going(connection, ids)
    for table in (*_POINTS, *_LINKS):
        if not _sweep_numbered(connection, table, among(table.c.run, ids)):
            return None
    for table in _VALUES:
        if not _sweep_values(connection, table, ids):
            return None
    gone = delete(run).where(among(run.c.id, ids), run.c.lifecycle == REMOVING)
    return connection.execute(gone).rowcount


def _lock_going(connection: Connection, ids: Sequence[int]) -> list[int]:
    """Those of the runs that are being removed, whatever became of the others meanwhile."""
    going = select(run.c.id).where(among(run.c.id, ids), run.c.lifecycle == REMOVING)
    return list(connection.scalars(going.order_by(run.c.id).with_for_update(key_share=True)))


def sweep_experiment(connection: Connection, number: int) -> bool:
    """Remove a portion of what belongs to an experiment being removed, which has no runs any more; whether all went.

    With the last one goes the experiment itself, and its tags.
    """
    if not _sweep_numbered(connection, dataset, dataset.c.experiment == number):
        return False
    gone = delete(experiment).where(experiment.c.id == number, experiment.c.lifecycle == REMOVING)
    connection.execute(gone)
    return True


def _sweep_numbered(connection: Connection, table: Table, mine: ColumnElement[bool]) -> bool:
    """Remove some rows of a table with ids; whether that were all."""
    weight = table.c["count"] if "count" in table.c else literal(1)
    rows = connection.execute(select(table.c.id, weight).where(mine).limit(ROWS_AT_ONCE)).all()
    if not rows:
        return True
    light = [total <= POINTS_AT_ONCE for total in accumulate(points for _, points in rows)]
    portion = [number for number, _ in rows[: max(light.count(True), 1)]]
    gone = connection.execute(delete(table).where(among(table.c.id, portion))).rowcount
    # Where some were gone already, another server has just sealed them: their points are elsewhere now.
    return gone == len(portion) == len(rows) < ROWS_AT_ONCE


def _sweep_values(connection: Connection, table: Table, ids: Sequence[int]) -> bool:
    """Remove some rows of a table by (experiment, key, run); whether that were all."""
    of = table.c
    mine = among(of.run, ids)
    order = (of.run, of.experiment, of.key)
    beyond = connection.execute(
        select(of.run, of.key).where(mine).order_by(*order).limit(1).offset(ROWS_AT_ONCE)
    ).first()
    if beyond is None:
        connection.execute(delete(table).where(mine))
        return True
    last, key = beyond
    connection.execute(delete(table).where(mine, of.run <= last, (of.run < last) | (of.key < key)))
    return False
