"""A page of a longer list."""

from collections.abc import Iterable
from typing import TypeVar

T = TypeVar("T")


class PagedList(list[T]):
    """One page of results. `token` fetches the next page; it is None or "" on the last one."""

    def __init__(self, items: Iterable[T] = (), token: str | None = None):
        super().__init__(items)
        self.token = token

    def to_list(self) -> list[T]:
        """The page's items as a plain list."""
        return list(self)
