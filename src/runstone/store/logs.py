"""Storing what is logged to runs: many requests by a handful of statements.

The hot path of Runstone. A group of requests is checked in memory against what is stored (a request that is refused
costs the others nothing), then written as sets ordered by run and key.
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, select, update

from runstone.entities.kinds import LifecycleStage
from runstone.entities.names import RUN_NAME_TAG
from runstone.errors import InvalidParameterValue, ResourceDoesNotExist, RunstoneError
from runstone.store import summaries
from runstone.store.dialect import Prepared, one_of, several, upsert
from runstone.store.schema import (
    REMOVING,
    metric_context,
    metric_segment,
    metric_summary,
    run,
    run_param,
    run_tag,
)

Context = tuple[str, str, str]
"""What a point belongs to beside its run: model id, dataset name, dataset digest; each "" where there is none."""

NO_CONTEXT: Context = ("", "", "")


class Point(NamedTuple):
    """A metric point as it is logged."""

    key: str
    value: float
    timestamp: int
    step: int
    context: Context = NO_CONTEXT


class RunLog(NamedTuple):
    """What one request logs to a run. `batch` says how the request names a conflict."""

    run_id: str
    metrics: Sequence[Point] = ()
    params: Sequence[tuple[str, str]] = ()
    tags: Sequence[tuple[str, str]] = ()
    batch: bool = True

    def keys(self) -> frozenset[str]:
        """The names that need an id."""
        return frozenset(
            [point.key for point in self.metrics]
            + [key for key, _ in self.params]
            + [key for key, _ in self.tags]
        )


class _Run(NamedTuple):
    id: int
    run_id: str
    experiment: int
    lifecycle: str


def value_hash(text: str) -> int:
    """A signed 64-bit hash of a text (BLAKE2b), the same on every machine: long values are found by it."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big", signed=True)


# --- the statements ---------------------------------------------------------------------------

_AT = ("experiment", "key", "run")

# Locked, for other servers may log to them too; in order, so that these cannot wait for each other in a circle.
_target = select(run.c.id, run.c.run_id, run.c.experiment, run.c.lifecycle).with_for_update(key_share=True)
_lock_run = Prepared(_target.where(run.c.run_id == bindparam("run_id")))
_lock_runs = Prepared(_target.where(one_of(run.c.run_id, "run_ids")).order_by(run.c.run_id))
_find_param = Prepared(
    select(run_param.c.value).where(*(run_param.c[name] == bindparam(name) for name in _AT))
)
_find_params = Prepared(
    select(run_param.c.key, run_param.c.value).where(
        run_param.c.experiment == bindparam("experiment"),
        run_param.c.run == bindparam("run"),
        one_of(run_param.c.key, "keys"),
    )
)
_add_param = Prepared(upsert(run_param).ignoring())
_set_tag = Prepared(upsert(run_tag).replacing())
_name_run = Prepared(update(run).where(run.c.id == bindparam("run")).values(name=bindparam("new_name")))
_add_segment = Prepared(
    metric_segment.insert().values({name: bindparam(name) for name in ("run", "count", "data")})
)
_merge_summary = Prepared(upsert(metric_summary).merging(summaries.merged))

Place = tuple[int, int, int]
"""Where a value stands: experiment, key, run."""


def apply(
    connection: Connection, keys: Mapping[str, int], logs: Sequence[RunLog]
) -> list[int | RunstoneError]:
    """Store the logs in the connection's transaction. For each, its run's integer id, or why it was refused."""
    runs = _runs(connection, {log.run_id for log in logs})
    params: dict[Place, str] = {}
    outcomes = [_checked(connection, runs.get(log.run_id), log, keys, params) for log in logs]
    accepted = [
        (runs[log.run_id], log) for log, out in zip(logs, outcomes, strict=True) if isinstance(out, int)
    ]
    _add_param.run_many(connection, _value_rows(params))
    _write_tags(connection, keys, accepted)
    _write_metrics(connection, keys, accepted)
    return outcomes


def _runs(connection: Connection, run_ids: Collection[str]) -> dict[str, _Run]:
    if len(run_ids) == 1:
        rows = _lock_run.rows(connection, {"run_id": next(iter(run_ids))})
    else:
        rows = _lock_runs.rows(connection, {"run_ids": several(sorted(run_ids))})
    return {row[1]: _Run(*row) for row in rows}


def _checked(
    connection: Connection,
    target: _Run | None,
    log: RunLog,
    keys: Mapping[str, int],
    params: dict[Place, str],
) -> int | RunstoneError:
    """The run's integer id, with the log's new params added to `params`; or why the log is refused."""
    if target is None or target.lifecycle == REMOVING:
        return ResourceDoesNotExist.run(log.run_id)
    if target.lifecycle != LifecycleStage.ACTIVE:
        return InvalidParameterValue.inactive("run", log.run_id, target.lifecycle)
    new: dict[Place, str] = {}
    conflicts: list[tuple[str, str, str]] = []
    stored = _stored_params(connection, target, [keys[key] for key, _ in log.params])
    for key, value in log.params:
        at = (target.experiment, keys[key], target.id)
        known = params[at] if at in params else stored.get(keys[key])
        if known is None:
            new[at] = value
        elif known != value:
            conflicts.append((key, known, value))
    if conflicts:
        return _changed_params(log, conflicts)
    params |= new
    return target.id


