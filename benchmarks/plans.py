"""Plans: what the database does for the hot searches. `python -m benchmarks.plans URI [--experiment NAME]`.

The statements are those that the service really runs: they are recorded at the driver, since some of them never pass
SQLAlchemy, and explained by the database that ran them. A plan is bad if it reads a whole table or sorts. PostgreSQL
and MySQL rightly do both in small tables, and without statistics they guess: so fill the store with 100,000 runs first,
and have the database analyse it. The tests hold SQLite's plans.
"""

import argparse
import json
import re
import sys
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple, cast

from sqlalchemy import Connection, Engine, event

from runstone.service import Service, open_service
from runstone.wire import experiments, runs

HOT: Mapping[str, Mapping[str, Any]] = {
    "newest": {},
    "oldest": {"order_by": ["start_time ASC"]},
    "by a metric": {"order_by": ["metrics.m3 ASC"]},
    "by a metric, greatest first": {"order_by": ["metrics.m3 DESC"]},
    "by a metric, within bounds": {"filter": "metrics.m3 > 0.5", "order_by": ["metrics.m3 ASC"]},
    "by a metric that nobody has": {"order_by": ["metrics.nobody"]},
    "two terms of many runs": {"filter": "metrics.m3 > 0.5 and params.p2 = 'x'"},
    "two terms, by a metric": {
        "filter": "metrics.m3 > 0.5 and params.p2 = 'x'",
        "order_by": ["metrics.m2 DESC"],
    },
    "a metric with no such value": {"filter": "metrics.m3 > 1e300"},
    "a param with no such value": {"filter": "params.p2 = 'nothing like it'"},
    "a tag that nobody has": {"filter": "tags.nobody LIKE '%'"},
    "a run": {"filter": "run_id IN ('nobody')"},
    "since tomorrow": {"filter": "start_time > 99000000000000"},
    "info alone": {"fields": ["info"]},
    "chosen keys": {"fields": ["metrics.m3", "params.p2", "tags.t1"]},
}
"""The searches whose plans are to be good, for runs with metrics m0 …, params p0 … and tags."""

PAGES = 3
"""Pages that are asked for, since the first one is found in another way than those after it."""


class Statement(NamedTuple):
    """A statement as the driver got it."""

    text: str
    parameters: Any = None


class Plan(NamedTuple):
    """What a database does for a statement."""

    statement: Statement
    text: str
    scanned: frozenset[str]
    """Tables of which every row is read."""
    sorts: bool
    indexes: frozenset[str]

    @property
    def good(self) -> bool:
        return not self.scanned and not self.sorts


# --- what ran ---------------------------------------------------------------------------------


@contextmanager
def recorded(engine: Engine) -> Generator[list[Statement]]:
    """The queries that run on an engine meanwhile."""
    ran: list[Statement] = []
    record = {"sqlite": _record_sqlite, "postgresql": _record_psycopg}.get(
        engine.dialect.name, _record_pymysql
    )
    listened: list[Any] = []

    def checkout(connection: Any, _record: object, _proxy: object) -> None:
        undo = record(connection, ran)
        listened.append(undo)

    event.listen(engine, "checkout", checkout)
    try:
        yield ran
    finally:
        event.remove(engine, "checkout", checkout)
        for undo in listened:
            undo()


def _record_sqlite(connection: Any, ran: list[Statement]) -> Any:
    def trace(text: str) -> None:
        if text.lstrip().startswith("SELECT"):
            ran.append(Statement(text))  # with its parameters in their places

    connection.set_trace_callback(trace)
    return lambda: connection.set_trace_callback(None)


def _record_psycopg(connection: Any, ran: list[Statement]) -> Any:
    from psycopg import Cursor

    class Recording(Cursor[Any]):
        def execute(self, query: Any, params: Any = None, **more: Any) -> Any:
            _note(ran, query, params)
            return super().execute(query, params, **more)

    usual, connection.cursor_factory = connection.cursor_factory, Recording
    return lambda: setattr(connection, "cursor_factory", usual)


def _record_pymysql(connection: Any, ran: list[Statement]) -> Any:
    usual: Any = connection.cursorclass

    class Recording(usual):
        def execute(self, query: Any, args: Any = None) -> Any:
            _note(ran, query, args)
            return super().execute(query, args)

    connection.cursorclass = Recording
    return lambda: setattr(connection, "cursorclass", usual)


def _note(ran: list[Statement], query: Any, parameters: Any) -> None:
    if isinstance(query, str) and query.lstrip().startswith(("SELECT", "(SELECT")):
        ran.append(Statement(query, parameters))


# --- what the database does for it ------------------------------------------------------------


_SMALL = 100
"""Rows, or PostgreSQL's cost, of a table that is so small that reading all of it is right."""


def explain(connection: Connection, statement: Statement) -> Plan:
    """The plan of a statement, asked of the database that ran it."""
    explaining = {"sqlite": _explain_sqlite, "postgresql": _explain_postgresql}
    return explaining.get(connection.dialect.name, _explain_mysql)(connection, statement)


def _rows(connection: Connection, how: str, statement: Statement) -> list[Any]:
    cursor: Any = connection.connection.cursor()
    values = () if statement.parameters is None else (statement.parameters,)
    cursor.execute(f"{how} {statement.text}", *values)
    return list(cursor.fetchall())


_STEP = re.compile(r"SCAN (?P<scanned>\w+)\b(?! VIRTUAL TABLE)|(?:CO-ROUTINE|MATERIALIZE) (?P<made>\w+)")
_USED = re.compile(r"\bINDEX ([a-z]\w+)|(PRIMARY KEY)")


