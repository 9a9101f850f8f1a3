"""The rarest term first: a filter that few runs can pass is answered by looking at those runs alone."""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from sqlalchemy import select

from runstone.search import Comparison
from runstone.store import filters
from runstone.store.dialect import among
from runstone.store.logs import value_hash
from runstone.store.schema import dataset, metric_summary, run, run_dataset
from runstone.store.search.query import Query, Statement
from runstone.store.summaries import FINITE, NAN, NEGATIVE_INFINITY, POSITIVE_INFINITY

FEW = 2_000
_ENOUGH = 100
"""So few that no further term is asked."""

_ASKED = 16
"""Terms that are asked at most."""

_Candidates = list[Statement]
"""Statements for the numbers of runs, each served by an index; whatever passes a term is among them."""


def few(query: Query) -> list[int] | None:
    """The numbers of all runs that may match, if a term of the filter lets only few pass; None if none does."""
    rarest: _Candidates | None = None
    limit = FEW + 1
    asked = sorted(_indexed(query), key=lambda term: term.op not in ("=", "IN"))
    for term in islice(asked, _ASKED):
        statements = _candidates(query, term)
        number = sum(query.number_of(statement, limit) for statement in statements)
        if number < limit:
            rarest, limit = statements, number
        if limit <= _ENOUGH:
            break
    if rarest is None:
        return None
    return sorted({number for statement in rarest for (number,) in query.rows(statement)})


def _indexed(query: Query) -> Iterator[Comparison]:
    """The terms that an index can find."""
    for term in query.terms:
        if not isinstance(term, Comparison) or term.op == "IS NULL":
            continue
        kind, key = term.field.kind, term.field.key
        if (
            kind in filters.TABLES
            or (kind == "dataset" and key == "name" and term.op in ("=", "IN"))
            or (key == "run_id" and term.op in ("=", "IN"))
            or (key == "start_time" and term.op != "!=")
        ):
            yield term


def _candidates(query: Query, term: Comparison) -> _Candidates:
    kinds: dict[str, Callable[[Query, Comparison], _Candidates]] = {
        "metric": _by_metric,
        "param": _by_text,
        "tag": _by_text,
        "dataset": _by_dataset,
        "attribute": _by_attribute,
    }
    return kinds[term.field.kind](query, term)


def _by_metric(query: Query, term: Comparison) -> _Candidates:
    of = metric_summary.c
    if term.field.key not in query.keys:
        return []
    having = select(of.run).where(
        among(of.experiment, query.selection.experiments), of.key == query.keys[term.field.key]
    )
    if term.op == "!=":
        return [having]
    finite = having.where(of["class"] == FINITE, filters.compare(of.value, term))
    if len(query.selection.experiments) == 1:
        finite = finite.order_by(
            of.value
        )  # else PostgreSQL, asked for a few of many, looks through the table for them
    others = [kind for kind in (NAN, NEGATIVE_INFINITY, POSITIVE_INFINITY) if filters.passes(kind, term)]
    return [finite, *(having.where(of["class"] == kind) for kind in others)]


def _by_text(query: Query, term: Comparison) -> _Candidates:
    of = filters.TABLES[term.field.kind].c
    if term.field.key not in query.keys:
        return []
    having = select(of.run).where(
        among(of.experiment, query.selection.experiments), of.key == query.keys[term.field.key]
    )
    if term.op not in ("=", "IN"):
        return [having]
    texts: Any = (term.value,) if term.op == "=" else term.value
    return [having.where(of.value_hash.in_([value_hash(text) for text in texts]))]


def _by_dataset(query: Query, term: Comparison) -> _Candidates:
    used = run_dataset.join(dataset, dataset.c.id == run_dataset.c.dataset)
    own = among(dataset.c.experiment, query.selection.experiments)
    return [select(run_dataset.c.run).select_from(used).where(own, filters.compare(dataset.c.name, term))]


def _by_attribute(query: Query, term: Comparison) -> _Candidates:
    column = run.c[filters.RUN_ATTRIBUTES[term.field.key]]
    if term.field.key == "run_id":
        return [select(run.c.id).where(filters.compare(column, term))]
    experiments, lifecycles, *_ = query.selection
    own = (among(run.c.experiment, experiments), run.c.lifecycle.in_(lifecycles))
    return [select(run.c.id).where(*own, filters.compare(column, term))]
