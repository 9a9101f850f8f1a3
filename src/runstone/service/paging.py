"""What searches share: filters and orders within their limits, page tokens, and views, as MLflow spells them."""

import base64
import binascii
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, cast

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


# --- page tokens ------------------------------------------------------------------------------
#
# To clients a token is opaque. Within it is JSON, as within MLflow's: how many results precede the page,
# {"offset": 100}; or, where a search can begin after any result, the position of that one, {"after": [0, 0.5, "id"]},
# and which order it belongs to.


def page_token(offset: int, limit: int, found: int) -> str | None:
    """The token of the next page, where a page of `limit` at `offset` found `found` (one more than it shows)."""
    return _token({"offset": offset + limit}) if found > limit else None


def page_offset(token: str | None) -> int:
    """How many results precede the page of this token. Raises InvalidParameterValue for a token that is not ours."""
    return _offset(token, _content(token)) if token else 0


class Page(NamedTuple):
    """Where a page begins: after the result at a position, or after the first `offset` ones.

    `total` is how many results there are in all, if the page before knew it.
    """

    after: tuple[Any, ...] | None = None
    offset: int = 0
    total: int | None = None


def position_token(order_by: Sequence[OrderBy], position: tuple[Any, ...], total: int | None = None) -> str:
    """The token of the page after the result at a position in an order; `total` as in `Page`."""
    known = {} if total is None else {"total": total}
    return _token({"after": position, "order": _fingerprint(order_by)} | known)


def read_token(
    token: str | None,
    order_by: Sequence[OrderBy],
    read_position: Callable[[Sequence[Any]], tuple[Any, ...] | None],
) -> Page:
    """Where the page of a token begins, in an order for which `read_position` tells positions from anything else.

    Raises InvalidParameterValue for a token that is not ours, or that belongs to another order.
    """
    if not token:
        return Page()
    content = _content(token)
    if not isinstance(content, dict) or "after" not in content:  # as MLflow and our first versions gave
        return Page(offset=_offset(token, content))
    after, order, total = (cast("dict[str, Any]", content).get(name) for name in ("after", "order", "total"))
    if not isinstance(after, list) or not isinstance(order, str) or not (total is None or _is_count(total)):
        raise _invalid(token)
    if order != _fingerprint(order_by):
        raise InvalidParameterValue(
            "The page_token belongs to another order_by. Ask for the next page with the order_by of the page before, "
            "or without page_token for the first page."
        )
    position = read_position(cast("list[Any]", after))
    if position is None:
        raise _invalid(token)
    return Page(position, total=total)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_INT64


def _fingerprint(order_by: Sequence[OrderBy]) -> str:
    """A short name for an order."""
    text = json.dumps([(c.field.kind, c.field.key, c.ascending) for c in order_by])
    return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()


def _token(content: Mapping[str, Any]) -> str:
    return base64.b64encode(json.dumps(content, ensure_ascii=False).encode()).decode()


def _content(token: str) -> Any:
    try:
        decoded = base64.b64decode(token)
    except (ValueError, binascii.Error) as error:
        raise InvalidParameterValue("Invalid page token, could not base64-decode") from error
    try:
        return json.loads(decoded)
    except (ValueError, RecursionError) as error:
        raise _invalid(token) from error


def _offset(token: str, content: Any) -> int:
    offset: Any = cast("dict[str, Any]", content).get("offset") if isinstance(content, dict) else None
    if not _is_count(offset):
        raise _invalid(token)
    return offset


def _invalid(token: str) -> InvalidParameterValue:
    return InvalidParameterValue(f"Invalid page token, decoded value={base64.b64decode(token)}")
