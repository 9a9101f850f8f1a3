"""Positions in an order: a page begins after one, however many results come before it.

A position is a tuple of values, none of them NULL or NaN, that decides about the place of every row.
"""

import math
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, func, or_

from runstone.entities.names import MAX_INT64, MIN_INT64

Position = tuple[Any, ...]
"""The values that order a row, the most significant first."""

Kind = type | tuple[int, ...]
"""What a value in a position may be: one of a type, or one of a few numbers."""

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def read_position(kinds: Sequence[Kind], values: Sequence[Any]) -> Position | None:
    """The position that values from outside are, where each is to be of a kind; None if they are none."""
    if len(values) != len(kinds) or not all(map(_is_of, values, kinds)):
        return None
    return tuple(float(value) if kind is float else value for value, kind in zip(values, kinds, strict=True))


def _is_of(value: object, kind: Kind) -> bool:
    if isinstance(value, str):
        return kind is str and not _UNSTORABLE.search(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    if isinstance(kind, tuple):
        return isinstance(value, int) and value in kind
    if isinstance(value, float):
        return kind is float and math.isfinite(value)
    return kind is not str and MIN_INT64 <= value <= MAX_INT64


class SortKey(NamedTuple):
    """One value of a position: a column, or what all runs have; `missing` stands for NULL."""

    column: ColumnElement[Any] | float | str
    ascending: bool
    missing: float | str | None = None

    @property
    def directed(self) -> Any:
        """What sorts by it."""
        column: Any = self.column
        return column.asc() if self.ascending else column.desc()

    @property
    def value(self) -> Any:
        """What stands in a position, in SQL."""
        return self.column if self.missing is None else func.coalesce(self.column, self.missing)


def beyond(keys: Sequence[tuple[SortKey, Any]]) -> ColumnElement[bool]:
    """Whether a row comes after a position, given as a value for each key.

    By halves: written in one chain, many keys would be nested too deeply.
    """
    if len(keys) == 1:
        [(key, value)] = keys
        return key.value > value if key.ascending else key.value < value
    first, second = keys[: len(keys) // 2], keys[len(keys) // 2 :]
    equal = and_(*(key.value == value for key, value in first))
    return or_(beyond(first), and_(equal, beyond(second)))
