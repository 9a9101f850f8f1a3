"""The operations that search for runs."""

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from runstone.entities.names import MAX_SEARCH_RESULTS, experiment_number
from runstone.errors import InvalidParameterValue
from runstone.search import RUNS, Fields, OrderBy, parse_fields
from runstone.service.core import Service, operation
from runstone.service.paging import Page, lifecycles, parse_search, position_token, read_token
from runstone.service.runs import filled
from runstone.store import runs
from runstone.store.search import Position, Search, Selection, read_position
from runstone.wire import runs as wire


@operation
def search_runs(service: Service, request: wire.SearchRuns) -> wire.SearchRunsResponse:
    asked = _asked(service, request)
    with service.store.read() as connection:
        search = Search(connection, service.store.keys, asked.selection, asked.order_by)
        numbers, end = search.page(asked.limit, after=asked.page.after, offset=asked.page.offset)
        shown = filled(service, connection, runs.rows(connection, numbers), asked.fields)
    return wire.SearchRunsResponse(shown, _token(asked, end))


@operation
def list_runs(service: Service, request: wire.ListRuns) -> wire.ListRunsResponse:
    asked = _asked(service, request)
    with service.store.read() as connection:
        search = Search(connection, service.store.keys, asked.selection, asked.order_by)
        numbers, end = search.page(asked.limit, after=asked.page.after, offset=asked.page.offset)
        shown = filled(service, connection, runs.rows(connection, numbers), asked.fields)
        # Counting costs more than a page does. So it is done for the first one, and the token hands it on.
        total = search.count() if asked.page.total is None else asked.page.total
    return wire.ListRunsResponse(total, shown, numbers, _token(asked, end, total))


class _Asked(NamedTuple):
    """What a search asks for."""

    selection: Selection
    order_by: Sequence[OrderBy]
    page: Page
    limit: int
    fields: Fields


def _asked(service: Service, request: wire.SearchRuns) -> _Asked:
    limit = request.max_results
    if limit <= 0:
        raise InvalidParameterValue(
            f"Invalid value {limit} for parameter 'max_results' supplied. It must be a positive integer"
        )
    if limit > MAX_SEARCH_RESULTS:
        raise InvalidParameterValue.wrong_type("max_results", limit)
    where, order_by = parse_search(request.filter, request.order_by, RUNS)
    experiments = sorted({experiment_number(number) for number in request.experiment_ids})
    shown_root = service.locations.shown_root
    selection = Selection(experiments, lifecycles(request.run_view_type), where, shown_root)
    page = read_token(request.page_token, order_by, partial(read_position, order_by))
    return _Asked(selection, order_by, page, limit, parse_fields(request.fields))


def _token(asked: _Asked, end: Position | None, total: int | None = None) -> str | None:
    return None if end is None else position_token(asked.order_by, end, total)
