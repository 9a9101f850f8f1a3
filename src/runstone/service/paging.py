"""What searches share: filters and orders within their limits, page tokens, and views, as MLflow spells them."""

import base64
import binascii
import json
from collections.abc import Iterator, Sequence

from runstone.entities.kinds import LifecycleStage
from runstone.entities.names import (
    MAX_FILTER_TERMS,
    MAX_INT64,
    MAX_ORDER_TERMS,
    MAX_PATTERN_LENGTH,
    check_length,
)
from runstone.errors import InvalidParameterValue
from runstone.search import Comparison, Expression, Grammar, Not, OrderBy, parse_filter, parse_order_by

_LIFECYCLES = {
    "ACTIVE_ONLY": (LifecycleStage.ACTIVE,),
    "DELETED_ONLY": (LifecycleStage.DELETED,),
    "ALL": (LifecycleStage.ACTIVE, LifecycleStage.DELETED),
}
_VIEWS = dict(enumerate(_LIFECYCLES, start=1))


def parse_search(
    text: str | None, order_by: Sequence[str], grammar: Grammar
) -> tuple[Expression | None, tuple[OrderBy, ...]]:
    """A search's filter and order. Raises InvalidParameterValue, also for more terms than a database takes."""
    where, order = parse_filter(text, grammar), parse_order_by(order_by, grammar)
    comparisons = [] if where is None else list(_comparisons(where))
    terms = sum(len(c.value) if isinstance(c.value, tuple) else 1 for c in comparisons)
    for count, limit, what in (
        (terms, MAX_FILTER_TERMS, "filter"),
        (len(order), MAX_ORDER_TERMS, "order_by"),
    ):
        if count > limit:
            raise InvalidParameterValue(f"The {what} has {count} terms; at most {limit} are allowed.")
    for comparison in comparisons:
        if comparison.op in ("LIKE", "ILIKE"):
            check_length(str(comparison.value), MAX_PATTERN_LENGTH, f"{comparison.op} pattern")
    return where, order


def _comparisons(expression: Expression) -> Iterator[Comparison]:
    if isinstance(expression, Comparison):
        yield expression
        return
    for part in (expression.part,) if isinstance(expression, Not) else expression.parts:
        yield from _comparisons(part)


def lifecycles(view: str | int | None) -> tuple[str, ...]:
    """The lifecycle stages that a view (its name or number) looks at.

    The active ones by default, and, as in MLflow, for a name that is no view's. Raises InvalidParameterValue for a
    number that is none.
    """
    if not isinstance(view, int):
        return _LIFECYCLES.get(view or "", _LIFECYCLES["ACTIVE_ONLY"])
    if view not in _VIEWS:
        raise InvalidParameterValue(f"Invalid view type {view}. Choose one of {', '.join(_LIFECYCLES)}.")
    return _LIFECYCLES[_VIEWS[view]]


def page_token(offset: int, limit: int, found: int) -> str | None:
    """The token of the next page, where a page of `limit` at `offset` found `found` (one more than it shows)."""
    if found <= limit:
        return None
    return base64.b64encode(json.dumps({"offset": offset + limit}).encode()).decode()


def page_offset(token: str | None) -> int:
    """How many results precede the page of this token. Raises InvalidParameterValue for a token that is not ours."""
    if not token:
        return 0
    try:
        decoded = base64.b64decode(token)
    except (ValueError, binascii.Error) as error:
        raise InvalidParameterValue("Invalid page token, could not base64-decode") from error
    try:
        offset = json.loads(decoded)["offset"]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise InvalidParameterValue(f"Invalid page token, decoded value={decoded}") from error
    if not isinstance(offset, int) or isinstance(offset, bool) or not 0 <= offset <= MAX_INT64:
        raise InvalidParameterValue(f"Invalid page token, decoded value={decoded}")
    return offset
