"""The syntax tree of a search, and what it means.

Whoever evaluates a tree, in SQL or in memory, keeps to these rules.

*A comparison is true or false, never unknown*, and And, Or and Not are the plain ones:

- A missing thing (no such metric, param or tag; an end_time that is not set) makes every comparison false,
  `!=` and `NOT IN` included, except `IS NULL`, which it makes true. So `params.p != 'a'` leaves out the runs
  without p, and `NOT params.p = 'a'` keeps them. In SQL: EXISTS or COALESCE, never a bare NULL under NOT.
- A metric is compared by its latest value (the greatest step, then timestamp, then value). NaN is unequal to
  every number: `!=` is true, every other comparison is false.
- A dataset comparison is true if it holds for at least one of the run's datasets; two comparisons may hold
  for two different datasets. `!=` and `NOT IN` too ask for one dataset that differs. `context` is the input's
  `mlflow.data.context` tag.
- Strings are compared exactly, case included. In LIKE and ILIKE `%` is any text, `_` any one character, and
  nothing escapes them (PostgreSQL and MySQL need to be told); the whole value must match. ILIKE ignores the
  case of ASCII letters at least.

*Order*: whatever is missing comes last, ascending or descending; NaN metrics come after the numbers and
before what is missing. Runs end with start_time descending (unless ordered by it already), then run_id
ascending. Experiments end with experiment_id descending; without any order they are sorted by creation_time
descending, then experiment_id ascending.
"""

import re
from typing import Literal, TypeAlias

from msgspec import Struct

FieldKind: TypeAlias = Literal["metric", "param", "tag", "attribute", "dataset"]
Operator: TypeAlias = Literal[
    "=", "!=", "<", "<=", ">", ">=", "LIKE", "ILIKE", "IN", "NOT IN", "IS NULL", "IS NOT NULL"
]
Value: TypeAlias = str | int | float | tuple[str, ...] | None


class Field(Struct, frozen=True):
    """What is compared or ordered by. `key` is a canonical name, whatever alias was written."""

    kind: FieldKind
    key: str


class Comparison(Struct, frozen=True):
    """One comparison.

    `value` is a float for a metric; an int (64 bits at most) or a float for a numeric attribute; a tuple of
    at least one string for IN and NOT IN; None for IS NULL and IS NOT NULL; a string otherwise. Floats are
    finite.
    """

    field: Field
    op: Operator
    value: Value


class And(Struct, frozen=True):
    """True if every part is. There are two parts or more."""

    parts: tuple["Expression", ...]


class Or(Struct, frozen=True):
    """True if any part is. There are two parts or more."""

    parts: tuple["Expression", ...]


class Not(Struct, frozen=True):
    """True if the part is false."""

    part: "Expression"


Expression: TypeAlias = And | Or | Not | Comparison


class OrderBy(Struct, frozen=True):
    """One clause of an order."""

    field: Field
    ascending: bool


def like_to_regex(pattern: str, case_sensitive: bool = True) -> re.Pattern[str]:
    """The regular expression whose `fullmatch` agrees with LIKE (or ILIKE) `pattern`.

    Each piece between two `%` is taken at its first occurrence and never reconsidered, so that matching takes
    a time proportional to len(pattern) * len(text) at worst.
    """
    first, *rest = (_piece(piece) for piece in pattern.split("%"))
    regex = first
    if rest:
        *middle, last = rest
        regex += "".join(f"(?>.*?{piece})" for piece in middle if piece) + f".*{last}"
    return re.compile(regex, re.DOTALL if case_sensitive else re.DOTALL | re.IGNORECASE)


def _piece(text: str) -> str:
    return "".join("." if character == "_" else re.escape(character) for character in text)
