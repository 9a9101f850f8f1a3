"""Lists that come in pages."""

from collections.abc import Callable, Iterator
from typing import TypeVar

from runstone.entities import PagedList

T = TypeVar("T")


def all_items(
    page: Callable[[int, str | None], PagedList[T]], page_size: int, max_results: int | None
) -> Iterator[T]:
    """The items of a list, page by page as they are asked for; at most `max_results` of them.

    `page(size, token)` gives a page of at most `size` items: the first one without a token, else the one after it.
    """
    token = None
    left = max_results
    while left is None or left > 0:
        items = page(page_size if left is None else min(page_size, left), token)
        yield from items
        token = items.token
        if not token:
            return
        if left is not None:
            left -= len(items)
