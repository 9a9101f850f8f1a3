"""Walking along an index: the runs in order, as many as are asked for, without sorting them all.

A walk looks at the index in windows. What the filter lets pass of a window is found by a statement that cannot look at
more than that window, however the database plans it. Where an index orders runs that are equal in what it holds
otherwise than the search does, they are a group, which is sorted by itself.
"""

import heapq
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache, partial
from itertools import product
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, exists, literal, not_, or_, select

from runstone.search import Comparison, Field, OrderBy
from runstone.store import filters
from runstone.store.keyset import Position
from runstone.store.schema import metric_summary, run
from runstone.store.search import order
from runstone.store.search.query import Found, Query, Statement
from runstone.store.summaries import FINITE, NAN, NEGATIVE_INFINITY, POSITIVE_INFINITY

MERGED = 32
"""Parts of the index (one for each experiment and lifecycle stage) that are walked side by side at most."""

_LARGE_GROUP = 2_000
_WINDOW = 1_000
_SMALLEST_WINDOW = 16
_LARGEST_WINDOW = 16_000

_RANGE = ("=", "<", "<=", ">", ">=")
_PRESENT = ("=", "!=", "LIKE", "ILIKE", "IN", "NOT IN", "IS NOT NULL")
"""The comparisons with a text that a run without it does not pass."""

_START = Field("attribute", "start_time")

_IndexPart = tuple[int, str]
"""An experiment and a lifecycle stage."""

Only = Callable[[filters.Rows], ColumnElement[bool]]
"""A condition on rows of `run`, beside the filter."""


def along(
    query: Query, order_by: Sequence[OrderBy], *, after: Position | None, limit: int
) -> Iterator[Found] | None:
    """The runs in order, found as they are asked for (some `limit` of them); None if no index has this order."""
    parts = len(query.selection.experiments) * len(query.selection.lifecycles)
    if parts > MERGED or len(order_by) > 1:
        return None
    share = limit + 1 if parts == 1 else 2 * limit // parts
    size = max(_WINDOW if query.terms else _SMALLEST_WINDOW, share)
    if not order_by:
        return _newest(query, _parts(query), size, after)
    [clause] = order_by
    if clause.field.kind == "metric":
        return _by_metric(query, clause, size, after)
    if clause.field.kind in ("param", "tag"):
        return _by_text(query, clause, limit, size, after)
    if clause.field == _START:
        return (_oldest if clause.ascending else _newest)(query, _parts(query), size, after)
    return None


def _parts(query: Query) -> Iterator[_IndexPart]:
    return product(query.selection.experiments, query.selection.lifecycles)


def _merged(parts: Iterable[Iterator[Found]], rank: Callable[[Position], Any]) -> Iterator[Found]:
    parts = list(parts)
    return parts[0] if len(parts) == 1 else heapq.merge(*parts, key=lambda found: rank(found.position))


# --- windows ----------------------------------------------------------------------------------


class Window(NamedTuple):
    """What the filter lets pass of a window, in any order, and a way to learn where the window ends (None: nowhere)."""

    rows: Sequence[Any]
    end: Callable[[], Any]


def _windows(
    query: Query,
    index: Callable[[Any], Statement],
    passing: Callable[[Any], Statement],
    size: int,
    after: Any,
) -> Iterator[Window]:
    """The windows of an index beyond a place in it.

    Args:
        query: what is searched.
        index: the part of the index beyond a place, in its order, as a statement whose first columns are the place.
        passing: the statement for what passes of such a statement's rows.
        size: how many rows the first window has.
        after: the place; None for the beginning.
    """
    while True:
        end = cache(partial(query.first, index(after).limit(1).offset(size - 1)))
        yield Window(query.rows(passing(index(after).limit(size).subquery("seen"))), end)
        after = end()
        if after is None:
            return
        size = max(size, min(2 * size, _LARGEST_WINDOW))


def _by_groups(
    windows: Iterator[Window],
    shown: Callable[[Any], Found],
    rank: Callable[[Position], Any],
    group: Callable[[Any], Iterator[Found]],
) -> Iterator[Found]:
    """What windows show, where the index orders the runs that have the first column of a place in common wrongly.

    The last such group of a window may go on beyond it: it is shown as a whole, and the next window begins after it.
    """
    for rows, find_end in windows:
        found = sorted(((row[0], shown(row)) for row in rows), key=lambda pair: rank(pair[1].position))
        last = found[-1][0] if found else None
        yield from (one for value, one in found if value != last)
        end = find_end()
        if end is None or end[0] != last:
            yield from (one for value, one in found if value == last)
        if end is not None:
            yield from group(end[0])


# --- by start ---------------------------------------------------------------------------------


