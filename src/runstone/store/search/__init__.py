"""The search for runs.

A search finds the numbers and positions of a page's runs; what is shown of them is read afterwards. Three ways lead to
the same page, so a page may be found in another way than the one before it:

- `terms`: a term of the filter that few runs can pass gives those runs, which are then sorted;
- `walks`: an index has the order, and is walked from the position where the page begins;
- `order`: the database sorts all runs of the experiments.
"""

from collections.abc import Sequence
from functools import cached_property
from itertools import islice

from sqlalchemy import Connection, func, select

from runstone.search import OrderBy
from runstone.store.keys import KeyNames
from runstone.store.keyset import Position
from runstone.store.search import order, terms, walks
from runstone.store.search.order import read_position
from runstone.store.search.query import Found, Page, Query, Selection

__all__ = ["Page", "Position", "Search", "Selection", "read_position"]


class Search:
    """A search in one snapshot of the store."""

    def __init__(
        self,
        connection: Connection,
        names: KeyNames,
        selection: Selection,
        order_by: Sequence[OrderBy] = (),
    ):
        self._order_by = order_by
        self._query = Query(connection, names, selection, order_by)

    def page(self, limit: int, *, after: Position | None = None, offset: int = 0) -> Page:
        """At most `limit` runs in order: those after a position, or those after the first `offset`."""
        found = self._found(limit + 1, after, offset)
        numbers = [one.number for one in found[:limit]]
        if len(found) <= limit:
            return Page(numbers, None)
        return Page(
            numbers, found[limit - 1].position or order.position_of(self._query, self._order_by, numbers[-1])
        )

    def _found(self, limit: int, after: Position | None, offset: int) -> list[Found]:
        query, order_by = self._query, self._order_by
        if self._few == []:
            return []
        walk = None
        if self._few is None and not offset:
            walk = walks.along(query, order_by, after=after, limit=limit)
        if walk is not None:
            return list(islice(walk, limit))
        part = order.everything(query) if self._few is None else order.numbered(query, self._few)
        numbers = order.sort(query, part, order_by, after=after, limit=limit, offset=offset)
        return [Found((), number) for number in numbers]

    def count(self) -> int:
        """How many runs there are in all."""
        query = self._query
        if self._few == []:
            return 0
        part = order.everything(query) if self._few is None else order.numbered(query, self._few)
        matching = (*part.conditions, *query.conditions(part.rows))
        return query.first(select(func.count()).select_from(part.source).where(*matching))[0]

    @cached_property
    def _few(self) -> list[int] | None:
        """The numbers of the only runs that may match, where they are few."""
        return terms.few(self._query) if self._query.selection.experiments else []
