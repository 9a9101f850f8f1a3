"""Statements about what runs read and made: datasets, and references to logged models."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

from sqlalchemy import ColumnElement, Connection, bindparam, delete, literal_column, null, select, union_all
from sqlalchemy import cast as sql_cast

from runstone.entities.names import DATASET_CONTEXT_TAG
from runstone.store.dialect import BigId, Prepared, among, one_of, several, upsert
from runstone.store.logs import value_hash
from runstone.store.schema import dataset, run_dataset, run_model

Direction = Literal["input", "output"]


class DatasetRow(NamedTuple):
    """A dataset, as it was first logged to its experiment."""

    name: str
    digest: str
    source_type: str
    source: str
    schema: str | None
    profile: str | None


class Use(NamedTuple):
    """A dataset that a run read, and the tags of that use."""

    dataset: DatasetRow
    tags: Mapping[str, str]


class Links(NamedTuple):
    """What a run read and made, in the order in which it was logged. A model is its id and a step."""

    datasets: list[Use]
    model_inputs: list[tuple[str, int]]
    model_outputs: list[tuple[str, int]]


class Summary(NamedTuple):
    """A dataset of an experiment, in one of the contexts that runs used it in."""

    experiment: int
    name: str
    digest: str
    context: str | None


# --- writing ------------------------------------------------------------------------------------

_IDENTITY = (
    dataset.c.experiment == bindparam("experiment"),
    dataset.c.name == bindparam("name"),
    dataset.c.digest == bindparam("digest"),
)
_find = Prepared(select(dataset.c.id).where(*_IDENTITY))
_add = Prepared(upsert(dataset).only(*(c.name for c in dataset.columns if c.name != "id")).ignoring())
_OF_PAIR = (run_dataset.c.run == bindparam("run"), run_dataset.c.dataset == bindparam("dataset"))
_is_used = Prepared(select(run_dataset.c.id).where(*_OF_PAIR))
_add_use = Prepared(upsert(run_dataset).only("run", "dataset", "tags", "tags_hash", "context").ignoring())
_add_model = Prepared(upsert(run_model).only("run", "direction", "model_id", "step").ignoring())
_drop_untagged = Prepared(delete(run_dataset).where(*_OF_PAIR, run_dataset.c.tags == literal_column("'{}'")))


def add_uses(connection: Connection, experiment: int, run: int, uses: Sequence[Use]) -> None:
    """Store the datasets that a run read.

    A dataset (by name and digest) that its experiment has stays as it was. The same use again is nothing new, and one
    without tags says nothing beside one that has some.
    """
    for use in uses:
        values = use.dataset._asdict() | {"experiment": experiment}
        _add.run(connection, values)
        row = _find.row(connection, {name: values[name] for name in ("experiment", "name", "digest")})
        pair = {"run": run, "dataset": row[0]}
        if use.tags:
            _drop_untagged.run(connection, pair)
        elif _is_used.row(connection, pair):
            continue
        tags = json.dumps(use.tags, sort_keys=True, ensure_ascii=False)
        context = use.tags.get(DATASET_CONTEXT_TAG)
        values = {"tags": tags, "tags_hash": value_hash(tags), "context": context}
        _add_use.run(connection, pair | values)


def add_models(
    connection: Connection, run: int, direction: Direction, models: Sequence[tuple[str, int]]
) -> None:
    """Store references to the models, each an id and a step, that a run read or made; those it has stay."""
    rows = [{"run": run, "direction": direction, "model_id": name, "step": step} for name, step in models]
    _add_model.run_many(connection, rows)


# --- reading ------------------------------------------------------------------------------------

_NO_DATASET: ColumnElement[Any] = sql_cast(null(), BigId)
_KIND: ColumnElement[Any] = literal_column("'dataset'")
_STEP: ColumnElement[Any] = literal_column("0")

_used = run_dataset.c
_named = run_model.c
_links = Prepared(
    union_all(
        select(_used.id, _used.run, _KIND, _used.dataset, _used.tags, _STEP).where(one_of(_used.run, "ids")),
        select(_named.id, _named.run, _named.direction, _NO_DATASET, _named.model_id, _named.step).where(
            one_of(_named.run, "ids")
        ),
    )
)


def of_runs(connection: Connection, ids: Sequence[int]) -> dict[int, Links]:
    """What those of the runs (by their integer ids) read and made that did."""
    rows = _links.rows(connection, {"ids": several(ids)})
    if not rows:  # as most runs are, which cost one statement a page
        return {}
    known = _rows(connection, sorted({number for _, _, kind, number, _, _ in rows if kind == "dataset"}))
    found: dict[int, Links] = {}
    for _, run, kind, number, text, step in sorted(rows):
        links = found.setdefault(run, Links([], [], []))
        if kind == "dataset":
            links.datasets.append(Use(known[number], json.loads(text)))
        else:
            (links.model_inputs if kind == "input" else links.model_outputs).append((text, step))
    return found


def _rows(connection: Connection, numbers: Sequence[int]) -> dict[int, DatasetRow]:
    columns = (dataset.c[name] for name in DatasetRow._fields)
    rows = connection.execute(select(dataset.c.id, *columns).where(among(dataset.c.id, numbers)))
    return {number: DatasetRow(*values) for number, *values in rows}


def summaries(connection: Connection, experiments: Sequence[int], limit: int) -> list[Summary]:
    """The datasets of experiments with the contexts they were used in, each once, ordered by all they show."""
    of = dataset.c
    columns = (of.experiment, of.name, of.digest, run_dataset.c.context)
    statement = (
        select(*columns)
        .distinct()
        .select_from(dataset.join(run_dataset, run_dataset.c.dataset == of.id))
        .where(of.experiment.in_(experiments))
        .order_by(*columns)
        .limit(limit)
    )
    return [Summary(*row) for row in connection.execute(statement)]
