"""A search evaluated the slow and obvious way, in memory: what the store's SQL has to agree with.

Also the way back from a tree to text, for round trips.
"""

import math
import operator
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from runstone.search import (
    And,
    Comparison,
    Expression,
    Field,
    Not,
    Or,
    OrderBy,
    like_to_regex,
)


@dataclass(frozen=True)
class Record:
    """A run or an experiment, as a search sees it: latest metric values; what is unset is None or absent."""

    attributes: dict[str, Any]
    metrics: dict[str, float] = field(default_factory=dict)
    params: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    datasets: tuple[dict[str, str], ...] = ()

    def values(self, of: Field) -> list[Any]:
        """Every value that a comparison may look at; several only for datasets."""
        if of.kind == "dataset":
            return [dataset[of.key] for dataset in self.datasets if of.key in dataset]
        held = {"metric": self.metrics, "param": self.params, "tag": self.tags, "attribute": self.attributes}
        value = held[of.kind].get(of.key)
        return [] if value is None else [value]


_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "IN": lambda value, allowed: value in allowed,
    "NOT IN": lambda value, refused: value not in refused,
    "LIKE": lambda value, pattern: like_to_regex(pattern).fullmatch(value) is not None,
    "ILIKE": lambda value, pattern: like_to_regex(pattern, case_sensitive=False).fullmatch(value) is not None,
}


def matches(expression: Expression | None, record: Record) -> bool:
    """Whether a record belongs to the answer."""
    match expression:
        case None:
            return True
        case And(parts):
            return all(matches(part, record) for part in parts)
        case Or(parts):
            return any(matches(part, record) for part in parts)
        case Not(part):
            return not matches(part, record)
        case Comparison(of, "IS NULL"):
            return not record.values(of)
        case Comparison(of, "IS NOT NULL"):
            return bool(record.values(of))
        case Comparison(of, op, wanted):
            return any(_OPERATORS[op](value, wanted) for value in record.values(of))


def ordered(records: Iterable[Record], order: Sequence[OrderBy]) -> list[Record]:
    """The records in order: numbers or strings, then NaN, then what is missing, whatever the direction."""
    result = list(records)
    for clause in reversed(order):
        numbers: list[tuple[Any, Record]] = []
        nans: list[Record] = []
        missing: list[Record] = []
        for record in result:
            values = record.values(clause.field)
            if not values:
                missing.append(record)
            elif isinstance(values[0], float) and math.isnan(values[0]):
                nans.append(record)
            else:
                numbers.append((values[0], record))
        numbers.sort(key=lambda pair: pair[0], reverse=not clause.ascending)
        result = [record for _, record in numbers] + nans + missing
    return result


def run_order(order: Sequence[OrderBy]) -> tuple[OrderBy, ...]:
    """An order of runs with its tie-breakers: start_time descending, then run_id."""
    ties = (
        OrderBy(Field("attribute", "start_time"), ascending=False),
        OrderBy(Field("attribute", "run_id"), ascending=True),
    )
    used = {clause.field for clause in order}
    return (*order, *(tie for tie in ties if tie.field not in used))


def to_text(expression: Expression) -> str:
    """A filter that parses into exactly this tree, with no parentheses that precedence makes needless."""
    match expression:
        case And(parts):
            return " AND ".join(_inside(part, And | Or) for part in parts)
        case Or(parts):
            return " OR ".join(_inside(part, Or) for part in parts)
        case Not(part):
            return f"NOT {_inside(part, And | Or)}"
        case Comparison(of, op, value):
            words = [f"{of.kind}.{quoted(of.key, '`')}", op]
            if isinstance(value, tuple):
                words.append("(" + ", ".join(quoted(text, "'") for text in value) + ")")
            elif value is not None:
                words.append(quoted(value, "'") if isinstance(value, str) else repr(value))
            return " ".join(words)


def quoted(text: str, quote: str) -> str:
    """`text` between quotes, with the quotes inside it doubled."""
    return quote + text.replace(quote, quote * 2) + quote


def _inside(part: Expression, looser: Any) -> str:
    return f"({to_text(part)})" if isinstance(part, looser) else to_text(part)
