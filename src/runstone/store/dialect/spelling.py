"""What the modules that spell parts of statements share."""

from collections.abc import Mapping
from typing import Any, Self

from sqlalchemy import Boolean
from sqlalchemy.sql.functions import FunctionElement

MYSQL = ("mysql", "mariadb")
"""SQLAlchemy's names for the one."""


class Condition(FunctionElement[bool]):
    """A condition of our own spelling."""

    inherit_cache = True
    type = Boolean()

    def self_group(self, against: object = None) -> Self:
        """As it is. Where booleans are numbers, SQLAlchemy would compare it with 1, which no index finds."""
        return self


def arguments(element: FunctionElement[Any], compiler: Any, more: Mapping[str, Any]) -> list[str]:
    """The arguments of an element, spelled."""
    return [compiler.process(argument, **more) for argument in element.clauses]
