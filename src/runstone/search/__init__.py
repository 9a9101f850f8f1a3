"""Runstone's search language: filter and order-by text in, one syntax tree out.

    metrics.loss < 0.1 AND (params.model LIKE 'res%' OR tags.team IN ('a', 'b')) AND NOT status = 'FAILED'

It reads MLflow's filters, and adds OR, NOT, parentheses, IN and NOT IN on any string, an escaped quote (`''`
inside `'…'`) and `-`, `/`, `:` in keys without quotes. It refuses what MLflow lets through by accident: two
comparisons with nothing between them, an empty key, a number beyond the range of a double. NOT binds tighter
than AND, AND tighter than OR; keywords may be written in any case.

Which fields and comparisons a search knows is data: a `Grammar`. `expression` says what a tree means; no SQL
is written here.
"""

from runstone.search.expression import (
    And,
    Comparison,
    Expression,
    Field,
    FieldKind,
    Not,
    Operator,
    Or,
    OrderBy,
    Value,
    like_to_regex,
)
from runstone.search.fields import EVERYTHING, Fields, parse_fields
from runstone.search.grammar import EXPERIMENTS, RUNS, Grammar
from runstone.search.parser import parse_filter, parse_order_by

__all__ = [
    "EVERYTHING",
    "EXPERIMENTS",
    "RUNS",
    "And",
    "Comparison",
    "Expression",
    "Field",
    "FieldKind",
    "Fields",
    "Grammar",
    "Not",
    "Operator",
    "Or",
    "OrderBy",
    "Value",
    "like_to_regex",
    "parse_fields",
    "parse_filter",
    "parse_order_by",
]