def _newest(
    query: Query, parts: Iterable[_IndexPart], size: int, after: Position | None, only: Only | None = None
) -> Iterator[Found]:
    """The runs that started last first; those of one start by their ids. So is the index."""

    def walk(part: _IndexPart) -> Iterator[Found]:
        def index(place: Any) -> Statement:
            statement = _started(query, part).order_by(run.c.started.desc(), run.c.run_id)
            if place is None:
                return statement
            started, run_id, *_ = place
            # Not as one comparison of two columns, which not every database finds in an index.
            return statement.where(
                run.c.started <= started, or_(run.c.started < started, run.c.run_id > run_id)
            )

        for rows, _ in _windows(query, index, partial(_passing, query, only), size, after):
            yield from sorted(map(_found, rows), key=lambda found: _newest_first(found.position))

    return _merged(map(walk, parts), _newest_first)


def _newest_first(position: Position) -> tuple[int, str]:
    started, run_id = position
    return -started, run_id


def _oldest(query: Query, parts: Iterable[_IndexPart], size: int, after: Position | None) -> Iterator[Found]:
    """The runs that started first first; those of one start by their ids."""
    passing = partial(_passing, query, None)

    def walk(part: _IndexPart) -> Iterator[Found]:
        def index(place: Any) -> Statement:
            statement = _started(query, part).order_by(run.c.started, run.c.run_id.desc())
            return statement if place is None else statement.where(run.c.started > place[0])

        def same(started: int, place: Any) -> Statement:
            statement = _started(query, part).where(run.c.started == started).order_by(run.c.run_id)
            return statement.where(run.c.run_id > place[1])

        def group(started: int, run_id: str = "") -> Iterator[Found]:
            windows = _windows(query, partial(same, started), passing, size, (started, run_id))
            for rows, _ in windows:
                yield from sorted(map(_found, rows))

        if after is not None:
            yield from group(*after)
        yield from _by_groups(_windows(query, index, passing, size, after), _found, tuple, group)

    return _merged(map(walk, parts), tuple)


def _started(query: Query, part: _IndexPart) -> Statement:
    """The runs of a part of the index; only those that started when the filter wants them to have started."""
    experiment, lifecycle = part
    wanted = [filters.compare(run.c.started, term) for term in query.comparisons(_START, _RANGE)]
    others = [column for column in query.columns if column not in {run.c.started, run.c.run_id}]
    return select(run.c.started, run.c.run_id, *others).where(
        run.c.experiment == experiment, run.c.lifecycle == lifecycle, *wanted
    )


def _passing(query: Query, only: Only | None, seen: Any) -> Statement:
    conditions = query.conditions(seen.c)
    if only is not None:
        conditions.append(only(seen.c))
    return select(seen.c.started, seen.c.run_id, seen.c.id).where(*conditions)


def _found(row: Any) -> Found:
    *position, number = row
    return Found(tuple(position), number)


# --- by a metric ------------------------------------------------------------------------------