def _explain_sqlite(connection: Connection, statement: Statement) -> Plan:
    # https://www.sqlite.org/eqp.html
    lines = [row[3] for row in _rows(connection, "EXPLAIN QUERY PLAN", statement)]
    text = "\n".join(lines)
    steps = list(_STEP.finditer(text))
    made = {step["made"] for step in steps}
    scanned = {step["scanned"] for step in steps} - made - {None, "CONSTANT"}
    used = {index or key for index, key in _USED.findall(text)}
    return Plan(statement, text, frozenset(scanned), "TEMP B-TREE" in text, frozenset(used))


def _explain_postgresql(connection: Connection, statement: Statement) -> Plan:
    [[found]] = _rows(connection, "EXPLAIN (FORMAT JSON)", statement)
    nodes = list(_nodes(found, "Node Type"))
    read = [node for node in nodes if node["Node Type"] == "Seq Scan" and node["Total Cost"] > _SMALL]
    scanned = {node["Relation Name"] for node in read}
    sorts = any("Sort" in node["Node Type"] for node in nodes)
    indexes = {node["Index Name"] for node in nodes if "Index Name" in node}
    return Plan(statement, json.dumps(found, indent=1), frozenset(scanned), sorts, frozenset(indexes))


def _explain_mysql(connection: Connection, statement: Statement) -> Plan:
    [[text]] = _rows(connection, "EXPLAIN FORMAT=JSON", statement)
    tables = [node for node in _nodes(json.loads(text), "table_name") if "materialized" not in node]
    read = [table for table in tables if table.get("access_type") in ("ALL", "index")]
    scanned = {table["table_name"] for table in read if table.get("rows", 0) > _SMALL}
    sorts = "filesort" in text or "temporary_table" in text
    indexes = {table["key"] for table in tables if table.get("key")}
    return Plan(statement, text, frozenset(scanned), sorts, frozenset(indexes))


def _nodes(tree: Any, key: str) -> Iterator[dict[str, Any]]:
    """The objects in a JSON tree that have a key."""
    if isinstance(tree, list):
        for item in cast("list[Any]", tree):
            yield from _nodes(item, key)
    elif isinstance(tree, dict):
        node = cast("dict[str, Any]", tree)
        if key in node:
            yield node
        for item in node.values():
            yield from _nodes(item, key)


# --- the hot searches -------------------------------------------------------------------------


def plans_of(
    service: Service,
    experiment_ids: list[str],
    fields: Mapping[str, Any],
    *,
    pages: int = PAGES,
    size: int = 100,
) -> list[Plan]:
    """The plans of a search's statements: of its first pages, one after the other."""
    with service.store.read() as connection:
        engine = connection.engine
    with recorded(engine) as ran:
        _search(service, experiment_ids, fields, pages, size)
    with service.store.read() as connection:
        return [explain(connection, statement) for statement in dict.fromkeys(map(_frozen, ran))]


def _frozen(statement: Statement) -> Statement:
    """The statement, with parameters that can be compared."""
    return (
        statement
        if statement.parameters is None
        else statement._replace(parameters=_Parameters(statement.parameters))
    )


class _Parameters(dict[str, Any]):
    """A statement's parameters."""

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(tuple(self))


def _search(
    service: Service, experiment_ids: list[str], fields: Mapping[str, Any], pages: int, size: int
) -> None:
    token = None
    for _ in range(pages):
        request = runs.SearchRuns(experiment_ids=experiment_ids, max_results=size, page_token=token, **fields)
        response: Any = service.call("search_runs", request)
        token = response.next_page_token
        if token is None:
            break


def main() -> int:
    options = argparse.ArgumentParser(
        prog="python -m benchmarks.plans", description="The plans of hot searches"
    )
    options.add_argument("uri", metavar="URI", help="a store, filled and analysed")
    options.add_argument(
        "--experiment", metavar="NAME", help="where to search; in all experiments by default"
    )
    options.add_argument("--verbose", action="store_true", help="print the good plans, too")
    asked = options.parse_args()
    service = open_service(asked.uri, mode="server")
    try:
        where = f"name = '{asked.experiment}'" if asked.experiment else None
        listed: Any = service.call(
            "search_experiments", experiments.SearchExperiments(max_results=1_000, filter=where)
        )
        ids = [experiment.experiment_id for experiment in listed.experiments]
        bad = sum(
            _report(name, plans_of(service, ids, fields), verbose=asked.verbose)
            for name, fields in HOT.items()
        )
    finally:
        service.close()
    return 1 if bad else 0


def _report(name: str, plans: list[Plan], *, verbose: bool) -> int:
    """Print what is wrong with the plans of a search; how many of them are bad."""
    bad = [plan for plan in plans if not plan.good]
    indexes = sorted({index for plan in plans for index in plan.indexes})
    print(f"{'BAD ' if bad else 'good'}  {name}: {len(plans)} statements, by {', '.join(indexes)}")
    for plan in plans if verbose else bad:
        why = [
            *(f"reads all of {table}" for table in sorted(plan.scanned)),
            *(["sorts"] if plan.sorts else []),
        ]
        print(
            f"\n{plan.statement.text}\n{plan.statement.parameters or ''}\n-- {', '.join(why) or 'good'}\n{plan.text}\n"
        )
    return len(bad)


if __name__ == "__main__":
    sys.exit(main())