def _stored_params(connection: Connection, target: _Run, keys: Sequence[int]) -> dict[int, str]:
    """Those of a run's params, by key id, that it has."""
    if not keys:
        return {}
    at = {"experiment": target.experiment, "run": target.id}
    if len(keys) == 1:
        row = _find_param.row(connection, at | {"key": keys[0]})
        return {keys[0]: row[0]} if row else {}
    return dict(_find_params.rows(connection, at | {"keys": several(keys)}))


def _write_tags(connection: Connection, keys: Mapping[str, int], logs: Iterable[tuple[_Run, RunLog]]) -> None:
    tags: dict[Place, str] = {}
    names: dict[int, str] = {}
    for target, log in logs:
        for key, value in log.tags:
            tags[target.experiment, keys[key], target.id] = value
            if key == RUN_NAME_TAG and value:
                names[target.id] = value
    _set_tag.run_many(connection, _value_rows(tags))
    _name_run.run_many(
        connection, [{"run": number, "new_name": name} for number, name in sorted(names.items())]
    )


def _write_metrics(
    connection: Connection, keys: Mapping[str, int], logs: Iterable[tuple[_Run, RunLog]]
) -> None:
    by_run: dict[_Run, list[Point]] = {}
    for target, log in logs:
        if log.metrics:
            by_run.setdefault(target, []).extend(log.metrics)
    if not by_run:
        return
    # numpy and pcodec are loaded by the first metric, not by the first run
    from runstone.store.points import encode_segment

    segments: list[dict[str, Any]] = []
    rows: list[dict[str, Any]] = []
    contexts = intern_contexts(connection, {p.context for points in by_run.values() for p in points})
    for target, points in sorted(by_run.items()):
        numbered = [(keys[p.key], contexts[p.context], p.value, p.timestamp, p.step) for p in points]
        segments.append({"run": target.id, "count": len(numbered), "data": encode_segment(numbered)})
        place = {"experiment": target.experiment, "run": target.id}
        rows += (place | summary for summary in summaries.summarize(numbered))
    _add_segment.run_many(connection, segments)
    _merge_summary.run_many(connection, rows)


def set_tags(connection: Connection, experiment: int, number: int, tags: Mapping[int, str]) -> None:
    """Set tags of a run, by key id; what was there is replaced."""
    _set_tag.run_many(
        connection, _value_rows({(experiment, key, number): text for key, text in tags.items()})
    )


def _value_rows(values: Mapping[Place, str]) -> list[dict[str, Any]]:
    return [
        {"experiment": experiment, "key": key, "run": number, "value": value, "value_hash": value_hash(value)}
        for (experiment, key, number), value in sorted(
            values.items(), key=lambda item: (item[0][2], item[0][1])
        )
    ]


def _changed_params(log: RunLog, conflicts: Sequence[tuple[str, str, str]]) -> InvalidParameterValue:
    if not log.batch:
        ((key, old, new),) = conflicts
        return InvalidParameterValue(
            f"Changing param values is not allowed. Param with key='{key}' was already logged with value='{old}' "
            f"for run ID='{log.run_id}'. Attempted logging new value '{new}'."
        )
    listed = [{"key": key, "old_value": old, "new_value": new} for key, old, new in conflicts]
    return InvalidParameterValue(
        f"Changing param values is not allowed. Params were already logged='{listed}' for run ID='{log.run_id}'."
    )


def intern_contexts(connection: Connection, contexts: Collection[Context]) -> Mapping[Context, int]:
    """The ids of contexts; 0 is the empty one. New ones are given an id."""
    ids = {NO_CONTEXT: 0}
    for context in sorted(contexts):  # in one order everywhere, or two servers may wait for each other
        if context != NO_CONTEXT:
            ids[context] = _context_id(connection, context)
    return ids


_context: tuple[str, ...] = ("model_id", "dataset_name", "dataset_digest", "attempt")
_find_context = Prepared(
    select(metric_context.c.id).where(*(metric_context.c[name] == bindparam(name) for name in _context))
)
_add_context = Prepared(upsert(metric_context).only(*_context).ignoring())


def _context_id(connection: Connection, context: Context) -> int:
    values = dict(zip(_context, (*context, 0), strict=True))
    row = _find_context.row(connection, values)
    if row is None:
        _add_context.run(connection, values)
        row = _find_context.row(connection, values)
    return row[0]