class _Metric(NamedTuple):
    """An order by a metric in one experiment. `bounds` are the filter's terms that compare the metric itself."""

    query: Query
    experiment: int
    key: int
    ascending: bool
    bounds: Sequence[Comparison]
    size: int

    def rank(self, position: Position) -> Position:
        """What positions are compared by."""
        phase, kind, value, started, run_id = position
        sign = 1 if self.ascending else -1
        return phase, sign * kind, sign * value, -started, run_id

    def having(self, kind: int) -> Statement:
        """The runs with a value of a class: the value, and their numbers."""
        of = metric_summary.c
        return select(of.value, of.run).where(
            of.experiment == self.experiment, of.key == self.key, of["class"] == kind
        )

    def passing(self, seen: Any) -> Statement:
        """What passes of the runs with some values."""
        conditions = self.query.conditions(run.c, without=self.bounds)
        return (
            select(seen.c.value, run.c.started, run.c.run_id, run.c.id)
            .select_from(seen.join(run, run.c.id == seen.c.run))
            .where(run.c.lifecycle.in_(self.query.selection.lifecycles), *conditions)
        )

    def parts(self) -> list[_IndexPart]:
        """The index of the experiment's runs."""
        return [(self.experiment, lifecycle) for lifecycle in self.query.selection.lifecycles]

    def of(self, rows: filters.Rows, *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
        """Whether a row of `run` has the metric, and so that the conditions hold."""
        of = metric_summary.c
        mine = (of.experiment == rows["experiment"], of.key == self.key, of.run == rows["id"])
        return exists(select(literal(1)).select_from(metric_summary).where(*mine, *conditions))


def _by_metric(query: Query, clause: OrderBy, size: int, after: Position | None) -> Iterator[Found]:
    if clause.field.key not in query.keys:
        return _lacking(query, _parts(query), size, after, order.NO_METRIC, None)
    bounds = query.comparisons(clause.field, ("!=", *_RANGE))
    metrics = [
        _Metric(query, experiment, query.keys[clause.field.key], clause.ascending, bounds, size)
        for experiment in query.selection.experiments
    ]
    return _merged((_metric_phases(metric, after) for metric in metrics), metrics[0].rank)


def _metric_phases(metric: _Metric, after: Position | None) -> Iterator[Found]:
    """Numbers, the infinities at their ends; then NaN; then the runs without the metric."""
    numbers = (NEGATIVE_INFINITY, FINITE, POSITIVE_INFINITY)
    kinds = (*(numbers if metric.ascending else reversed(numbers)), NAN)
    began = 0 if after is None else kinds.index(after[1])
    if after is not None and after[0] == order.MISSING:
        began = len(kinds)
    for kind in kinds[began:]:
        here = after if after is not None and kind == after[1] else None
        if kind == FINITE:
            yield from _numbers(metric, here)
        elif all(filters.passes(kind, term) for term in metric.bounds):
            yield from _same_value(metric, kind, 0.0, here)

    def lacks_it(rows: filters.Rows) -> ColumnElement[bool]:
        return not_(metric.of(rows))

    if not metric.bounds:  # else the filter wants them to have it
        query, parts = metric.query, metric.parts()
        yield from _lacking(query, parts, metric.size, after, order.NO_METRIC, lacks_it)


def _numbers(metric: _Metric, after: Position | None) -> Iterator[Found]:
    of = metric_summary.c
    bounds = [filters.compare(of.value, term) for term in metric.bounds]

    def index(place: Any) -> Statement:
        statement = metric.having(FINITE).where(*bounds)
        if place is not None:
            statement = statement.where(of.value > place[0] if metric.ascending else of.value < place[0])
        columns = (of.value, of.run) if metric.ascending else (of.value.desc(), of.run.desc())
        return statement.order_by(*columns)

    def group(value: float, after: Position | None = None) -> Iterator[Found]:
        return _same_value(metric, FINITE, value, after)

    def shown(row: Any) -> Found:
        value, started, run_id, number = row
        return Found((order.NUMBER, FINITE, value, started, run_id), number)

    if after is not None:
        yield from group(after[2], after)
    place = None if after is None else (after[2],)
    windows = _windows(metric.query, index, metric.passing, metric.size, place)
    yield from _by_groups(windows, shown, metric.rank, group)


def _same_value(metric: _Metric, kind: int, value: float, after: Position | None) -> Iterator[Found]:
    """The runs with one value of the metric, those that started last first."""
    of = metric_summary.c
    head = (order.NOT_A_NUMBER if kind == NAN else order.NUMBER, kind, value)
    place = None if after is None else after[len(head) :]
    group = metric.having(kind).where(of.value == value)
    number = metric.query.number_of(group, _LARGE_GROUP + 1)
    if number > _LARGE_GROUP:  # so many that those next in the order are met soon

        def only(rows: filters.Rows) -> ColumnElement[bool]:
            return metric.of(rows, of["class"] == kind, of.value == value)

        for found in _newest(metric.query, metric.parts(), metric.size, place, only):
            yield Found((*head, *found.position), found.number)
    elif number:
        rows = metric.query.rows(metric.passing(group.limit(_LARGE_GROUP).subquery("seen")))
        whole = sorted((_newest_first(row[1:3]), row[3]) for row in rows)
        for (negative_start, run_id), found in whole:
            if place is None or (negative_start, run_id) > _newest_first(place):
                yield Found((*head, -negative_start, run_id), found)


# --- by a text --------------------------------------------------------------------------------


def _by_text(query: Query, clause: OrderBy, limit: int, size: int, after: Position | None) -> Iterator[Found]:
    """The runs that have a param or a tag, which the database sorts, then those without it."""
    field = clause.field
    if field.key not in query.keys:
        yield from _lacking(query, _parts(query), size, after, order.NO_TEXT, None)
        return
    ended = after is not None and after[0] == order.NOT_THERE
    place = after
    while not ended:
        numbers = order.sort_by_text(query, clause, after=place, limit=limit)
        yield from (Found((), number) for number in numbers)
        ended = len(numbers) < limit
        place = place if ended else order.position_of(query, [clause], numbers[-1])
    of = filters.TABLES[field.kind].c

    def only(rows: filters.Rows) -> ColumnElement[bool]:
        mine = (of.experiment == rows["experiment"], of.key == query.keys[field.key], of.run == rows["id"])
        return not_(exists(select(literal(1)).where(*mine)))

    if not query.comparisons(field, _PRESENT):
        yield from _lacking(query, _parts(query), size, after, order.NO_TEXT, only)


def _lacking(
    query: Query,
    parts: Iterable[_IndexPart],
    size: int,
    after: Position | None,
    head: Position,
    only: Only | None,
) -> Iterator[Found]:
    """The runs without what others are ordered by: their positions begin with `head`."""
    place = after[len(head) :] if after is not None and after[: len(head)] == head else None
    for found in _newest(query, parts, size, place, only):
        yield Found((*head, *found.position), found.number)
